# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the hub runs of ours: homes, what is shared, lost nodes, closed names. The hub's own modules are stood in for."""

from __future__ import annotations

import asyncio
import datetime
import logging
import os
import stat
import sys
import types
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

PROGRAM = Path(__file__).parents[4] / "roles/jupyterhub/files/kubehub.py"
NOW = datetime.datetime(2026, 6, 1, 12, tzinfo=datetime.timezone.utc)
Load = Callable[..., Any]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Return a function that loads the program with some settings, as the hub does."""

    def run(**settings: Any) -> Any:
        known = {
            "homes": {"path": str(tmp_path / "homes"), "quotaSeconds": 0},
            "lostNodeSeconds": 30,
            "reservedUsers": ["kubehub-verify-a"],
        } | settings
        z2jh = types.ModuleType("z2jh")
        z2jh.get_config = {"custom.kubehub": known}.get  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "z2jh", z2jh)
        (tmp_path / "homes").mkdir(exist_ok=True)
        module = types.ModuleType("kubehub")
        exec(compile(PROGRAM.read_text(encoding="utf-8"), str(PROGRAM), "exec"), module.__dict__)
        return module

    return run


def spawner(name: str = "alice", groups: tuple[str, ...] = (), **options: str) -> SimpleNamespace:
    """Return what the hook reads of a spawner."""
    user = SimpleNamespace(name=name, groups=[SimpleNamespace(name=group) for group in groups])
    return SimpleNamespace(user=user, user_options=options, log=logging.getLogger("hub"), http_timeout=30)


def pod(slug: str = "alice---1") -> SimpleNamespace:
    """Return what the hook reads of a pod."""
    mount = SimpleNamespace(name="home", sub_path=slug)
    container = SimpleNamespace(volume_mounts=[SimpleNamespace(name="files", sub_path="x"), mount])
    return SimpleNamespace(spec=SimpleNamespace(containers=[container], volumes=[], node_selector=None))


def prepared(program: Any, *arguments: Any) -> Any:
    """Run the hook."""
    return asyncio.run(program.prepare_pod(*arguments))


def mode(path: Path) -> int:
    """Return a path's permissions."""
    return stat.S_IMODE(path.stat().st_mode)


def test_a_home_is_made_for_its_user_alone_before_the_pod(load: Load, tmp_path: Path) -> None:
    mask = os.umask(0o077)
    try:
        prepared(load(), spawner(), pod())
    finally:
        os.umask(mask)
    assert mode(tmp_path / "homes/alice---1") == 0o700


def test_a_home_that_is_there_stays_as_it_is(load: Load, tmp_path: Path) -> None:
    program = load()
    home = tmp_path / "homes/alice---1"
    home.mkdir(mode=0o750)
    (home / "work.ipynb").write_text("mine", encoding="utf-8")
    prepared(program, spawner(), pod())
    assert mode(home) == 0o750
    assert (home / "work.ipynb").read_text(encoding="utf-8") == "mine"


def test_a_start_has_more_time_than_a_server_that_runs(load: Load) -> None:
    """A hub that starts asks the servers that it knows, with the time that is configured."""
    program = load()
    for configured, wanted in ((30, 120), (300, 300)):
        starting = spawner()
        starting.http_timeout = configured
        prepared(program, starting, pod())
        assert starting.http_timeout == wanted


def test_a_home_that_cannot_be_made_is_told_to_its_user(load: Load, tmp_path: Path) -> None:
    program = load(homes={"path": str(tmp_path / "gone"), "quotaSeconds": 0})
    with pytest.raises(program.NotNowError) as refused:
        prepared(program, spawner(), pod())
    assert refused.value.jupyterhub_message == (
        "The file server refuses: No such file or directory. Tell the operator."
    )


