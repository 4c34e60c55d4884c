# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list: every item of a mirror's content, where upstream publishes it and how it is built without upstream.

Addresses and versions are the role ``release``'s; a comment names the upstream page that documents each address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.content.debian import DebianRoot, ProgramsLayer, RootLayer
from lab.content.golang import CProgram, GoModule, GoProgram, GoSource, LocalModule, ModuleFiles
from lab.content.oci import EPOCH, Copy, FilesLayer, Image, Layer, settings
from lab.content.packages import (
    Node,
    NodePackages,
    OwnedFolder,
    PythonPackages,
    PythonRoot,
    TreeLayer,
    host_architecture,
    requirements,
)
from lab.content.publish import PublishedArchive, PublishedChart, PublishedFile, local_folder
from lab.content.release import Release
from lab.content.steps import Step
from lab.content.upstream import FetchedChart, FetchedFile, FetchedImage

ROOT = Path(__file__).resolve().parents[2]
STANDINS = ROOT / "lab" / "standins"
# What YuniKorn's own validator said of configs: the core is tested with it, and the stand-in answers from it.
VERDICTS = ROOT / "tests/unit/plugins/module_utils/yunikorn/data/upstream_verdicts.json"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"
# Debian 13, for its clang 19: the oldest that compiles this Cilium's programs (its documentation's system requirements).
DEBIAN_SUITE = "trixie"
# Where the stand-ins' Python programs lie in their images.
PROGRAMS = "/usr/local/lib"
# JupyterHub's images: their virtual environment, and in it the certificates that everything else there trusts too.
ENVIRONMENT = "/opt/venv"
CERTIFICATES = "lib/python3.13/site-packages/certifi/cacert.pem"
HUB_CONFIG = "/usr/local/etc/jupyterhub/jupyterhub_config.py"
# Published without wheels.
SOURCES_ONLY = ("onetimepass",)
MCS_CONTROLLERS = """package controllers

const DerivedServiceAnnotation = "multicluster.kubernetes.io/derived-service"
"""


@dataclass(frozen=True)
class Item:
    """One entry of the list. Both steps' results have the content folder's layout below ``tree``."""

    name: str
    version: str
    download: Step
    build: Step


def standin(name: str, *more: Path) -> tuple[tuple[str, str], ...]:
    """The files of a stand-in written in Python, for a layer, and ``more`` beside them; below PROGRAMS they lie as in this repository."""
    folder = STANDINS / name / "server"
    files = {path: path.relative_to(ROOT / "lab") for path in (STANDINS / "api_server.py", *folder.glob("*.py"))}
    files |= {path: folder.relative_to(ROOT / "lab") / path.name for path in more}
    return tuple(sorted((f"{PROGRAMS}/{place}", path.read_text(encoding="utf-8")) for path, place in files.items()))


