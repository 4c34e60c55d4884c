#!/usr/bin/python

# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: yunikorn_queues
short_description: Plan, apply and prove the queues of Apache YuniKorn
version_added: 0.1.0
author: kubehub contributors (@kubehub)
description:
  - Makes a running YuniKorn have the queues, limits and placement rules of O(config), and says before what that does to whom.
  - YuniKorn only logs that it refuses a configuration, drains a queue that is gone from it, and may stop pods of one that is over a
    lowered maximum. This module validates the configuration by every rule of YuniKorn's own validator, looks for what that validator
    accepts and the scheduler does not survive, compares the configuration with what the scheduler runs, joins the changes with
    the applications that run, and refuses what O(allow) does not cover.
  - What it writes, it proves. It asks the scheduler until it runs the configuration and its queues stand as planned. If that does not
    come about, the ConfigMap is restored, and the module fails with the scheduler's own reason.
  - The configuration is read as Go's YAML library reads it, so V(010) is a quantity of ten and an unknown or repeated key is an error.
  - A configuration that means what the ConfigMaps say already is not written, however it is laid out.
extends_documentation_fragment:
  - kubehub.platform._cluster
  - kubehub.platform._yunikorn
notes:
  - Only the key of the queues is written, in the one ConfigMap O(configmap). If somebody else has changed or created it since it was read, the
    module fails and leaves it as it is.
  - The configuration goes into the ConfigMap as it was given, comments included; one that is given as a mapping is written as YAML.
  - In check mode, what would be refused is returned in RV(refusals) and warned of. It is a failure only when it is applied.
  - What YuniKorn does with each kind of change, and what each finding means, stands in the collection's guides.
options:
  config:
    description:
      - The whole configuration, with C(partitions) at its top, as a mapping or as YAML text.
      - Text keeps what the author wrote. Ansible reads a mapping before YuniKorn's rules can be applied to it, V(010) as the number eight.
    type: raw
    required: true
  configmap:
    description:
      - The ConfigMap that gets the queues. YuniKorn reads two of them, and V(yunikorn-configs) wins key by key.
      - V(yunikorn-defaults) belongs to the chart, which sets it back at its next upgrade.
    type: str
    choices: [yunikorn-configs, yunikorn-defaults]
    default: yunikorn-configs
  allow:
    description:
      - What may be applied beyond V(safe) changes, which always may.
      - V(safe), V(delays) or V(disrupts) allow all changes up to that level. V(delays) is for what has to wait, V(disrupts) for what may be
        stopped or never goes on.
      - The id of a change, such as V(remove:root.a.b), allows that change alone. RV(changes[].id) has it, and the plan prints it.
      - V(unproven) allows to apply while the scheduler can't be asked. Its level is then the worst that the ConfigMaps leave possible.
    type: list
    elements: str
    default: [delays]
  accept:
    description:
      - Findings of level C(error) that are meant to be so, and others that are not to be shown, each as C(NAME) or C(NAME@PATH).
      - What breaks a running scheduler can't be accepted.
    type: list
    elements: str
    default: []
  wait:
    description:
      - Whether to wait until queues that were removed, now or earlier, are gone. They go when the last application in them has ended.
      - That the scheduler runs the configuration is always waited for.
    type: bool
    default: false
  wait_timeout:
    description:
      - Seconds that the scheduler may take to run the configuration, and with O(wait=true), as many again for the queues to go.
    type: int
    default: 120
  rollback:
    description: Whether a ConfigMap whose content the scheduler does not run is set back to what it was.
    type: bool
    default: true
attributes:
  check_mode:
    support: full
    details: Asks all that it would ask otherwise, the scheduler's own validator included.
  diff_mode:
    support: full
    details: Shows what changes, by queue.
  idempotent:
    support: full
seealso:
  - module: kubehub.platform.yunikorn_queues_info
  - name: Guide to queues
    description: Plan, allow, apply and report, and what each refusal means.
    link: https://github.com/kubehub/platform/blob/main/docs/docsite/rst/queues.rst
  - name: YuniKorn's queue configuration
    description: Upstream's reference of the document.
    link: https://yunikorn.apache.org/docs/user_guide/queue_config
