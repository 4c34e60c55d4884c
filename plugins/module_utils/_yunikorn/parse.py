# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Reads a queue configuration as YuniKorn does: Go's yaml.v3 into typed structs, with unknown and duplicate keys refused.

What a scalar means is decided by the type of the field it stands in, because YAML 1.1's implicit types (``010``, ``1_000``,
``yes``) are not Go's. Only the first document is read.
"""

from __future__ import annotations

import base64
import binascii
import collections.abc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from . import model
from .collector import paused
from .nodes import Mapping, Node, RefusedError, Scalar, Sequence, compose, decode
from .problem import Problem
from .scalars import NO, TAGS, YES, Timestamp, Value, resolve, uint64

MAX_READING_DEPTH = 400
"""How many collections may be read inside each other, aliases included: 200 queues, below Python's limit on recursion."""

_NULLS = frozenset(("", "~", "null", "Null", "NULL"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """What was read: the config (what could be read of it), the reasons why YuniKorn refuses it, and where things stand.

    ``lines`` maps a dotted path to its line, counted from 1.
    """

    config: model.Config
    problems: tuple[Problem, ...] = ()
    lines: collections.abc.Mapping[str, int] = field(default_factory=dict)

    def line(self, path: str) -> int | None:
        """Return the line of ``path``, or of the nearest thing above it that has one."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return None


@paused()
def parse(content: str | bytes) -> Document:
    """Read ``content``. What is wrong with it stands in :attr:`Document.problems`, all of it at once.

    Nothing but a missing PyYAML is raised: ImportError.
    """
    try:
        root = compose(decode(content) if isinstance(content, bytes) else content)
        reader = _Reader()
        config = model.Config() if root is None else reader.read(root)
        return Document(config=config, problems=tuple(reader.problems), lines=reader.lines)
    except RefusedError as refused:
        return Document(config=model.Config(), problems=(refused.problem,))


class _Reader:
    """One reading: nodes in, typed values out, problems and lines on the way."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.lines: dict[str, int] = {}
        self._depth = 0
        self._decoded = 0
        self._aliased = 0
        self._alias_depth = 0

    def read(self, root: Node) -> model.Config:
        """Return what stands in the document's root."""
        try:
            config: model.Config | None = _CONFIG(self, root, "")
        except RefusedError as refused:
            self.problems.append(refused.problem)
            return model.Config()
        return config or model.Config()

    # -- nodes ---------------------------------------------------------------------------------------------------------

    def _problem(self, node: Node, path: str, message: str) -> None:
        self.problems.append(Problem(path=path, message=message, line=node.line))

    def _mismatch(self, node: Node, path: str, wanted: str) -> None:
        shown = ""
        if isinstance(node, Scalar):
            tag = node.tag or self._resolve(node, path)[0]
            text = node.text.encode("utf-8")
            if tag in ("!!seq", "!!map"):
                shown = node.text
            elif len(text) > 10:
                shown = f" `{text[:7].decode('utf-8', 'replace')}...`"
            else:
                shown = f" `{node.text}`"
        else:
            tag = node.tag or ("!!seq" if isinstance(node, Sequence) else "!!map")
            if tag not in ("!!seq", "!!map"):
                shown = " ``"
        self._problem(node, path, f"cannot unmarshal {tag}{shown} into {wanted}")

    def _meet(self, node: Node, path: str) -> None:
        """Count a node as upstream does, which bounds how much of a document may come from aliases."""
        self._decoded += 1
        if node.met or self._alias_depth:
            self._aliased += 1
            if (
                self._aliased > 100
                and self._decoded > 1000
                and self._aliased / self._decoded > _allowed_alias_ratio(self._decoded)
            ):
                raise RefusedError("document contains excessive aliasing", node.line, path)
        node.met = True

    def _open(self, node: Sequence | Mapping, path: str) -> bool:
        """Begin to read a collection; return what :meth:`_close` needs: whether it was met before."""
        again = node.met
        if node.open:
            raise RefusedError("an anchor's value contains itself", node.line, path)
        self._meet(node, path)
        node.open = True
        self._alias_depth += again
        self._depth += 1
        if self._depth > MAX_READING_DEPTH:
            raise RefusedError(f"nested deeper than {MAX_READING_DEPTH} levels", node.line, path)
        return again

    def _close(self, node: Sequence | Mapping, again: bool) -> None:
        node.open = False
        self._alias_depth -= again
        self._depth -= 1

    def _resolve(self, node: Scalar, path: str) -> tuple[str, Value]:
        """Return tag and value of a scalar, as Go's resolver has them before the field's type matters."""
        tag, text = node.tag, node.text
        if tag == "!!str" or (not tag and not node.plain):
            return "!!str", text
        if not tag:
            return resolve(text)
        if tag == "!!binary":
            try:
                content = base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
            except (binascii.Error, ValueError) as error:
                raise RefusedError("!!binary value contains invalid base64 data", node.line, path) from error
            return tag, content.decode("utf-8", "replace")
        if tag not in TAGS:
            return tag, text
        found, value = resolve(text)
        if tag != found and not (tag == "!!float" and found == "!!int"):
            raise RefusedError(f"cannot decode {found} `{text}` as a {tag}", node.line, path)
        return tag, float(value) if tag == "!!float" and isinstance(value, int) else value

    def _is_null(self, node: Node, path: str) -> bool:
        if not isinstance(node, Scalar):
            return False
        if not node.tag:
            return node.plain and node.text in _NULLS
        return self._resolve(node, path)[1] is None

    # -- scalars -------------------------------------------------------------------------------------------------------

    def text(self, node: Node, path: str) -> str | None:
        """Return a scalar's source text."""
        self._meet(node, path)
        if not isinstance(node, Scalar):
            self._mismatch(node, path, "string")
            return None
        if not node.tag:
            return None if node.plain and node.text in _NULLS else node.text
        tag, value = self._resolve(node, path)
        if value is None:
            return None
        return str(value) if tag == "!!binary" else node.text

    def flag(self, node: Node, path: str) -> bool | None:
        """Return a switch."""
        value = self._value(node, path, "bool")
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str) and not isinstance(value, Timestamp) and value in YES | NO:
            return value in YES
        self._mismatch(node, path, "bool")
        return None

    def count(self, node: Node, path: str) -> int | None:
        """Return a whole number; a fraction is cut off."""
        value = self._value(node, path, "uint64")
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        if isinstance(value, float) and value <= 2.0**64:
            return uint64(value)
        self._mismatch(node, path, "uint64")
        return None

    def weight(self, node: Node, path: str) -> float | None:
        """Return a number."""
        value = self._value(node, path, "float64")
        if value is None:
            return None
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        self._mismatch(node, path, "float64")
        return None

    def _value(self, node: Node, path: str, wanted: str) -> Value:
        self._meet(node, path)
        if isinstance(node, Scalar):
            return self._resolve(node, path)[1]
        self._mismatch(node, path, wanted)
        return None

    # -- collections ---------------------------------------------------------------------------------------------------

    def items(self, node: Node, path: str, *, wanted: str, read: _Read) -> tuple[Any, ...] | None:
        """Return a list's items; null ones are left out, as upstream leaves them out. None where the list itself is null."""
        if not isinstance(node, Sequence):
            self._no_collection(node, path, wanted)
            return None
        again = self._open(node, path)
        found = []
        for index, item in enumerate(node.children):
            value = read(self, item, f"{path}[{index}]")
            if value is not None:
                found.append(value)
        self._close(node, again)
        return tuple(found)

    def pairs(
        self, node: Node, path: str, *, wanted: str, read: _Read, zero: Any
    ) -> tuple[tuple[str, Any], ...] | None:
        """Return a mapping's entries by sorted key; a null value is the type's zero. None where the mapping itself is null."""
        if not isinstance(node, Mapping):
            self._no_collection(node, path, wanted)
            return None
        again = self._open(node, path)
        found: dict[str, Any] = {}
        for key_node, value_node in self._entries(node, path):
            key = self.text(key_node, path)
            if key is None or key in found:
                continue
            place = f"{path}.{key}"
            self.lines.setdefault(place, key_node.line)
            value = read(self, value_node, place)
            if value is not None:
                found[key] = value
            elif self._is_null(value_node, place):
                found[key] = zero
        self._close(node, again)
        return tuple(sorted(found.items()))

    def struct(self, node: Node, path: str, *, make: type, fields: dict[str, _Read], kind: str) -> Any:
        """Return a ``make`` of the fields that are given and not null. None where the struct itself is null or no mapping."""
        if not isinstance(node, Mapping):
            self._no_collection(node, path, f"configs.{kind}")
            return None
        again = self._open(node, path)
        self.lines.setdefault(path, node.line)
        done: set[str] = set()
        found: dict[str, Any] = {}
        for key_node, value_node in self._entries(node, path):
            key = self.text(key_node, path)
            if key is None or key in done:
                continue
            done.add(key)
            place = f"{path}.{key}" if path else key
            read = fields.get(key)
            if read is None:
                self._problem(key_node, place, f"field {key} not found in type configs.{kind}")
                continue
            self.lines.setdefault(place, key_node.line)
            value = read(self, value_node, place)
            if value is not None:
                found[key] = value
        self._close(node, again)
        return make(**found)

    def _no_collection(self, node: Node, path: str, wanted: str) -> None:
        self._meet(node, path)
        if not self._is_null(node, path):
            self._mismatch(node, path, wanted)

    def _entries(self, node: Mapping, path: str) -> Iterator[tuple[Node, Node]]:
        """Yield a mapping's own entries, then those that ``<<`` brings; whoever reads them keeps the first of a key."""
        seen: dict[tuple[type, str], int] = {}
        duplicate = False
        for key, _value in node.pairs():
            name = key.text if isinstance(key, Scalar) else ""
            if (type(key), name) in seen:
                duplicate = True
                place = f"{path}.{name}".lstrip(".")
                first = seen[type(key), name]
                self._problem(key, place, f'mapping key "{name}" already defined at line {first}')
            else:
                seen[type(key), name] = key.line
        if duplicate:
            return
        merges = []
        for key, value in node.pairs():
            if _is_merge(key):
                merges.append(value)
            else:
                yield key, value
        for merge in merges:
            for source in merge.children if isinstance(merge, Sequence) else [merge]:
                if not isinstance(source, Mapping):
                    raise RefusedError("map merge requires map or sequence of maps as the value", merge.line, path)
                again = self._open(source, path)
                yield from self._entries(source, path)
                self._close(source, again)


_Read = Callable[[_Reader, Node, str], Any]


def _is_merge(key: Node) -> bool:
    return isinstance(key, Scalar) and key.text == "<<" and (key.tag == "!!merge" or (not key.tag and key.plain))


def _allowed_alias_ratio(decoded: int) -> float:
    """yaml.v3's bound on how much of a document may come from aliases."""
    low, high = 400_000, 4_000_000
    if decoded <= low:
        return 0.99
    if decoded >= high:
        return 0.10
    return 0.99 - 0.89 * (decoded - low) / (high - low)


def _struct(kind: str, make: type, fields: dict[str, _Read]) -> _Read:
    return partial(_Reader.struct, kind=kind, make=make, fields=fields)


def _list(kind: str, read: _Read) -> _Read:
    return partial(_Reader.items, wanted=f"[]{kind}", read=read)


_TEXT, _FLAG, _COUNT = _Reader.text, _Reader.flag, _Reader.count
_NAMES = _list("string", _TEXT)
_TEXTS: _Read = partial(_Reader.pairs, wanted="map[string]string", read=_TEXT, zero="")
_WEIGHTS: _Read = partial(_Reader.pairs, wanted="map[string]float64", read=_Reader.weight, zero=0.0)

_RESOURCES = _struct("Resources", model.Resources, {"guaranteed": _TEXTS, "max": _TEXTS})
_CHILD_TEMPLATE = _struct(
    "ChildTemplate", model.ChildTemplate, {"maxapplications": _COUNT, "properties": _TEXTS, "resources": _RESOURCES}
)
_LIMITS = _list(
    "configs.Limit",
    _struct(
        "Limit",
        model.Limit,
        {"limit": _TEXT, "users": _NAMES, "groups": _NAMES, "maxresources": _TEXTS, "maxapplications": _COUNT},
    ),
)
_QUEUE_FIELDS: dict[str, _Read] = {
    "name": _TEXT,
    "parent": _FLAG,
    "resources": _RESOURCES,
    "maxapplications": _COUNT,
    "properties": _TEXTS,
    "adminacl": _TEXT,
    "submitacl": _TEXT,
    "childtemplate": _CHILD_TEMPLATE,
    "limits": _LIMITS,
}
_QUEUES = _QUEUE_FIELDS["queues"] = _list("configs.QueueConfig", _struct("QueueConfig", model.Queue, _QUEUE_FIELDS))
_RULE_FIELDS: dict[str, _Read] = {
    "name": _TEXT,
    "create": _FLAG,
    "filter": _struct("Filter", model.Filter, {"type": _TEXT, "users": _NAMES, "groups": _NAMES}),
    "value": _TEXT,
}
_RULE = _RULE_FIELDS["parent"] = _struct("PlacementRule", model.PlacementRule, _RULE_FIELDS)
_PARTITION = _struct(
    "PartitionConfig",
    model.Partition,
    {
        "name": _TEXT,
        "queues": _QUEUES,
        "placementrules": _list("configs.PlacementRule", _RULE),
        "limits": _LIMITS,
        "preemption": _struct(
            "PartitionPreemptionConfig", model.Preemption, {"enabled": _FLAG, "quotapreemptionenabled": _FLAG}
        ),
        "nodesortpolicy": _struct(
            "NodeSortingPolicy", model.NodeSortPolicy, {"type": _TEXT, "resourceweights": _WEIGHTS}
        ),
        "usergroupresolver": _struct("UserGroupResolver", model.UserGroupResolver, {"type": _TEXT}),
    },
)
_CONFIG = _struct(
    "SchedulerConfig",
    model.Config,
    {"partitions": _list("configs.PartitionConfig", _PARTITION), "checksum": _TEXT},
)
