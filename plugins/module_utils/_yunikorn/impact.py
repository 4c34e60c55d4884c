# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What changes of a queue configuration do to what runs: which applications, whose, and how.

The rules are those of a reload in yunikorn-core ``pkg/scheduler/partition.go``, ``objects/queue.go`` and ``ugm/manager.go``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from . import acl, gotext, placement, quantity
from .collector import paused
from .diff import LEAF, Change, principal, queue_type, shape, upwards, walk
from .model import Config, Limit, Pairs, Partition, Queue
from .properties import QUOTA_DELAY, QUOTA_DELAY_BEFORE_1_9
from .state import Amounts, Application, LiveQueue, State, Usage
from .strconv import parse_duration
from .validate import DEFAULT_PARTITION, ROOT, WILDCARD

LEVELS = ("safe", "delays", "disrupts")
"""Nothing that runs or waits is worse off; something has to wait; something may be stopped or never goes on."""
SAFE, DELAYS, DISRUPTS = LEVELS

NAMED = 5
"""How many of a kind a text names; the effect itself has them all."""

QUOTA_DELAYS = (QUOTA_DELAY, QUOTA_DELAY_BEFORE_1_9)

OWNER_LABEL = "hub.jupyter.org/username"
"""Whose notebook a pod is. The hub may have made all pods under one user of YuniKorn."""

_NOT_PLACED = "New applications are not placed there: the next placement rule is tried, then they are rejected."
_WAITS = "What runs keeps running, nothing more starts until enough has ended."
_RAISED = "What waits may start at once."


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """What one change does: ``change`` is its id, ``level`` one of :data:`LEVELS`, ``text`` a sentence or more for people.

    ``applications`` are the ids of those that are affected, ``users`` their owners, both sorted.
    """

    change: str
    level: str
    text: str
    applications: tuple[str, ...] = ()
    users: tuple[str, ...] = ()


Applications: TypeAlias = "Sequence[Application]"
Verdict: TypeAlias = "tuple[str, str, Applications]"


@paused()
def impact(changes: Sequence[Change], old: Config, new: Config, state: State | None = None) -> tuple[Effect, ...]:
    """Return the effect of each change of ``diff(old, new)``, in their order.

    Without ``state``, or where it is unknown, the level is the worst that the configurations leave possible, and the text says so.
    """
    if not changes:
        return ()
    judge = _Judge(old, new, state)
    effects = []
    for change in changes:
        level, text, applications = judge.verdict(change)
        effects.append(
            Effect(
                change=change.id,
                level=level,
                text=text,
                applications=tuple(sorted({application.id for application in applications})),
                users=_owners(applications),
            )
        )
    return tuple(effects)