"""

EXAMPLES = r"""
- name: See what a configuration would do, and to whom
  kubehub.platform.yunikorn_queues:
    kubeconfig: ~/.kube/department.conf
    config: "{{ lookup('ansible.builtin.file', 'queues.yaml') }}"
  check_mode: true
  register: queues

- name: Print the plan
  ansible.builtin.debug:
    msg: "{{ queues.plan.splitlines() }}"

- name: Apply it, whatever has to wait
  kubehub.platform.yunikorn_queues:
    kubeconfig: ~/.kube/department.conf
    config: "{{ lookup('ansible.builtin.file', 'queues.yaml') }}"

- name: Remove one queue under running applications, disrupt nothing else, and wait until it is gone
  kubehub.platform.yunikorn_queues:
    kubeconfig: ~/.kube/department.conf
    config: "{{ lookup('ansible.builtin.file', 'queues.yaml') }}"
    allow: [delays, "remove:root.students.winter-term"]
    wait: true
    wait_timeout: 3600

- name: Give queues as a mapping, and accept a resource that no node offers yet
  kubehub.platform.yunikorn_queues:
    context: department
    accept: ["unknown-resource@root.research"]
    config:
      partitions:
        - name: default
          placementrules:
            - name: provided
          queues:
            - name: root
              submitacl: "*"
              queues:
                - name: research
                  resources:
                    guaranteed: {vcore: 16, memory: 64Gi}
                    max: {vcore: 32, memory: 128Gi, nvidia.com/gpu: 4}
"""

RETURN = r"""
plan:
  description: All of this for people, the changes with their effects first.
  returned: when the configuration is valid
  type: str
level:
  description: The highest level of all changes, V(safe), V(delays) or V(disrupts).
  returned: when the configuration is valid
  type: str
  sample: delays
changes:
  description: What changes, in the order in which the plan shows it. Empty when the scheduler runs the configuration already.
  returned: when the configuration is valid
  type: list
  elements: dict
  contains:
    id:
      description: The change's name for O(allow).
      type: str
      sample: max:root.research
    kind:
      description: The kind of change; the guides say what YuniKorn does with each.
      type: str
      sample: max
    path:
      description: The queue's full name, V(partition) or V(placementrules).
      type: str
      sample: root.research
    before:
      description: What stood there. Null where there was nothing.
      type: raw
      sample: {vcore: "32"}
    after:
      description: What will stand there. Null where there will be nothing.
      type: raw
      sample: {vcore: "24"}
    note:
      description: What else belongs to it, as that a removed and an added queue are equal.
      type: str
    level:
      description: V(safe), V(delays) or V(disrupts).
      type: str
    effect:
      description: What the change does to what runs.
      type: str
    applications:
      description: The ids of the applications that are affected.
      type: list
      elements: str
    users:
      description: Their owners.
      type: list
      elements: str
findings:
  description: What O(accept) does not cover of what is valid and surely not meant, in the configuration and in the values beside it.
  returned: when the configuration is valid
  type: list
  elements: dict
  contains:
    name:
      description: The finding's name for O(accept).
      type: str
    level:
      description: V(error), V(warning) or V(note). Errors are refused.
      type: str
    path:
      description: Where it is.
      type: str
    line:
      description: The line in the configuration; null where there is none.
      type: int
    message:
      description: What is wrong.
      type: str
    trap:
      description: Whether it breaks a running scheduler, so that it can't be accepted.
      type: bool
refusals:
  description: Why the plan is refused, each with what to do.
  returned: when the configuration is valid
  type: list
  elements: str
unknown:
  description: What of the scheduler's state is not known.
  returned: when the configuration is valid
  type: list
  elements: str
write:
  description: Whether the ConfigMaps meant something else than O(config) before, so that one had to be written.
  returned: when the configuration is valid
  type: bool
drift:
  description: Whether the scheduler ran something else than the ConfigMaps held before.
  returned: when the configuration is valid
  type: bool
draining:
  description: The removed queues that are not gone yet.
  returned: when the configuration is valid
  type: list
  elements: str
proved:
  description: Whether the scheduler was seen to run the configuration. Always V(false) in check mode.
  returned: when the configuration is valid
  type: bool
