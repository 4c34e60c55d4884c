# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line: ``python -m lab.content {build,plan,compare,serve,prune}``.

Exit codes: 0 done, 1 something failed or differs (every reason is printed), 2 wrong use, 130 interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.content.debian import DebianRoot
from lab.content.folder import IDENTITY, Part, assemble, differences, identity_of
from lab.content.given import replacements
from lab.content.items import Item, items
from lab.content.release import ReleaseError, load
from lab.content.serve import Server
from lab.content.steps import ContentError, Progress, Step, Workshop, closure, human, remove, size_of
from lab.content.upstream import answers, mirrored

SOURCES = ("auto", "download", "build")


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where everything of this project is cached: KUBEHUB_CACHE, else kubehub in the user's cache folder."""
    given = environment.get("KUBEHUB_CACHE")
    if given:
        return Path(given).expanduser().absolute()
    caches = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "kubehub"


def arguments(argv: Sequence[str], environment: Mapping[str, str]) -> argparse.Namespace:
    """Parse the command line; its defaults come from the variables that its help names."""
    parser = argparse.ArgumentParser(prog="python -m lab.content", description="Make the content of a mirror.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("build", "make the content and print its folder"),
        ("plan", "say what build would do, and do nothing"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument(
            "--source",
            choices=SOURCES,
            default=environment.get("LAB_SOURCE") or "auto",
            help="auto downloads what it can and builds the rest (LAB_SOURCE, now %(default)s)",
        )
        command.add_argument(
            "--upstream",
            metavar="URL",
            default=environment.get("LAB_UPSTREAM", ""),
            help="download from this mirror in upstream's place (LAB_UPSTREAM)",
        )
        command.add_argument(
            "--jobs",
            type=int,
            default=environment.get("LAB_JOBS") or "0",
            help="compilers beside each other (LAB_JOBS; 0: as cores and memory allow)",
        )
        for option, variable, text in (
            ("--charts", "LAB_CHARTS", "take the charts that lie there, NAME-VERSION.tgz"),
            (
                "--extra-images",
                "LAB_EXTRA_IMAGES",
                "take the images that lie there, OCI archives named as in a content folder",
            ),
        ):
            command.add_argument(
                option, metavar="DIR", default=environment.get(variable, ""), help=f"{text} ({variable})"
            )
        command.add_argument(
            "--only", action="append", default=[], metavar="ITEM", help="only this item; may be repeated"
        )
        if name == "build":
            command.add_argument(
                "--output", type=Path, metavar="DIR", help="put the content there rather than into the cache"
            )
    compare = commands.add_parser("compare", help="compare two content folders, every file and image")
    compare.add_argument("left", type=Path)
    compare.add_argument("right", type=Path)
    serve = commands.add_parser("serve", help="serve a content folder on loopback, as a mirror does")
    serve.add_argument("folder", type=Path)
    serve.add_argument("--port", type=int, default=0, help="0 takes a free one and prints it")
    prune_command = commands.add_parser("prune", help="remove results and folders that the present list does not need")
    prune_command.add_argument("--debian", action="store_true", help="also what was made from Debian's packages")
    given = parser.parse_args(argv)
    if getattr(given, "source", "auto") not in SOURCES:
        parser.error(f"LAB_SOURCE is {given.source!r}; it must be one of {', '.join(SOURCES)}")
    return given


def chosen(listed: Sequence[Item], names: Sequence[str]) -> list[Item]:
    """The items with these names, all without names."""
    unknown = sorted(set(names) - {item.name for item in listed})
    if unknown:
        raise ContentError(
            f"no such item: {', '.join(unknown)}. The items are: {', '.join(item.name for item in listed)}"
        )
    return [item for item in listed if not names or item.name in names]


def decide(shop: Workshop, listed: Sequence[Item], source: str) -> dict[Item, str]:
    """Where each item comes from as far as the cache knows: 'download', 'build', or '' where upstream must be asked."""
    if source != "auto":
        return dict.fromkeys(listed, source)
    return {item: "download" if shop.has(item.download) else "build" if shop.has(item.build) else "" for item in listed}


def make(shop: Workshop, listed: Sequence[Item], source: str, probe: str) -> list[Part]:
    """Download and build what is missing and return all parts."""
    say = shop.progress.say
    decided = decide(shop, listed, source)
    open_items = [item for item, way in decided.items() if not way]
    if open_items:
        reason = answers(probe)
        if reason:
            say(f"upstream does not answer, building what is missing ({reason})")
        else:
            failed = shop.do_all(item.download for item in open_items)
            for item in open_items:
                if item.download in failed:
                    say(f"{item.name} can't be downloaded and will be built ({failed[item.download]})")
        for item in open_items:
            decided[item] = "download" if shop.has(item.download) else "build"
    steps = {item: item.download if decided[item] == "download" else item.build for item in listed}
    failed = shop.do_all(steps.values())
    if failed:
        reasons = "\n".join(f"  {step.name}: {error}" for step, error in failed.items())
        raise ContentError(f"{len(failed)} of {len(closure(steps.values()))} steps failed:\n{reasons}")
    return [
        Part(item.name, item.version, "given" if item.download is item.build else decided[item], shop.path(step))
        for item, step in steps.items()
    ]


def build(shop: Workshop, listed: Sequence[Item], source: str, probe: str, output: Path | None) -> Path:
    """Make the content; returns its folder."""
    with shop.locked():
        parts = make(shop, listed, source, probe)
        identity = identity_of(parts)
        target = output.absolute() if output else shop.root / "folders" / identity[:16]
        if not (target / IDENTITY).is_file() or (target / IDENTITY).read_text(encoding="ascii") != identity:
            assemble(target, parts, identity, link=output is None)
        os.utime(target)
    size = human(size_of(target))
    shop.progress.say(f"content: {len(parts)} items, {size}, in {target}")
    return target


def plan(shop: Workshop, listed: Sequence[Item], source: str, probe: str) -> None:
    """Print for every item where it would come from, and every step that is missing for it."""
    decided = decide(shop, listed, source)
    steps: list[Step] = []
    for item, way in decided.items():
        step = item.download if way == "download" else item.build
        state = "cached" if shop.has(step) else way or f"download if {probe} answers, else build"
        steps.append(step)
        print(f"{item.name:28} {item.version:16} {state}")
    missing = shop.missing(steps)
    print(f"{len(missing)} of {len(closure(steps))} steps to do, {shop.limits['compile']} compilers beside each other")
    for step in missing:
        print(f"  {step.name}")


def prune(shop: Workshop, listed: Sequence[Item], *, debian: bool) -> None:
    """Remove results that the present list can't use, unfinished downloads, and all folders but the last one used.

    With ``debian`` also everything made from Debian's packages, so that the next build takes today's.
    """
    steps = closure([*(item.build for item in listed), *(item.download for item in listed)])
    kept = {
        shop.path(step).name
        for step in steps
        if not (debian and any(isinstance(need, DebianRoot) for need in closure([step])))
    }
    with shop.locked():
        folders = sorted((shop.root / "folders").glob("*"), key=lambda path: path.stat().st_mtime)
        rest = [*(path for path in shop.store.iterdir() if path.name not in kept), *folders[:-1], shop.partial]
        for path in rest:
            remove(path)
    shop.progress.say(f"removed {len(rest) - 1} old results and folders in {shop.root}")


def main(argv: Sequence[str]) -> int:
    """Run one command."""
    given = arguments(argv, os.environ)
    progress = Progress(sys.stderr)
    try:
        if given.command == "compare":
            found = differences(given.left, given.right)
            print("\n".join(found) if found else f"{given.left} and {given.right} hold the same files and images")
            return 1 if found else 0
        if given.command == "serve":
            with Server(given.folder, given.port) as server, contextlib.suppress(KeyboardInterrupt):
                print(server.url, flush=True)
                server.serve_forever()
            return 0
        release = load()
        base = getattr(given, "upstream", "").rstrip("/")
        shop = Workshop(cache_folder(os.environ) / "content", progress, jobs=getattr(given, "jobs", 0) or None)
        taken = dict(replacements(release, getattr(given, "charts", ""), getattr(given, "extra_images", "")))
        known = [
            dataclasses.replace(item, download=taken[item.name], build=taken[item.name]) if item.name in taken else item
            for item in items(release, base)
        ]
        listed = chosen(known, getattr(given, "only", []))
        probe = mirrored(base, release.files["kubeadm"].checksum_url)
        if given.command == "plan":
            plan(shop, listed, given.source, probe)
        elif given.command == "prune":
            prune(shop, listed, debian=given.debian)
        else:
            print(build(shop, listed, given.source, probe, given.output))
    except (ContentError, ReleaseError) as error:
        print(f"lab.content: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("lab.content: interrupted; what is finished is kept, the same command goes on from here", file=sys.stderr)
        return 130
    return 0


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(main(sys.argv[1:]))