class _Recipes:
    """The build recipes of one release, those parts that several items share made once."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.versions = release.versions
        self.architecture = release.architecture

    # --- programs -----------------------------------------------------------------------------------------------
    def go(
        self, source: GoSource, name: str, package: str, *, tags: str = "", variables: Mapping[str, str] | None = None
    ) -> GoProgram:
        """A program of a module; the linker sets the variables."""
        return GoProgram(name, source, package, tuple(sorted((variables or {}).items())), tags)

    def kubernetes(self, name: str, package: str = "") -> GoProgram:
        """One program of Kubernetes, which says its version as upstream's does."""
        version = self.versions["kubernetes"]
        major, minor, _ = version.split(".")
        facts = {
            "gitVersion": f"v{version}",
            "gitMajor": major,
            "gitMinor": minor,
            "gitTreeState": "archive",
            "buildDate": EPOCH,
        }
        places = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
        variables = {f"{place}.{name}": value for place in places for name, value in facts.items()}
        programs = (
            "kubeadm",
            "kubelet",
            "kube-apiserver",
            "kube-controller-manager",
            "kube-scheduler",
            "kube-proxy",
            "kubectl",
        )
        source = GoModule(
            "kubernetes modules",
            module="k8s.io/kubernetes",
            version=f"v{version}",
            packages=(
                *(f"k8s.io/kubernetes/cmd/{program}" for program in programs),
                "k8s.io/kubernetes/test/images/agnhost",
            ),
            replace_zero=f"v0.{minor}.{version.split('.')[2]}",
            architecture=self.architecture,
        )
        return self.go(source, name, package or f"k8s.io/kubernetes/cmd/{name}", variables=variables)

    def plain(self, name: str, module: str, version: str, *packages: str) -> GoModule:
        """A module that builds from a requirement of it alone."""
        paths = tuple(f"{module}/{package}".rstrip("/") for package in packages)
        return GoModule(f"{name} modules", module, version, paths, architecture=self.architecture)

    def etcd(self) -> tuple[GoProgram, ...]:
        """etcd and its tools; the image's version is etcd's and a build number."""
        version = f"v{self.versions['etcd'].partition('-')[0]}"
        modules = {"etcd": "server", "etcdctl": "etcdctl", "etcdutl": "etcdutl"}
        return tuple(
            self.go(self.plain(name, f"go.etcd.io/etcd/{module}/v3", version, ""), name, f"go.etcd.io/etcd/{module}/v3")
            for name, module in modules.items()
        )

    def containerd(self) -> dict[str, GoProgram]:
        """The programs of upstream's archive."""
        version = f"v{self.versions['containerd']}"
        module = "github.com/containerd/containerd/v2"
        names = ("containerd", "containerd-shim-runc-v2", "containerd-stress", "ctr")
        source = self.plain("containerd", module, version, *(f"cmd/{name}" for name in names))
        variables = {f"{module}/version.Version": version}
        return {name: self.go(source, name, f"{module}/cmd/{name}", variables=variables) for name in names}

    def cni_plugins(self) -> dict[str, GoProgram]:
        """The plugins of upstream's archive (its ``plugins/linux_only.txt`` and build_linux.sh)."""
        version = f"v{self.versions['cni_plugins']}"
        module = "github.com/containernetworking/plugins"
        kinds = {
            "ipam": ("dhcp", "host-local", "static"),
            "main": ("bridge", "dummy", "host-device", "ipvlan", "loopback", "macvlan", "ptp", "tap", "vlan"),
            "meta": ("bandwidth", "firewall", "portmap", "sbr", "tuning", "vrf"),
        }
        paths = {name: f"plugins/{kind}/{name}" for kind, names in kinds.items() for name in names}
        source = self.plain("cni-plugins", module, version, *paths.values())
        variables = {f"{module}/pkg/utils/buildversion.BuildVersion": version}
        return {
            name: self.go(source, f"cni {name}", f"{module}/{path}", variables=variables)
            for name, path in sorted(paths.items())
        }

    def helm(self) -> GoProgram:
        """Helm; its notion of the cluster's version, for charts rendered without one, is the release's."""
        major, minor, _ = self.versions["kubernetes"].split(".")
        module = "helm.sh/helm/v3"
        places = (f"{module}/pkg/chartutil", f"{module}/pkg/lint/rules")
        variables = {
            f"{place}.k8sVersion{part}": value
            for place in places
            for part, value in (("Major", major), ("Minor", minor))
        }
        variables[f"{module}/internal/version.version"] = f"v{self.versions['helm']}"
        variables[f"{module}/internal/version.gitTreeState"] = "clean"
        source = self.plain("helm", module, f"v{self.versions['helm']}", "cmd/helm")
        return self.go(source, "helm", f"{module}/cmd/helm", variables=variables)

    def cilium(self) -> dict[str, GoProgram]:
        """Cilium's programs.

        Its go.mod names two modules that the Go module proxy does not serve: a pseudo version of gobgp, for which the
        released one stands in, and the controllers of mcs-api, of which it reads one constant.
        """
        version = self.versions["cilium"]
        stub = "kubehub-stubs/mcs-api-controllers"
        packages = {
            "cilium-agent": ("./daemon", "osusergo"),
            "cilium-operator-generic": ("./operator", "osusergo,ipam_provider_operator"),
            "cilium-dbg": ("./cilium-dbg", "osusergo"),
            "cilium-cni": ("./plugins/cilium-cni", "osusergo"),
            "cilium-health": ("./cilium-health", "osusergo"),
            "cilium-health-responder": ("./cilium-health/responder", "osusergo"),
            "cilium-mount": ("./tools/mount", "osusergo"),
            "cilium-sysctlfix": ("./tools/sysctlfix", "osusergo"),
        }
        source = GoModule(
            "cilium modules",
            module="github.com/cilium/cilium",
            version=f"v{version}",
            packages=tuple(package for package, _ in packages.values()),
            tags="osusergo,ipam_provider_operator",
            as_main=True,
            edits=(
                "-require=github.com/osrg/gobgp/v4@v4.8.0",
                f"-replace=sigs.k8s.io/mcs-api/controllers=./{stub}",
                "-droprequire=sigs.k8s.io/mcs-api/conformance",
            ),
            stubs=(
                (f"{stub}/go.mod", "module sigs.k8s.io/mcs-api/controllers\n"),
                (f"{stub}/controllers.go", MCS_CONTROLLERS),
            ),
            leave_out=("Documentation", "bpf/tests", "examples"),
            architecture=self.architecture,
        )
        # "version revision date": with fewer words `cilium status` knows no version at all.
        variables = {"github.com/cilium/cilium/pkg/version.ciliumVersion": f"{version} 0000000 {EPOCH}"}
        return {
            name: self.go(source, name, package, tags=tags, variables=variables)
            for name, (package, tags) in packages.items()
        }

    def flannel(self) -> dict[str, GoProgram]:
        """flanneld and its helper without two backends.

        The one of a cloud whose client the module proxy does not serve; and udp, which is the only one that needs a C
        compiler, on amd64 alone, and which upstream keeps for debugging only (its Documentation/backends.md).
        """
        version = f"v{self.versions['flannel']}"
        module = "github.com/flannel-io/flannel"
        sdk = "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud"
        source = GoModule(
            "flannel modules",
            module=module,
            version=version,
            packages=(".", "./cmd/install_conf"),
            as_main=True,
            edits=(f"-droprequire={sdk}/common", f"-droprequire={sdk}/vpc"),
            drop_lines=tuple(("main.go", f'\t_ "{module}/pkg/backend/{name}"') for name in ("tencentvpc", "udp")),
            leave_out=("Documentation", "e2e", "functional", "logos"),
            architecture=self.architecture,
        )
        variables = {f"{module}/pkg/version.Version": version}
        packages = {"flanneld": ".", "install-conf": "./cmd/install_conf"}
        return {name: self.go(source, name, package, variables=variables) for name, package in packages.items()}

    # --- images -------------------------------------------------------------------------------------------------
    def debian(self, name: str, *packages: str) -> DebianRoot:
        """Packages of Debian."""
        return DebianRoot(f"debian {name}", DEBIAN_SUITE, packages, self.architecture)

    def network_root(self) -> DebianRoot:
        """A shell and the kernel's network tools."""
        return self.debian(
            "network tools",
            *(
                "base-files",
                "bash",
                "bpftool",
                "coreutils",
                "dash",
                "findutils",
                "grep",
                "ipset",
                "iproute2",
                "iptables",
            ),
            *("kmod", "libc-bin", "mount", "netbase", "nftables", "procps", "sed", "util-linux"),
        )

    def network_layers(self) -> tuple[Layer, ...]:
        """The base of every image that needs more than its own program: machines unpack it once."""
        tables = ("iptables", "iptables-restore", "iptables-save", "ip6tables", "ip6tables-restore", "ip6tables-save")
        return (
            RootLayer("layer network tools", self.network_root()),
            FilesLayer(
                "layer network links",
                (),
                links=tuple((f"/usr/sbin/{name}", "xtables-nft-multi") for name in tables),
                texts=(
                    (
                        "/etc/passwd",
                        "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
                    ),
                    ("/etc/group", "root:x:0:\nnogroup:x:65534:\n"),
                ),
            ),
        )

    def image(
        self,
        name: str,
        layers: tuple[Layer, ...],
        *,
        entrypoint: tuple[str, ...] = (),
        command: tuple[str, ...] = (),
        path: str = SYSTEM_PATH,
        environment: tuple[str, ...] = (),
        user: str = "",
        workdir: str = "/",
    ) -> Image:
        """An image of the release with its upstream name; ``environment`` (``NAME=value``) comes beside the path."""
        config = settings(entrypoint=entrypoint, command=command, user=user, path=path, workdir=workdir)
        if environment:
            config = tuple((name, (f"PATH={path}", *environment) if name == "Env" else value) for name, value in config)
        return Image(f"image {name}", self.release.images[name], self.architecture, layers, config)

    def programs_layer(self, name: str, *programs: GoProgram, folder: str = "/usr/local/bin") -> FilesLayer:
        """Programs in one folder."""
        return FilesLayer(
            f"layer {name}", tuple(Copy(program, "program", f"{folder}/{program.name}") for program in programs)
        )

    def image_recipes(self) -> Iterator[tuple[str, Image]]:
        """Every image by its name in the role ``release``."""
        for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler"):
            layer = self.programs_layer(name, self.kubernetes(name))
            yield name.replace("-", "_"), self.image(name.replace("-", "_"), (layer,), command=(name,))
        proxy = (*self.network_layers(), self.programs_layer("kube-proxy", self.kubernetes("kube-proxy")))
        yield "kube_proxy", self.image("kube_proxy", proxy, command=("kube-proxy",))
        etcd = self.programs_layer("etcd", *self.etcd())
        yield "etcd", self.image("etcd", (etcd,), command=("etcd",))
        yield "coredns", self.coredns()
        yield "pause", self.pause()
        yield "agnhost", self.agnhost()
        yield "cilium", self.cilium_image()
        operator = self.programs_layer("cilium-operator", self.cilium()["cilium-operator-generic"], folder="/usr/bin")
        yield (
            "cilium_operator",
            self.image("cilium_operator", (operator,), entrypoint=("/usr/bin/cilium-operator-generic",)),
        )
        yield "flannel", self.flannel_image()
        yield "flannel_cni_plugin", self.flannel_cni_plugin()
        # The stand-in's chart runs no admission controller, and a mirror holds every image of the release.
        for name in ("yunikorn_scheduler", "yunikorn_admission"):
            yield name, self.yunikorn(name)
        yield from self.jupyterhub_images()
        yield from self.gpu_images()

    def coredns(self) -> Image:
        """CoreDNS at upstream's place."""
        module = "github.com/coredns/coredns"
        source = self.plain("coredns", module, f"v{self.versions['coredns']}", "")
        layer = self.programs_layer("coredns", self.go(source, "coredns", module), folder="")
        return self.image("coredns", (layer,), entrypoint=("/coredns",))

    def pause(self) -> Image:
        """Kubernetes' own pause.c, static."""
        path = "build/pause/linux/pause.c"
        source = ModuleFiles("pause source", "k8s.io/kubernetes", f"v{self.versions['kubernetes']}", (path,))
        program = CProgram("pause", source, path, (("VERSION", f"v{self.versions['pause']}"),))
        layer = FilesLayer("layer pause", (Copy(program, "program", "/pause"),))
        return self.image("pause", (layer,), entrypoint=("/pause",), user="65535:65535")

    def agnhost(self) -> Image:
        """Kubernetes' test program, on the tools that the nodes have unpacked anyway."""
        program = self.kubernetes("agnhost", "k8s.io/kubernetes/test/images/agnhost")
        layer = FilesLayer(
            "layer agnhost",
            (Copy(program, "program", "/agnhost"),),
            links=(("/agnhost-2", "agnhost"),),
            folders=("/uploads",),
        )
        return self.image("agnhost", (*self.network_layers(), layer), entrypoint=("/agnhost",), command=("pause",))

    def cilium_source(self) -> ModuleFiles:
        """The parts of Cilium's source that are shipped as they are."""
        return ModuleFiles(
            "cilium source",
            "github.com/cilium/cilium",
            f"v{self.versions['cilium']}",
            (
                *("bpf", "install/kubernetes/cilium", "images/cilium/init-container.sh"),
                *("plugins/cilium-cni/cni-uninstall.sh", "plugins/cilium-cni/install-plugin.sh"),
            ),
            leave_out=("bpf/tests",),
        )

    def cilium_image(self) -> Image:
        """The agent with the compiler that it runs; Envoy is not in it.

        Of clang's packages only the compiler and the libraries that it loads are kept: the agent calls nothing else of
        them, and every machine has to unpack what is in here.
        """
        programs = self.cilium()
        source = self.cilium_source()
        clang = "usr/lib/llvm-19/bin/clang"
        compiler = ProgramsLayer("layer clang", self.debian("clang", "clang-19"), (clang,), self.network_root())
        tools = (
            "cilium-agent",
            "cilium-dbg",
            "cilium-health",
            "cilium-health-responder",
            "cilium-mount",
            "cilium-sysctlfix",
        )
        files = FilesLayer(
            "layer cilium",
            (
                *(Copy(programs[name], "program", f"/usr/bin/{name}") for name in tools),
                Copy(programs["cilium-cni"], "program", "/opt/cni/bin/cilium-cni"),
                Copy(self.cni_plugins()["loopback"], "program", "/cni/loopback"),
                Copy(source, "bpf", "/var/lib/cilium/bpf"),
                Copy(source, "images/cilium/init-container.sh", "/init-container.sh"),
                Copy(source, "plugins/cilium-cni/install-plugin.sh", "/install-plugin.sh"),
                Copy(source, "plugins/cilium-cni/cni-uninstall.sh", "/cni-uninstall.sh"),
            ),
            links=(("/usr/bin/cilium", "cilium-dbg"), ("/usr/local/bin/clang", f"/{clang}")),
            folders=("/home/cilium",),
        )
        layers = (*self.network_layers(), compiler, files)
        return self.image("cilium", layers, command=("/usr/bin/cilium-dbg",), workdir="/home/cilium")

    def flannel_source(self) -> ModuleFiles:
        """The parts of flannel's source that are shipped as they are."""
        paths = ("chart/kube-flannel", "dist/mk-docker-opts.sh")
        return ModuleFiles("flannel source", "github.com/flannel-io/flannel", f"v{self.versions['flannel']}", paths)

    def flannel_image(self) -> Image:
        """flanneld with the network tools."""
        programs = self.flannel()
        files = FilesLayer(
            "layer flannel",
            (
                *(Copy(program, "program", f"/opt/bin/{name}") for name, program in programs.items()),
                Copy(self.flannel_source(), "dist/mk-docker-opts.sh", "/opt/bin/mk-docker-opts.sh"),
            ),
        )
        return self.image("flannel", (*self.network_layers(), files), entrypoint=("/opt/bin/flanneld",))

    def flannel_cni_plugin(self) -> Image:
        """A stand-in for the plugin, which the module proxy does not serve; the chart copies it with ``cp``."""
        folder = STANDINS / "flannel-cni-plugin"
        source = LocalModule(
            "flannel-cni-plugin module", (folder / "go.mod", folder / "main.go"), architecture=self.architecture
        )
        layer = FilesLayer(
            "layer flannel-cni-plugin", (Copy(self.go(source, "flannel-cni-plugin", "."), "program", "/flannel"),)
        )
        return self.image("flannel_cni_plugin", (*self.network_layers(), layer))

    def yunikorn(self, name: str) -> Image:
        """A stand-in for YuniKorn's images, which the module proxy does not serve: its REST paths beside Kubernetes' own scheduler."""
        server = FilesLayer(
            "layer yunikorn",
            (Copy(self.kubernetes("kube-scheduler"), "program", "/usr/local/bin/kube-scheduler"),),
            texts=standin("yunikorn", STANDINS / "yunikorn/server/refusals.json", VERDICTS),
        )
        python = RootLayer("layer python", self.debian("python", "base-files", "python3", "python3-yaml"))
        return self.image(
            name,
            (python, server),
            entrypoint=(
                *("/usr/bin/python3", "-m", "standins.yunikorn.server"),
                *("--verdicts", f"standins/yunikorn/server/{VERDICTS.name}"),
            ),
            user="4444:4444",
            workdir=PROGRAMS,
        )

    # --- JupyterHub ---------------------------------------------------------------------------------------------
    def jupyterhub_images(self) -> Iterator[tuple[str, Image]]:
        """The stand-in chart's images: their programs from package indexes, locked, on Debian's Python.

        What the hub and the notebooks have in common is one layer of both.
        """
        folder = STANDINS / "jupyterhub"
        hub, singleuser, node = (
            requirements((folder / f"images/{name}.txt").read_text(encoding="ascii"))
            for name in ("hub", "singleuser", "node")
        )
        shared = tuple(line for line in hub if line in singleuser)
        python = PythonRoot("jupyterhub root", self.debian("jupyterhub", "base-files", "libstdc++6", "python3", "tini"))
        base = (
            *self.network_layers(),
            TreeLayer("layer jupyterhub root", ((python, "tree"),), self.network_root()),
        )
        environment = FilesLayer(
            "layer jupyterhub environment",
            (),
            links=(
                *((f"{ENVIRONMENT}/bin/{name}", "/usr/bin/python3") for name in ("python", "python3")),
                ("/etc/ssl/certs/ca-certificates.crt", f"{ENVIRONMENT}/{CERTIFICATES}"),
                ("/usr/lib/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt"),
            ),
            texts=(
                (f"{ENVIRONMENT}/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = false\n"),
                (
                    "/etc/passwd",
                    (
                        "root:x:0:0:root:/root:/bin/bash\njovyan:x:1000:1000:jovyan:/home/jovyan:/bin/bash\n"
                        "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
                    ),
                ),
                ("/etc/group", "root:x:0:\nusers:x:100:\njovyan:x:1000:\nnogroup:x:65534:\n"),
            ),
        )

        def packages(name: str, lines: tuple[str, ...]) -> TreeLayer:
            installed = PythonPackages(f"{name} packages", lines, python, ENVIRONMENT, SOURCES_ONLY)
            return TreeLayer(f"layer {name} packages", ((installed, "tree"),))

        common = (*base, environment, packages("jupyterhub", shared))
        kinds = {
            "jupyterhub_hub": ("hub", hub, "/srv/jupyterhub", ("jupyterhub", "--config", HUB_CONFIG)),
            "jupyterhub_singleuser": ("singleuser", singleuser, "/home/jovyan", ("jupyter", "lab")),
        }
        for name, (kind, lines, home, command) in kinds.items():
            own = tuple(line for line in lines if line not in shared)
            yield (
                name,
                self.image(
                    name,
                    (*common, packages(kind, own), OwnedFolder(f"layer {kind} folder", home, 1000)),
                    entrypoint=("tini", "--"),
                    command=command,
                    path=f"{ENVIRONMENT}/bin:{SYSTEM_PATH}",
                    environment=(f"HOME={home}", "LANG=C.UTF-8"),
                    user="1000",
                    workdir=home,
                ),
            )
        program = Node("node", node, self.architecture)
        npm = Node("npm", node, host_architecture()) if host_architecture() != self.architecture else program
        manifest, lock = (folder / "images/proxy" / name for name in ("package.json", "package-lock.json"))
        proxy = NodePackages("proxy packages", manifest, lock, npm, "/srv/proxy")
        files = FilesLayer(
            "layer node",
            (Copy(program, "bin/node", "/usr/local/bin/node"),),
            links=(("/usr/local/bin/configurable-http-proxy", "/srv/proxy/node_modules/.bin/configurable-http-proxy"),),
        )
        yield (
            "jupyterhub_proxy",
            self.image(
                "jupyterhub_proxy",
                (*base, files, TreeLayer("layer proxy packages", ((proxy, "tree"),))),
                entrypoint=("tini", "--"),
                command=("configurable-http-proxy",),
                user="65534",
                workdir="/srv/proxy",
            ),
        )
        awaiter = FilesLayer(
            "layer image-awaiter",
            (Copy(local_folder("image-awaiter", folder / "image-awaiter"), "image_awaiter.py", "/image-awaiter"),),
        )
        yield "jupyterhub_image_awaiter", self.image("jupyterhub_image_awaiter", (*base, awaiter), user="65534")

    # --- GPUs ---------------------------------------------------------------------------------------------------
    def gpu_images(self) -> Iterator[tuple[str, Image]]:
        """A stand-in for NVIDIA's GPU Operator, whose images no package registry has: one image under the names of all of them."""
        server = FilesLayer("layer gpu-operator", (), texts=standin("gpu_operator"))
        packages = ("base-files", "python3", "python3-grpcio", "python3-yaml")
        python = RootLayer("layer python grpc", self.debian("python grpc", *packages))
        for name in (
            *("gpu_operator", "container_toolkit", "device_plugin", "mig_manager", "dcgm_exporter"),
            *("node_feature_discovery", "cuda_sample"),
        ):
            entrypoint = ("/usr/bin/python3", "-m", "standins.gpu_operator.server")
            yield name, self.image(name, (python, server), entrypoint=entrypoint, workdir=PROGRAMS)

    # --- archives -----------------------------------------------------------------------------------------------
    def archives(self) -> dict[str, tuple[Copy, ...]]:
        """What upstream's archives hold, by the file's name in the role ``release``."""
        helm = ModuleFiles("helm source", "helm.sh/helm/v3", f"v{self.versions['helm']}", ("LICENSE", "README.md"))
        plugins = ModuleFiles(
            "cni-plugins source",
            "github.com/containernetworking/plugins",
            f"v{self.versions['cni_plugins']}",
            ("LICENSE", "README.md"),
        )
        platform = f"linux-{self.architecture}"
        return {
            "containerd": tuple(Copy(program, "program", f"bin/{name}") for name, program in self.containerd().items()),
            "cni_plugins": (
                *(Copy(program, "program", f"./{name}") for name, program in self.cni_plugins().items()),
                *(Copy(plugins, name, f"./{name}", 0o644) for name in plugins.paths),
            ),
            "helm": (
                Copy(self.helm(), "program", f"{platform}/helm"),
                *(Copy(helm, name, f"{platform}/{name}", 0o644) for name in helm.paths),
            ),
        }


