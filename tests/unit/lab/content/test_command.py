# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command: item by item downloaded or built, the folder whole, the second way equal to the first."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.content import __main__ as command
from lab.content.debian import DebianRoot, RootLayer
from lab.content.folder import differences
from lab.content.items import Item
from lab.content.oci import Copy, FilesLayer, Image, settings
from lab.content.publish import PublishedChart, PublishedFile
from lab.content.release import Release, ReleaseChart, ReleaseFile
from lab.content.serve import Server
from lab.content.steps import ContentError, Step, Workshop, remove
from lab.content.upstream import FetchedChart, FetchedFile, FetchedImage

FILE = ReleaseFile("https://dl.example.org/v1/kubeadm", "https://dl.example.org/v1/kubeadm.sha256", "")
CHART = ReleaseChart("tool", "1.2.3", "https://charts.example.org")
IMAGE = "registry.example.org/team/tool:v1"
RELEASE = Release("amd64", {"tool": "1.2.3"}, {"kubeadm": FILE}, {"tool": CHART}, {"tool": IMAGE})
NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Source(Step):
    """Stands for a compiler's work."""

    text: str = "program"

    def run(self, shop: Workshop, out: Path) -> None:
        if self.text == "broken":
            raise ContentError("it does not compile")
        (out / "program").write_text(self.text, encoding="utf-8")
        (out / "chart").mkdir()
        (out / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: tool\nversion: 1.2.3\n", encoding="utf-8")


def three(base: str, source: Step) -> tuple[Item, ...]:
    """A file, a chart and an image."""
    layer = FilesLayer("layer tool", (Copy(source, "program", "/tool"),))
    picture = Image("image tool", IMAGE, "amd64", (layer,), settings(entrypoint=("/tool",)))
    return (
        Item("kubeadm", "1", FetchedFile("download kubeadm", base, FILE), PublishedFile("file kubeadm", FILE, source)),
        Item(
            "chart tool",
            "1.2.3",
            FetchedChart("download chart tool", base, CHART),
            PublishedChart("chart tool", CHART, source, "chart"),
        ),
        Item("image tool", "v1", FetchedImage("download image tool", base, IMAGE, "amd64"), picture),
    )


@dataclass
class Run:
    """What one call of the command gave."""

    code: int
    out: str
    err: str

    @property
    def folder(self) -> Path:
        return Path(self.out.strip())


class Lab:
    """Calls the command with the three items."""

    def __init__(self, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
        self.capfd = capfd
        self.monkeypatch = monkeypatch
        self.text = "program"
        self.use(cache)
        monkeypatch.setattr(command, "load", lambda: RELEASE)
        monkeypatch.setattr(command, "items", lambda release, base: three(base, Source("source", self.text)))
        for name in ("LAB_SOURCE", "LAB_UPSTREAM", "LAB_JOBS", "LAB_CHARTS", "LAB_EXTRA_IMAGES"):
            monkeypatch.delenv(name, raising=False)

    def use(self, cache: Path) -> None:
        """Take another cache."""
        self.cache = cache
        self.monkeypatch.setenv("KUBEHUB_CACHE", str(cache))

    def __call__(self, *argv: str) -> Run:
        self.capfd.readouterr()
        code = command.main(argv)
        return Run(code, *self.capfd.readouterr())


@pytest.fixture
def lab(shop: Workshop, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Lab:
    """The command with a cache of its own; ``shop`` is only there for its zstd."""
    return Lab(capfd, monkeypatch, tmp_path / "cache")


@contextmanager
def mirror(folder: Path) -> Iterator[str]:
    """A mirror of a content folder."""
    with Server(folder) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.url
        server.shutdown()
        thread.join()


def ways(folder: Path) -> dict[str, str]:
    """Where each item came from."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return {entry["name"]: entry["source"] for entry in manifest}


def test_a_build_gives_the_folder_that_the_mirror_wants(lab: Lab) -> None:
    run = lab("build", "--source", "build")
    assert run.code == 0
    folder = run.folder
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert files == [
        *(".identity", "SHA256SUMS", "files/charts.example.org/index.yaml", "files/charts.example.org/tool-1.2.3.tgz"),
        *("files/dl.example.org/v1/kubeadm", "files/dl.example.org/v1/kubeadm.sha256"),
        *("images.json", "images/registry.example.org_team_tool_v1.tar", "manifest.json"),
    ]
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=folder, check=True, capture_output=True
    )
    assert checked.stdout == b""
    listed = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    assert [line.split("  ")[1] for line in listed] == [
        name for name in files if name not in (".identity", "SHA256SUMS")
    ]
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest[-1] == {
        "name": "kubeadm",
        "version": "1",
        "source": "build",
        "files": ["files/dl.example.org/v1/kubeadm", "files/dl.example.org/v1/kubeadm.sha256"],
    }
    [image] = json.loads((folder / "images.json").read_text(encoding="utf-8"))
    assert image["name"] == IMAGE


def test_a_second_build_does_nothing_and_gives_the_same_folder(lab: Lab) -> None:
    first = lab("build", "--source", "build")
    before = {path: path.stat().st_ino for path in first.folder.rglob("*")}
    second = lab("build", "--source", "build")
    assert second.folder == first.folder
    assert "[" not in second.err
    assert {path: path.stat().st_ino for path in second.folder.rglob("*")} == before


def test_a_download_from_a_mirror_of_the_build_equals_it(lab: Lab, tmp_path: Path) -> None:
    built = lab("build", "--source", "build").folder
    lab.use(tmp_path / "second")
    with mirror(built) as url:
        run = lab("build", "--source", "download", "--upstream", url, "--output", str(tmp_path / "copy"))
    assert (run.code, run.folder) == (0, tmp_path / "copy")
    assert set(ways(run.folder).values()) == {"download"}
    assert (run.folder / "images.json").read_bytes() == (built / "images.json").read_bytes()
    compared = lab("compare", str(built), str(run.folder))
    assert (compared.code, compared.out) == (0, f"{built} and {run.folder} hold the same files and images\n")


def test_auto_builds_everything_where_upstream_does_not_answer(lab: Lab) -> None:
    run = lab("build", "--upstream", NOWHERE)
    assert run.code == 0
    assert "upstream does not answer, building what is missing (http://127.0.0.1:9/dl.example.org" in run.err
    assert set(ways(run.folder).values()) == {"build"}


def test_auto_decides_item_by_item_and_says_why(lab: Lab, tmp_path: Path) -> None:
    built = lab("build", "--source", "build", "--output", str(tmp_path / "mirror")).folder
    (built / "files/charts.example.org/tool-1.2.3.tgz").write_bytes(b"damaged")
    lab.use(tmp_path / "second")
    with mirror(built) as url:
        run = lab("build", "--upstream", url)
    assert run.code == 0
    assert ways(run.folder) == {"kubeadm": "download", "chart tool": "build", "image tool": "download"}
    digest = hashlib.sha256(b"damaged").hexdigest()
    assert f"chart tool can't be downloaded and will be built ({url}/charts.example.org/tool-1.2.3.tgz: " in run.err
    assert f"its SHA-256 is {digest}, wanted " in run.err


def test_auto_asks_nobody_when_nothing_is_missing(lab: Lab) -> None:
    lab("build", "--source", "build")
    run = lab("build", "--upstream", NOWHERE)
    assert run.code == 0
    assert "does not answer" not in run.err


def test_download_alone_fails_with_every_reason_and_makes_no_folder(lab: Lab, tmp_path: Path) -> None:
    run = lab("build", "--source", "download", "--upstream", NOWHERE, "--output", str(tmp_path / "copy"))
    assert (run.code, run.out) == (1, "")
    assert "3 of 3 steps failed:" in run.err
    for name in ("download kubeadm", "download chart tool", "download image tool"):
        assert f"  {name}: http://127.0.0.1:9/" in run.err
    assert not (tmp_path / "copy").exists()


def test_a_build_that_fails_keeps_the_rest_and_goes_on_from_there(lab: Lab) -> None:
    lab.text = "broken"
    run = lab("build", "--source", "build")
    assert (run.code, run.out) == (1, "")
    assert "source: it does not compile" in run.err
    lab.text = "program"
    assert lab("build", "--source", "build").code == 0


def test_only_some_items(lab: Lab) -> None:
    run = lab("build", "--source", "build", "--only", "kubeadm")
    assert list(ways(run.folder)) == ["kubeadm"]
    unknown = lab("build", "--only", "kubeadn")
    assert (unknown.code, unknown.err) == (
        1,
        "lab.content: no such item: kubeadn. The items are: kubeadm, chart tool, image tool\n",
    )


def test_the_environment_gives_the_defaults(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_SOURCE", "download")
    monkeypatch.setenv("LAB_UPSTREAM", NOWHERE)
    assert lab("build").code == 1
    monkeypatch.setenv("LAB_SOURCE", "guess")
    with pytest.raises(SystemExit) as caught:
        lab("build")
    assert caught.value.code == 2
    monkeypatch.setenv("LAB_SOURCE", "build")
    monkeypatch.setenv("LAB_JOBS", "many")
    with pytest.raises(SystemExit) as caught:
        lab("build")
    assert caught.value.code == 2


def test_charts_and_images_that_somebody_has_come_first(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = lab("build", "--source", "build").folder
    lab.use(tmp_path / "second")
    monkeypatch.setenv("LAB_CHARTS", str(built / "files/charts.example.org"))
    monkeypatch.setenv("LAB_EXTRA_IMAGES", str(built / "images"))
    for source in ("build", "auto"):
        folder = lab("build", "--source", source, "--upstream", NOWHERE).folder
        assert ways(folder) == {"chart tool": "given", "image tool": "given", "kubeadm": "build"}
        assert differences(built, folder) == []


def test_a_file_that_belongs_to_nothing_is_refused(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "tool-1.2.2.tgz").touch()
    run = lab("build", "--source", "build", "--charts", str(tmp_path))
    reason = f"LAB_CHARTS: tool-1.2.2.tgz in {tmp_path} is of no item; the release has tool-1.2.3.tgz"
    assert (run.code, run.err) == (1, f"lab.content: {reason}\n")
    run = lab("plan", "--extra-images", str(tmp_path / "gone"))
    assert (run.code, run.err) == (1, f"lab.content: LAB_EXTRA_IMAGES: {tmp_path}/gone is no folder\n")


def test_the_plan_says_everything_and_does_nothing(lab: Lab) -> None:
    run = lab("plan", "--upstream", "http://mirror.example.org")
    probe = "http://mirror.example.org/dl.example.org/v1/kubeadm.sha256"
    assert run.code == 0
    assert f"kubeadm                      1                download if {probe} answers, else build\n" in run.out
    assert "5 of 5 steps to do, " in run.out
    assert not lab.cache.exists()
    lab("build", "--source", "build")
    assert "image tool                   v1               cached\n" in lab("plan").out
    assert "0 of 5 steps to do, " in lab("plan", "--source", "build").out


def test_an_output_folder_stands_on_its_own_and_is_replaced_by_a_newer_content(lab: Lab, tmp_path: Path) -> None:
    target = tmp_path / "usb" / "content"
    first = lab("build", "--source", "build", "--output", str(target)).folder
    assert first == target
    assert (target / "files/dl.example.org/v1/kubeadm").stat().st_nlink == 1
    lab.text = "newer"
    lab("build", "--source", "build", "--output", str(target))
    assert (target / "files/dl.example.org/v1/kubeadm").read_text(encoding="utf-8") == "newer"
    assert [path.name for path in target.parent.iterdir()] == ["content"]


def test_somebody_elses_folder_is_not_replaced(lab: Lab, tmp_path: Path) -> None:
    target = tmp_path / "home"
    target.mkdir()
    (target / "thesis.tex").write_text("years of work", encoding="utf-8")
    run = lab("build", "--source", "build", "--output", str(target))
    assert run.code == 1
    assert run.err.endswith(f"lab.content: {target} is neither empty nor a content folder; name another one\n")
    assert (target / "thesis.tex").exists()


@pytest.mark.parametrize("kind", ["changed", "missing", "more", "other"])
def test_compare_finds_every_kind_of_difference(lab: Lab, tmp_path: Path, kind: str) -> None:
    left = lab("build", "--source", "build", "--output", str(tmp_path / "left")).folder
    if kind == "other":
        lab.text = "newer"
    right = lab("build", "--source", "build", "--output", str(tmp_path / "right")).folder
    name = "files/dl.example.org/v1/kubeadm"
    if kind == "changed":
        (right / name).write_text("changed", encoding="utf-8")
        wanted = f"{right / name}: is not what SHA256SUMS says"
    elif kind == "missing":
        remove(right / name)
        wanted = f"{right / name}: listed in SHA256SUMS but missing"
    elif kind == "more":
        (right / "files" / "more").touch()
        wanted = f"{right / 'files' / 'more'}: not listed in SHA256SUMS"
    else:
        sums = [hashlib.sha256(text).hexdigest()[:12] for text in (b"program", b"newer")]
        wanted = f"{name}: {sums[0]} in {left}, {sums[1]} in {right}"
    run = lab("compare", str(left), str(right))
    assert run.code == 1
    assert wanted in run.out.splitlines()
    assert differences(left, right) == run.out.splitlines()


def test_compare_wants_content_folders(lab: Lab, tmp_path: Path) -> None:
    run = lab("compare", str(tmp_path), str(tmp_path))
    assert (run.code, run.err) == (1, f"lab.content: {tmp_path} is no content folder: it has no SHA256SUMS\n")


def test_prune_keeps_what_the_present_list_uses(lab: Lab) -> None:
    old = lab("build", "--source", "build").folder
    lab.text = "newer"
    new = lab("build", "--source", "build").folder
    assert lab("prune").code == 0
    assert (old.exists(), new.exists()) == (False, True)
    run = lab("build", "--source", "build")
    assert run.folder == new
    assert "[" not in run.err


@dataclass(frozen=True)
class Root(DebianRoot):
    """Packages without an archive."""

    def run(self, shop: Workshop, out: Path) -> None:
        with tarfile.open(out / "root.tar", "w"):
            pass


def test_prune_makes_way_for_todays_debian_and_for_nothing_else(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = RootLayer("layer root", Root("debian root", "trixie", ("bash",), "amd64"))
    picture = Image("image root", "registry.example.org/root:v1", "amd64", (layer,))
    fetch = FetchedImage("download image root", NOWHERE, "registry.example.org/root:v1", "amd64")
    listed = (*three(NOWHERE, Source("source"))[:1], Item("image root", "v1", fetch, picture))
    monkeypatch.setattr(command, "items", lambda release, base: listed)
    lab("build", "--source", "build")
    lab("prune")
    assert "0 of 5 steps to do, " in lab("plan", "--source", "build").out
    lab("prune", "--debian")
    assert lab("plan", "--source", "build").out.splitlines()[-3:] == ["  debian root", "  layer root", "  image root"]


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"KUBEHUB_CACHE": "/big/cache"}, "/big/cache"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/kubehub"),
        ({}, str(Path.home() / ".cache" / "kubehub")),
    ],
)
def test_the_cache_lies_where_the_user_wants_it(environment: dict[str, str], folder: str) -> None:
    assert str(command.cache_folder(environment)) == folder
