# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import json

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubehub.platform.plugins.module_utils import _report
from ansible_collections.kubehub.platform.plugins.module_utils._site import addresses
from ansible_collections.kubehub.platform.plugins.module_utils._site.site import Site, site_checks

ADDRESSES = st.ip_addresses(v=4).map(str)
EMPTY = Site(kubernetes_minors=("1.37",))
NETWORKS = st.builds(
    lambda number, prefix: str(ipaddress.ip_network((number, prefix), strict=False)),
    st.integers(0, 2**32 - 1),
    st.integers(1, 32),
)
TEXTS = st.text(max_size=20) | ADDRESSES | NETWORKS | st.builds("{}/{}".format, ADDRESSES, st.integers(0, 40))
# Ansible reads no inventory with a blank name.
NAMES = st.text(min_size=1, max_size=8).filter(str.strip)
HOSTS = st.lists(NAMES, max_size=4)
SITES = st.builds(
    Site,
    name=TEXTS,
    vip=TEXTS,
    api_name=TEXTS,
    api_frontend_port=st.integers(-1, 70000),
    machine_network=TEXTS,
    pod_network=TEXTS,
    service_network=TEXTS,
    node_prefix=st.integers(8, 30),
    single_control_plane=st.booleans(),
    vrrp_id=st.integers(-1, 300),
    mirror_url=TEXTS,
    kubernetes_version=st.sampled_from(["", "1.37.2", "v1.37", "latest"]),
    kubernetes_minors=st.just(("1.37",)),
    parts=st.fixed_dictionaries({"load_balancers": HOSTS, "control_plane": HOSTS, "workers": HOSTS}),
    addresses=st.dictionaries(NAMES, TEXTS, max_size=4),
)


@given(SITES)
def test_whatever_an_inventory_holds_is_judged(site: Site) -> None:
    """Rules never raise: what is wrong in a site becomes a check of schema 1, and every rule has its say."""
    report = _report.build(site_checks(site))
    assert _report.parse(json.loads(json.dumps(report))) == report
    assert {item["id"] for item in report["checks"]} == {item["id"] for item in site_checks(EMPTY)}


@given(SITES)
def test_an_unset_variable_makes_a_site_bad(site: Site) -> None:
    """A site is good only if all its required variables are set."""
    needed = (site.name, site.vip, site.api_name, site.machine_network, site.pod_network, site.service_network)
    assert all(needed) or not _report.build(site_checks(site))["ok"]


@given(NETWORKS, NETWORKS)
def test_overlap_is_symmetric_and_is_that_of_the_standard_library(first: str, second: str) -> None:
    """overlaps(a, b) == overlaps(b, a), and netaddr and ipaddress agree."""
    one, other = addresses.network(first), addresses.network(second)
    assert one is not None
    assert other is not None
    wanted = ipaddress.ip_network(first).overlaps(ipaddress.ip_network(second))
    assert one.overlaps(other) == other.overlaps(one) == wanted
    assert one.holds(other) == ipaddress.IPv4Network(second).subnet_of(ipaddress.IPv4Network(first))


@given(TEXTS)
def test_a_text_is_a_network_only_as_networks_are_written(text: str) -> None:
    """network(t) exists only for the canonical text of an IPv4 network, and then gives that text back."""
    found = addresses.network(text)
    try:
        canonical = str(ipaddress.IPv4Network(text)) == text
    except ValueError:
        canonical = False
    assert (found is not None) == canonical
    assert found is None or found.text == text
