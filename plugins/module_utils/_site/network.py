# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What the network decides: who has the virtual IP, who speaks VRRP, and whether all that a site downloads can be had."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.kubehub.platform.plugins.module_utils import _report
from ansible_collections.kubehub.platform.plugins.module_utils._site import addresses
from ansible_collections.kubehub.platform.plugins.module_utils._site.judge import Finding, counted, judge, listed
from ansible_collections.kubehub.platform.plugins.module_utils._site.machines import Answers, Machine
from ansible_collections.kubehub.platform.plugins.module_utils._site.site import Site

Results = Mapping[str, Mapping[str, Any]]


def asking_interface(site: Site, answers: Answers, name: str) -> dict[str, str]:
    """Return name and MAC of the interface on which a machine can ask for the virtual IP; empty when it has none."""
    vip = site.vip.partition("/")[0]
    for machine in answers.machines(site):
        if machine.name != name or not addresses.available() or not addresses.is_address(vip):
            continue
        for link in machine.seen["interfaces"] or ():
            for text in link["addresses"]:
                own = addresses.interface(text)
                if own and own.address != vip and own.network.contains(vip):
                    return {"interface": link["name"], "mac": link["mac"]}
    return {}


def virtual_ip_checks(site: Site, answers: Answers, results: Results) -> list[_report.Check]:
    """Return whether the virtual IP and its VRRP id are free or ours, as the balancers heard it (module virtual_ip_info)."""
    machines = answers.machines(site)
    unknown = [name for name in site.part("load_balancers") if name not in {machine.name for machine in machines}]
    heard = {name: result for name, result in results.items() if "owners" in result}
    return [
        *judge("vip_free", "Virtual IP on the network", _owners(site, machines, unknown, heard), "nobody else has it"),
        *judge(
            "vrrp_id_free", "VRRP id on the network", _speakers(site, machines, unknown, heard), "nobody else uses it"
        ),
    ]


def _silent(unknown: Sequence[str], heard: Results) -> Iterator[Finding]:
    if not heard:
        yield Finding("no balancer could ask", kind="not proved")
    elif unknown:
        yield Finding(
            f"somebody answers, and it may be {listed(unknown, 'or')}, which did not take part in this run",
            kind="not proved",
        )


def _owners(site: Site, machines: list[Machine], unknown: Sequence[str], heard: Results) -> Iterator[Finding]:
    ours = {link["mac"].lower() for machine in machines for link in machine.seen["interfaces"] or ()}
    foreign = sorted({owner for result in heard.values() for owner in result["owners"]} - ours)
    if not heard or (foreign and unknown):
        yield from _silent(unknown, heard)
    elif foreign:
        yield Finding(
            f"{site.vip.partition('/')[0]} is in use by another machine, with the hardware address {listed(foreign)}",
            "Take that address from the machine, or another free one as platform_vip.",
        )


def _speakers(site: Site, machines: list[Machine], unknown: Sequence[str], heard: Results) -> Iterator[Finding]:
    ours = {text.partition("/")[0] for machine in machines for text in machine.own_addresses} | {
        *site.addresses.values()
    }
    sources = sorted(
        {
            str(said["source"])
            for result in heard.values()
            for said in result["announcements"]
            if said["vrrp_id"] == site.vrrp_id and said["source"] not in ours
        }
    )
    if not heard or (sources and unknown):
        yield from _silent(unknown, heard)
    elif sources:
        yield Finding(
            f"{listed(sources)} already {'speaks' if len(sources) == 1 else 'speak'} VRRP with the id {site.vrrp_id}",
            "Take another VRRP id, from 1 to 255, that nobody on the network uses.",
        )


def download_checks(results: Results, source: str) -> list[_report.Check]:
    """Return whether each machine can have what it needs, as module download_info found it. ``source`` is the mirror or ''."""
    checks = []
    for name, result in results.items():
        records = result.get("downloads", [])
        fine = f"{counted(len(records), 'item')} can be had"
        checks += judge("downloads", "Downloads", _unavailable(name, result, source), fine, name)
    checked = [
        (name, record) for name, result in results.items() for record in result.get("downloads", []) if record["sha256"]
    ]
    if checked:
        fine = f"{listed(sorted({record['url'].rpartition('/')[2] for _name, record in checked}))} is what it should be"
        checks += judge("download_checksum", "Checksum of a download", _altered(checked), fine)
    return checks


def _unavailable(name: str, result: Mapping[str, Any], source: str) -> Iterator[Finding]:
    if "downloads" not in result:
        yield Finding(f"could not be asked: {result.get('msg', 'no answer')}", host=name, kind="not proved")
        return
    records = result["downloads"]
    missing = [record for record in records if record["error"]]
    if not missing:
        return
    remedy = (
        f"Check that the mirror runs and is complete: ansible-playbook playbooks/mirror.yml, then: curl -I {missing[0]['url']}"
        if source
        else f"Check the machine's way out: curl -IL {missing[0]['url']}; without one, use a mirror (platform_mirror_url)."
    )
    some = "; ".join(f"{record['url']}: {record['error']}" for record in missing[:3])
    more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
    yield Finding(f"{len(missing)} of {counted(len(records), 'item')} can't be had: {some}{more}", remedy, host=name)


def _altered(checked: list[tuple[str, Mapping[str, Any]]]) -> Iterator[Finding]:
    for name, record in checked:
        if record["sha256"] != record["published"]:
            yield Finding(
                f"{record['url']} has the SHA-256 {record['sha256']}, and {record['published']} is published beside it",
                "The file was altered or cut: fetch it again into the mirror, and find out why.",
                host=name,
            )
