# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How users' servers share the cluster under YuniKorn: each in the queue of its user's team, and charged to its user.

A module beside ``kubehub``; the hub's configuration calls its :func:`configure`. Its settings are the chart's value
``custom.kubehub.queues``. Amounts are YuniKorn's integers by YuniKorn's names: thousandths of a core under ``vcore``, bytes under
``memory``, counts of all else, among them ``servers``. Limits of groups are left to YuniKorn: its answers tell them of nobody.

Source: https://yunikorn.apache.org/docs/api/scheduler; labels and ``user.info`` of its ``pkg/common/constants``.
"""

from __future__ import annotations

import asyncio
import copy
import datetime
import html
import json
import math
import secrets
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import quote

from kubehub import SETTINGS, NotNowError

QUEUES = SETTINGS["queues"]
PARTITION = "/ws/v1/partition/default"
USER_INFO = "yunikorn.apache.org/user.info"
TEMPLATES = "/usr/local/etc/jupyterhub/kubehub-templates"
LOOK_SECONDS = 5
ANSWER_SECONDS = 3
# So many of YuniKorn's newest records are looked through for what has just happened; a server makes about ten.
RECORDS = 5000
# A scheduler that does not answer keeps a thread for as long. These are not those that the hub itself needs.
THREADS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="kubehub-queue")
SCALES = {
    "": 1,
    "m": Decimal("0.001"),
    **{suffix: 1000**power for power, suffix in enumerate("kMGTPE", start=1)},
    **{f"{suffix}i": 1024**power for power, suffix in enumerate("KMGTPE", start=1)},
}
# What every pod with a server goes through, and what is told of its end by something else.
ROUTINE = {"Informational", "Killing", "PodBindSuccessful", "Scheduled", "Scheduling", "TaskCompleted"}


class Bound(NamedTuple):
    """What somebody may have at most and has; ``says`` is the beginning of a sentence about it, such as ``Team vision has``."""

    says: str
    most: dict
    used: dict


# --- amounts ----------------------------------------------------------------------------------------------------------
def amount(resource, quantity):
    """Return a quantity of Kubernetes or of YuniKorn's configuration as YuniKorn counts it."""
    text = str(quantity)
    number = text.rstrip("mkKMGTPEi ")
    cores = 1000 if resource in ("cpu", "vcore") else 1
    return math.ceil(Decimal(number) * SCALES[text[len(number) :].strip()] * cores)


def asked(spec):
    """Return what YuniKorn charges for a pod, by its ``spec`` as the API has it: requests, or limits where there are none."""

    def of(container):
        given = container.get("resources") or {}
        wanted = {**(given.get("limits") or {}), **(given.get("requests") or {})}
        return {"vcore" if name == "cpu" else name: amount(name, text) for name, text in wanted.items()}

    total = {}
    for container in spec["containers"]:
        for name, value in of(container).items():
            total[name] = total.get(name, 0) + value
    for container in spec.get("initContainers") or ():
        for name, value in of(container).items():
            total[name] = max(total.get(name, 0), value)
    return {**total, "pods": 1, "servers": 1}


def told(resource, *values):
    """Return amounts as people read them: ``2 CPUs``, ``1 of 2 GPUs``, ``0.5 of 4 GiB of memory``."""
    scale, one, many = {
        "vcore": (1000, "CPU", "CPUs"),
        "memory": (2**30, "GiB of memory", "GiB of memory"),
        QUEUES["gpuResource"]: (1, "GPU", "GPUs"),
        "servers": (1, "server", "servers"),
    }.get(resource, (1, resource, resource))
    numbers = [f"{Decimal(max(value, 0)) / scale:.2f}".rstrip("0").rstrip(".") for value in values]
    return f"{' of '.join(numbers)} {one if numbers[-1] == '1' else many}"


def all_told(amounts):
    """Return several amounts as people read them, without what no user chose."""
    return ", ".join(told(name, value) for name, value in amounts.items() if name not in ("pods", "servers"))


