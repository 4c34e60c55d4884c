# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils import _nfs

GIB = 2**30
TEAMS = [
    {"name": "teaching", "members": ["ada"], "children": [{"name": "ml", "members": ["bob", "Eve@example.org"]}]},
    {"name": "vision", "group": "vision-group"},
]


def export(**changes: Any) -> dict[str, Any]:
    return {"path": "/srv/homes", "clients": ["192.0.2.0/24"], **changes}


def settings(**changes: Any) -> dict[str, Any]:
    return {
        "implementation": "kernel",
        "exports": [export()],
        "filesystem": "/srv",
        "versions": [4],
        "port": 2049,
        "mountd_port": 20048,
        "lockd_port": 32803,
        "statd_port": 32765,
        "pod_network": "10.244.0.0/16",
        "threads": 16,
        "grace_seconds": 90,
        "lease_seconds": 90,
        "homes": "/srv/homes",
        "homes_uid": 1000,
        "homes_gid": 1000,
        "shared": "",
        "quota_soft": "9Gi",
        "quota_hard": "10Gi",
        "quota_overrides": [],
        "quota_required": False,
        "teams": TEAMS,
        **changes,
    }


def at(path: str, **changes: Any) -> dict[str, Any]:
    there = {"exists": True, "folder": True, "real": path, "mount": "/srv", "type": "xfs", "bytes": 100 * GIB}
    return {**there, **changes}


def seen(*places: tuple[str, dict[str, Any]], **changes: Any) -> dict[str, Any]:
    return {"paths": {"/srv/homes": at("/srv/homes"), **dict(places)}, "quota": "", "nfsd": True, **changes}


def refused(given: dict[str, Any], found: dict[str, Any] | None = None) -> list[str]:
    return _nfs.reasons(given, found or seen())


def test_good_settings_have_no_reason_against_them() -> None:
    assert refused(settings()) == []


def test_homes_that_are_not_there_yet_are_made_by_the_role() -> None:
    assert refused(settings(), seen(("/srv/homes", at("/srv/homes", exists=False, folder=False)))) == []


def test_what_is_shared_lies_beside_the_homes_and_is_made_by_the_role() -> None:
    places = ("/srv/homes", at("/srv/homes")), ("/srv/shared", at("/srv/shared", exists=False, folder=False))
    given = settings(shared="/srv/shared", exports=[export(), export(path="/srv/shared")])
    assert refused(given, seen(*places)) == []
    assert refused({**given, "exports": [export()]}, seen(*places)) == [
        "shared: /srv/shared lies in no export (/srv/homes)"
    ]
    given["exports"][1] = export(path="/srv/shared", options={"squash": "none"})
    assert refused(given, seen(*places)) == [
        "shared: /srv/shared is in an export with squash none; it is only served with squash root"
    ]
    assert refused(settings(shared="/srv/homes/shared"), seen()) == [
        "shared: /srv/homes/shared and the homes' /srv/homes lie in each other; what is shared needs a folder beside them"
    ]


def test_a_server_without_homes_needs_no_quotas() -> None:
    given = settings(homes="", exports=[export(path="/srv/courses", options={"squash": "all", "access": "ro"})])
    assert refused(given, seen(("/srv/courses", at("/srv/courses", bytes=0)))) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"implementation": "kernel"}, []),
        ({"versions": []}, ["versions: the list is empty, wanted 4, or 3 and 4"]),
        ({"pod_network": ""}, []),
        ({"pod_network": "pods"}, ["pod_network: 'pods' is no network such as 10.244.0.0/16"]),
        ({"threads": 0}, ["threads: 0, wanted at least 1"]),
        ({"port": 0}, ["port: 0 is no port, wanted 1 to 65535"]),
        ({"mountd_port": 2049}, ["mountd_port and port: both are 2049; give each its own"]),
        (
            {"grace_seconds": 15, "lease_seconds": 20},
            [
                "grace_seconds: 15 with lease_seconds 20, wanted a lease of at least 10 and a grace period that is no shorter"
            ],
        ),
        (
            {"exports": []},
            ["exports: the list is empty; there is nothing to serve", "homes: /srv/homes lies in no export ()"],
        ),
        ({"exports": [export(), export()]}, ["exports: /srv/homes is listed 2 times"]),
        (
            {"exports": [export(), export(path="/")]},
            ["export /: the whole machine would be served; take a folder of a file system of its own"],
        ),
        (
            {"exports": [export(), export(path="/srv/../etc")]},
            [
                "export /srv/../etc: wanted an absolute path of letters, digits and . _ + @ -, no name beginning with a dot"
            ],
        ),
        (
            {"exports": [export(clients=[])]},
            ["export /srv/homes: no client is named; list networks such as 192.0.2.0/24"],
        ),
        (
            {"exports": [export(clients=["192.0.2.7/24", "lab"])]},
            [
                "export /srv/homes: the client '192.0.2.7/24' is no network such as 192.0.2.0/24, no address, and not *",
                "export /srv/homes: the client 'lab' is no network such as 192.0.2.0/24, no address, and not *",
            ],
        ),
        (
            {"homes": "", "exports": [export(clients=["0.0.0.0/0"], options={"squash": "none"})]},
            [
                (
                    "export /srv/homes: everybody would be root there (clients *, squash none); name the clients, "
                    "set squash to root, or say root_for_everybody: true"
                )
            ],
        ),
        (
            {"homes": "", "exports": [export(clients=["*"], options={"squash": "none", "root_for_everybody": True})]},
            [],
        ),
        (
            {"exports": [export(options={"squash": "none"})]},
            ["homes: /srv/homes is in an export with squash none; it is only served with squash root"],
        ),
        ({"homes_uid": 0}, ["homes_uid: 0, but homes must not belong to root; take the notebooks' own"]),
        (
            {"quota_hard": "200Gi"},
            ["quota: hard 200Gi is more than the whole file system of /srv, which has 102400Mi"],
        ),
        ({"quota_soft": "11Gi"}, ["quota: soft 11Gi is more than hard 10Gi"]),
        ({"quota_soft": "11Gi", "quota_hard": ""}, []),
        ({"quota_soft": "ten"}, ["quota: soft is 'ten', which is no size such as 500Mi or 10Gi"]),
        (
            {"quota_overrides": [{"users": ["ada"], "hard": "101Gi"}, {"soft": "1Gi"}, {"teams": ["ml", "nlp"]}]},
            [
                "quota_overrides, entry 2: neither users nor teams are named",
                "quota_overrides, entry 3: there is no team nlp (ml, teaching, vision)",
                "quota_overrides, entry 1: hard 101Gi is more than the whole file system of /srv, which has 102400Mi",
            ],
        ),
    ],
)
def test_settings_that_are_refused(changes: dict[str, Any], expected: list[str]) -> None:
    assert refused(settings(**changes), seen(("/", at("/")), ("/srv/../etc", at("/etc")))) == expected


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (
            at("/srv/data", exists=False, folder=False),
            "export /srv/data: there is no such folder on this machine; make it, or mount the file system that holds it",
        ),
        (at("/srv/data", folder=False), "export /srv/data: this is no folder"),
        (at("/mnt/data"), "export /srv/data: this leads to /mnt/data; export that path"),
        (
            at("/srv/data", mount="/", type="ext4"),
            (
                "export /srv/data: this lies on the file system of /, outside that of /srv; "
                "mount /srv, or set nfs_server_filesystem to where the exports lie"
            ),
        ),
        (
            at("/srv/data", type="overlay"),
            "export /srv/data: the file system of /srv is overlay, which cannot be served; wanted one of btrfs, ext3, ext4, f2fs, xfs, zfs",
        ),
    ],
)
def test_places_that_are_refused(place: dict[str, Any], expected: str) -> None:
    given = settings(exports=[export(), export(path="/srv/data")])
    assert refused(given, seen(("/srv/data", place))) == [expected]


