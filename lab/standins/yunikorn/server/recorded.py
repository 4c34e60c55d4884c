# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the real YuniKorn said of configs, by their text or by the same YAML written differently."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .config import ConfigError, compose, read


@dataclass(frozen=True)
class Answer:
    """``reason`` is empty where the config is accepted; ``recorded`` says whether YuniKorn itself gave the answer."""

    reason: str
    recorded: bool


@dataclass(frozen=True)
class Refusal:
    """Why a valid config can't be put in force; at start YuniKorn ``exits``, or runs without placement rules."""

    reason: str
    exits: bool


def canonical(text: str) -> str:
    """The same for every way to write one YAML document: indentation, quotes, flow style, order of keys, comments, anchors."""
    try:
        return _digest(compose(text)[1], {})
    except (ConfigError, RecursionError):
        return text


def _digest(node: yaml.Node | None, known: dict[int, str]) -> str:
    """A hash of a node's tag and content, made once however often aliases name it."""
    if id(node) not in known:
        content: Any = getattr(node, "value", None)
        if isinstance(node, yaml.MappingNode):
            content = sorted((_digest(key, known), _digest(value, known)) for key, value in node.value)
        elif isinstance(node, yaml.SequenceNode):
            content = [_digest(each, known) for each in node.value]
        known[id(node)] = hashlib.sha256(
            repr((getattr(node, "tag", ""), content)).encode("utf-8", "replace")
        ).hexdigest()
    return known[id(node)]


class Recorded:
    """The answers, looked up.

    ``verdicts`` are ``{"config": text, "upstream": message or ""}``: the validator's.
    ``refusals`` are ``{"config": text, "reload": message, "start": "exits" | "rejects"}``: valid ones that can't be put in force.
    """

    def __init__(self, verdicts: Iterable[Mapping[str, str]], refusals: Iterable[Mapping[str, str]]) -> None:
        self._verdicts: dict[str, str] = {}
        for each in verdicts:
            self._verdicts[each["config"]] = each["upstream"]
            self._verdicts.setdefault(canonical(each["config"]), each["upstream"])
        self._refusals = {
            canonical(each["config"]): Refusal(each["reload"], each["start"] == "exits") for each in refusals
        }

    @classmethod
    def load(cls, verdicts: Path, refusals: Path) -> Recorded:
        """Read both files."""
        given = [json.loads(path.read_text(encoding="utf-8")) for path in (verdicts, refusals)]
        return cls(*given)

    def verdict(self, text: str) -> Answer:
        """The validator's answer; a config that was never asked about is accepted if its structure can be read."""
        for key in (text, canonical(text)):
            if key in self._verdicts:
                return Answer(self._verdicts[key], True)
        try:
            read(text)
        except ConfigError as error:
            return Answer(str(error), False)
        return Answer("", False)

    def refusal(self, text: str) -> Refusal | None:
        """How putting it in force fails, None if nothing of that kind is recorded."""
        return self._refusals.get(canonical(text))