class _Judge:
    """Both configurations by queue, and what is known of the applications in each."""

    def __init__(self, old: Config, new: Config, state: State | None) -> None:
        self._old, _partition = _by_queue(old)
        self._new, self._new_partition = _by_queue(new)
        self._queues: dict[str, LiveQueue] | None = None
        self._applications: dict[str, list[Application]] | None = None
        self._users = self._groups = None
        if state is None:
            return
        if state.knows("queues"):
            self._queues = {gotext.lower(name): queue for name, queue in state.queues.items()}
        if state.knows("applications"):
            self._applications = {}
            for application in state.applications:
                for name in upwards(gotext.lower(application.queue)):
                    self._applications.setdefault(name, []).append(application)
        self._users = _by_place(state.users) if state.knows("users") else None
        self._groups = _by_place(state.groups) if state.knows("groups") else None

    def verdict(self, change: Change) -> Verdict:
        """Return level, text and affected applications."""
        if change.partition != DEFAULT_PARTITION and change.kind != "partition-remove":
            return SAFE, "Nothing runs in this partition: Kubernetes only uses default.", ()
        return _VERDICTS[change.kind](self, change, gotext.lower(change.queue))

    # -- what is known -------------------------------------------------------------------------------------------------

    def _within(self, place: str) -> list[Application] | None:
        """Return the applications in ``place`` and all queues below it, None where they are unknown."""
        return None if self._applications is None else self._applications.get(place, [])

    def _live(self, place: str) -> LiveQueue | None:
        return None if self._queues is None else self._queues.get(place)

    def _preempts(self) -> bool:
        return self._new_partition.preemption.enabled is not False

    def _quota_preempts(self) -> bool:
        return bool(self._new_partition.preemption.quotapreemptionenabled)

    def _quota_delay(self, place: str) -> str:
        """Return the delay after which a queue over its maximum loses pods, "" for never.

        A removed property stays in force, so the old configuration counts, too.
        """
        live = self._live(place)
        values = [live.properties.get(name, "") for name in QUOTA_DELAYS] if live is not None else []
        for name in upwards(place):
            for queues in (self._new, self._old):
                if name in queues:
                    values += [value for key, value in queues[name].properties if key in QUOTA_DELAYS]
        return next((value for value in values if _is_delay(value)), "")

    # -- the partition -------------------------------------------------------------------------------------------------

    def partition_add(self, change: Change, place: str) -> Verdict:
        return SAFE, "The partition is there at once, with its queues.", ()

    def partition_remove(self, change: Change, place: str) -> Verdict:
        applications = self._within(ROOT)
        return (
            DISRUPTS,
            (
                "The scheduler deadlocks while it loads this: nothing is scheduled until it is restarted with a good "
                f"configuration. {_running(applications, 'affected')}"
            ),
            applications or (),
        )

    def rules(self, change: Change, place: str) -> Verdict:
        before, after = (
            placement.Reach(rules or placement.IMPLICIT, queues)
            for rules, queues in ((change.before, self._old), (change.after, self._new))
        )
        everything = self._within(ROOT)
        if everything is None and not after.anywhere:
            return (
                DELAYS,
                (
                    "What runs stays where it is; whether a rule still leads there is unknown. "
                    "A new application that no rule places is rejected, and its pods fail."
                ),
                (),
            )
        lost = [
            each
            for each in everything or ()
            if _leads(before, gotext.lower(each.queue)) and not _leads(after, gotext.lower(each.queue))
        ]
        if lost:
            return (
                DELAYS,
                (
                    "What runs stays where it is, but no rule leads there any more: its users' new applications are placed elsewhere "
                    f"or rejected, and then their pods fail. {_running(lost, 'concerned')}"
                ),
                lost,
            )
        return (
            SAFE,
            (
                "What runs stays where it is. New applications are placed by the new rules; "
                "one that no rule places is rejected, and its pods fail."
            ),
            (),
        )

    def preemption(self, change: Change, place: str) -> Verdict:
        if not change.after:
            return SAFE, "Pods are not stopped any more for queues that wait below their guaranteed resources.", ()
        applications = self._within(ROOT)
        if applications is not None and not applications:
            return SAFE, "Nothing runs.", ()
        return (
            DISRUPTS,
            (
                "Pods in queues above their guaranteed resources may be stopped for those that wait below theirs. "
                f"{_running(applications, 'in question')}"
            ),
            applications or (),
        )

    def quota_preemption(self, change: Change, place: str) -> Verdict:
        if not change.after:
            return SAFE, "Pods are not stopped any more in queues above their maximum.", ()
        timed = {name: self._quota_delay(name) for name, queue in self._new.items() if queue.resources.max}
        timed = {name: delay for name, delay in timed.items() if delay}
        if not timed:
            return SAFE, "No queue with a maximum has a quota.preemption.delay, so nothing is stopped.", ()
        if self._queues is None:
            return (
                DISRUPTS,
                f"Pods of {_listed(sorted(timed))} are stopped if it is above its maximum; what is used there is unknown.",
                (),
            )
        over = [name for name in timed if self._over(name, _amounts(self._new[name].resources.max))]
        if not over:
            return SAFE, "No queue is above its maximum.", ()
        applications = [each for name in over for each in self._within(name) or ()]
        return (
            DISRUPTS,
            f"Above the maximum: {_listed(sorted(over))}. Pods there may be stopped. {_running(applications, 'in question')}",
            applications,
        )

    def node_sort(self, change: Change, place: str) -> Verdict:
        return SAFE, "Only decides where new pods go.", ()

    def resolver(self, change: Change, place: str) -> Verdict:
        return SAFE, "Without effect until the scheduler is restarted.", ()

    # -- whole queues --------------------------------------------------------------------------------------------------

    def add(self, change: Change, place: str) -> Verdict:
        if self._queues is None:
            return DELAYS, "Whether a queue of that name drains or was created by a rule is unknown.", ()
        live = self._live(place)
        applications = self._within(place)
        if live is None:
            draining = next(
                (each for each in map(self._live, upwards(place)) if each and each.status == "Draining"), None
            )
            if draining is not None:
                return (
                    DELAYS,
                    f"Has to wait: {draining.name} drains, and nothing can be added below it before it is active again.",
                    self._within(gotext.lower(draining.name)) or (),
                )
            return SAFE, "The queue is there at once.", ()
        words = _running(applications, "in it")
        if live.leaf and queue_type(change.after) != LEAF and applications != []:
            return (
                DISRUPTS,
                f"A leaf of that name stands and becomes a parent: what runs in it gets nothing more. {words}",
                applications or (),
            )
        over = self._over(place, _amounts(change.after.resources.max))
        waits = f" Above the maximum ({over}): nothing more starts until enough has ended." if over else ""
        if live.status == "Draining":
            gone = [name for name, _queue in walk(change.after, place) if gotext.lower(name) not in self._queues]
            late = f" It drains until then, so {_listed(gone)} may have to wait." if gone else ""
            return (
                DELAYS if over or gone else SAFE,
                f"Revives the queue, which drains: active again. {words}{waits}{late}",
                applications or (),
            )
        if live.managed is False:
            return (
                DELAYS if over else SAFE,
                f"The dynamic queue of that name becomes a configured one. {words}{waits}",
                applications or (),
            )
        return DELAYS if over else SAFE, f"The queue stands already. {words}{waits}", applications or ()

    def remove(self, change: Change, place: str) -> Verdict:
        applications = self._within(place)
        if applications is not None and not applications:
            return SAFE, f"Nothing runs there: it is gone within ten seconds. {_NOT_PLACED}", ()
        above = self._new.get(place.rpartition(".")[0])
        get = (
            "get nothing more, because the queue above becomes a leaf"
            if above and queue_type(above) == LEAF
            else "still get pods"
        )
        return (
            DISRUPTS,
            (
                f"Drains: applications there keep running and {get}, until they have ended. {_running(applications, 'there')} "
                f"{_NOT_PLACED} If the scheduler restarts before, they land in root.@recovery@, without limits."
            ),
            applications or (),
        )

    def spelling(self, change: Change, place: str) -> Verdict:
        if place == ROOT:
            if change.after != ROOT:
                return DISRUPTS, "YuniKorn does not load a configuration whose root is not written in lower case.", ()
            return SAFE, "YuniKorn only loads a root that is written in lower case.", ()
        if not any(queue.limits for _name, queue in walk(self._new[place], place)):
            return SAFE, "The queue stays the same: YuniKorn writes its name in lower case.", ()
        if change.after == gotext.lower(change.after):
            return (
                DELAYS,
                "The queue stays the same. Its limits were not enforced and now are: who is above them has to wait.",
                self._within(place) or (),
            )
        return SAFE, "The queue stays the same, but its limits are not enforced any more.", ()

    def type(self, change: Change, place: str) -> Verdict:
        if LEAF not in (change.before, change.after):
            return SAFE, "A parent either way: without effect on what runs.", ()
        within = self._within(place)
        if change.before == LEAF:
            applications = None if within is None else [each for each in within if gotext.lower(each.queue) == place]
            if applications == []:
                return SAFE, f"A leaf becomes a parent. Nothing runs in it. {_NOT_PLACED}", ()
            return (
                DISRUPTS,
                (
                    "A leaf becomes a parent: applications in it keep their pods and get nothing more while it is one. "
                    f"{_running(applications, 'in it')} {_NOT_PLACED}"
                ),
                applications or (),
            )
        applications = None if within is None else [each for each in within if gotext.lower(each.queue) != place]
        if applications == []:
            return SAFE, "A parent becomes a leaf. Nothing runs below it.", ()
        return (
            DISRUPTS,
            (
                "A parent becomes a leaf: the queues below drain, and applications in them are not scheduled any more. "
                f"{_running(applications, 'below it')}"
            ),
            applications or (),
        )

    # -- resources -----------------------------------------------------------------------------------------------------

    def _over(self, place: str, bound: Amounts) -> str:
        """Return what a queue uses above ``bound`` in words, "" for nothing."""
        live = self._live(place)
        return "" if live is None else _excess(live.allocated, bound)

    def _users_of(self, place: str, resources: Iterable[str]) -> list[Application] | None:
        within = self._within(place)
        return None if within is None else [each for each in within if any(each.used.get(name) for name in resources)]

    def max(self, change: Change, place: str) -> Verdict:
        before, after = _amounts(change.before), _amounts(change.after)
        lowered = _lowered(before, after)
        if not lowered:
            zeros = "A maximum of nothing but zeros is no maximum. " if change.after and not after else ""
            return SAFE, f"{zeros}{_RAISED}", ()
        delay = self._quota_delay(place) if before and self._quota_preempts() else ""
        what = f"After {delay} pods are stopped until it fits." if delay else _WAITS
        if not before and self._quota_preempts():
            what = f"There was no maximum before, so nothing is stopped. {_WAITS}"
        level = DISRUPTS if delay else DELAYS
        if self._queues is None:
            return level, f"What is used there is unknown. Above the new maximum: {what[0].lower()}{what[1:]}", ()
        over = self._over(place, lowered)
        if not over:
            return SAFE, "What is used there fits.", ()
        live = self._queues[place]
        applications = self._users_of(place, [name for name in lowered if live.allocated.get(name, 0) > lowered[name]])
        return level, f"Above the new maximum: {over}. {what} {_running(applications, 'there')}", applications or ()

    def guaranteed(self, change: Change, place: str) -> Verdict:
        if not self._preempts():
            return SAFE, "Preemption is off: only changes the order in which queues are served.", ()
        before, after = _amounts(change.before), _amounts(change.after)
        lost = {name: after.get(name, 0) for name, value in before.items() if after.get(name, 0) < value}
        gained = [name for name, value in after.items() if value > before.get(name, 0)]
        if self._queues is None:
            return (
                DISRUPTS,
                "What is used there is unknown. Pods above guaranteed resources may be stopped for queues below theirs.",
                (),
            )
        live = self._queues.get(place)
        if live is None:
            return SAFE, "Nothing runs there.", ()
        over = _excess(live.allocated, lost)
        if over:
            applications = self._users_of(place, [name for name in lost if live.allocated.get(name, 0) > lost[name]])
            return (
                DISRUPTS,
                (
                    f"Above the new guarantee: {over}. Pods there may be stopped for queues that wait below theirs. "
                    f"{_running(applications, 'there')}"
                ),
                applications or (),
            )
        if any(live.pending.get(name) for name in gained):
            return DISRUPTS, "What waits there may stop pods of queues that are above their guaranteed resources.", ()
        return SAFE, "Changes the order in which queues are served; nothing that runs is above the guarantee.", ()

    def maxapplications(self, change: Change, place: str) -> Verdict:
        if place == ROOT:
            return SAFE, "Of the root queue it is only read when the scheduler starts: without effect until then.", ()
        if not change.after or (change.before and change.before < change.after):
            return SAFE, _RAISED, ()
        if self._queues is None:
            return (
                DELAYS,
                f"How many run there is unknown. Above {change.after}, those that run stay and new ones wait.",
                (),
            )
        live = self._live(place)
        running = 0 if live is None else live.running
        if running <= change.after:
            return SAFE, f"{running} of {change.after} run.", ()
        return (
            DELAYS,
            f"{running} run, {change.after} may: those that run stay, new ones wait.",
            self._within(place) or (),
        )

    # -- access --------------------------------------------------------------------------------------------------------

    def access(self, change: Change, place: str) -> Verdict:
        before, after = acl.parse(change.before), acl.parse(change.after)
        if after.everyone or (
            not before.everyone and {*before.users} <= {*after.users} and {*before.groups} <= {*after.groups}
        ):
            return SAFE, "Only new applications are checked. Nobody loses access.", ()
        within = self._within(place)
        if within is None:
            return (
                DELAYS,
                "Only new applications are checked. Whether somebody who runs something there loses access is unknown.",
                (),
            )
        lost = [
            each
            for each in within
            if _may_submit(each, gotext.lower(each.queue), self._old)
            and not _may_submit(each, gotext.lower(each.queue), self._new)
        ]
        if not lost:
            return SAFE, "Only new applications are checked. Nobody who runs something there loses access.", ()
        return (
            DELAYS,
            f"What runs keeps running, but its users may start nothing new there. {_running(lost, 'concerned')}",
            lost,
        )

    # -- properties and templates --------------------------------------------------------------------------------------

    def property(self, change: Change, place: str) -> Verdict:
        if change.after is None:
            return SAFE, "The old value stays in force until the scheduler is restarted.", ()
        if change.key in QUOTA_DELAYS and _is_delay(change.after) and self._quota_preempts():
            return self._quota_delay_set(place, change.after)
        if change.key == "preemption.policy" and change.before in ("disabled", "fence") and self._preempts():
            applications = self._within(place)
            if applications != []:
                return (
                    DISRUPTS,
                    f"Pods there may be stopped for other queues, which they could not before. {_running(applications, 'there')}",
                    applications or (),
                )
        return SAFE, "Applies at once, if YuniKorn knows the property and can read the value.", ()

    def _quota_delay_set(self, place: str, delay: str) -> Verdict:
        bounds = {name: _amounts(queue.resources.max) for name, queue in walk(self._new[place], place)}
        bounds = {gotext.lower(name): bound for name, bound in bounds.items() if bound}
        if not bounds:
            return SAFE, "No queue there has a maximum, so nothing is stopped.", ()
        if self._queues is None:
            return DISRUPTS, f"What is used there is unknown. Above a maximum, pods are stopped after {delay}.", ()
        over = [name for name, bound in bounds.items() if self._over(name, bound)]
        if not over:
            return SAFE, "No queue there is above its maximum.", ()
        applications = [each for name in over for each in self._within(name) or ()]
        return (
            DISRUPTS,
            f"Above the maximum: {_listed(over)}. Pods there may be stopped after {delay}. {_running(applications, 'there')}",
            applications,
        )

    def template(self, change: Change, place: str) -> Verdict:
        if queue_type(self._new[place]) == LEAF:
            return SAFE, "Without effect: the queue is a leaf.", ()
        if self._queues is None:
            return SAFE, "Without effect on queues that exist: only those that are created from now on get it.", ()
        below = [
            name for name, queue in self._queues.items() if queue.managed is False and name.startswith(f"{place}.")
        ]
        return (
            SAFE,
            f"Without effect on the dynamic queues that exist below ({len(below)}): only those that are created from now on get it.",
            (),
        )

    # -- limits --------------------------------------------------------------------------------------------------------

    def limit(self, change: Change, place: str) -> Verdict:
        kind, _blank, name = change.key.partition(" ")
        before, after = (_bounds(queues[place].limits, kind, name) for queues in (self._old, self._new))
        instead = (
            f"The limit of {kind} {WILDCARD} holds instead. " if change.after is None and after is not None else ""
        )
        lowered = _lowered(
            _amounts(before.maxresources if before else ()), _amounts(after.maxresources if after else ())
        )
        fewer = (
            after is not None
            and after.maxapplications
            and not 0 < (before.maxapplications if before else 0) <= after.maxapplications
        )
        if not lowered and not fewer:
            return SAFE, f"{instead}{_RAISED}", ()
        usages = self._users if kind == "user" else self._groups
        if usages is None:
            return (
                DELAYS,
                f"{instead}What {change.key} uses there is unknown. Above the new limit: {_WAITS[0].lower()}{_WAITS[1:]}",
                (),
            )
        own = {principal(limit) for limit in self._new[place].limits}
        over: list[str] = []
        ids: set[str] = set()
        for usage in usages.get(place, ()):
            if usage.name == name or (kind == "user" and name == WILDCARD and f"user {usage.name}" not in own):
                words = [word for word in (_excess(usage.used, lowered),) if word]
                if fewer and after is not None and len(usage.running) > after.maxapplications:
                    words.append(f"{len(usage.running)} of {after.maxapplications} applications")
                if words:
                    over.append(f"{kind} {usage.name} ({', '.join(words)})")
                    ids.update(usage.running)
        if over:
            applications = [each for each in self._within(place) or () if each.id in ids]
            return (
                DELAYS,
                f"{instead}Above the new limit: {_listed(over)}. {_WAITS} {_running(applications, 'concerned')}",
                applications,
            )
        if kind == "group" and before is None:
            return (
                SAFE,
                "Applications that run are counted for the group that they were first counted for; new ones for this one.",
                (),
            )
        return SAFE, f"{instead}What is used there fits.", ()

    def limit_order(self, change: Change, place: str) -> Verdict:
        return SAFE, "Only new applications are counted by the new order.", ()


