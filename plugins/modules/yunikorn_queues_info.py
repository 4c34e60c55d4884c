#!/usr/bin/python

# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: yunikorn_queues_info
short_description: Tell what the queues of Apache YuniKorn are and who uses them
version_added: 0.1.0
author: kubehub contributors (@kubehub)
description:
  - Returns the queues that stand in a running YuniKorn, with their bounds and what is used of them, the applications that run and wait, and
    what each user has in each queue.
  - Tells whether the scheduler runs what its ConfigMaps hold. YuniKorn itself only logs when it refuses a configuration.
  - Fails when the scheduler can't be asked. What it alone does not answer is in RV(unknown).
extends_documentation_fragment:
  - kubehub.platform._cluster
  - kubehub.platform._yunikorn
notes:
  - Amounts are YuniKorn's whole numbers, thousandths of a core for C(vcore), bytes for C(memory), a count for anything else. The filter
    P(kubehub.platform.queue_usage#filter) makes a table of RV(usage).
options:
  queue:
    description:
      - Full name of a queue, to leave out all that is not in it or below it.
    type: str
    default: root
attributes:
  check_mode:
    support: full
    details: This module changes nothing.
  diff_mode:
    support: N/A
    details: This module changes nothing.
  idempotent:
    support: full
    details: This module changes nothing.
seealso:
  - module: kubehub.platform.yunikorn_queues
  - plugin: kubehub.platform.queue_usage
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Look at the queues of the students
  kubehub.platform.yunikorn_queues_info:
    kubeconfig: ~/.kube/department.conf
    queue: root.students
  register: students

- name: Print who uses what
  ansible.builtin.debug:
    msg: "{{ (students.usage | kubehub.platform.queue_usage('table')).splitlines() }}"

- name: Fail when the scheduler is ill, or does not run what its ConfigMaps hold
  kubehub.platform.yunikorn_queues_info:
    kubeconfig: ~/.kube/department.conf
  register: queues
  failed_when: queues.drift or not queues.healthy
"""

RETURN = r"""
queues:
  description: The queues that stand, by full name. Dynamic ones are those that a placement rule has created.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The full name.
      type: str
      sample: root.research
    status:
      description: V(Active), V(Draining) for a removed one that is not empty yet, or V(Stopped). Null when it is unknown.
      type: str
    leaf:
      description: Whether applications can run in it.
      type: bool
    managed:
      description: Whether it is configured, as opposed to dynamic.
      type: bool
    guaranteed:
      description: What it is guaranteed.
      type: dict
    max:
      description: What all in it may use at most; null where nothing bounds it. Of C(root), what the cluster has.
      type: dict
      sample: {vcore: 32000, memory: 137438953472}
    allocated:
      description: What is used, in queues below, too.
      type: dict
    pending:
      description: What is asked for and not there yet.
      type: dict
    preempting:
      description: What is about to be taken away.
      type: dict
    headroom:
      description: What may still be used, by all bounds above, too.
      type: dict
    running:
      description: How many applications run.
      type: int
    max_running:
      description: How many may; 0 where nothing bounds them.
      type: int
    properties:
      description: The properties in force, inherited ones, too.
      type: dict
applications:
  description: The applications that have not ended, by id.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: YuniKorn's id of it.
      type: str
    queue:
      description: Full name of its queue.
      type: str
    user:
      description: Whose it is for YuniKorn.
      type: str
    groups:
      description: The user's groups.
      type: list
      elements: str
    state:
      description: YuniKorn's state of it, V(New) and V(Accepted) for what waits.
      type: str
    used:
      description: What it uses.
      type: dict
    pending:
      description: What it has asked for and not got yet.
      type: dict
    submitted:
      description: When it was submitted, in nanoseconds since 1970.
      type: int
    pods:
      description: Its pods, each with C(namespace), C(name) and C(labels).
      type: list
      elements: dict
usage:
  description: Each queue as a whole, and after it each user who has something in that very queue.
  returned: success
  type: list
  elements: dict
  contains:
    queue:
      description: Full name of the queue.
      type: str
    user:
      description: The user; null for the queue as a whole.
      type: str
    running:
      description: How many applications run.
      type: int
    waiting:
      description: How many applications have got nothing yet.
      type: int
    used:
      description: What they use.
      type: dict
    pending:
      description: What they have asked for and not got yet.
      type: dict
    guaranteed:
      description: The queue's guaranteed resources; empty for a user.
      type: dict
    max:
      description: The queue's maximum; empty for a user.
      type: dict
healthy:
  description: What the scheduler's own health check says; null before its first run.
  returned: success
  type: bool
ailments:
  description: The health checks that failed, with the scheduler's diagnosis.
  returned: success
  type: list
  elements: str
version:
  description: The scheduler's version.
  returned: success
  type: str
  sample: 1.9.0
capacity:
  description: What the cluster has, as YuniKorn counts it.
  returned: success
  type: dict
drift:
  description: Whether the scheduler runs another text than its ConfigMaps hold, by their checksums. Null when it does not say what it runs.
  returned: success
  type: bool
checksum:
  description: The checksum of the configuration that the scheduler runs.
  returned: success
  type: str
configmap_checksum:
  description: The checksum of the configuration that the ConfigMaps hold; of YuniKorn's built-in one where they hold none.
  returned: success
  type: str
config:
  description: The configuration that the scheduler runs, as YAML in the order of the collection.
  returned: success
  type: str
unknown:
  description: What the scheduler did not tell.
  returned: success
  type: list
  elements: str
"""

from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.kubehub.platform.plugins.module_utils import _cluster, _scheduler
from ansible_collections.kubehub.platform.plugins.module_utils._cluster import Cluster, ClusterError
from ansible_collections.kubehub.platform.plugins.module_utils._scheduler import Scheduler
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import diff, plan, render, usage
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.neighbours import CONFIGS, DEFAULTS, ConfigMaps
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.nodes import YAML_IMPORT_ERROR
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.state import State


def result(state: State, merged_text: str | None, queue: str) -> dict[str, Any]:
    """Return what the module returns of the parts in or below ``queue``."""

    def within(name: str) -> bool:
        return name == queue or name.startswith(f"{queue}.")

    expected = plan.checksum(merged_text or plan.BUILT_IN)
    return {
        "changed": False,
        "queues": [asdict(one) for name, one in sorted(state.queues.items()) if within(name)],
        "applications": [asdict(one) for one in state.applications if within(one.queue)],
        "usage": [row for row in usage.structured(usage.rows(state)) if within(row["queue"])],
        "healthy": state.healthy,
        "ailments": state.ailments,
        "version": state.version,
        "capacity": state.capacity,
        "drift": state.checksum != expected if state.checksum else None,
        "checksum": state.checksum,
        "configmap_checksum": expected,
        "config": "" if state.active is None else render.render(diff.canonical(state.active)),
        "unknown": state.unknown,
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={**_cluster.OPTIONS, **_scheduler.OPTIONS, "queue": {"type": "str", "default": "root"}},
        supports_check_mode=True,
    )
    if _cluster.IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("kubernetes and openshift"), exception=_cluster.IMPORT_ERROR)
    if YAML_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("PyYAML"), exception=str(YAML_IMPORT_ERROR))
    params = module.params
    try:
        scheduler = Scheduler(Cluster(params), params["namespace"], params["partition"])
        state = scheduler.state(pods=True)
        text = ConfigMaps(scheduler.config_map(DEFAULTS), scheduler.config_map(CONFIGS)).merge().text
    except ClusterError as error:
        module.fail_json(msg=str(error))
    queue = params["queue"].lower()
    if not state.queues:
        module.fail_json(msg=f"The scheduler does not tell its queues: {'; '.join(state.unknown)}")
    if queue not in state.queues:
        known = ", ".join(sorted(state.queues))
        module.fail_json(msg=f"There is no queue {params['queue']}. There are: {known}.")
    module.exit_json(**result(state, text, queue))


if __name__ == "__main__":
    main()
