# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Reads a queue configuration as YuniKorn does: Go's yaml.v3 into typed structs, with unknown and duplicate keys refused.

PyYAML only splits the text into nodes. What a scalar means is decided here, by the type of the field it stands in, because
YAML 1.1's implicit types (``010``, ``1_000``, ``yes``) are not Go's. Only the first document is read.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from .model import (
    ChildTemplate,
    Config,
    Filter,
    Limit,
    NodeSortPolicy,
    Pairs,
    Partition,
    PlacementRule,
    Preemption,
    Queue,
    Resources,
    UserGroupResolver,
)
from .problem import Problem

try:
    import yaml
    from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
except ImportError as error:
    YAML_IMPORT_ERROR: ImportError | None = error
else:
    YAML_IMPORT_ERROR = None

MAX_DEPTH = 1000
"""Nesting that is read at the most; upstream allows more, no site needs it."""

_UNTAGGED = ""
_PREFIX = "tag:yaml.org,2002:"
_T = TypeVar("_T")


class _Unresolved:
    """The part of a PyYAML loader that guesses types, made to guess nothing."""

    def resolve(self, kind: object, value: object, implicit: object) -> str:
        return _UNTAGGED

    def descend_resolver(self, current_node: object, current_index: object) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass

    def check_resolver_prefix(self, depth: object, path: object, current_node: object, current_index: object) -> None:
        pass


