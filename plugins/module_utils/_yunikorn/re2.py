# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""Whether a text is a regular expression for Go's ``regexp``. Source: Go ``regexp/syntax/parse.go`` with the flags ``Perl``.

Python's ``re`` is no judge of that: it takes look-around, back-references and possessive repeats, and refuses ``\\pL`` and
``[[:alpha:]]``. Only the verdict is made here; nothing is matched.
"""

from __future__ import annotations

import re

_MAX_REPEAT = 1000
_MAX_DEPTH = 1000
_FLAGS = re.compile(r"\(\?(?:[imsU]*|[imsU]*-[imsU]+)(?P<end>[:)])")
_NAMED = re.compile(r"\(\?P?<[A-Za-z0-9_]+>")
_REPEAT = re.compile(r"\{(?P<low>0|[1-9][0-9]*)(?P<comma>,(?P<high>0|[1-9][0-9]*)?)?\}")
_POSIX = re.compile(r"\[:\^?(?P<name>[^\]]*?):\]", re.DOTALL)
_POSIX_NAMES = frozenset(
    [
        "alnum",
        "alpha",
        "ascii",
        "blank",
        "cntrl",
        "digit",
        "graph",
        "lower",
        "print",
        "punct",
        "space",
        "upper",
        "word",
        "xdigit",
    ]
)
_UNICODE = re.compile(r"\\[pP](?:\{\^?(?P<long>[^}]*)\}|(?P<short>[^{]))", re.DOTALL)
_OCTAL = re.compile(r"\\(?:0[0-7]{0,2}|[1-7][0-7]{1,2})")
_HEX = re.compile(r"\\x(?:\{(?P<long>[0-9A-Fa-f]+)\}|(?P<short>[0-9A-Fa-f]{2}))")
_SIMPLE = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}

# Names are compared without case, blanks, hyphens and underscores.
_UNICODE_NAMES = frozenset(
    re.findall(
        r"\w+",
        """
        adlam ahom anatolianhieroglyphs any arabic armenian ascii assigned avestan balinese bamum bassavah batak bengali
        beriaerfe bhaiksuki bopomofo brahmi braille buginese buhid c canadianaboriginal carian casedletter caucasianalbanian cc
        cf chakma cham cherokee chorasmian closepunctuation cn cntrl co combiningmark common connectorpunctuation control coptic
        cs cuneiform currencysymbol cypriot cyprominoan cyrillic dashpunctuation decimalnumber deseret devanagari digit
        divesakuru dogra duployan egyptianhieroglyphs elbasan elymaic enclosingmark ethiopic finalpunctuation format garay
        georgian glagolitic gothic grantha greek gujarati gunjalagondi gurmukhi gurungkhema han hangul hanifirohingya hanunoo
        hatran hebrew hiragana imperialaramaic inherited initialpunctuation inscriptionalpahlavi inscriptionalparthian javanese
        kaithi kannada katakana kawi kayahli kharoshthi khitansmallscript khmer khojki khudawadi kiratrai l lao latin lc lepcha
        letter letternumber limbu lineara linearb lineseparator lisu ll lm lo lowercaseletter lt lu lycian lydian m mahajani
        makasar malayalam mandaic manichaean marchen mark masaramgondi mathsymbol mc me medefaidrin meeteimayek mendekikakui
        meroiticcursive meroitichieroglyphs miao mn modi modifierletter modifiersymbol mongolian mro multani myanmar n nabataean
        nagmundari nandinagari nd newa newtailue nko nl no nonspacingmark number nushu nyiakengpuachuehmong ogham olchiki
        oldhungarian olditalic oldnortharabian oldpermic oldpersian oldsogdian oldsoutharabian oldturkic olduyghur olonal
        openpunctuation oriya osage osmanya other otherletter othernumber otherpunctuation othersymbol p pahawhhmong palmyrene
        paragraphseparator paucinhau pc pd pe pf phagspa phoenician pi po privateuse ps psalterpahlavi punct punctuation rejang
        runic s samaritan saurashtra sc separator sharada shavian siddham sidetic signwriting sinhala sk sm so sogdian
        sorasompeng soyombo spaceseparator spacingmark sundanese sunuwar surrogate sylotinagri symbol syriac tagalog tagbanwa
        taile taitham taiviet taiyo takri tamil tangsa tangut telugu thaana thai tibetan tifinagh tirhuta titlecaseletter todhri
        tolongsiki toto tulutigalari ugaritic unassigned uppercaseletter vai vithkuqi wancho warangciti yezidi yi z
        zanabazarsquare zl zp zs
        """,
    )
)


class _RefusedError(Exception):
    """The text is no expression."""


def compiles(pattern: str) -> bool:
    """Return whether Go's ``regexp.Compile`` takes ``pattern``."""
    try:
        _Expression(pattern).read()
    except _RefusedError:
        return False
    return True


