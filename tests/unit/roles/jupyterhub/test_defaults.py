# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role's defaults, rendered as Ansible renders them: which scheduler and class notebooks name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

DEFAULTS = Path(__file__).parents[4] / "roles/jupyterhub/defaults/main.yml"
TEAMS = {"platform_teams": [{"name": "physics", "members": ["alice"]}]}


@pytest.mark.parametrize(
    ("inputs", "scheduler", "priority_class"),
    [
        ({}, "", ""),
        (TEAMS, "yunikorn", "kubehub-notebook"),
        ({**TEAMS, "yunikorn_state": "present"}, "yunikorn", "kubehub-notebook"),
        # Nobody would place what names a scheduler that is gone, nor admit what names its class.
        ({**TEAMS, "yunikorn_state": "absent"}, "", ""),
        ({**TEAMS, "jupyterhub_priority_class": ""}, "yunikorn", ""),
    ],
)
def test_notebooks_name_a_scheduler_and_its_class_where_it_is_there(
    inputs: dict[str, Any], scheduler: str, priority_class: str
) -> None:
    loader = DataLoader()
    variables = loader.load_from_file(str(DEFAULTS), trusted_as_template=True) | inputs
    found = Templar(loader, variables=variables)
    named = ("jupyterhub_scheduler_name", "jupyterhub_priority_class")
    assert [found.template(variables[name]) for name in named] == [scheduler, priority_class]