checksum:
  description: The checksum that YuniKorn shows for this configuration's text.
  returned: when the configuration is valid
  type: str
  sample: 7B3F0C7D5E1B8E3A0A4C1F5C4D1F3B6E2A9D8C7B6A5F4E3D2C1B0A9F8E7D6C5B
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.kubehub.platform.plugins.module_utils import _cluster, _scheduler
from ansible_collections.kubehub.platform.plugins.module_utils._cluster import (
    Cluster,
    ClusterError,
    ConflictError,
    UnreachableError,
)
from ansible_collections.kubehub.platform.plugins.module_utils._scheduler import Scheduler
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import diff, plan, render
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.neighbours import CONFIGS, DEFAULTS, ConfigMaps
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.nodes import YAML_IMPORT_ERROR
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.state import State

POLL = 1.0
"""Seconds between two questions to the scheduler."""


class NotAppliedError(Exception):
    """The configuration was not applied, or is not proved."""


class Queues:
    """The queues of one scheduler, and what becomes of them. ``result`` is what the module returns."""

    def __init__(self, params: dict[str, Any]) -> None:
        """Read the wanted configuration, what is there and what runs, and plan."""
        config = params["config"]
        if not isinstance(config, (str, dict)):
            raise plan.PlanError(f"config is neither a mapping nor a text, but of type {type(config).__name__}")
        text = config if isinstance(config, str) else render.text(config)
        document = plan.read(text)
        self.params = params
        self.cluster = Cluster(params)
        self.scheduler = Scheduler(self.cluster, params["namespace"], params["partition"])
        maps = {name: self.scheduler.config_map(name) for name in (DEFAULTS, CONFIGS)}
        merged = ConfigMaps(maps[DEFAULTS], maps[CONFIGS]).merge()
        state: State | None = None
        verdict = unreachable = ""
        try:
            state, verdict = self.scheduler.state(pods=True), self.scheduler.refusal(text)
        except UnreachableError as error:
            unreachable = str(error)
        self.before = maps[params["configmap"]]
        self.after = plan.manifest(
            self.before, name=params["configmap"], namespace=params["namespace"], key=merged.key, text=text
        )
        maps[params["configmap"]] = self.after
        after = ConfigMaps(maps[DEFAULTS], maps[CONFIGS]).merge()
        self.plan = plan.make(document, merged, after, state, accept=params["accept"], unreachable=unreachable)
        others = (
            *plan.overruled(self.plan, text, after, params["configmap"]),
            *((f"The running scheduler refuses this configuration: {verdict}",) if verdict else ()),
        )
        self.refused = (*plan.refusals(self.plan, params["allow"]), *others)
        brief = (*plan.refusals(self.plan, params["allow"], brief=True), *others)
        self.result = {
            **result(self.plan),
            "plan": plan.text(self.plan, brief),
            "refusals": self.refused,
            "checksum": plan.checksum(text),
        }

    def apply(self) -> None:
        """Write what was planned, have the scheduler show that it took it, and wait for removed queues to go."""
        moment = self.scheduler.moment() if self.plan.write else None
        self.result["changed"] = False
        if self.plan.write:
            try:
                self.after = (self.cluster.create if self.before is None else self.cluster.replace)(self.after)
            except ConflictError as error:
                raise NotAppliedError(
                    f"{error}. Somebody else has written it since it was read; nothing was overwritten. "
                    "Run again to plan against what is there now."
                ) from error
            self.result["changed"] = True
        if self.plan.unreachable:
            return
        state, reason = self.until(
            lambda state: plan.unproved(self.plan.wanted, state, self.params["partition"]), moment
        )
        if reason:
            self.give_up(reason)
        self.result |= {"proved": True, "draining": plan.draining(self.plan.wanted, state)}
        if self.params["wait"]:
            state, reason = self.until(lambda state: plan.occupied(self.plan.wanted, state))
            self.result["draining"] = plan.draining(self.plan.wanted, state)
            if reason:
                raise NotAppliedError(
                    f"The configuration is in force, but removed queues are not gone yet. {reason}. Run again to wait on."
                )

    def give_up(self, reason: str) -> NoReturn:
        """Set the ConfigMap back if it was written, and raise :class:`NotAppliedError`."""
        what = f'ConfigMap "{self.params["configmap"]}" in {self.params["namespace"]}'
        if not self.plan.write:
            said = "".join(f" The last reason in its log: {last}." for last in self.scheduler.complaints("")[-1:])
            raise NotAppliedError(
                f"{reason}.{said} {what} holds the wanted configuration already, so there is nothing to write. Remove the reason, or restart "
                f"the scheduler: kubectl -n {self.params['namespace']} rollout restart deployment yunikorn-scheduler."
            )
        if not self.params["rollback"]:
            raise NotAppliedError(f"{reason}. {what} keeps the new configuration, because rollback is off.")
        try:
            if self.before is None:
                self.cluster.delete(self.after)
            else:
                version = self.after["metadata"]["resourceVersion"]
                meta = {**self.before["metadata"], "resourceVersion": version}
                self.cluster.replace({**self.before, "metadata": meta})
        except ClusterError as error:
            raise NotAppliedError(f"{reason}. {what} was not set back: {error}.") from error
        self.result["changed"] = False
        _state, still = self.until(lambda state: plan.unproved(self.plan.base, state, self.params["partition"]))
        running = (
            f"That the scheduler runs what it ran before is not proved: {still}."
            if still
            else "The scheduler runs what it ran before."
        )
        raise NotAppliedError(f"{reason}. {what} is set back to what it was. {running}")

    def until(self, missing_of: Callable[[State], Sequence[str]], moment: str | None = None) -> tuple[State, str]:
        """Ask the scheduler until nothing is missing; return its last state and why that did not come about.

        With ``moment``, what its log says after it ends the waiting, too.
        """
        timeout = self.params["wait_timeout"]
        deadline = time.monotonic() + timeout
        state = State()
        while True:
            try:
                state = self.scheduler.state("queues", "config", "applications")
                missing = missing_of(state)
            except UnreachableError as error:
                missing = (str(error),)
            if not missing:
                return state, ""
            complaints = () if moment is None else self.scheduler.complaints(moment)
            if complaints:
                return state, f"The scheduler refused the configuration: {'; '.join(complaints)}"
            if time.monotonic() >= deadline:
                return state, f"After {timeout} s: {'; '.join(missing)}"
            time.sleep(POLL)


