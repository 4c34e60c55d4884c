# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The machines' image: a bare Debian server made by mmdebstrap from the host's own apt sources, named by the hash of its inputs.

It holds what Debian's installer leaves on a server with SSH, and a user with sudo. Whatever a role needs beyond that the role installs.
"""

from __future__ import annotations

import fcntl
import hashlib
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

RELEASES = {"12": "bookworm", "13": "trixie"}
PACKAGES = (
    "ca-certificates,dbus,iproute2,iputils-ping,kmod,libpam-systemd,netbase,nftables,openssh-server,procps,python3,python3-apt,sudo,"
    "systemd,systemd-sysv,tzdata"
)
# The package lists stay, compressed, as on an installed server: so check mode works before any update.
OPTIONS = (
    "--variant=minbase",
    f"--include={PACKAGES}",
    "--skip=cleanup/apt/lists",
    '--aptopt=Acquire::GzipIndexes "true"',
    '--aptopt=Acquire::Languages "none"',
)
REPOSITORY = "localhost/kubehub-machine"
ROOT = Path(__file__).parent / "root"
CUSTOMIZE = """
set -eu
useradd --root "$1" --create-home --shell /bin/bash --groups sudo admin
echo 'admin ALL=(ALL:ALL) NOPASSWD: ALL' >"$1/etc/sudoers.d/admin"
chmod 0440 "$1/etc/sudoers.d/admin"
mkdir -p "$1/lib/modules" "$1/etc/lab"
printf '127.0.0.1\\tlocalhost\\n::1\\tlocalhost ip6-localhost ip6-loopback\\n' >"$1/etc/hosts"
rm -f "$1"/etc/ssh/ssh_host_* "$1/etc/hostname" "$1/etc/resolv.conf"
: >"$1/etc/machine-id"
chroot "$1" systemctl enable lab-machine.service
chroot "$1" systemctl mask getty.target console-getty.service e2scrub_reap.service
"""
# What a container gets from its host, a virtual machine has itself: a kernel, its disks and a network.
GUEST = Path(__file__).parent / "virtual/guest"
KERNEL = "--include=initramfs-tools,linux-image-cloud-amd64,xfsprogs"
CUSTOMIZE_KERNEL = """
printf '/dev/vda / ext4 defaults 0 1\\nLABEL=lab /etc/lab ext4 ro 0 0\\n' >"$1/etc/fstab"
chroot "$1" systemctl enable systemd-networkd.service lab-guest.service
"""
# A Vagrant box is no machine of a lab: its network is the provider's, and Vagrant's well-known key opens it until Vagrant has made another.
BOX = Path(__file__).parent / "virtual/box"
MAKE_BOX = BOX.parent / "make-box"
BOX_KERNEL = f"{KERNEL},systemd-resolved"
CUSTOMIZE_BOX = """
set -eu
useradd --root "$1" --create-home --shell /bin/bash --groups sudo vagrant
echo 'vagrant ALL=(ALL:ALL) NOPASSWD: ALL' >"$1/etc/sudoers.d/vagrant"
chmod 0440 "$1/etc/sudoers.d/vagrant"
chroot "$1" chown -R vagrant: /home/vagrant
chmod 0700 "$1/home/vagrant/.ssh"
chmod 0600 "$1/home/vagrant/.ssh/authorized_keys"
printf '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n' >"$1/etc/hosts"
echo box >"$1/etc/hostname"
rm -f "$1"/etc/ssh/ssh_host_*
ln -sf /run/systemd/resolve/stub-resolv.conf "$1/etc/resolv.conf"
: >"$1/etc/machine-id"
printf 'LABEL=root / ext4 defaults 0 1\n' >"$1/etc/fstab"
chroot "$1" systemctl enable systemd-networkd.service systemd-resolved.service ssh-keys.service
"""
CLIENT = 'chown 0:0 "$1/usr/sbin/mount.nfs" && chmod 0755 "$1/usr/sbin/mount.nfs" && ln -s mount.nfs "$1/usr/sbin/mount.nfs4"'


class ImageError(Exception):
    """The image cannot be made; the message says why and what to do."""


@dataclass(frozen=True)
class Inputs:
    """All that an image depends on: Debian's release name, the apt sources in it, its making, its files' hash and its NFS client's ('': none).

    ``trees`` are the folders of which ``files`` is the hash.
    """

    suite: str
    sources: str
    options: tuple[str, ...]
    customize: str
    files: str
    client: str = ""
    trees: tuple[Path, ...] = (ROOT,)

    @property
    def tag(self) -> str:
        """Return the image's tag: the release and the first 12 digits of the inputs' SHA-256."""
        text = "\0".join((self.suite, self.sources, *self.options, self.customize, self.files, self.client))
        return f"{self.suite}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    @property
    def name(self) -> str:
        """Return the image's full name in podman."""
        return f"{REPOSITORY}:{self.tag}"


