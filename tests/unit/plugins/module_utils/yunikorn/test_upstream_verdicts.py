# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our verdicts against those of upstream's own validator, recorded in ``data/upstream_verdicts.json`` with its words."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import parse, validate

RECORDED = json.loads(Path(__file__).with_name("data").joinpath("upstream_verdicts.json").read_text(encoding="utf-8"))
# Upstream meets a queue's bad maximum while it looks at a limit, and says whose; here it is named at the maximum alone.
WRAPPED = re.compile(r"parse queue .* max resource failed: ", re.DOTALL)
STRUCTURE = "yaml: unmarshal errors:\n"


def test_verdicts_of_both_kinds_are_recorded() -> None:
    accepted = sum(not each["upstream"] for each in RECORDED)
    assert accepted >= 200
    assert len(RECORDED) - accepted >= 400


@pytest.mark.parametrize(
    ("config", "upstream"), [(each["config"], each["upstream"]) for each in RECORDED], ids=range(len(RECORDED))
)
def test_same_verdict(config: str, upstream: str) -> None:
    document = parse.parse(config)
    problems = validate.validate(document)
    assert bool(problems) == bool(upstream), (upstream, [str(each) for each in problems])
    if upstream.startswith(STRUCTURE):
        assert STRUCTURE + "\n".join(f"  line {each.line}: {each.message}" for each in problems) == upstream
    elif upstream.startswith("yaml: "):
        assert document.problems
    elif upstream:
        assert WRAPPED.sub("", upstream) in [each.message for each in problems]
