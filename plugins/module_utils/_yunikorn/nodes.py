# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Makes nodes of the first document in a text.

PyYAML only splits the text into events. Its own composer is of no use here: it guesses types, refuses an anchor's second
definition, which yaml.v3 takes, and overflows the stack of a text that nests deeply enough.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from .problem import Problem

try:
    import yaml
except ImportError as error:
    YAML_IMPORT_ERROR: ImportError | None = error
else:
    YAML_IMPORT_ERROR = None

    class _PythonParser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):
        def __init__(self, text: str) -> None:
            yaml.reader.Reader.__init__(self, text)
            yaml.scanner.Scanner.__init__(self)
            yaml.parser.Parser.__init__(self)

    PARSERS: tuple[Callable[[str], Any], ...] = (_PythonParser,)
    """What can split a text, the fastest first."""
    if yaml.__with_libyaml__:
        from yaml._yaml import CParser

        PARSERS = (CParser, _PythonParser)

MAX_DEPTH = 1000
"""How many collections may stand in each other; upstream takes more of them, no site needs that."""

_PREFIX = "tag:yaml.org,2002:"
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class RefusedError(Exception):
    """Nothing can be read after this."""

    def __init__(self, message: str, line: int | None = None, path: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(path=path, message=message, line=line)


class Scalar:
    """A text. ``tag`` is short (``!!str``), empty where the author gave none; ``plain`` tells that it stands without quotes."""

    __slots__ = ("line", "met", "plain", "tag", "text")

    def __init__(self, line: int, tag: str, text: str, plain: bool) -> None:
        self.line = line
        self.tag = tag
        self.text = text
        self.plain = plain
        self.met = False


class Collection:
    """Other nodes: ``met`` once it was read, ``open`` while it is read."""

    __slots__ = ("children", "line", "met", "open", "tag")

    def __init__(self, line: int, tag: str) -> None:
        self.line = line
        self.tag = tag
        self.children: list[Node] = []
        self.met = False
        self.open = False


class Sequence(Collection):
    """A list."""

    __slots__ = ()


class Mapping(Collection):
    """A mapping, whose ``children`` are keys and values in turn."""

    __slots__ = ()

    def pairs(self) -> Iterator[tuple[Node, Node]]:
        """Yield keys with their values, as written."""
        children = iter(self.children)
        return zip(children, children, strict=True)


Node: TypeAlias = "Scalar | Sequence | Mapping"


def decode(content: bytes) -> str:
    """Return the text of ``content``: UTF-8, or what its byte order mark says."""
    boms = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
    bom = next((each for each in boms if content.startswith(each)), b"")
    content, encoding = content[len(bom) :], boms.get(bom, "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RefusedError(
            f"not a text in {encoding.upper()}: byte {content[error.start]:#04x} at offset {error.start}", line
        ) from error


def compose(text: str) -> Node | None:
    """Return the first document of ``text``, None if there is nothing in it. Raise :class:`RefusedError` if it is no YAML."""
    if YAML_IMPORT_ERROR is not None:
        raise ImportError("PyYAML is needed to read a queue configuration") from YAML_IMPORT_ERROR
    parser = None
    try:
        parser = PARSERS[0](text.removeprefix("\ufeff"))
        return _compose(parser)
    except (yaml.reader.ReaderError, UnicodeEncodeError) as error:
        match = _CONTROL.search(text)
        line = text.count("\n", 0, match.start()) + 1 if match else None
        raise RefusedError("control characters are not allowed", line) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = " ".join(word for word in (error.context, error.problem) if word)
        # The mark of a text that ends too early lies behind its last line.
        line = min(mark.line, text.rstrip("\n").count("\n")) + 1 if mark else None
        raise RefusedError(f"not YAML: {words}", line) from error
    except (yaml.YAMLError, ValueError) as error:
        # PyYAML's own scanner takes "\UFFFFFFFF" for a character, which Python refuses with a ValueError.
        raise RefusedError(f"not YAML: {error}") from error
    finally:
        if parser is not None:
            parser.dispose()


def _compose(parser: Any) -> Node | None:
    root: Node | None = None
    node: Node
    within: list[Collection] = []
    anchors: dict[str, Node] = {}
    while parser.check_event():
        event = parser.get_event()
        kind = type(event)
        if kind is yaml.events.ScalarEvent:
            node = Scalar(event.start_mark.line + 1, _short(event.tag), event.value, not event.style)
        elif kind is yaml.events.AliasEvent:
            if event.anchor not in anchors:
                raise RefusedError(f"unknown anchor '{event.anchor}' referenced", event.start_mark.line + 1)
            node = anchors[event.anchor]
        elif kind is yaml.events.MappingStartEvent:
            node = Mapping(event.start_mark.line + 1, _short(event.tag))
        elif kind is yaml.events.SequenceStartEvent:
            node = Sequence(event.start_mark.line + 1, _short(event.tag))
        elif kind is yaml.events.MappingEndEvent or kind is yaml.events.SequenceEndEvent:
            within.pop()
            continue
        elif kind is yaml.events.DocumentEndEvent:
            break
        else:
            continue
        if within:
            within[-1].children.append(node)
        else:
            root = node
        if kind is yaml.events.AliasEvent:
            continue
        if event.anchor is not None:
            anchors[event.anchor] = node
        if isinstance(node, Collection):
            within.append(node)
            if len(within) > MAX_DEPTH:
                raise RefusedError(f"nested deeper than {MAX_DEPTH} levels", node.line)
    return root


def _short(tag: str | None) -> str:
    if not tag or tag == "!":
        return ""
    return f"!!{tag[len(_PREFIX) :]}" if tag.startswith(_PREFIX) else tag