def result(planned: plan.Plan) -> dict[str, Any]:
    """Return what the module returns of a plan."""
    effects = {effect.change: effect for effect in planned.effects}
    changes = []
    for change in planned.changes:
        effect = effects[change.id]
        told = {
            "level": effect.level,
            "effect": effect.text,
            "applications": effect.applications,
            "users": effect.users,
        }
        changes.append({**diff.structured(change), **told})
    return {
        "changed": planned.write,
        "write": planned.write,
        "diff": diff.before_after(planned.changes),
        "level": planned.level,
        "changes": changes,
        "findings": [asdict(each) for each in (*planned.findings, *planned.neighbours)],
        "unknown": planned.unknown,
        "drift": planned.drift,
        "draining": planned.draining,
        "proved": False,
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **_cluster.OPTIONS,
            **_scheduler.OPTIONS,
            "config": {"type": "raw", "required": True},
            "configmap": {"type": "str", "choices": [CONFIGS, DEFAULTS], "default": CONFIGS},
            "allow": {"type": "list", "elements": "str", "default": ["delays"]},
            "accept": {"type": "list", "elements": "str", "default": []},
            "wait": {"type": "bool", "default": False},
            "wait_timeout": {"type": "int", "default": 120},
            "rollback": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    if _cluster.IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("kubernetes and openshift"), exception=_cluster.IMPORT_ERROR)
    if YAML_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("PyYAML"), exception=str(YAML_IMPORT_ERROR))
    found: dict[str, Any] = {}
    try:
        queues = Queues(module.params)
        found = queues.result
        if module.check_mode:
            for refusal in queues.refused:
                module.warn(f"Would be refused: {refusal}")
        elif queues.refused:
            found["changed"] = False
            refused = "".join(f"\n- {refusal}" for refusal in queues.refused)
            raise NotAppliedError(f"Nothing was written, because the plan is refused:{refused}")
        else:
            queues.apply()
    except (ClusterError, plan.PlanError, NotAppliedError) as error:
        module.fail_json(msg=str(error), **found)
    module.exit_json(**found)


if __name__ == "__main__":
    main()