_VERDICTS: Mapping[str, Callable[[_Judge, Change, str], Verdict]] = {
    "partition-add": _Judge.partition_add,
    "partition-remove": _Judge.partition_remove,
    "rules": _Judge.rules,
    "rules-order": _Judge.rules,
    "preemption": _Judge.preemption,
    "quota-preemption": _Judge.quota_preemption,
    "node-sort": _Judge.node_sort,
    "resolver": _Judge.resolver,
    "add": _Judge.add,
    "remove": _Judge.remove,
    "spelling": _Judge.spelling,
    "type": _Judge.type,
    "guaranteed": _Judge.guaranteed,
    "max": _Judge.max,
    "maxapplications": _Judge.maxapplications,
    "adminacl": _Judge.access,
    "submitacl": _Judge.access,
    "property": _Judge.property,
    "template": _Judge.template,
    "limit": _Judge.limit,
    "limit-order": _Judge.limit_order,
}


# -- configurations ----------------------------------------------------------------------------------------------------


def _by_queue(config: Config) -> tuple[dict[str, Queue], Partition]:
    """Return the queues of the default partition by full name in lower case, and the partition."""
    partition = next((each for each in shape(config).partitions if each.name == DEFAULT_PARTITION), Partition())
    return {
        gotext.lower(name): queue for root in partition.queues or () for name, queue in walk(root, root.name)
    }, partition