def files_hash(root: Path) -> str:
    """Return the SHA-256 over names, modes and contents of all files under ``root``."""
    digest = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(root)}\0{path.stat().st_mode:o}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _stanzas(text: str, one_line: bool) -> Iterable[tuple[list[str], list[str], list[str]]]:
    """Yield (uris, suites, components) of every enabled binary source in a sources file of apt."""
    if one_line:
        for line in text.splitlines():
            match = re.match(r"\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+([^#]+)", line)
            if match:
                yield [match[1]], [match[2]], match[3].split()
        return
    for stanza in re.split(r"\n\s*\n", text):
        lines = [line for line in stanza.splitlines() if not line.startswith("#")]
        fields = dict(re.findall(r"^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t]+.*)*)", "\n".join(lines), re.MULTILINE))
        if "deb" in fields.get("Types", "").split() and fields.get("Enabled", "yes").strip() != "no":
            yield fields.get("URIs", "").split(), fields.get("Suites", "").split(), fields.get("Components", "").split()


def debian_sources(files: Iterable[tuple[str, str]], host_suite: str, suite: str) -> str:
    """Return one-line apt sources of ``suite`` at the mirrors from which the host gets its own Debian.

    ``files`` are (name, content) of the host's sources files, deb822 or one-line by their suffix. Only entries of the host's own release,
    its updates and its security updates count; other vendors' repositories do not. Returns '' where the host has none (not a Debian host).
    """
    wanted = {
        host_suite: suite,
        f"{host_suite}-updates": f"{suite}-updates",
        f"{host_suite}-security": f"{suite}-security",
    }
    found: dict[str, None] = {}
    for name, content in files:
        for uris, suites, components in _stanzas(content, one_line=not name.endswith(".sources")):
            for uri in uris:
                for entry in suites:
                    if entry in wanted and "main" in components:
                        found[f"deb {uri} {wanted[entry]} main"] = None
    lines = list(found)
    return "".join(f"{line}\n" for line in lines) if any(f" {suite} main" in line for line in lines) else ""


def host_sources(etc_apt: Path = Path("/etc/apt")) -> list[tuple[str, str]]:
    """Return (name, content) of the host's sources files."""
    paths = [
        etc_apt / "sources.list",
        *sorted((etc_apt / "sources.list.d").glob("*.list")),
        *sorted((etc_apt / "sources.list.d").glob("*.sources")),
    ]
    return [(path.name, path.read_text()) for path in paths if path.exists()]


def host_suite(os_release: Path = Path("/etc/os-release")) -> str:
    """Return the host's release name, '' where os-release has none."""
    match = re.search(r'^VERSION_CODENAME="?([^"\n]*)', os_release.read_text(), re.MULTILINE)
    return match[1] if match else ""


def inputs(debian: str, client: str = "") -> Inputs:
    """Return the inputs of the image for Debian ``debian`` ('12' or '13') on this host; ``client`` tells its NFS client from others."""
    if debian not in RELEASES:
        raise ImageError(f"LAB_DEBIAN is {debian!r}: the lab's machines can be Debian {' or '.join(RELEASES)}")
    suite = RELEASES[debian]
    return Inputs(
        suite, debian_sources(host_sources(), host_suite(), suite), OPTIONS, CUSTOMIZE, files_hash(ROOT), client
    )


