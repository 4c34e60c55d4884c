# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for the chart of every stand-in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

STANDINS = Path(__file__).parents[4] / "lab" / "standins"
TEMPLATES = sorted(STANDINS.glob("*/chart/templates/*"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(STANDINS)))
def test_templates_read_values_that_there_are(template: Path) -> None:
    """A misspelled value is nothing to helm, silently."""
    values = yaml.safe_load((template.parents[1] / "values.yaml").read_text(encoding="utf-8"))
    for path in re.findall(r"\.Values((?:\.[A-Za-z]+)+)", template.read_text(encoding="utf-8")):
        at: Any = values
        for part in path.strip(".").split("."):
            assert part in at, path
            at = at[part]