def _by_place(usages: Iterable[Usage]) -> dict[str, list[Usage]]:
    found: dict[str, list[Usage]] = {}
    for usage in usages:
        found.setdefault(gotext.lower(usage.queue), []).append(usage)
    return found


def _amounts(pairs: Pairs | None) -> dict[str, int]:
    """Return what bounds, by resource. Nothing but zeros bounds nothing, nor does what is no quantity."""
    found = {}
    for name, text in pairs or ():
        try:
            found[name] = quantity.parse(text, name)
        except quantity.QuantityError:
            continue
    return found if any(found.values()) else {}


def _lowered(before: Amounts, after: Amounts) -> dict[str, int]:
    return {name: value for name, value in after.items() if name not in before or value < before[name]}


def _bounds(limits: Iterable[Limit], kind: str, name: str) -> Limit | None:
    """Return the limit that holds for a user or a group: its own, else the wildcard's."""
    own = {principal(limit): limit for limit in limits}
    return own.get(f"{kind} {name}", own.get(f"{kind} {WILDCARD}"))


def _is_delay(value: str) -> bool:
    return (parse_duration(value) or 0) > 0


def _leads(reach: placement.Reach, place: str) -> bool:
    """Return whether some application may be placed in a queue."""
    steps = [reach.start]
    for name in place.split("."):
        steps = [following for step in steps for following in step.follow(name)]
    return reach.anywhere or place == placement.DEFAULT_QUEUE or any(step.ends for step in steps)