if YAML_IMPORT_ERROR is None:

    class _PythonLoader(
        yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser, yaml.composer.Composer, _Unresolved
    ):
        def __init__(self, text: str) -> None:
            yaml.reader.Reader.__init__(self, text)
            yaml.scanner.Scanner.__init__(self)
            yaml.parser.Parser.__init__(self)
            yaml.composer.Composer.__init__(self)

    _Loader: Callable[[str], Any] = _PythonLoader
    if yaml.__with_libyaml__:
        from yaml._yaml import CParser

        class _CLoader(CParser, _Unresolved):
            """Splits with libyaml, about ten times as fast."""

        _Loader = _CLoader


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """What was read: the config (what could be read of it), the reasons why YuniKorn refuses it, and where things stand.

    ``lines`` maps a dotted path to its line, counted from 1.
    """

    config: Config
    problems: tuple[Problem, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict)

    def line(self, path: str) -> int | None:
        """Return the line of ``path``, or of the nearest thing above it that has one."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return None


def parse(content: str | bytes) -> Document:
    """Read ``content``. Never raises: what is wrong with it stands in :attr:`Document.problems`, all of it at once."""
    try:
        root = _compose(_decode(content) if isinstance(content, bytes) else content.removeprefix("\ufeff"))
    except _RefusedError as refused:
        return Document(config=Config(), problems=(refused.problem,))
    reader = _Reader()
    config = Config() if root is None else reader.read(root)
    return Document(config=config, problems=tuple(reader.problems), lines=reader.lines)


class _RefusedError(Exception):
    """Nothing can be read after this."""

    def __init__(self, message: str, line: int | None = None, path: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(path=path, message=message, line=line)


def _decode(content: bytes) -> str:
    boms = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
    bom = next((each for each in boms if content.startswith(each)), b"")
    content, encoding = content[len(bom) :], boms.get(bom, "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _RefusedError(
            f"not a text in {encoding.upper()}: byte {content[error.start]:#04x} at offset {error.start}", line
        ) from error


def _compose(text: str) -> Node | None:
    if YAML_IMPORT_ERROR is not None:
        raise ImportError("PyYAML is needed to read a queue configuration") from YAML_IMPORT_ERROR
    _refuse_depth(text)
    loader = None
    try:
        loader = _Loader(text)
        node: Node | None = loader.get_node() if loader.check_node() else None
        return node
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1 if isinstance(error.position, int) else None
        raise _RefusedError("control characters are not allowed", line) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = " ".join(word for word in (error.context, error.problem) if word)
        raise _RefusedError(f"not YAML: {words}", mark.line + 1 if mark else None) from error
    except yaml.YAMLError as error:
        raise _RefusedError(f"not YAML: {error}") from error
    except RecursionError as error:
        raise _RefusedError(f"nested deeper than {MAX_DEPTH} levels") from error
    finally:
        if loader is not None:
            loader.dispose()


def _refuse_depth(text: str) -> None:
    """Refuse what would overflow the composer's stack. Nesting takes a bracket or a column, so most texts need no second reading."""
    if (
        text.count("[") + text.count("{") < MAX_DEPTH // 2
        and max(map(len, text.splitlines()), default=0) < MAX_DEPTH // 2
    ):
        return
    depth = line = 0
    loader = _Loader(text)
    try:
        while loader.check_event():
            event = loader.get_event()
            line = event.start_mark.line + 1 if event.start_mark else line
            if isinstance(event, yaml.events.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    raise _RefusedError(f"nested deeper than {MAX_DEPTH} levels", line)
            elif isinstance(event, yaml.events.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, yaml.events.DocumentEndEvent):
                return
    except yaml.YAMLError:
        return  # composing meets the same error and words it
    finally:
        loader.dispose()


Value: TypeAlias = "bool | int | float | str | None"


class _Timestamp(str):
    """A scalar that Go reads as a time: good as a text, as nothing else."""


_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_GO_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII
)  # of a text that begins with a dot: strconv.ParseFloat without its hexadecimal and named forms
_DATE = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:([Tt ])(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?(Z|[-+]\d\d:\d\d)?)?", re.ASCII
)
_CONSTANTS: Mapping[str, Value] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_YES = frozenset(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"))
_NO = frozenset(("n", "N", "no", "No", "NO", "off", "Off", "OFF"))
_SCALAR_TAGS = ("!!str", "!!bool", "!!int", "!!float", "!!null", "!!timestamp")


def _is_time(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    year, month, day, separator, hour, minute, second, _fraction, zone = match.groups()
    if separator is not None and (separator == " ") != (zone is None):
        return False
    try:
        datetime(int(year) or 4, int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
    except ValueError:
        return False
    return True


def _integer(text: str) -> int | None:
    """Go's ParseInt and ParseUint with base 0 after the underscores are gone: None where both refuse."""
    sign, digits = (text[0], text[1:]) if text[:1] in ("+", "-") else ("", text)
    low = digits.lower()
    try:
        if re.fullmatch(r"0x[0-9a-f]+", low):
            value = int(low, 16)
        elif re.fullmatch(r"0b[01]+", low):
            value = int(low, 2)
        elif re.fullmatch(r"0o?[0-7]+", low):
            value = int(low.removeprefix("0o"), 8)
        elif re.fullmatch(r"[0-9]+", low) and (low == "0" or low[0] != "0") and len(low) <= 20:
            value = int(low)
        else:
            return None
    except ValueError:
        return None
    if sign == "-":
        return -value if value <= 2**63 else None
    return value if value < 2**63 or (not sign and value < 2**64) else None


def _number(text: str) -> int | float | None:
    plain = text.replace("_", "")
    whole = _integer(plain)
    if whole is not None:
        return whole
    if _FLOAT.fullmatch(plain):
        value = float(plain)
        return None if math.isinf(value) else value
    return None


def _plain(text: str) -> tuple[str, Value]:
    """Return the tag and value that Go's resolver gives an untagged plain scalar."""
    if text in _CONSTANTS:
        constant = _CONSTANTS[text]
        return ("!!null" if constant is None else "!!bool" if isinstance(constant, bool) else "!!float"), constant
    first = text[0]
    if first == "." and _GO_FLOAT.fullmatch(text.replace("_", "")) and "_" not in text:
        value = float(text)
        return ("!!str", text) if math.isinf(value) else ("!!float", value)
    if first in "+-0123456789":
        if _is_time(text):
            return "!!timestamp", _Timestamp(text)
        number = _number(text)
        if number is not None:
            return ("!!int" if isinstance(number, int) else "!!float"), number
    return "!!str", text


class _Reader:
    """One reading: nodes in, typed values out, problems and lines on the way."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.lines: dict[str, int] = {}
        self._open: set[int] = set()
        self._seen: set[int] = set()
        self._decoded = 0
        self._aliased = 0
        self._alias_depth = 0

    def read(self, root: Node) -> Config:
        """Return what stands in the document's root."""
        try:
            value = self._scheduler_config(root, "")
        except _RefusedError as refused:
            self.problems.append(refused.problem)
            return Config()
        return value or Config()

    # -- nodes ---------------------------------------------------------------------------------------------------------

    def _problem(self, node: Node, path: str, message: str) -> None:
        self.problems.append(Problem(path=path, message=message, line=node.start_mark.line + 1))

    def _mismatch(self, node: Node, path: str, wanted: str, tag: str = "") -> None:
        shown = ""
        if isinstance(node, ScalarNode):
            tag = _short(node.tag) or tag or "!!str"
            text = node.value.encode("utf-8")
            if tag in ("!!seq", "!!map"):
                shown = node.value
            elif len(text) > 10:
                shown = f" `{text[:7].decode('utf-8', 'replace')}...`"
            else:
                shown = f" `{node.value}`"
        else:
            tag = "!!seq" if isinstance(node, SequenceNode) else "!!map"
        self._problem(node, path, f"cannot unmarshal {tag}{shown} into {wanted}")

    def _enter(self, node: Node, path: str) -> bool:
        """Count a visit as upstream counts its alias expansion; return whether the node was met before."""
        again = id(node) in self._seen
        if id(node) in self._open:
            raise _RefusedError("an anchor's value contains itself", node.start_mark.line + 1, path)
        self._seen.add(id(node))
        self._decoded += 1
        if again or self._alias_depth:
            self._aliased += 1
            if (
                self._aliased > 100
                and self._decoded > 1000
                and self._aliased / self._decoded > _allowed_alias_ratio(self._decoded)
            ):
                raise _RefusedError("document contains excessive aliasing", node.start_mark.line + 1, path)
        return again

    def _scalar(self, node: ScalarNode, path: str) -> tuple[str, Value]:
        """Return tag and value of a scalar, as Go's resolver has them before the field's type matters."""
        tag = _short(node.tag)
        text: str = node.value
        if tag == "!!str" or (not tag and bool(node.style)):
            return "!!str", text
        if not tag:
            return _plain(text)
        if tag == "!!binary":
            try:
                return tag, base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True).decode(
                    "utf-8", "replace"
                )
            except (binascii.Error, ValueError) as error:
                raise _RefusedError(
                    "!!binary value contains invalid base64 data", node.start_mark.line + 1, path
                ) from error
        if tag not in _SCALAR_TAGS:
            return tag, text
        found, value = _plain(text) if text else ("!!null", None)
        if (tag == "!!timestamp" and found != tag) or (tag != found and not (tag == "!!float" and found == "!!int")):
            raise _RefusedError(f"cannot decode {found} `{text}` as a {tag}", node.start_mark.line + 1, path)
        return tag, float(value) if tag == "!!float" and isinstance(value, int) else value

    def _is_null(self, node: Node, path: str) -> bool:
        return isinstance(node, ScalarNode) and self._scalar(node, path)[1] is None

    # -- scalars -------------------------------------------------------------------------------------------------------

    def _text(self, node: Node, path: str) -> str | None:
        if self._enter(node, path) and not isinstance(node, ScalarNode):
            return None
        if not isinstance(node, ScalarNode):
            self._mismatch(node, path, "string")
            return None
        tag, value = self._scalar(node, path)
        if value is None:
            return None
        return str(value) if tag == "!!binary" else str(node.value)

    def _flag(self, node: Node, path: str) -> bool | None:
        self._enter(node, path)
        if isinstance(node, ScalarNode):
            tag, value = self._scalar(node, path)
            if value is None or isinstance(value, bool):
                return value
            if isinstance(value, str) and not isinstance(value, _Timestamp) and value in _YES | _NO:
                return value in _YES
            self._mismatch(node, path, "bool", tag)
        else:
            self._mismatch(node, path, "bool")
        return None

    def _count(self, node: Node, path: str) -> int | None:
        self._enter(node, path)
        if not isinstance(node, ScalarNode):
            self._mismatch(node, path, "uint64")
            return None
        tag, value = self._scalar(node, path)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        if isinstance(value, float) and value <= 2.0**64:
            return _uint64(value)
        self._mismatch(node, path, "uint64", tag)
        return None

    def _weight(self, node: Node, path: str) -> float | None:
        self._enter(node, path)
        if not isinstance(node, ScalarNode):
            self._mismatch(node, path, "float64")
            return None
        tag, value = self._scalar(node, path)
        if value is None:
            return None
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        self._mismatch(node, path, "float64", tag)
        return None

    # -- collections ---------------------------------------------------------------------------------------------------

    def _items(
        self, node: Node, path: str, wanted: str, read: Callable[[Node, str], _T | None]
    ) -> tuple[_T, ...] | None:
        """Return a list's items; null ones are left out, as upstream leaves them out. None where the list itself is null."""
        again = self._enter(node, path)
        if self._is_null(node, path):
            return None
        if not isinstance(node, SequenceNode):
            tag = self._scalar(node, path)[0] if isinstance(node, ScalarNode) else ""
            self._mismatch(node, path, wanted, tag)
            return None
        found = []
        with _Inside(self, node, again):
            for index, item in enumerate(node.value):
                value = read(item, f"{path}[{index}]")
                if value is not None:
                    found.append(value)
        return tuple(found)

    def _pairs(
        self, node: Node, path: str, wanted: str, read: Callable[[Node, str], _T | None], zero: _T
    ) -> tuple[tuple[str, _T], ...] | None:
        """Return a mapping's entries by sorted key; a null value is the type's zero. None where the mapping itself is null."""
        again = self._enter(node, path)
        if self._is_null(node, path):
            return None
        if not isinstance(node, MappingNode):
            tag = self._scalar(node, path)[0] if isinstance(node, ScalarNode) else ""
            self._mismatch(node, path, wanted, tag)
            return None
        found: dict[str, _T] = {}
        with _Inside(self, node, again):
            for key_node, value_node in self._entries(node, path):
                key = self._text(key_node, path)
                if key is None or key in found:
                    continue
                place = f"{path}.{key}"
                self.lines.setdefault(place, key_node.start_mark.line + 1)
                value = read(value_node, place)
                if value is not None:
                    found[key] = value
                elif self._is_null(value_node, place):
                    found[key] = zero
        return tuple(sorted(found.items()))

    def _entries(self, node: MappingNode, path: str) -> Iterator[tuple[Node, Node]]:
        """Yield a mapping's own entries, then those that ``<<`` brings; whoever reads them keeps the first of a key."""
        seen: dict[tuple[type, str], int] = {}
        duplicate = False
        for key, _value in node.value:
            name = key.value if isinstance(key, ScalarNode) else ""
            line = key.start_mark.line + 1
            if (type(key), name) in seen:
                duplicate = True
                first = seen[type(key), name]
                self._problem(
                    key, f"{path}.{name}".lstrip("."), f'mapping key "{name}" already defined at line {first}'
                )
            else:
                seen[type(key), name] = line
        if duplicate:
            return
        merges = []
        for key, value in node.value:
            if _is_merge(key):
                merges.append(value)
            else:
                yield key, value
        for merge in merges:
            yield from self._merged(merge, path)

    def _merged(self, merge: Node, path: str) -> Iterator[tuple[Node, Node]]:
        sources = merge.value if isinstance(merge, SequenceNode) else [merge]
        for source in sources:
            if not isinstance(source, MappingNode):
                raise _RefusedError(
                    "map merge requires map or sequence of maps as the value", merge.start_mark.line + 1, path
                )
            again = self._enter(source, path)
            with _Inside(self, source, again):
                yield from self._entries(source, path)

    def _fields(
        self, node: Node, path: str, kind: str, fields: Mapping[str, Callable[[Node, str], Any]]
    ) -> dict[str, Any] | None:
        """Return a struct's fields that are given and not null. None where the struct itself is null or no mapping."""
        again = self._enter(node, path)
        if self._is_null(node, path):
            return None
        if not isinstance(node, MappingNode):
            tag = self._scalar(node, path)[0] if isinstance(node, ScalarNode) else ""
            self._mismatch(node, path, f"configs.{kind}", tag)
            return None
        self.lines.setdefault(path, node.start_mark.line + 1)
        done: set[str] = set()
        found: dict[str, Any] = {}
        with _Inside(self, node, again):
            for key_node, value_node in self._entries(node, path):
                key = self._text(key_node, path)
                if key is None or key in done:
                    continue
                done.add(key)
                place = f"{path}.{key}" if path else key
                if key not in fields:
                    self._problem(key_node, place, f"field {key} not found in type configs.{kind}")
                    continue
                self.lines.setdefault(place, key_node.start_mark.line + 1)
                value = fields[key](value_node, place)
                if value is not None:
                    found[key] = value
        return found

    def _strings(self, node: Node, path: str) -> Pairs | None:
        return self._pairs(node, path, "map[string]string", self._text, "")

    def _names(self, node: Node, path: str) -> tuple[str, ...] | None:
        return self._items(node, path, "[]string", self._text)

    # -- structs -------------------------------------------------------------------------------------------------------

    def _scheduler_config(self, node: Node, path: str) -> Config | None:
        found = self._fields(node, path, "SchedulerConfig", {"partitions": self._partitions, "checksum": self._text})
        return None if found is None else Config(**found)

    def _partitions(self, node: Node, path: str) -> tuple[Partition, ...] | None:
        return self._items(node, path, "[]configs.PartitionConfig", self._partition)

    def _partition(self, node: Node, path: str) -> Partition | None:
        found = self._fields(
            node,
            path,
            "PartitionConfig",
            {
                "name": self._text,
                "queues": self._queues,
                "placementrules": self._rules,
                "limits": self._limits,
                "preemption": self._preemption,
                "nodesortpolicy": self._node_sort_policy,
                "usergroupresolver": self._user_group_resolver,
            },
        )
        return None if found is None else Partition(**found)

    def _preemption(self, node: Node, path: str) -> Preemption | None:
        found = self._fields(
            node, path, "PartitionPreemptionConfig", {"enabled": self._flag, "quotapreemptionenabled": self._flag}
        )
        return None if found is None else Preemption(**found)

    def _node_sort_policy(self, node: Node, path: str) -> NodeSortPolicy | None:
        def weights(node: Node, path: str) -> tuple[tuple[str, float], ...] | None:
            return self._pairs(node, path, "map[string]float64", self._weight, 0.0)

        found = self._fields(node, path, "NodeSortingPolicy", {"type": self._text, "resourceweights": weights})
        return None if found is None else NodeSortPolicy(**found)

    def _user_group_resolver(self, node: Node, path: str) -> UserGroupResolver | None:
        found = self._fields(node, path, "UserGroupResolver", {"type": self._text})
        return None if found is None else UserGroupResolver(**found)

    def _queues(self, node: Node, path: str) -> tuple[Queue, ...] | None:
        return self._items(node, path, "[]configs.QueueConfig", self._queue)

    def _queue(self, node: Node, path: str) -> Queue | None:
        found = self._fields(
            node,
            path,
            "QueueConfig",
            {
                "name": self._text,
                "parent": self._flag,
                "resources": self._resources,
                "maxapplications": self._count,
                "properties": self._strings,
                "adminacl": self._text,
                "submitacl": self._text,
                "childtemplate": self._child_template,
                "queues": self._queues,
                "limits": self._limits,
            },
        )
        return None if found is None else Queue(**found)

    def _resources(self, node: Node, path: str) -> Resources | None:
        found = self._fields(node, path, "Resources", {"guaranteed": self._strings, "max": self._strings})
        return None if found is None else Resources(**found)

    def _child_template(self, node: Node, path: str) -> ChildTemplate | None:
        found = self._fields(
            node,
            path,
            "ChildTemplate",
            {"maxapplications": self._count, "properties": self._strings, "resources": self._resources},
        )
        return None if found is None else ChildTemplate(**found)

    def _limits(self, node: Node, path: str) -> tuple[Limit, ...] | None:
        return self._items(node, path, "[]configs.Limit", self._limit)

    def _limit(self, node: Node, path: str) -> Limit | None:
        found = self._fields(
            node,
            path,
            "Limit",
            {
                "limit": self._text,
                "users": self._names,
                "groups": self._names,
                "maxresources": self._strings,
                "maxapplications": self._count,
            },
        )
        return None if found is None else Limit(**found)

    def _rules(self, node: Node, path: str) -> tuple[PlacementRule, ...] | None:
        return self._items(node, path, "[]configs.PlacementRule", self._rule)

    def _rule(self, node: Node, path: str) -> PlacementRule | None:
        found = self._fields(
            node,
            path,
            "PlacementRule",
            {
                "name": self._text,
                "create": self._flag,
                "filter": self._filter,
                "parent": self._rule,
                "value": self._text,
            },
        )
        return None if found is None else PlacementRule(**found)

    def _filter(self, node: Node, path: str) -> Filter | None:
        found = self._fields(node, path, "Filter", {"type": self._text, "users": self._names, "groups": self._names})
        return None if found is None else Filter(**found)


class _Inside:
    """Marks a collection as being read, so that an anchor inside itself and what an alias repeats are seen."""

    def __init__(self, reader: _Reader, node: Node, again: bool) -> None:
        self._reader, self._node, self._again = reader, node, again

    def __enter__(self) -> None:
        self._reader._open.add(id(self._node))
        self._reader._alias_depth += self._again

    def __exit__(self, *exc: object) -> None:
        self._reader._open.discard(id(self._node))
        self._reader._alias_depth -= self._again


def _allowed_alias_ratio(decoded: int) -> float:
    """yaml.v3's bound on how much of a document may come from aliases."""
    low, high = 400_000, 4_000_000
    if decoded <= low:
        return 0.99
    if decoded >= high:
        return 0.10
    return 0.99 - 0.89 * (decoded - low) / (high - low)


def _short(tag: str) -> str:
    if tag == "!":
        return ""
    return f"!!{tag[len(_PREFIX) :]}" if tag.startswith(_PREFIX) else tag


def _is_merge(key: Node) -> bool:
    return (
        isinstance(key, ScalarNode)
        and key.value == "<<"
        and (_short(key.tag) == "!!merge" or (not key.tag and not key.style))
    )


def _uint64(value: float) -> int:
    """Go's conversion of a float to uint64 on amd64, which does not refuse what does not fit."""
    if math.isinf(value) or value >= 2.0**64:
        return 2**63
    whole = int(value)
    if whole < -(2**63):
        return 2**63
    return whole % 2**64