class _Expression:
    """One reading. ``stack`` has, for each open group, the number of copies that repeats make of the last operand (None: none)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.stack: list[_Group] = [_Group()]

    def read(self) -> None:
        """Read the whole text or raise :class:`_RefusedError`."""
        repeated = False
        while self.position < len(self.text):
            repeated = self._next(repeated)
        if len(self.stack) != 1:
            raise _RefusedError

    def _next(self, repeated: bool) -> bool:
        """Read one thing; return whether it was a repeat, which must not follow a repeat."""
        character = self.text[self.position]
        if character == "(":
            self._open()
        elif character == ")":
            self.position += 1
            if len(self.stack) == 1:
                raise _RefusedError
            inner = self.stack.pop()
            self._operand(inner.most)
        elif character == "|":
            self.position += 1
            self.stack[-1].last = None
        elif character == "[":
            self._class()
            self._operand()
        elif character in "*+?":
            self.position += 1
            self._repeat(repeated, None)
            return True
        elif character == "{" and (match := _REPEAT.match(self.text, self.position)):
            self.position = match.end()
            low = int(match["low"][:5])
            high = low if match["comma"] is None else int(match["high"][:5]) if match["high"] else None
            if low > _MAX_REPEAT or (high is not None and (high > _MAX_REPEAT or low > high)):
                raise _RefusedError
            self._repeat(repeated, low if high is None else high, at_most_one=low < 2 and (high is None or high < 2))
            return True
        elif character == "\\":
            self._escape_outside()
        else:
            self.position += 1
            self._operand()
        return False

    def _operand(self, copies: int = 1) -> None:
        self.stack[-1].add(copies)

    def _open(self) -> None:
        if not self.text.startswith("(?", self.position):
            self.position += 1
        elif match := _NAMED.match(self.text, self.position):
            self.position = match.end()
        elif match := _FLAGS.match(self.text, self.position):
            self.position = match.end()
            if match["end"] == ")":
                return
        else:
            raise _RefusedError
        self.stack.append(_Group())
        if len(self.stack) > _MAX_DEPTH:
            raise _RefusedError

    def _repeat(self, repeated: bool, times: int | None, at_most_one: bool = False) -> None:
        if self.text.startswith("?", self.position):
            self.position += 1
        group = self.stack[-1]
        if repeated or group.last is None:
            raise _RefusedError
        if times is not None and times > 0:
            group.last *= times
            if group.last > _MAX_REPEAT and not at_most_one:
                raise _RefusedError
        elif times == 0:
            group.last = 1
        group.most = max(group.most, group.last)

    def _escape_outside(self) -> None:
        following = self.text[self.position + 1 : self.position + 2]
        if following == "Q":
            end = self.text.find("\\E", self.position + 2)
            quoted = self.text[self.position + 2 : end if end >= 0 else len(self.text)]
            self.position = end + 2 if end >= 0 else len(self.text)
            if quoted:
                self._operand()
            return
        if following and following in "AbBz":
            self.position += 2
        elif not self._set():
            self._escape()
        self._operand()

    def _set(self) -> bool:
        """Read an escape that stands for a set of characters, if there is one."""
        if self.text[self.position + 1 : self.position + 2] in tuple("pP"):
            match = _UNICODE.match(self.text, self.position)
            if match is None:
                raise _RefusedError
            name = match["short"] if match["long"] is None else match["long"]
            if re.sub(r"[ _-]", "", name).lower() not in _UNICODE_NAMES:
                raise _RefusedError
            self.position = match.end()
            return True
        if self.text[self.position + 1 : self.position + 2] in tuple("dDsSwW"):
            self.position += 2
            return True
        return False

    def _escape(self) -> int:
        """Read an escape that stands for one character; return it."""
        for expression, base in ((_OCTAL, 8), (_HEX, 16)):
            if match := expression.match(self.text, self.position):
                self.position = match.end()
                digits = match[0][1:] if base == 8 else match["long"] or match["short"]
                value = int(digits, base)
                if value > 0x10FFFF:
                    raise _RefusedError
                return value
        character = self.text[self.position + 1 : self.position + 2]
        if character in _SIMPLE:
            value = _SIMPLE[character]
        elif character and character.isascii() and not character.isalnum():
            value = ord(character)
        else:
            raise _RefusedError
        self.position += 2
        return value

    def _class(self) -> None:
        self.position += 1
        if self.text.startswith("^", self.position):
            self.position += 1
        first = True
        while first or not self.text.startswith("]", self.position):
            first = False
            if self.position >= len(self.text):
                raise _RefusedError
            if self.text.startswith("[:", self.position) and (match := _POSIX.match(self.text, self.position)):
                if match["name"] not in _POSIX_NAMES:
                    raise _RefusedError
                self.position = match.end()
                continue
            if self.text.startswith("\\", self.position) and self._set():
                continue
            low = self._class_character()
            rest = self.text[self.position : self.position + 2]
            if len(rest) == 2 and rest[0] == "-" and rest[1] != "]":
                self.position += 1
                if self._class_character() < low:
                    raise _RefusedError
        self.position += 1

    def _class_character(self) -> int:
        if self.position >= len(self.text):
            raise _RefusedError
        if self.text.startswith("\\", self.position):
            return self._escape()
        self.position += 1
        return ord(self.text[self.position - 1])


class _Group:
    """An open group: copies of its last operand, and the most of any operand in it."""

    def __init__(self) -> None:
        self.last: int | None = None
        self.most = 1

    def add(self, copies: int) -> None:
        """Note a new last operand."""
        self.last = copies
        self.most = max(self.most, copies)