def _may_submit(application: Application, place: str, queues: Mapping[str, Queue]) -> bool:
    for name in upwards(place):
        if name in queues:
            for access in map(acl.parse, (queues[name].submitacl, queues[name].adminacl)):
                if access.everyone or application.user in access.users or {*access.groups} & {*application.groups}:
                    return True
    return False


# -- words -------------------------------------------------------------------------------------------------------------


def _owners(applications: Iterable[Application]) -> tuple[str, ...]:
    owners: set[str] = set()
    for application in applications:
        labels = {pod.labels[OWNER_LABEL] for pod in application.pods if OWNER_LABEL in pod.labels}
        owners |= labels or ({application.user} if application.user else set())
    return tuple(sorted(owners))


def _listed(words: Sequence[str]) -> str:
    """Return the first few of ``words``, and how many more there are."""
    more = len(words) - NAMED
    return f"{', '.join(words[:NAMED])} and {more} more" if more > 0 else ", ".join(words)


def _running(applications: Applications | None, where: str) -> str:
    """Return a sentence on how many applications there are, whose, and their pods as far as they are known."""
    if applications is None:
        return f"Which applications are {where} is unknown."
    number = len({application.id for application in applications})
    owners = _owners(applications)
    pods = sorted({f"{pod.namespace}/{pod.name}" for application in applications for pod in application.pods})
    words = f"{number} application{'' if number == 1 else 's'} {where}"
    if owners:
        words += f", of {_listed(owners)}"
    return f"{words} (pods {_listed(pods)})." if pods else f"{words}."


def _excess(used: Amounts, bounds: Amounts) -> str:
    """Return what exceeds ``bounds`` in words, "" for nothing."""
    return ", ".join(
        f"{name} {quantity.render(used[name], name)} of {quantity.render(bound, name)}"
        for name, bound in sorted(bounds.items())
        if used.get(name, 0) > bound
    )