# --- YuniKorn's answers -----------------------------------------------------------------------------------------------
class Kept:
    """Answers that are kept for some seconds, because all who wait ask for the same."""

    def __init__(self, seconds, clock=time.monotonic):
        self._seconds = seconds
        self._clock = clock
        self._found = {}

    async def get(self, key, ask):
        """Return the answer of ``key``, for which the coroutine function ``ask`` is called unless it is kept."""
        now = self._clock()
        self._found = {name: (end, task) for name, (end, task) in self._found.items() if end > now}
        if key not in self._found:
            task = asyncio.ensure_future(ask())
            # Those who ask are told; nobody has to be left who asks.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._found[key] = (now + self._seconds, task)
        # Whoever goes away must not take the answer from the others.
        return await asyncio.shield(self._found[key][1])


ANSWERS = Kept(LOOK_SECONDS)


def read(path):
    """Return YuniKorn's answer at a path, None where there is no such thing. Raises OSError and ValueError without one."""
    request = urllib.request.Request(QUEUES["url"] + path, headers={"Accept": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            if error.code in (400, 404):
                return None
        raise


async def ask(path):
    """Return :func:`read`'s answer, or the one that is kept."""
    loop = asyncio.get_running_loop()
    return await ANSWERS.get(path, lambda: loop.run_in_executor(THREADS, read, path))


def limit_of(config, path, user):
    """Return what each user may have in a queue: the limit of that user's name, else that of everybody."""
    below = next((each["Queues"] for each in config["Partitions"] if each["Name"] == "default"), [])
    queue = {}
    for name in path.split("."):
        queue = next((each for each in below or () if each["Name"].lower() == name.lower()), {})
        below = queue.get("Queues")
    for wanted in (user, "*"):
        for limit in queue.get("Limits") or ():
            if wanted in (limit.get("Users") or ()):
                most = {name: amount(name, text) for name, text in (limit.get("MaxResources") or {}).items()}
                return {**most, "servers": limit["MaxApplications"]} if limit.get("MaxApplications") else most
    return {}


def usage_of(usage):
    """Return what a user has, by the full name of the queue."""
    found, queues = {}, [usage["queues"]] if usage and usage.get("queues") else []
    while queues:
        queue = queues.pop()
        servers = {"servers": len(queue.get("runningApplications") or ())}
        found[queue["queuePath"]] = {**(queue.get("resourceUsage") or {}), **servers}
        queues += queue.get("children") or ()
    return found


async def bounds_of(user, queue):
    """Return all bounds of a user's server from its queue up to the root, the user's own before the queue's.

    Raises NotNowError where the queue takes no servers, OSError and ValueError where YuniKorn does not answer.
    """
    names = queue.split(".")
    line = [".".join(names[:count]) for count in range(len(names), 0, -1)]
    *found, usage, config = await asyncio.gather(
        *(ask(f"{PARTITION}/queue/{quote(path, safe='')}") for path in line),
        ask(f"{PARTITION}/usage/user/{quote(user, safe='')}"),
        ask("/ws/v1/config"),
    )
    if not found[0] or not found[0]["isLeaf"]:
        raise NotNowError(f"There is no queue {queue} that takes servers. Tell the operator.")
    if found[0].get("status") != "Active":
        raise NotNowError(f"The queue {queue} is being removed and takes no more servers. Tell the operator.")
    own, bounds = usage_of(usage), []
    for path, known in zip(line, found, strict=True):
        place = "In the cluster" if path == "root" else f"In {team_of(path)}"
        bounds.append(Bound(f"{place} you have", limit_of(config, path, user), own.get(path, {})))
        says = "The cluster has" if path == "root" else f"Team {team_of(path)} has"
        known = known or {}
        bounds.append(Bound(says, known.get("maxResource") or {}, known.get("allocatedResource") or {}))
    return bounds


def short(bounds, wanted, *, now):
    """Return the first bound that a request exceeds, and the resource: what it may have at all, or ``now``. None if none."""
    for bound in bounds:
        for name, value in wanted.items():
            if name in bound.most and value > bound.most[name] - (bound.used.get(name, 0) if now else 0):
                return bound, name
    return None


def too_large(bounds, wanted):
    """Return the sentence against a request that can never fit, empty where there is none."""
    found = short(bounds, wanted, now=False)
    if not found:
        return ""
    bound, name = found
    return f"{bound.says} at most {told(name, bound.most[name])}, and this server asks for {told(name, wanted[name])}."


def free(bounds, wanted):
    """Return what is left of the resources that a request asks for, each by its narrowest bound."""
    lines = []
    for name in wanted:
        left = [
            (bound.most[name] - bound.used.get(name, 0), bound.most[name]) for bound in bounds if name in bound.most
        ]
        if left and name not in ("pods", "servers"):
            lines.append(told(name, *min(left)))
    return ", ".join(lines)


def full(bounds, wanted):
    """Return the sentence about what is used up at the moment, empty where nothing is."""
    found = short(bounds, wanted, now=True)
    if not found:
        return ""
    bound, name = found
    left = told(name, bound.most[name] - bound.used.get(name, 0), bound.most[name])
    return f"{bound.says} {left} free" + (
        "." if name == "servers" else f", and this server needs {told(name, wanted[name])}."
    )


def no_machine(nodes, wanted):
    """Return the sentence about machines, YuniKorn's nodes, of which none has what is wanted; empty where one has."""
    wanted = {name: value for name, value in wanted.items() if name not in ("pods", "servers")}

    def having(key):
        return any(all((node.get(key) or {}).get(name, 0) >= value for name, value in wanted.items()) for node in nodes)

    if having("available"):
        return ""
    key = "available" if having("capacity") else "capacity"
    most = {name: max(((node.get(key) or {}).get(name, 0) for node in nodes), default=0) for name in wanted}
    if key == "available":
        return f"No machine has {all_told(wanted)} free. The most that one has free: {all_told(most)}."
    return f"No machine for this server has {all_told(wanted)}. The most that one has: {all_told(most)}. Tell the operator."


# --- teams ------------------------------------------------------------------------------------------------------------
def team_of(queue):
    """Return what people call a queue."""
    return queue.removeprefix("root.").removesuffix(f".{QUEUES['own']}")


def teams_of(user):
    """Return the queues that take a user's servers by their teams, the one first that is taken unless the user chooses."""
    groups = {group.name for group in user.groups}
    queues = sorted({queue for group, queue in QUEUES["queueOfGroup"].items() if group in groups})
    preferred = QUEUES["queueOfGroup"].get(QUEUES["groupOfUser"].get(user.name))
    queues.sort(key=lambda queue: queue != preferred)
    return {team_of(queue): queue for queue in queues or [QUEUES["default"]]}


def chosen(spawner):
    """Return the queue of a server, or refuse a team that is not the user's."""
    teams = teams_of(spawner.user)
    team = (spawner.user_options or {}).get("team") or next(iter(teams))
    if team not in teams:
        raise NotNowError(f"You are not in team {team}. Choose one of: {', '.join(teams)}.")
    return teams[team]


async def offer(user, queue, wanted):
    """Return what a team's quota still allows of a profile that asks for ``wanted``, empty where YuniKorn does not answer."""
    try:
        bounds = await bounds_of(user, queue)
    except NotNowError as error:
        return str(error)
    except (OSError, ValueError):
        return ""
    if too_large(bounds, wanted):
        return f"Too large: {too_large(bounds, wanted)}"
    if full(bounds, wanted):
        return f"Would wait: {full(bounds, wanted)}"
    return f"Free in {team_of(queue)}: {free(bounds, wanted)}."


def offered(profiles):
    """Return KubeSpawner's ``profile_list``: the profiles, each with what the quotas of the user's teams allow."""

    async def profile_list(spawner):
        teams = teams_of(spawner.user)
        found = copy.deepcopy(profiles)
        for profile in found:
            wanted = {**QUEUES["asked"].get(profile["slug"], {}), "pods": 1, "servers": 1}
            says = {team: html.escape(await offer(spawner.user.name, teams[team], wanted)) for team in teams}
            if len(teams) == 1:
                profile["description"] = " ".join(filter(None, (profile.get("description"), *says.values())))
                continue
            profile.setdefault("profile_options", {})["team"] = {
                "display_name": "Team",
                "choices": {
                    team: {"display_name": f"{team}: {text}" if text else team, "kubespawner_override": {}}
                    for team, text in says.items()
                },
            }
        return found

    return profile_list


# --- the end of a server ----------------------------------------------------------------------------------------------
def why_ended(events):
    """Return why a server ended that nobody stopped, by its pod's events in their order; empty where they don't tell."""
    for event in reversed(events):
        message, reason = event["message"] or "", event["reason"]
        if message.startswith("Preempted"):
            since = event["lastTimestamp"] or event["eventTime"]
            return (
                f"It was stopped at {since} to give its share to somebody whose share it was ({message}). "
                "Your files are kept. Start it again: it waits until there is a place."
            )
        if reason == "Started":
            return ""
        if reason not in ROUTINE:
            return f"It ended: {message} ({reason})."
    return ""


async def preemption_of(application):
    """Return why an application's server ended by YuniKorn's own records, empty where they don't tell.

    It gives a pod's event to the cluster up to two seconds later, and not at all where the pod is gone by then.
    """
    call = asyncio.get_running_loop().run_in_executor
    known = await call(THREADS, read, "/ws/v1/events/batch?count=1") or {"HighestID": 0, "LowestID": 0}
    start = max(known["LowestID"], known["HighestID"] - RECORDS + 1)
    found = await call(THREADS, read, f"/ws/v1/events/batch?start={start}&count={RECORDS}") or {}

    def event(record):
        when = datetime.datetime.fromtimestamp(record["timestampNano"] // 10**9, datetime.timezone.utc)
        return {"reason": "Informational", "message": record.get("message"), "lastTimestamp": f"{when:%FT%TZ}"}

    records = (record for record in found.get("EventRecords") or () if record.get("referenceID") == application)
    return why_ended(list(map(event, records)))


def ended(user):
    """Return the sentences about a user's servers that ended and were not started since: for the hub's pages."""
    found = []
    for name, server in user.orm_user.orm_spawners.items():
        text = (server.state or {}).get("kubehub_ended")
        if text and not server.server:
            found.append(f"Your server {name} is not running. {text}".replace("  ", " "))
    return found


def late(pod, seconds):
    """Say whether a pod was made longer ago than so many seconds."""
    made = datetime.datetime.fromisoformat(pod["metadata"]["creationTimestamp"].replace("Z", "+00:00"))
    return (datetime.datetime.now(datetime.timezone.utc) - made).total_seconds() >= seconds


def in_queues(base):
    """Return KubeSpawner with servers in their users' queues."""

    class QueueSpawner(base):
        """KubeSpawner for this platform."""

        ended = ""
        application = ""

        @property
        def known_pod(self):
            """The pod as the hub last saw it, None where there is none."""
            return self.pod_reflector.pods.get(f"{self.namespace}/{self.pod_name}") if self.pod_reflector else None

        def start(self):
            """Start; how the last one ended is of no interest any more."""
            self.ended = ""
            return super().start()

        def get_state(self):
            """Keep how the last server ended, also through a restart of the hub."""
            return {**super().get_state(), **({"kubehub_ended": self.ended} if self.ended else {})}

        def load_state(self, state):
            """Remember how the last server ended."""
            super().load_state(state)
            self.ended = state.get("kubehub_ended", "")

        async def load_user_options(self):
            """Refuse another's team before its profile is looked for."""
            chosen(self)
            await super().load_user_options()

        async def get_pod_manifest(self):
            """Put the pod into its queue, and refuse one that could only wait in vain."""
            pod = await super().get_pod_manifest()
            queue, user = chosen(self), self.user.name
            try:
                bounds = await bounds_of(user, queue)
            except (OSError, ValueError) as error:
                # It can wait until YuniKorn is back.
                self.log.warning("kubehub: YuniKorn does not answer, so no quota is looked at: %s", error)
                bounds = []
            refusal = too_large(bounds, asked(self.api.api_client.sanitize_for_serialization(pod.spec)))
            if refusal:
                raise NotNowError(f"{refusal} Choose a smaller one.")
            pod.metadata.labels |= {
                "queue": queue,
                # Another one for each start: an application that has ended takes no pods.
                "applicationId": f"{pod.metadata.name[:54]}-{secrets.token_hex(4)}",
            }
            info = {"user": user, "groups": sorted(group.name for group in self.user.groups)}
            pod.metadata.annotations = {**(pod.metadata.annotations or {}), USER_INFO: json.dumps(info)}
            return pod

        def is_pod_running(self, pod):
            """Give a pod up at once that YuniKorn has refused; it would be waited for until the timeout."""
            if pod and pod["status"].get("reason") == "ApplicationRejected":
                raise NotNowError(f"YuniKorn refuses this server: {pod['status'].get('message')}. Tell the operator.")
            return super().is_pod_running(pod)

        async def why_waiting(self):
            """Return why the pod has no machine yet, empty where it has one or nobody knows."""
            pod = self.known_pod
            if not pod or pod["spec"].get("nodeName"):
                return ""
            wanted = asked(pod["spec"])
            try:
                bounds = await bounds_of(self.user.name, pod["metadata"]["labels"]["queue"])
                text = full(bounds, wanted)
                if text:
                    return f"Waiting for a place. {text} Free in all: {free(bounds, wanted)}."
                text = no_machine(await self.machines(pod), wanted)
            except NotNowError as error:
                return str(error)
            except Exception as error:
                self.log.warning("kubehub: why %s waits cannot be told: %s", self.pod_name, error)
                return ""
            return f"Waiting for a machine. {text}" if text else ""

        async def machines(self, pod):
            """Return YuniKorn's nodes that a pod may go to."""
            selector = (pod["spec"].get("nodeSelector") or {}).items()
            nodes = await ANSWERS.get("nodes", self.api.list_node)
            names = {node.metadata.name for node in nodes.items if selector <= (node.metadata.labels or {}).items()}
            known = await ask(f"{PARTITION}/nodes") or []
            return [node for node in known if node["nodeID"] in names and node.get("schedulable")]

        async def progress(self):
            """Yield KubeSpawner's events, and in between why the server waits."""
            events, said = super().progress(), ""
            following = asyncio.ensure_future(anext(events, None))
            try:
                while True:
                    await asyncio.wait([following], timeout=LOOK_SECONDS)
                    if following.done():
                        event = following.result()
                        if event is None:
                            return
                        yield event
                        following = asyncio.ensure_future(anext(events, None))
                    text = await self.why_waiting()
                    if text and text != said:
                        yield {"message": text}
                    said = text
            finally:
                following.cancel()
                await asyncio.wait([following])
                await events.aclose()

        async def poll(self):
            """Look for the reason where a server has ended by itself."""
            if pod := self.known_pod:
                self.application = pod["metadata"]["labels"].get("applicationId", "")
            status = await super().poll()
            if status is not None and self.server and not (self._spawn_pending or self._stop_pending):
                await self._start_watching_events()
                self.ended = why_ended(self.events)
                try:
                    self.ended = self.ended or await preemption_of(self.application)
                except (OSError, ValueError) as error:
                    self.log.warning("kubehub: why %s ended cannot be asked of YuniKorn: %s", self.pod_name, error)
            return status

        async def get_url(self):
            """Go on waiting for a server that waited when the hub restarted; the hub would give it up after half a minute.

            JupyterHub calls it when it starts, for each server that its database has.
            """
            waited = False
            while (pod := self.known_pod) and self.starts(pod) and not late(pod, self.start_timeout):
                if not waited:
                    waited, self._spawn_pending = True, True
                    self._spawn_future = asyncio.ensure_future(self.checked())
                await asyncio.sleep(1)
            return self._get_pod_url(pod) if waited and pod and super().is_pod_running(pod) else await super().get_url()

        def starts(self, pod):
            """Say whether a pod may still come to run."""
            return pod["status"]["phase"] in ("Pending", "Running") and not super().is_pod_running(pod)

        async def checked(self):
            """Wait until the hub knows about this server, so that its user sees the progress as with any start."""
            while self._check_pending:
                await asyncio.sleep(0.5)
            self._spawn_pending = False

    return QueueSpawner


def configure(c):
    """Put all of it into the hub's configuration object."""
    from kubespawner import KubeSpawner

    c.JupyterHub.spawner_class = in_queues(KubeSpawner)
    c.KubeSpawner.profile_list = offered(c.KubeSpawner.get("profile_list", []))
    # Those who wait must not make the hub wait when it restarts.
    c.JupyterHub.init_spawners_timeout = 3
    c.JupyterHub.template_paths = [TEMPLATES, *c.JupyterHub.get("template_paths", [])]
    # The hub calls what it finds there with whoever asks, nobody on the page to log in: hand the function on, for the templates to call.
    c.JupyterHub.template_vars = {**c.JupyterHub.get("template_vars", {}), "kubehub_ended": lambda _asks: ended}
