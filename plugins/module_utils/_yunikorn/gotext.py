# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What Go's ``strings`` package does to a text where Python's ``str`` does a little more. Source: Go's unicode tables."""

from __future__ import annotations

import re

# Unicode's White_Space property; str.strip also takes the separators U+001C to U+001F.
SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
_SPACES = re.compile(f"[{SPACE}]+")


def trim(text: str) -> str:
    """Return ``text`` as strings.TrimSpace does."""
    return text.strip(SPACE)


def fields(text: str) -> list[str]:
    """Return the words of ``text`` as strings.Fields does."""
    return [word for word in _SPACES.split(text) if word]


def lower(text: str) -> str:
    """Return ``text`` as strings.ToLower does: character by character, never longer."""
    if text.isascii():
        return text.lower()
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)


def fold(text: str) -> str:
    """Return a text that is equal for what strings.EqualFold calls equal: simple case folding, never longer."""
    return "".join(folded if len(folded := character.casefold()) == 1 else character for character in text)
