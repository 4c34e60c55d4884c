# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Teams as YuniKorn's configuration, and who belongs to which."""

from __future__ import annotations

from typing import Any

from ansible_collections.kubehub.platform.plugins.module_utils._teams import membership
from ansible_collections.kubehub.platform.plugins.module_utils._teams.inputs import Inputs
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import lint, plan

TEAMS: list[dict[str, Any]] = [
    {
        "name": "physics",
        "members": ["Alice", "dora"],
        "guaranteed": {"cpu": 2, "memory": "4Gi"},
        "max": {"cpu": 8.5, "memory": "16Gi", "gpu": 2},
        "per_user": {"max": {"cpu": 4}, "servers": 2},
        "children": [
            {"name": "theory", "members": ["dora"], "default_of": ["dora"], "per_user": {"max": {"memory": "1.5Gi"}}}
        ],
    },
    {"name": "biology", "group": "bio-staff", "max": {"memory": "500M"}, "priority": 5},
]
MADE = """partitions:
  - name: default
    queues:
      - name: root
        parent: true
        properties:
          application.sort.policy: fair
          preemption.delay: 30s
        submitacl: "*"
        queues:
          - name: physics
            parent: true
            resources:
              guaranteed:
                memory: 4Gi
                vcore: 2
              max:
                memory: 16Gi
                nvidia.com/gpu: 2
                vcore: 8500m
            queues:
              - name: members
              - name: theory
                limits:
                  - limit: "each user"
                    users:
                      - "*"
                    maxresources:
                      memory: 1536Mi
                    maxapplications: 2
            limits:
              - limit: "each user"
                users:
                  - "*"
                maxresources:
                  vcore: 4
                maxapplications: 2
          - name: biology
            resources:
              max:
                memory: 500M
            properties:
              priority.offset: 5
          - name: default
    placementrules:
      - name: provided
      - name: fixed
        value: root.default
    preemption:
      enabled: true
    nodesortpolicy:
      type: fair
"""
DOCUMENT = """# The admin's own.
partitions:
  - name: default
    placementrules: [{name: provided}]
    queues:
      - {name: batch}
      - {name: night}
"""


def test_a_team_is_a_queue_and_no_user_is_named() -> None:
    inputs = Inputs(TEAMS, {})
    assert inputs.reasons == []
    assert inputs.config() == MADE


def test_yunikorn_and_the_linter_find_nothing_in_it() -> None:
    assert lint.lint(plan.read(Inputs(TEAMS, {}).config())) == ()


def test_the_rules_of_sharing_are_inputs() -> None:
    made = Inputs(
        TEAMS,
        {
            "sort": "fifo",
            "node_sort": "binpacking",
            "preemption": False,
            "preemption_delay": 90,
            "gpu_resource": "amd.com/gpu",
            "default_team": {"name": "guests", "max": {"cpu": 1}},
        },
    ).config()
    wanted = MADE.replace("fair\n          preemption.delay: 30s", "fifo\n          preemption.delay: 90s")
    wanted = wanted.replace("enabled: true", "enabled: false").replace("type: fair", "type: binpacking")
    wanted = wanted.replace("root.default", "root.guests").replace(
        "          - name: default\n",
        "          - name: guests\n            resources:\n              max:\n                vcore: 1\n",
    )
    wanted = wanted.replace(
        "                memory: 16Gi\n                nvidia.com/gpu: 2\n",
        "                amd.com/gpu: 2\n                memory: 16Gi\n",
    )
    assert made == wanted


def test_a_document_stays_as_it_is_written_without_teams() -> None:
    assert Inputs([], {"document": DOCUMENT}).config() == DOCUMENT


def test_teams_are_added_to_a_document() -> None:
    """Its rules stay, and its root is the one that YuniKorn makes of several queues at the top."""
    inputs = Inputs([{"name": "physics", "members": ["alice"]}], {"document": DOCUMENT})
    assert inputs.reasons == []
    assert (
        inputs.config()
        == """partitions:
  - name: default
    queues:
      - name: batch
      - name: night
      - name: physics
      - name: default
    placementrules:
      - name: provided
"""
    )


def test_a_documents_own_default_queue_is_kept() -> None:
    document = {"partitions": [{"name": "default", "queues": [{"name": "root", "queues": [{"name": "default"}]}]}]}
    inputs = Inputs([{"name": "physics", "members": ["alice"]}], {"document": document})
    assert [queue.name for queue in plan.read(inputs.config()).config.partitions[0].queues[0].queues] == [  # type: ignore[index]
        "default",
        "physics",
    ]


def test_groups_lead_to_queues_and_members_to_groups() -> None:
    teams = Inputs(TEAMS, {}).teams
    assert membership.queue_of_group(teams) == {
        "physics": "root.physics.members",
        "theory": "root.physics.theory",
        "bio-staff": "root.biology",
    }
    assert membership.groups(teams) == {"physics": ["alice", "dora"], "theory": ["dora"], "bio-staff": []}
    assert membership.default_groups(teams) == {"dora": "theory"}