def items(release: Release, base: str = "") -> tuple[Item, ...]:
    """Every item; ``base`` is a mirror to download from in upstream's place."""
    recipes = _Recipes(release)
    archives = recipes.archives()
    versions = release.versions
    builds: list[tuple[str, str, Step, Step]] = []

    # https://kubernetes.io/releases/download/#binaries: dl.k8s.io/release/VERSION/bin/OS/ARCH/NAME and NAME.sha256.
    # https://github.com/containerd/containerd/blob/main/docs/getting-started.md: releases and their .sha256sum.
    # https://github.com/containernetworking/plugins/releases: archives and their .sha256.
    # https://helm.sh/docs/intro/install/#from-the-binary-releases: get.helm.sh and its .sha256sum.
    for name, file in release.files.items():
        version = versions.get(name, versions["kubernetes"])
        download = FetchedFile(f"download {name}", base, file)
        if name in archives:
            builds.append((name, version, download, PublishedArchive(f"file {name}", file, archives[name])))
        else:
            builds.append((name, version, download, PublishedFile(f"file {name}", file, recipes.kubernetes(name))))

    # https://docs.cilium.io/en/stable/installation/k8s-install-helm/: the repository helm.cilium.io.
    # https://github.com/flannel-io/flannel#deploying-flannel-with-helm: the repository flannel-io.github.io/flannel.
    # https://z2jh.jupyter.org/en/stable/jupyterhub/installation.html: the repository hub.jupyter.org/helm-chart.
    # https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/getting-started.html: helm.ngc.nvidia.com/nvidia.
    # https://yunikorn.apache.org/docs/ (Get Started): the repository apache.github.io/yunikorn-release.
    standins = ("jupyterhub", "yunikorn", "gpu_operator")
    folders = {
        "cilium": (recipes.cilium_source(), "install/kubernetes/cilium"),
        "flannel": (recipes.flannel_source(), "chart/kube-flannel"),
        **{name: (local_folder(f"{name} chart", STANDINS / name / "chart"), "") for name in standins},
    }
    for name, chart in release.charts.items():
        source, folder = folders[name]
        publish = PublishedChart(f"chart {name}", chart, source, folder)
        builds.append((f"chart {name}", chart.version, FetchedChart(f"download chart {name}", base, chart), publish))

    # https://kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-config/ (config images list): registry.k8s.io.
    # https://github.com/kubernetes/kubernetes/blob/master/test/images/README.md: registry.k8s.io/e2e-test-images.
    # https://docs.cilium.io/en/stable/helm-reference/ (image.repository) and flannel's chart (values.yaml): quay.io, ghcr.io.
    # https://yunikorn.apache.org/docs/ (its chart's image.repository and image.tag): docker.io.
    # https://z2jh.jupyter.org/en/stable/resources/reference.html (hub.image, proxy.chp.image, singleuser.image): quay.io.
    # https://github.com/NVIDIA/gpu-operator (its chart's values.yaml): nvcr.io, registry.k8s.io.
    for name, image in recipes.image_recipes():
        fetch = FetchedImage(f"download image {name}", base, release.images[name], release.architecture)
        builds.append((f"image {name}", release.images[name].rpartition(":")[2], fetch, image))
    return tuple(Item(*entry) for entry in builds)
