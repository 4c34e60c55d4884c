# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time what a change of many teams costs, on one core: from the inventory's teams to a configuration and its plan, without and with notebooks.

`PYTHONPATH=.collections .venv/bin/python benchmarks/teams.py` takes 2,000 users in 200 teams, then 500 running and waiting notebooks on 50 machines as
YuniKorn's REST paths tell of them. It exits with 1 where one of both takes more than 3 seconds.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Any

from ansible_collections.kubehub.platform.plugins.module_utils._teams.inputs import Inputs
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import plan, state
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.model import Queue
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.neighbours import ConfigMaps
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.parse import parse

USERS, TEAMS, NOTEBOOKS, MACHINES = 2_000, 200, 500, 50
SECONDS = 3.0
SERVER = {"memory": 4 * 2**30, "vcore": 1000, "pods": 1}


def teams(*, changed: bool = False) -> list[dict[str, Any]]:
    """Return teams of ten, every tenth with a team below it. Of the changed ones some have less, some other priorities, and one is gone."""
    found: list[dict[str, Any]] = []
    for number in range(TEAMS):
        less = changed and number % 5 == 0
        team: dict[str, Any] = {
            "name": f"team-{number}",
            "members": [f"user-{member}@example.org" for member in range(number, USERS, TEAMS)],
            "guaranteed": {"cpu": 1, "memory": "4Gi"},
            "max": {"cpu": 1 if less else 8, "memory": "16Gi" if less else "64Gi"},
            "per_user": {"max": {"cpu": 1, "memory": "8Gi"}, "servers": 2},
            "priority": int(changed and number % 7 == 0),
        }
        if number % 10 == 9:
            found[-1]["children"] = [team]
        elif not (changed and number == 6):
            found.append(team)
    return found


def answers(text: str) -> dict[str, Any]:
    """Return what YuniKorn's REST paths answer: each queue, and notebooks in turn in all leaves, every fourth of which waits."""
    document = parse(text)
    [partition] = document.config.partitions
    [root] = partition.queues or ()
    leaves: list[str] = []
    used: dict[str, dict[str, int]] = {}

    def queue(given: Queue, path: str) -> dict[str, Any]:
        children = [queue(each, f"{path}.{each.name}") for each in given.queues]
        if not children:
            leaves.append(path)
        return {
            "queuename": path,
            "status": "Active",
            "isLeaf": not children,
            "isManaged": True,
            "allocatedResource": used.setdefault(path, {}),
            "properties": dict(given.properties),
            "children": children,
        }

    tree = queue(root, "root")
    applications = []
    for number in range(NOTEBOOKS):
        waits = number % 4 == 3
        name = leaves[number % len(leaves)]
        for path in () if waits else accumulate(name.split("."), "{}.{}".format):
            used[path].update({key: used[path].get(key, 0) + value for key, value in SERVER.items()})
        allocation = {
            "allocationKey": f"pod-{number}",
            "nodeId": f"w{number % MACHINES}",
            "applicationId": f"jupyter-{number}",
            "resource": SERVER,
            "requestTime": 1_795_600_000_000_000_000 + number,
            "priority": "0",
        }
        applications.append(
            {
                "applicationID": f"jupyter-{number}",
                "usedResource": {} if waits else SERVER,
                "pendingResource": SERVER if waits else {},
                "partition": "default",
                "queueName": name,
                "submissionTime": 1_795_600_000_000_000_000 + number,
                "requests": [allocation] if waits else [],
                "allocations": [] if waits else [allocation],
                "applicationState": "Accepted" if waits else "Running",
                "user": f"user-{number}@example.org",
                "groups": [f"team-{number % TEAMS}"],
                "stateLog": [{"time": 1_795_600_000_000_000_000 + number, "applicationState": "New"}],
            }
        )
    usage = [
        {
            "userName": each["user"],
            "groups": {each["applicationID"]: ""},
            "queues": {
                "queuePath": "root",
                "resourceUsage": each["usedResource"],
                "runningApplications": [each["applicationID"]],
                "children": [{"queuePath": each["queueName"], "resourceUsage": each["usedResource"]}],
            },
        }
        for each in applications
    ]
    checksum = hashlib.sha256(text.encode()).hexdigest().upper()
    found: Mapping[str, Any] = {
        "queues": tree,
        "applications": applications,
        "users": usage,
        "groups": [],
        "capacity": [
            {"name": "default", "capacity": {"capacity": {"memory": MACHINES * 2**39, "vcore": MACHINES * 64_000}}}
        ],
        "config": f"{text}checksum: {checksum}\n",
        "version": [{"rmBuildInformation": [{"buildVersion": "1.8.0"}]}],
        "health": {"Healthy": True, "HealthChecks": []},
    }
    paths = state.paths()
    # As they come over the network: a text each.
    return {paths[part]: answer if isinstance(answer, str) else json.dumps(answer) for part, answer in found.items()}


def planned(given: list[dict[str, Any]], old: str, told: Mapping[str, str] | None = None) -> plan.Plan:
    """Return the plan from the teams in the inventory, with what the scheduler told where that is given."""
    inputs = Inputs(given, {})
    assert inputs.reasons == []
    document = plan.read(inputs.config())
    configs = {"metadata": {"name": "yunikorn-configs"}, "data": {"queues.yaml": old}}
    merged = ConfigMaps(None, configs).merge()
    live = None
    if told is not None:
        config = state.paths()["config"]
        live = state.read({path: text if path == config else json.loads(text) for path, text in told.items()})
        assert live.unknown == ()
    made = plan.make(document, merged, merged, live, unreachable="" if live else "it is not asked")
    plan.text(made, plan.refusals(made, ["delays"]))
    return made


def timed(name: str, step: Callable[[], plan.Plan]) -> tuple[float, plan.Plan]:
    """Print and return the seconds of processor time that a step takes, with what it made."""
    begin = time.process_time()
    made = step()
    seconds = time.process_time() - begin
    print(f"{name}: {seconds:.2f} s (at most {SECONDS:g})", flush=True)
    return seconds, made


def main() -> int:
    """Time both; 0 only if both bars are met."""
    old = Inputs(teams(), {}).config()
    told = answers(old)
    new = teams(changed=True)
    alone, first = timed(f"{USERS} users in {TEAMS} teams, to a plan", lambda: planned(new, old))
    joined, second = timed(
        f"the same with {NOTEBOOKS} notebooks on {MACHINES} machines", lambda: planned(new, old, told)
    )
    # What is timed did what it is for.
    assert len(first.changes) == len(second.changes) > TEAMS // 5
    [removal] = [effect for effect in second.effects if effect.change == "remove:root.team-6"]
    assert removal.level == "disrupts"
    assert len(removal.applications) > 1
    assert sum(bool(effect.applications) for effect in second.effects) > TEAMS // 10
    return 0 if max(alone, joined) <= SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
