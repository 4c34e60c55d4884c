# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The readers of what machines, wires and mirrors say; the samples were taken from real ones."""

from __future__ import annotations

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._site import downloads, link, proc
from ansible_collections.kubehub.platform.plugins.module_utils._site.controller import Tools, controller_checks

TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:18EB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 20931 1 0 100 0 0 10 0
   1: 0B3712C6:0016 013712C6:B04A 01 00000000:00000000 00:00000000 00000000     0        0 30011 3 0 20 4 30 10 -1
"""
TCP6 = """\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when
   0: 00000000000000000000000000000000:192B 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 0 0 0 77
   1: 0000000000000000FFFF00000100007F:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 0 0 0 78
"""


def test_listening_sockets_of_both_families() -> None:
    assert proc.listening(TCP) == {"20931": ("127.0.0.1", 6379)}
    found = {inode: (address, port) for inode, (address, port) in proc.listening(TCP6).items()}
    assert set(found.values()) == {("::", 6443), ("127.0.0.1", 8080)}


def test_listeners_are_in_order_and_the_kernel_has_no_name() -> None:
    sockets = {"2": ("0.0.0.0", 2049), "1": ("127.0.0.1", 22)}
    assert proc.listeners(sockets, {"1": "sshd"}) == [
        {"address": "127.0.0.1", "port": 22, "process": "sshd"},
        {"address": "0.0.0.0", "port": 2049, "process": ""},
    ]


@pytest.mark.parametrize(
    ("executable", "comm", "name"),
    [
        ("/usr/local/bin/kube-controller-manager", "kube-controller", "kube-controller-manager"),
        ("/usr/sbin/nginx (deleted)", "nginx", "nginx"),
        ("/usr/bin/python3.11", "gunicorn", "gunicorn"),
        ("", "etcd", "etcd"),
    ],
)
def test_names_of_processes(executable: str, comm: str, name: str) -> None:
    assert proc.process_name(executable, comm) == name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('NAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n', ("debian", "12")),
        ('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n', ("ubuntu", "24.04")),
        ("ID=debian\nVERSION_CODENAME=forky\n", ("debian", "")),
        ("", ("", "")),
    ],
)
def test_os_release(text: str, expected: tuple[str, str]) -> None:
    assert proc.os_release(text) == expected


def test_memory() -> None:
    assert proc.memory_mib("MemFree: 1 kB\n") == 0
    assert proc.memory_mib("MemTotal:       24683828 kB\nMemFree:        1 kB\n") == 24105


def test_interfaces_without_the_loopback() -> None:
    text = """[{"ifname": "lo", "flags": ["LOOPBACK", "UP"], "addr_info": [{"family": "inet", "local": "127.0.0.1"}]},
      {"ifname": "eth0", "flags": ["UP"], "address": "02:fc:00:00:00:01", "addr_info": [
        {"family": "inet", "local": "192.0.2.2", "prefixlen": 24}, {"family": "inet6", "local": "fe80::1", "prefixlen": 64}]},
      {"ifname": "tun0", "flags": ["UP"]}]"""
    assert proc.interfaces(text) == [
        {"name": "eth0", "mac": "02:fc:00:00:00:01", "addresses": ["192.0.2.2/24"]},
        {"name": "tun0", "mac": "", "addresses": []},
    ]
    assert proc.interfaces("") == []


def test_kernel_modules_loaded_built_in_and_loadable() -> None:
    builtin = "kernel/net/netfilter/nf_conntrack.ko\n"
    loadable = "kernel/net/bridge/br_netfilter.ko.xz: kernel/net/bridge/bridge.ko.xz\nkernel/fs/a-b.ko:\n"
    wanted = ["overlay", "br_netfilter", "nf_conntrack", "a_b", "nfs"]
    assert proc.modules_without_file(wanted, ["overlay"], builtin, loadable) == ["nfs"]


def test_kubeconfigs_and_manifests() -> None:
    assert (
        proc.kubeconfig_server("clusters:\n- cluster:\n    server: https://api:6443\n  name: k\n") == "https://api:6443"
    )
    assert proc.kubeconfig_server("server : x") == ""
    assert proc.image_version("    image: registry.k8s.io/kube-apiserver:v1.37.2\n    name: x") == "1.37.2"
    assert proc.image_version("  - image: m:5000/kube-apiserver:v1.37.2@sha256:ab\n") == "1.37.2"
    assert proc.image_version("kind: Pod") == ""


def test_the_99th_percentile() -> None:
    assert proc.sync_p99_ms([]) is None
    assert proc.sync_p99_ms([0.002] * 198 + [0.5, 0.9]) == 500.0
    assert proc.sync_p99_ms([0.0012345]) == 1.23


MAC = "02:00:00:00:00:11"


def test_an_arp_probe_claims_no_address() -> None:
    frame = link.arp_probe(MAC, "192.0.2.100")
    assert frame.hex() == ("ffffffffffff0200000000110806000108000604000102000000001100000000000000000000c0000264")
    assert link.arp_owner(frame, "192.0.2.100") is None


def test_an_answer_names_the_owner() -> None:
    answer = bytes.fromhex("0200000000110200000000aa080600010800060400020200000000aac0000264" + "00" * 10)
    assert link.arp_owner(answer, "192.0.2.100") == "02:00:00:00:00:aa"
    assert link.arp_owner(answer, "192.0.2.101") is None
    assert link.arp_owner(answer[:20], "192.0.2.100") is None
    assert link.arp_owner(answer[:12] + b"\x08\x00" + answer[14:], "192.0.2.100") is None


@pytest.mark.parametrize("version", [2, 3])
def test_vrrp_announcements(version: int) -> None:
    header = bytes([0x46, 0xC0, 0, 0, 0, 0, 0, 0, 255, 112, 0, 0, 192, 0, 2, 11, 224, 0, 0, 18]) + bytes(4)
    body = bytes([version << 4 | 1, 51, 100, 1, 0, 1, 0, 0, 192, 0, 2, 100])
    assert link.announcement(header + body) == link.Announcement("192.0.2.11", 51)
    assert link.announcement(header) is None
    assert link.announcement(b"") is None
    assert link.announcement(header[:9] + b"\x06" + header[10:] + body) is None


SUM = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SUM, SUM),
        (f"{SUM}\n", SUM),
        (f"{'f' * 64}  other\n{SUM} *dist/tool.tgz\n", SUM),
        (f"{SUM}  other.tgz\n", ""),
        ("404 page not found", ""),
    ],
)
def test_published_checksums(text: str, expected: str) -> None:
    assert downloads.published_sha256(text, "tool.tgz") == expected


@pytest.mark.parametrize(
    ("image", "path"),
    [
        ("registry.k8s.io/pause:3.10.2", "registry.k8s.io/pause/manifests/3.10.2"),
        ("quay.io/cilium/cilium", "quay.io/cilium/cilium/manifests/latest"),
        ("host:5000/tool", "host:5000/tool/manifests/latest"),
        ("quay.io/a/b:v1@sha256:ab", "quay.io/a/b/manifests/sha256:ab"),
    ],
)
def test_where_a_mirror_serves_an_image(image: str, path: str) -> None:
    assert downloads.manifest_url("http://m", image) == f"http://m/v2/{path}"


WANTED = Tools("2.18", "3.12", {"kubernetes": "31"}, {"kubernetes.core": "6.0.0"}, "3.18")
SEEN = {
    "ansible": "2.21.5",
    "python": "3.13.0",
    "executable": "/venv/bin/python",
    "packages": {"kubernetes": "37.0.2"},
    "collections": {"kubernetes.core": "6.6.0"},
    "helm": {"program": "helm", "version": "3.22.0", "error": ""},
}


def test_a_good_controller_passes() -> None:
    checks = controller_checks(WANTED, SEEN)
    assert [(item["id"], item["ok"], item["detail"]) for item in checks] == [
        ("controller_ansible", True, "2.21.5"),
        ("controller_python", True, "3.13.0"),
        ("controller_packages", True, "kubernetes 37.0.2"),
        ("controller_collections", True, "kubernetes.core 6.6.0"),
        ("controller_helm", True, "3.22.0"),
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"ansible": "2.17.9"},
            "2.17.9, at least 2.18 is wanted: Install it: pip install 'ansible-core>=2.18'",
        ),
        (
            {"python": "3.11.2"},
            "3.11.2, at least 3.12 is wanted: Install Ansible with a newer Python, in a virtual environment of its own.",
        ),
        (
            {"packages": {}},
            (
                "kubernetes is missing: Install it for the Python that runs ansible-playbook:"
                " /venv/bin/python -m pip install 'kubernetes>=31'"
            ),
        ),
        (
            {"packages": {"kubernetes": "30.1.0"}},
            (
                "kubernetes 30.1.0 is older than 31: Install it for the Python that runs ansible-playbook:"
                " /venv/bin/python -m pip install 'kubernetes>=31'"
            ),
        ),
        (
            {"collections": {}},
            "kubernetes.core is missing: Install it: ansible-galaxy collection install 'kubernetes.core:>=6.0.0'",
        ),
        (
            {"collections": {"kubernetes.core": "5.9.0"}},
            (
                "kubernetes.core 5.9.0 is older than 6.0.0: Install it: ansible-galaxy collection install"
                " 'kubernetes.core:>=6.0.0'"
            ),
        ),
        (
            {"helm": {"program": "helm", "version": "", "error": "No such file or directory"}},
            (
                "helm does not run: No such file or directory: Install helm 3.18 or newer on the controller, or name it in"
                " platform_helm."
            ),
        ),
        (
            {"helm": {"program": "/opt/helm", "version": "3.9.4", "error": ""}},
            (
                "/opt/helm is 3.9.4, at least 3.18 is wanted: Install helm 3.18 or newer on the controller, or name it in"
                " platform_helm."
            ),
        ),
    ],
)
def test_what_the_controller_lacks(changes: dict[str, object], expected: str) -> None:
    failed = [item for item in controller_checks(WANTED, {**SEEN, **changes}) if not item["ok"]]
    assert [f"{item['detail']}: {item['remedy']}" for item in failed] == [expected]
    assert [item["host"] for item in failed] == ["localhost"]


def test_without_a_mirror_a_manifest_is_at_the_images_own_registry() -> None:
    assert downloads.manifest_url("", "nvcr.io/nvidia/driver:580-ubuntu24.04") == (
        "https://nvcr.io/v2/nvidia/driver/manifests/580-ubuntu24.04"
    )


@pytest.mark.parametrize(
    ("challenge", "url"),
    [
        (
            'Bearer realm="https://r.example/token",service="r.example",scope="repository:a/b:pull"',
            "https://r.example/token?service=r.example&scope=repository%3Aa%2Fb%3Apull",
        ),
        ('Basic realm="https://r.example/"', ""),
        ('Bearer realm="file:///etc/passwd"', ""),
        ("", ""),
    ],
)
def test_a_registry_says_where_it_gives_tokens(challenge: str, url: str) -> None:
    assert downloads.token_url(challenge) == url