def test_a_file_server_that_does_not_answer_is_told_to_the_user(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    program = load()
    program.FILE_SERVER_SECONDS = 0.05
    release = asyncio.run

    async def spawn() -> None:
        import threading

        done = threading.Event()
        monkeypatch.setattr(program, "make_folder", lambda *_arguments: done.wait(5))
        try:
            await program.prepare_pod(spawner(), pod())
        finally:
            done.set()

    with pytest.raises(
        program.NotNowError, match=r"^The file server does not answer\. Nothing is lost; tell the operator"
    ):
        release(spawn())


def test_a_quota_is_waited_for(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = load(homes={"path": str(tmp_path / "homes"), "quotaSeconds": 5})
    answers = iter([False, False, True])
    monkeypatch.setattr(program, "has_quota", lambda *_paths: next(answers))
    prepared(program, spawner(), pod())
    assert next(answers, "asked three times") == "asked three times"


def test_without_a_quota_the_user_starts_and_the_admin_is_warned(
    load: Load, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    program = load(homes={"path": str(tmp_path / "homes"), "quotaSeconds": 0.3})
    # Both are directories of one file system without quotas, so they look the same.
    prepared(program, spawner(), pod())
    assert caplog.messages == [
        "kubehub: home alice---1 has no quota after 0.3 s; look at the file server's quota service"
    ]


@pytest.mark.parametrize(("inside", "wanted"), [(100, True), (1000, False)])
def test_a_home_with_a_quota_looks_smaller_than_its_parent(
    load: Load, monkeypatch: pytest.MonkeyPatch, inside: int, wanted: bool
) -> None:
    program = load()
    sizes = {
        "/homes/a": SimpleNamespace(f_blocks=inside, f_frsize=4096),
        "/homes": SimpleNamespace(f_blocks=4000, f_frsize=1024),
    }
    monkeypatch.setattr(program.os, "statvfs", sizes.get)
    assert program.has_quota("/homes/a", "/homes") is wanted


SHARED = {
    "groupOfTeam": {"vision": "grp-vision", "drones": "drones"},
    "courses": {"intro": {"groups": ["grp-vision"], "writers": ["bob"]}, "open": {"groups": [], "writers": []}},
}


@pytest.mark.parametrize(
    ("user", "groups", "folders"),
    [
        ("alice", set(), [("courses/open", True)]),
        ("alice", {"grp-vision"}, [("teams/vision", False), ("courses/intro", True), ("courses/open", True)]),
        ("bob", {"grp-vision"}, [("teams/vision", False), ("courses/intro", False), ("courses/open", True)]),
        ("bob", set(), [("courses/open", True)]),
    ],
)
def test_members_share_and_courses_are_read(
    load: Load, user: str, groups: set[str], folders: list[tuple[str, bool]]
) -> None:
    assert load(shared={**SHARED, "path": "/x", "claim": "shared"}).shared_folders(user, groups) == folders


def test_what_is_shared_is_mounted_beside_the_home_and_linked_from_it(load: Load, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    program = load(shared={**SHARED, "path": str(tmp_path / "shared"), "claim": "shared"})
    found = prepared(program, spawner("alice", ("grp-vision",)), pod())
    assert found.spec.volumes == [{"name": "shared", "persistentVolumeClaim": {"claimName": "shared"}}]
    assert found.spec.containers[0].volume_mounts[2:] == [
        {"name": "shared", "mountPath": "/shared/teams/vision", "subPath": "teams/vision", "readOnly": False},
        {"name": "shared", "mountPath": "/shared/courses/intro", "subPath": "courses/intro", "readOnly": True},
        {"name": "shared", "mountPath": "/shared/courses/open", "subPath": "courses/open", "readOnly": True},
    ]
    assert mode(tmp_path / "shared/teams") == 0o711
    assert mode(tmp_path / "shared/teams/vision") == 0o700
    assert os.readlink(tmp_path / "homes/alice---1/shared") == "/shared"
    # Again, as at the next start.
    prepared(program, spawner("alice", ("grp-vision",)), pod())


def test_what_is_noted_on_a_pod_is_where_its_notebook_server_looks(load: Load) -> None:
    found = prepared(load(notes=True), spawner(), pod())
    paths = {
        "notice": "metadata.annotations['kubehub.platform/notice']",
        "gpu-idle": "metadata.annotations['kubehub.platform/gpu-idle']",
    }
    items = [{"path": name, "fieldRef": {"fieldPath": path}} for name, path in paths.items()]
    assert found.spec.volumes == [{"name": "kubehub-notes", "downwardAPI": {"items": items}}]
    mount = {"name": "kubehub-notes", "mountPath": "/etc/kubehub"}
    assert found.spec.containers[0].volume_mounts[2:] == [mount]
    home = (PROGRAM.parent / "home/kubehub_home.py").read_text(encoding="utf-8")
    assert f'POD = Path("{mount["mountPath"]}")' in home
    assert f"TOLD = {tuple(paths)}".replace("'", '"') in home


def test_only_the_verifiers_users_choose_their_node(load: Load) -> None:
    program = load()
    placed = prepared(program, spawner("kubehub-verify-a", node="w1"), pod())
    assert placed.spec.node_selector == {"kubernetes.io/hostname": "w1"}
    assert prepared(program, spawner("alice", node="w1"), pod()).spec.node_selector is None


def node(name: str, status: str, seconds: int) -> SimpleNamespace:
    """Return a node whose condition has been so for some seconds."""
    since = NOW - datetime.timedelta(seconds=seconds)
    ready = SimpleNamespace(type="Ready", status=status, last_transition_time=since)
    other = SimpleNamespace(type="DiskPressure", status="Unknown", last_transition_time=since)
    return SimpleNamespace(metadata=SimpleNamespace(name=name), status=SimpleNamespace(conditions=[other, ready]))


class Api:
    """A cluster with some nodes and a user's pod on each."""

    def __init__(self, *nodes: SimpleNamespace) -> None:
        self.nodes = list(nodes)
        self.deleted: list[tuple[str, str, int]] = []
        self.selectors: list[str] = []

    async def list_node(self) -> SimpleNamespace:
        return SimpleNamespace(items=self.nodes)

    async def list_namespaced_pod(self, _namespace: str, *, label_selector: str) -> SimpleNamespace:
        self.selectors.append(label_selector)
        return SimpleNamespace(
            items=[
                SimpleNamespace(
                    metadata=SimpleNamespace(name=f"jupyter-on-{one.metadata.name}"),
                    spec=SimpleNamespace(node_name=one.metadata.name),
                )
                for one in self.nodes
            ]
        )

    async def delete_namespaced_pod(self, name: str, namespace: str, *, grace_period_seconds: int) -> None:
        self.deleted.append((name, namespace, grace_period_seconds))


def test_pods_are_removed_from_nodes_that_are_lost_and_from_no_others(load: Load) -> None:
    api = Api(node("w1", "Unknown", 31), node("w2", "False", 29), node("w3", "True", 500))
    asyncio.run(load().remove_lost_pods(api, "jupyterhub", NOW, logging.getLogger("hub")))
    assert api.deleted == [("jupyter-on-w1", "jupyterhub", 0)]
    assert api.selectors == ["component=singleuser-server"]


def test_nobody_asks_for_pods_while_no_node_is_lost(load: Load) -> None:
    api = Api(node("w1", "True", 500))
    asyncio.run(load().remove_lost_pods(api, "jupyterhub", NOW, logging.getLogger("hub")))
    assert (api.deleted, api.selectors) == ([], [])


class Native:
    """NativeAuthenticator, as far as the program meets it: names are lowered, an admin's is approved at once."""

    def __init__(self) -> None:
        self.users: dict[str, str] = {}

    def normalize_username(self, name: str) -> str:
        return name.lower()

    def user_exists(self, name: str) -> bool:
        return name in self.users

    def create_user(self, username: str, password: str, **_more: Any) -> str:
        self.users[username.lower()] = password
        return username


def test_admins_have_their_accounts_before_anybody_signs_up(load: Load) -> None:
    made = load().closed_names(Native, {"root-admin": "made-once"}, ["kubehub-verify-a"])()
    assert made.users == {"root-admin": "made-once"}
    assert made.create_user("Root-Admin", "mine") is None
    assert made.create_user("kubehub-verify-a", "mine") is None
    assert made.create_user("zoe", "hers") == "zoe"
    assert made.users == {"root-admin": "made-once", "zoe": "hers"}


def test_an_admin_who_changed_the_password_keeps_it(load: Load) -> None:
    class Known(Native):
        def __init__(self) -> None:
            self.users = {"root-admin": "changed"}

    assert load().closed_names(Known, {"root-admin": "made-once"}, [])().users == {"root-admin": "changed"}


@pytest.mark.parametrize(
    ("known", "wanted"),
    [
        ({"vision", "chess"}, None),
        ({"chess"}, {"vision", "chess"}),
        ({"vision", "drones", "chess"}, {"vision", "chess"}),
    ],
)
def test_who_joins_or_leaves_a_team_in_the_inventory_does_so_at_the_next_start(
    load: Load, known: set[str], wanted: set[str] | None
) -> None:
    program = load(members={"vision": ["alice"], "drones": ["bob"]})
    c = SimpleNamespace(KubeSpawner=SimpleNamespace(), JupyterHub=SimpleNamespace(authenticator_class="native2"))
    program.configure(c)
    alice = spawner("alice", tuple(known))
    synced: list[set[str]] = []
    alice.user.sync_groups = synced.append
    c.KubeSpawner.auth_state_hook(alice, None)
    assert synced == ([wanted] if wanted else [])


@pytest.mark.parametrize(
    ("attributes", "groups"),
    [
        (
            {"memberOf": ["cn=vision,ou=groups,dc=example,dc=org", "CN=Smith\\, John+uid=js,dc=example", "plain"]},
            ["Smith, John", "plain", "vision"],
        ),
        ({"memberOf": []}, []),
        ({}, None),
    ],
)
def test_a_directory_says_in_which_groups_a_user_is(
    load: Load, attributes: dict[str, list[str]], groups: list[str] | None
) -> None:
    program = load(groupsAttribute="memberOf")
    c = SimpleNamespace(
        KubeSpawner=SimpleNamespace(),
        JupyterHub=SimpleNamespace(authenticator_class="ldap"),
        LDAPAuthenticator=SimpleNamespace(),
    )
    program.configure(c)
    model = {"name": "alice", "auth_state": {"user_attributes": attributes}}
    assert c.LDAPAuthenticator.post_auth_hook(None, None, model) == {**model, "groups": groups}


@pytest.mark.parametrize(
    ("annotations", "banner", "shown"),
    [
        (None, "", ""),
        ({"kubehub.platform/notice": "A drill & more"}, "", "A drill &amp; more"),
        ({"kubehub.platform/notice": "A drill"}, "<b>Hello</b>", "A drill<br><b>Hello</b>"),
        ({"kubehub.platform/notice": ""}, "<b>Hello</b>", "<b>Hello</b>"),
    ],
)
def test_a_notice_stands_above_the_banner_on_every_page(
    load: Load, monkeypatch: pytest.MonkeyPatch, annotations: dict[str, str] | None, banner: str, shown: str
) -> None:
    async def read(name: str, namespace: str) -> SimpleNamespace:
        assert (name, namespace) == ("hub-1", "jupyterhub")
        return SimpleNamespace(metadata=SimpleNamespace(annotations=annotations))

    monkeypatch.setenv("HOSTNAME", "hub-1")
    variables = {"announcement": "what was there"}
    api = SimpleNamespace(read_namespaced_pod=read)
    asyncio.run(load().show_notice(api, "jupyterhub", variables, banner))
    assert variables == {"announcement": shown}


def test_outside_of_the_hubs_loop_nothing_is_watched(load: Load) -> None:
    program = load()
    c = SimpleNamespace(
        KubeSpawner=SimpleNamespace(), JupyterHub=SimpleNamespace(authenticator_class="shared-password")
    )
    program.configure(c)
    assert c.KubeSpawner.modify_pod_hook is program.prepare_pod
    assert c.JupyterHub.authenticator_class == "shared-password"
    assert not program.TASKS


def test_native_is_replaced_and_finds_its_pages(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("nativeauthenticator")
    module.__file__ = "/opt/nativeauthenticator/__init__.py"
    module.NativeAuthenticator = Native  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "nativeauthenticator", module)
    c = SimpleNamespace(KubeSpawner=SimpleNamespace(), JupyterHub=SimpleNamespace(authenticator_class="native"))
    load(initialPasswords={"root-admin": "x"}).configure(c)
    assert issubclass(c.JupyterHub.authenticator_class, Native)
    assert c.JupyterHub.template_paths == ["/opt/nativeauthenticator/templates"]