def test_a_kernel_without_a_server_is_refused_only_where_it_is_to_serve() -> None:
    expected = (
        "implementation: this machine's kernel has no NFS server (nfsd); set nfs_server_implementation to ganesha"
    )
    assert refused(settings(), seen(nfsd=False)) == [expected]
    assert refused(settings(implementation="ganesha"), seen(nfsd=False)) == []


def test_missing_quotas_are_refused_only_where_they_are_required() -> None:
    found = seen(quota="/srv (xfs) is mounted without them")
    expected = "quota_required: /srv/homes has no project quotas: /srv (xfs) is mounted without them"
    assert refused(settings(), found) == []
    assert refused(settings(quota_required=True), found) == [expected]


def test_all_reasons_are_given_at_once() -> None:
    given = settings(versions=[], exports=[export(clients=["lab"], options={"squash": "all"})], quota_hard="1Pi")
    assert [reason.partition(":")[0] for reason in refused(given, seen(nfsd=False))] == [
        "implementation",
        "versions",
        "export /srv/homes",
        "homes",
        "quota",
    ]


def test_exports_are_completed() -> None:
    done = _nfs.completed([export(clients=["192.0.2.7", "::/0", "lab"], options={"access": "ro", "squash": None})])
    assert done == [
        {
            "path": "/srv/homes",
            "clients": ["192.0.2.7/32", "*", "lab"],
            "options": {
                "access": "ro",
                "squash": "root",
                "anonymous_uid": 65534,
                "anonymous_gid": 65534,
                "secure_ports": True,
                "root_for_everybody": False,
            },
            "id": done[0]["id"],
        }
    ]


def test_an_export_keeps_its_number_whatever_stands_beside_it() -> None:
    homes, courses = export(), export(path="/srv/courses")
    assert _nfs.completed([courses, homes])[1]["id"] == _nfs.completed([homes])[0]["id"]
    assert 1 <= _nfs.completed([homes])[0]["id"] <= 65535


# What kubespawner 7.1's safe_slug says of the same names, with the 48 letters that it allows there.
@pytest.mark.parametrize(
    ("user", "home"),
    [
        ("ada", "ada"),
        ("Ada.Lovelace@example.org", "ada-lovelace-example-org---059b8523"),
        ("1st", "x-1st---e01ddf65"),
        ("-", "x---3973e022"),
        ("a--b", "a-b---90827a2e"),
        ("a" * 48, "a" * 48),
        ("a" * 49, "a" * 37 + "---8f9bec6a"),
        ("9" * 60, "x-" + "9" * 35 + "---f038e42c"),
    ],
)
def test_homes_are_named_as_kubespawner_names_them(user: str, home: str) -> None:
    assert _nfs.home_name(user) == home


def test_a_users_own_limits_win_over_the_teams() -> None:
    overrides = [
        {"users": ["ada"], "hard": "3Gi", "soft": "2Gi"},
        {"teams": ["teaching"], "hard": "5Gi"},
        {"teams": ["ml"], "hard": "6Gi"},
    ]
    assert _nfs.home_limits(overrides, TEAMS) == {
        "ada": {"soft": 2 * GIB, "hard": 3 * GIB},
        "bob": {"soft": 0, "hard": 6 * GIB},
        "eve-example-org---" + _nfs.home_name("Eve@example.org")[-8:]: {"soft": 0, "hard": 6 * GIB},
    }