def virtual(wanted: Inputs) -> Inputs:
    """Return the inputs of the root file system for a virtual machine that is otherwise such a machine; its NFS client is its kernel's."""
    return replace(
        wanted,
        options=(*wanted.options, KERNEL),
        customize=wanted.customize + CUSTOMIZE_KERNEL.lstrip(),
        files=wanted.files + files_hash(GUEST),
        client="",
        trees=(*wanted.trees, GUEST),
    )


def box(wanted: Inputs) -> Inputs:
    """Return the inputs of the root file system for a Vagrant box with the same packages and sources."""
    return replace(
        wanted,
        options=(*wanted.options, BOX_KERNEL),
        customize=CUSTOMIZE_BOX,
        files=files_hash(BOX) + hashlib.sha256(MAKE_BOX.read_bytes()).hexdigest(),
        client="",
        trees=(BOX,),
    )


def vagrant_box(wanted: Inputs, cache: Path, sudo: tuple[str, ...]) -> Path:
    """Return the Vagrant box of such a root file system, made where ``cache`` lacks it."""
    made = cache / f"{wanted.tag}.box"
    if not made.exists():
        archive = root(wanted, cache, sudo)
        done = subprocess.run(
            [*sudo, str(MAKE_BOX), str(archive), str(made)],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            raise ImageError(
                f"the Vagrant box cannot be made: {done.stdout.strip()}; it needs what lab/packages-virtual.txt names"
            )
    return made


def root(wanted: Inputs, cache: Path, sudo: tuple[str, ...], client: Callable[[], Path | None] = lambda: None) -> Path:
    """Return the archive of the root file system, made where ``cache`` lacks it."""
    cache.mkdir(parents=True, exist_ok=True)
    archive = cache / f"{wanted.tag}.tar"
    # Labs may be brought up side by side: the second waits for the first one's image.
    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not archive.exists():
            with tempfile.TemporaryDirectory(dir=cache, prefix=".building-") as folder:
                _bootstrap(wanted, Path(folder), sudo, client())
                (Path(folder) / "root.tar").replace(archive)
    return archive


def build(wanted: Inputs, cache: Path, sudo: tuple[str, ...], client: Callable[[], Path | None] = lambda: None) -> bool:
    """Make the image unless podman has it; return whether it had to be made or loaded.

    The root file system stays in ``cache``, so that an image removed by podman is back in seconds. ``client`` makes the NFS client, if there is to be one.
    """
    if subprocess.run([*sudo, "podman", "image", "exists", wanted.name], check=False).returncode == 0:
        return False
    archive = root(wanted, cache, sudo, client)
    changes = ("--change", 'CMD ["/sbin/init"]', "--change", "STOPSIGNAL SIGRTMIN+3")
    command = [*sudo, "podman", "import", "--quiet", *changes, str(archive), wanted.name]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return True


def _bootstrap(wanted: Inputs, folder: Path, sudo: tuple[str, ...], client: Path | None) -> None:
    """Write ``folder/root.tar`` by mmdebstrap."""
    customize = folder / "customize"
    customize.write_text(f"#!/bin/sh\n{wanted.customize.lstrip()}")
    customize.chmod(0o755)
    sources = folder / "debian.list"
    sources.write_text(wanted.sources)
    command = [
        *([*sudo, "--preserve-env=http_proxy,https_proxy,no_proxy"] if sudo else []),
        "mmdebstrap",
        *wanted.options,
        *(f"--customize-hook=sync-in {tree} /" for tree in wanted.trees),
        f"--customize-hook={customize}",
        *([f"--customize-hook=upload {client} /usr/sbin/mount.nfs", f"--customize-hook={CLIENT}"] if client else []),
        wanted.suite,
        str(folder / "root.tar"),
        *([str(sources)] if wanted.sources else []),
    ]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise ImageError(
            f"mmdebstrap of {wanted.suite} failed; its last words:\n" + "\n".join(done.stdout.splitlines()[-20:])
        )
