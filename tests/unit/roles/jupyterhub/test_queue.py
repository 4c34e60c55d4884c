# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the hub does of queues, against the REST answers of YuniKorn's stand-in. KubeSpawner is stood in for."""

from __future__ import annotations

import asyncio
import datetime
import json
import logging
import sys
import threading
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lab.standins.yunikorn.server.cluster import Node, Pod
from lab.standins.yunikorn.server.recorded import Recorded
from lab.standins.yunikorn.server.rest import Rest, Server
from lab.standins.yunikorn.server.scheduler import Scheduler

FILES = Path(__file__).parents[4] / "roles/jupyterhub/files"
GIB = 2**30
SETTINGS = {
    "queueOfGroup": {"vision": "root.vision.members", "drones": "root.vision.drones", "grp-bio": "root.bio"},
    "groupOfUser": {"bob": "grp-bio"},
    "default": "root.default",
    "own": "members",
    "gpuResource": "nvidia.com/gpu",
    "asked": {
        "small": {"vcore": 500, "memory": GIB},
        "gpu": {"vcore": 2000, "memory": 4 * GIB, "nvidia.com/gpu": 1},
        "huge": {"vcore": 500, "memory": 20 * GIB},
    },
}
CONFIG = """
partitions:
- name: default
  placementrules: [{name: provided}]
  queues:
  - name: root
    submitacl: '*'
    queues:
    - name: vision
      parent: true
      resources: {max: {vcore: 4, memory: 16Gi, nvidia.com/gpu: 1}}
      limits:
      - {limit: each user, users: ['*'], maxresources: {vcore: 3}, maxapplications: 2}
      queues: [{name: members}, {name: drones}]
    - name: bio
      resources: {max: {memory: 8Gi}}
      limits:
      - {limit: zoe, users: [zoe], maxresources: {memory: 2Gi}}
      - {limit: each user, users: ['*'], maxresources: {memory: 4Gi}}
    - {name: default}
"""
Pods = Callable[..., dict[str, Any]]


class World:
    """YuniKorn's stand-in behind its HTTP server, with two machines."""

    def __init__(self) -> None:
        self.scheduler = Scheduler(Recorded([], []), lambda: 1_800_000_000.0)
        self.scheduler.take({"queues.yaml": CONFIG})
        self.pods: list[dict[str, Any]] = []
        self.nodes = [
            machine("w1", "4", "16Gi", **{"nvidia.com/gpu": "1"}),
            machine("w2", "2", "32Gi", zone="b"),
        ]
        self.look()

    def look(self) -> None:
        """Have it look at the cluster again."""
        with self.scheduler.lock:
            self.scheduler.observe(map(Node.read, self.nodes), map(Pod.read, self.pods))

    def run(self, user: str, queue: str, node: str = "w1", **requests: str) -> None:
        """Add a server that runs."""
        found = pod(f"jupyter-{user}-{len(self.pods)}", queue, requests, node=node)
        found["metadata"]["annotations"] = {"yunikorn.apache.org/user.info": json.dumps({"user": user, "groups": []})}
        self.pods.append(found)
        self.look()


def machine(name: str, cpu: str, memory: str, zone: str = "a", **more: str) -> dict[str, Any]:
    """Return a ready node of the API."""
    return {
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "zone": zone}},
        "spec": {},
        "status": {
            "allocatable": {"cpu": cpu, "memory": memory, "pods": "110", **more},
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def pod(name: str, queue: str, requests: dict[str, str], *, node: str = "", **spec: Any) -> dict[str, Any]:
    """Return a pod of the API, as KubeSpawner keeps it."""
    return {
        "metadata": {
            "name": name,
            "namespace": "jupyterhub",
            "uid": f"uid-{name}",
            "labels": {"queue": queue, "applicationId": name},
            "creationTimestamp": datetime.datetime.now(datetime.timezone.utc).isoformat(),
        },
        "spec": {
            "schedulerName": "yunikorn",
            "containers": [{"name": "notebook", "resources": {"requests": requests}}],
            **({"nodeName": node} if node else {}),
            **spec,
        },
        "status": {"phase": "Running" if node else "Pending"},
    }


@pytest.fixture
def world() -> World:
    """Return the cluster."""
    return World()


@pytest.fixture
def program(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return the program as the hub loads it, with answers that are not kept."""
    server = Server(("127.0.0.1", 0), Rest(world.scheduler, "1.8.0"))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    z2jh = types.ModuleType("z2jh")
    settings = {"queues": {**SETTINGS, "url": f"http://127.0.0.1:{server.server_port}"}}
    z2jh.get_config = {"custom.kubehub": settings}.get  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "z2jh", z2jh)
    for name in ("kubehub", "kubehub_queue"):
        module = types.ModuleType(name)
        path = FILES / f"{name}.py"
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), module.__dict__)
        monkeypatch.setitem(sys.modules, name, module)
    module.ANSWERS = module.Kept(0)  # type: ignore[attr-defined]
    module.LOOK_SECONDS = 0.05  # type: ignore[attr-defined]
    yield module
    server.shutdown()
    server.server_close()
    module.THREADS.shutdown()


class Base:
    """KubeSpawner, as far as the program meets it."""

    namespace = "jupyterhub"
    start_timeout = 1800
    _spawn_pending = _stop_pending = _check_pending = False
    _spawn_future: Any = None

    def __init__(self, name: str = "alice", groups: tuple[str, ...] = ("vision",), **options: Any) -> None:
        self.user = SimpleNamespace(name=name, groups=[SimpleNamespace(name=group) for group in groups])
        self.user_options = options
        self.pod_name = f"jupyter-{name}"
        self.log = logging.getLogger("hub")
        self.pods: dict[str, dict[str, Any]] = {}
        self.pod_reflector = SimpleNamespace(pods=self.pods)
        self.events: list[dict[str, Any]] = []
        self.server: Any = SimpleNamespace(url="http://:0/user/alice/")
        self.api = SimpleNamespace(
            api_client=SimpleNamespace(sanitize_for_serialization=lambda spec: spec), list_node=self.list_node
        )
        self.nodes: list[SimpleNamespace] = []
        self.wanted = {"cpu": "500m", "memory": "1Gi"}
        self.status: int | None = None

    async def list_node(self) -> SimpleNamespace:
        return SimpleNamespace(items=self.nodes)

    async def get_pod_manifest(self) -> SimpleNamespace:
        spec = {"containers": [{"resources": {"requests": self.wanted, "limits": {"cpu": "2", "memory": "2Gi"}}}]}
        metadata = SimpleNamespace(name=self.pod_name, labels={"app": "jupyterhub"}, annotations=None)
        return SimpleNamespace(metadata=metadata, spec=spec)

    async def load_user_options(self) -> None:
        self.loaded = True

    async def progress(self) -> Any:
        for text in ("made", "pulled"):
            yield {"message": text}
            await asyncio.sleep(0.4)

    def start(self) -> str:
        return "started"

    async def poll(self) -> int | None:
        return self.status

    async def _start_watching_events(self) -> None:
        self.watched = True

    def get_state(self) -> dict[str, Any]:
        return {"pod_name": self.pod_name}

    def load_state(self, state: dict[str, Any]) -> None:
        self.state = state

    async def get_url(self) -> str:
        return str(self.server.url)

    def is_pod_running(self, pod: dict[str, Any]) -> bool:
        return bool(pod and pod["status"]["phase"] == "Running")

    def _get_pod_url(self, pod: dict[str, Any]) -> str:
        return f"http://{pod['status']['podIP']}:8888"


def manifest(program: Any, spawner: Any) -> Any:
    """Return the pod that a spawner makes."""
    return asyncio.run(spawner.get_pod_manifest())


def made(program: Any, *arguments: Any, **options: Any) -> Any:
    """Return a spawner of this platform."""
    return program.in_queues(Base)(*arguments, **options)


def test_a_server_is_in_its_users_queue_and_charged_to_its_user(program: Any) -> None:
    found = manifest(program, made(program, "alice", ("vision", "staff")))
    application = found.metadata.labels.pop("applicationId")
    assert found.metadata.labels == {"app": "jupyterhub", "queue": "root.vision.members"}
    assert application.startswith("jupyter-alice-")
    assert found.metadata.annotations == {
        "yunikorn.apache.org/user.info": '{"user": "alice", "groups": ["staff", "vision"]}'
    }


def test_each_start_is_an_application_of_its_own_whose_name_a_label_can_hold(program: Any) -> None:
    spawner = made(program, "a" * 70)
    names = [manifest(program, spawner).metadata.labels["applicationId"] for _start in range(2)]
    assert names[0] != names[1]
    assert [len(name) for name in names] == [63, 63]


@pytest.mark.parametrize(
    ("user", "groups", "teams"),
    [
        ("carol", (), {"default": "root.default"}),
        ("carol", ("staff",), {"default": "root.default"}),
        ("carol", ("grp-bio",), {"bio": "root.bio"}),
        ("carol", ("vision", "grp-bio"), {"bio": "root.bio", "vision": "root.vision.members"}),
        ("bob", ("drones", "grp-bio"), {"bio": "root.bio", "vision.drones": "root.vision.drones"}),
    ],
)
def test_the_hubs_groups_say_in_which_teams_a_user_is(
    program: Any, user: str, groups: tuple[str, ...], teams: dict[str, str]
) -> None:
    found = program.teams_of(made(program, user, groups).user)
    assert found == teams
    assert next(iter(found)) == next(iter(teams))


def test_a_user_in_several_teams_chooses(program: Any) -> None:
    groups = ("vision", "grp-bio")
    assert manifest(program, made(program, "bob", groups)).metadata.labels["queue"] == "root.bio"
    chosen = made(program, "bob", groups, team="vision")
    assert manifest(program, chosen).metadata.labels["queue"] == "root.vision.members"


def test_another_ones_team_is_refused_before_its_profile_is_looked_for(program: Any) -> None:
    spawner = made(program, "alice", ("vision",), team="bio")
    with pytest.raises(sys.modules["kubehub"].NotNowError) as refused:
        asyncio.run(spawner.load_user_options())
    assert refused.value.jupyterhub_message == "You are not in team bio. Choose one of: vision."
    assert not hasattr(spawner, "loaded")
    asyncio.run(made(program, "alice", ("vision",)).load_user_options())


@pytest.mark.parametrize(
    ("groups", "wanted", "message"),
    [
        (
            ("grp-bio",),
            {"memory": "9Gi"},
            "In bio you have at most 4 GiB of memory, and this server asks for 9 GiB of memory.",
        ),
        (("vision",), {"cpu": "3500m"}, "In vision you have at most 3 CPUs, and this server asks for 3.5 CPUs."),
        (
            ("vision",),
            {"nvidia.com/gpu": "2"},
            "Team vision has at most 1 GPU, and this server asks for 2 GPUs.",
        ),
        ((), {"cpu": "64"}, "The cluster has at most 6 CPUs, and this server asks for 64 CPUs."),
    ],
)
def test_what_can_never_fit_is_refused_at_once_whoever_sets_the_bound(
    program: Any, groups: tuple[str, ...], wanted: dict[str, str], message: str
) -> None:
    spawner = made(program, "alice", groups)
    spawner.wanted = wanted
    with pytest.raises(sys.modules["kubehub"].NotNowError) as refused:
        manifest(program, spawner)
    assert refused.value.jupyterhub_message == f"{message} Choose a smaller one."


def test_a_limit_of_a_users_own_name_counts_before_that_of_everybody(program: Any) -> None:
    spawner = made(program, "zoe", ("grp-bio",))
    spawner.wanted = {"memory": "3Gi"}
    with pytest.raises(sys.modules["kubehub"].NotNowError, match=r"^In bio you have at most 2 GiB of memory, and"):
        manifest(program, spawner)


@pytest.mark.parametrize("queue", ["root.gone", "root.vision"])
def test_a_queue_that_takes_no_servers_is_refused_at_once(
    program: Any, monkeypatch: pytest.MonkeyPatch, queue: str
) -> None:
    monkeypatch.setitem(program.QUEUES, "queueOfGroup", {"vision": queue})
    with pytest.raises(sys.modules["kubehub"].NotNowError) as refused:
        manifest(program, made(program))
    assert refused.value.jupyterhub_message == f"There is no queue {queue} that takes servers. Tell the operator."


def test_a_queue_that_is_being_removed_is_refused_at_once(program: Any, world: World) -> None:
    world.run("alice", "root.bio", cpu="100m")
    world.scheduler.take({"queues.yaml": CONFIG.replace("name: bio", "name: chemistry")})
    with pytest.raises(sys.modules["kubehub"].NotNowError) as refused:
        manifest(program, made(program, "bob", ("grp-bio",)))
    assert refused.value.jupyterhub_message == (
        "The queue root.bio is being removed and takes no more servers. Tell the operator."
    )


def test_while_yunikorn_does_not_answer_nobody_is_refused(
    program: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(program.QUEUES, "url", "http://127.0.0.1:9")
    spawner = made(program)
    spawner.wanted = {"cpu": "64"}
    assert manifest(program, spawner).metadata.labels["queue"] == "root.vision.members"
    said = caplog.messages[0]
    assert said.startswith("kubehub: YuniKorn does not answer, so no quota is looked at: <urlopen error")
    spawner.pods["jupyterhub/jupyter-alice"] = pod("jupyter-alice", "root.bio", {"cpu": "1"})
    assert asyncio.run(spawner.why_waiting()) == ""


PROFILES = [
    {"slug": "small", "display_name": "Small", "description": "Up to 1 CPU"},
    {"slug": "gpu", "display_name": "GPU", "description": ""},
    {"slug": "huge", "display_name": "Huge", "profile_options": {"kernel": {}}},
]


def shown(program: Any, spawner: Any) -> list[dict[str, Any]]:
    """Return the profiles that a user chooses from."""
    found: list[dict[str, Any]] = asyncio.run(program.offered(PROFILES)(spawner))
    return found


def test_each_profile_says_what_the_quota_still_allows(program: Any, world: World) -> None:
    world.run("alice", "root.vision.members", cpu="500m", memory="2Gi")
    world.run("dave", "root.vision.drones", **{"cpu": "2", "memory": "4Gi", "nvidia.com/gpu": "1"})
    assert [one.get("description") for one in shown(program, made(program))] == [
        "Up to 1 CPU Free in vision: 1.5 of 4 CPUs, 10 of 16 GiB of memory.",
        "Would wait: Team vision has 1.5 of 4 CPUs free, and this server needs 2 CPUs.",
        "Too large: Team vision has at most 16 GiB of memory, and this server asks for 20 GiB of memory.",
    ]
    assert "description" not in PROFILES[2], "the profiles themselves stay as they are"


def test_who_is_in_several_teams_finds_their_quotas_beside_their_names(program: Any) -> None:
    small, gpu, huge = shown(program, made(program, "bob", ("drones", "grp-bio")))
    assert small["description"] == "Up to 1 CPU"
    assert small["profile_options"] == {
        "team": {
            "display_name": "Team",
            "choices": {
                "bio": {
                    "display_name": "bio: Free in bio: 6 of 6 CPUs, 4 of 4 GiB of memory.",
                    "kubespawner_override": {},
                },
                "vision.drones": {
                    "display_name": "vision.drones: Free in vision.drones: 3 of 3 CPUs, 16 of 16 GiB of memory.",
                    "kubespawner_override": {},
                },
            },
        }
    }
    assert list(gpu["profile_options"]["team"]["choices"]) == ["bio", "vision.drones"]
    assert list(huge["profile_options"]) == ["kernel", "team"]


def test_profiles_say_nothing_of_quotas_while_yunikorn_does_not_answer(
    program: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(program.QUEUES, "url", "http://127.0.0.1:9")
    assert [one["description"] for one in shown(program, made(program))] == ["Up to 1 CPU", "", ""]


def waiting(program: Any, world: World, wanted: dict[str, str], queue: str = "root.vision.members", **spec: Any) -> str:
    """Return what alice reads while her server waits."""
    spawner = made(program)
    spawner.nodes = [SimpleNamespace(metadata=SimpleNamespace(**node["metadata"])) for node in world.nodes]
    spawner.pods["jupyterhub/jupyter-alice"] = pod("jupyter-alice", queue, wanted, **spec)
    return str(asyncio.run(spawner.why_waiting()))


def test_who_waits_reads_that_the_queue_is_full_and_what_is_free(program: Any, world: World) -> None:
    world.run("dave", "root.vision.drones", cpu="3", memory="4Gi")
    assert waiting(program, world, {"cpu": "1500m", "memory": "1Gi"}) == (
        "Waiting for a place. Team vision has 1 of 4 CPUs free, and this server needs 1.5 CPUs. "
        "Free in all: 1 of 4 CPUs, 12 of 16 GiB of memory."
    )


def test_who_waits_reads_that_the_own_limit_is_reached(program: Any, world: World) -> None:
    world.run("alice", "root.vision.members", cpu="2", memory="1Gi")
    assert waiting(program, world, {"cpu": "1500m"}) == (
        "Waiting for a place. In vision you have 1 of 3 CPUs free, and this server needs 1.5 CPUs. "
        "Free in all: 1 of 3 CPUs."
    )
    world.run("alice", "root.vision.drones", cpu="100m", memory="1Gi")
    assert waiting(program, world, {"cpu": "100m"}).startswith(
        "Waiting for a place. In vision you have 0 of 2 servers free."
    )


def test_who_waits_reads_that_no_machine_has_such_a_gpu(program: Any, world: World) -> None:
    wanted = {"cpu": "1", "nvidia.com/gpu": "1"}
    assert waiting(program, world, wanted, "root.default", nodeSelector={"zone": "b"}) == (
        "Waiting for a machine. No machine for this server has 1 CPU, 1 GPU. The most that one has: 2 CPUs, 0 GPUs. "
        "Tell the operator."
    )
    assert waiting(program, world, wanted, "root.default") == ""


def test_who_waits_reads_that_all_machines_are_full(program: Any, world: World) -> None:
    world.run("dave", "root.default", cpu="3")
    world.run("dave", "root.default", "w2", cpu="1500m")
    assert waiting(program, world, {"cpu": "1500m"}, "root.default") == (
        "Waiting for a machine. No machine has 1.5 CPUs free. The most that one has free: 1 CPU."
    )


def test_who_has_a_machine_does_not_wait(program: Any, world: World) -> None:
    world.run("dave", "root.vision.drones", cpu="4")
    assert waiting(program, world, {"cpu": "1"}, node="w1") == ""
    assert asyncio.run(made(program).why_waiting()) == ""


def test_the_spawn_page_tells_kubespawners_events_and_each_reason_once(program: Any, world: World) -> None:
    world.run("dave", "root.vision.drones", cpu="3500m")
    spawner = made(program)
    spawner.pods["jupyterhub/jupyter-alice"] = pod("jupyter-alice", "root.vision.members", {"cpu": "1"})

    async def watch() -> list[str]:
        return [event["message"] async for event in spawner.progress()]

    assert asyncio.run(watch()) == [
        "made",
        (
            "Waiting for a place. Team vision has 0.5 of 4 CPUs free, and this server needs 1 CPU. "
            "Free in all: 0.5 of 4 CPUs."
        ),
        "pulled",
    ]


def test_a_page_that_is_closed_ends_what_it_watched(program: Any) -> None:
    async def watch() -> set[Any]:
        events = made(program).progress()
        await anext(events)
        await events.aclose()
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(watch()) == set()


def event(reason: str, message: str) -> dict[str, Any]:
    """Return an event of a pod."""
    return {"reason": reason, "message": message, "lastTimestamp": None, "eventTime": "2026-11-25T13:00:00Z"}


PREEMPTED = event("Informational", "Preempted by 7f3 from application jupyter-dave-1 in root.bio")
SENTENCE = (
    "It was stopped at 2026-11-25T13:00:00Z to give its share to somebody whose share it was "
    "(Preempted by 7f3 from application jupyter-dave-1 in root.bio). "
    "Your files are kept. Start it again: it waits until there is a place."
)


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ([], ""),
        ([PREEMPTED, event("Killing", "Stopping container notebook"), event("TaskCompleted", "Task x")], SENTENCE),
        (
            [event("Started", "Started container"), event("Evicted", "The node was low on resource: memory.")],
            "It ended: The node was low on resource: memory. (Evicted).",
        ),
        ([PREEMPTED, event("Started", "Started container"), event("Killing", "Stopping container notebook")], ""),
    ],
)
def test_the_pods_events_tell_why_a_server_ended(program: Any, events: list[dict[str, Any]], sentence: str) -> None:
    assert program.why_ended(events) == sentence


def test_who_lost_a_server_reads_why_until_it_is_started_again(program: Any) -> None:
    spawner = made(program)
    spawner.events = [PREEMPTED]
    assert asyncio.run(spawner.poll()) is None
    assert spawner.get_state() == {"pod_name": "jupyter-alice"}
    spawner.status = 1
    assert asyncio.run(spawner.poll()) == 1
    state = spawner.get_state()
    assert state == {"pod_name": "jupyter-alice", "kubehub_ended": SENTENCE}
    again = made(program)
    again.load_state(state)
    assert again.get_state() == state
    assert again.start() == "started"
    assert again.get_state() == {"pod_name": "jupyter-alice"}


def lost(program: Any, *, seen: bool = True) -> str:
    """Return what is kept of a server whose pod was gone before it had an event; ``seen``: the hub has met the pod."""
    spawner = made(program)
    if seen:
        spawner.pods["jupyterhub/jupyter-alice"] = pod("jupyter-alice", "root.vision.members", {}, node="w1")
    assert asyncio.run(spawner.poll()) is None
    spawner.pods.clear()
    spawner.status = 1
    assert asyncio.run(spawner.poll()) == 1
    return str(spawner.ended)


@pytest.mark.parametrize(("seen", "sentence"), [(True, SENTENCE), (False, "")])
def test_who_lost_a_server_reads_why_though_its_pod_was_gone_before_its_event(
    program: Any, monkeypatch: pytest.MonkeyPatch, seen: bool, sentence: str
) -> None:
    """YuniKorn 1.8.0 logs such an event as not published, because its task is not found; the records are its own, from such a run."""
    added = {"type": 1, "objectID": "7f0", "timestampNano": 1795611590000000000, "eventChangeType": 2, "resource": {}}
    preempted = {"type": 1, "objectID": "22c", "message": PREEMPTED["message"], "timestampNano": 1795611600046354392}
    waits = {"type": 1, "objectID": "22c", "message": "does not fit", "timestampNano": 1795611580000000000}
    records = [
        {**waits, "referenceID": "jupyter-alice"},
        {**preempted, "referenceID": "jupyter-alice"},
        {**added, "referenceID": "jupyter-alice"},
        {**preempted, "message": "Preempted by another", "referenceID": "jupyter-carol"},
    ]
    answers = {
        "/ws/v1/events/batch?count=1": {"LowestID": 100, "HighestID": 7003, "EventRecords": [added]},
        "/ws/v1/events/batch?start=2004&count=5000": {"LowestID": 100, "HighestID": 7003, "EventRecords": records},
    }
    monkeypatch.setattr(program, "read", answers.__getitem__)
    assert lost(program, seen=seen) == sentence


def test_a_server_that_was_not_preempted_has_no_record_of_it(program: Any) -> None:
    assert lost(program) == ""


@pytest.mark.parametrize("events", [{"LowestID": 0, "HighestID": 0, "EventRecords": None}, None])
def test_yunikorn_may_have_no_records(program: Any, monkeypatch: pytest.MonkeyPatch, events: Any) -> None:
    monkeypatch.setattr(program, "read", lambda _path: events)
    assert lost(program) == ""


def test_while_yunikorn_does_not_answer_nobody_reads_why(
    program: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(program.QUEUES, "url", "http://127.0.0.1:9")
    assert lost(program) == ""
    assert "why jupyter-alice ended cannot be asked of YuniKorn: <urlopen error" in caplog.text


@pytest.mark.parametrize("flag", ["_spawn_pending", "_stop_pending"])
def test_a_server_that_fails_to_start_or_is_stopped_has_not_ended_by_itself(program: Any, flag: str) -> None:
    spawner = made(program)
    spawner.events, spawner.status = [PREEMPTED], 1
    setattr(spawner, flag, True)
    asyncio.run(spawner.poll())
    assert spawner.get_state() == {"pod_name": "jupyter-alice"}


def test_the_pages_show_it_for_servers_that_do_not_run(program: Any) -> None:
    def server(text: str, running: object = None) -> SimpleNamespace:
        return SimpleNamespace(state={"kubehub_ended": text} if text else None, server=running)

    servers = {"": server(SENTENCE), "big": server("It ended."), "new": server(""), "runs": server("Old", object())}
    user = SimpleNamespace(orm_user=SimpleNamespace(orm_spawners=servers))
    assert program.ended(user) == [
        f"Your server is not running. {SENTENCE}",
        "Your server big is not running. It ended.",
    ]


def restarted(program: Any, monkeypatch: pytest.MonkeyPatch, change: Callable[[Any], None]) -> tuple[str, list[bool]]:
    """Return the address that a restarted hub learns of a server that waited, and whether its page followed it on the way."""
    spawner = made(program)
    spawner.pods["jupyterhub/jupyter-alice"] = pod("jupyter-alice", "root.vision.members", {"cpu": "1"})
    sleep = asyncio.sleep
    monkeypatch.setattr(program.asyncio, "sleep", lambda _seconds: sleep(0.01))

    async def check() -> tuple[str, list[bool]]:
        spawner._check_pending = True
        asked = asyncio.ensure_future(spawner.get_url())
        await sleep(0.05)
        pending = [not asked.done(), spawner._spawn_pending]
        change(spawner)
        url = await asked
        spawner._check_pending = False
        await spawner._spawn_future
        return url, [*pending, spawner._spawn_pending]

    return asyncio.run(check())


def test_a_server_that_waits_goes_on_waiting_when_the_hub_restarts(
    program: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(spawner: Any) -> None:
        spawner.pods["jupyterhub/jupyter-alice"]["status"] = {"phase": "Running", "podIP": "198.19.0.7"}

    assert restarted(program, monkeypatch, start) == ("http://198.19.0.7:8888", [True, True, False])


def test_a_server_that_yunikorn_refuses_is_not_waited_for(program: Any) -> None:
    spawner = made(program)
    refused = pod("jupyter-alice", "root.bio", {})
    assert spawner.is_pod_running(None) is False
    assert spawner.is_pod_running(refused) is False
    refused["status"] = {"phase": "Failed", "reason": "ApplicationRejected", "message": "no rule matched"}
    with pytest.raises(sys.modules["kubehub"].NotNowError) as said:
        spawner.is_pod_running(refused)
    assert said.value.jupyterhub_message == "YuniKorn refuses this server: no rule matched. Tell the operator."
    spawner.pods["jupyterhub/jupyter-alice"] = refused
    assert asyncio.run(spawner.get_url()) == "http://:0/user/alice/"


def test_a_server_that_vanished_or_waited_too_long_is_left_to_the_hub(
    program: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def vanish(spawner: Any) -> None:
        del spawner.pods["jupyterhub/jupyter-alice"]

    def expire(spawner: Any) -> None:
        spawner.pods["jupyterhub/jupyter-alice"]["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"

    for change in (vanish, expire):
        assert restarted(program, monkeypatch, change) == ("http://:0/user/alice/", [True, True, False])


def test_a_server_that_runs_is_asked_for_nothing_when_the_hub_restarts(program: Any) -> None:
    spawner = made(program)
    spawner.pods["jupyterhub/jupyter-alice"] = pod("jupyter-alice", "root.bio", {"cpu": "1"}, node="w1")
    assert asyncio.run(spawner.get_url()) == "http://:0/user/alice/"
    assert spawner._spawn_pending is False


@pytest.mark.parametrize(
    ("resource", "quantity", "wanted"),
    [
        ("cpu", 0.1, 100),
        ("cpu", "1500m", 1500),
        ("vcore", "2", 2000),
        ("memory", "500M", 500_000_000),
        ("memory", "500Mi", 524_288_000),
        ("memory", 536870912, 536870912),
        ("memory", "1 Gi", GIB),
        ("nvidia.com/gpu", "2", 2),
    ],
)
def test_amounts_are_yunikorns(program: Any, resource: str, quantity: Any, wanted: int) -> None:
    assert program.amount(resource, quantity) == wanted


def test_a_pod_is_charged_as_yunikorn_charges_it(program: Any) -> None:
    spec = {
        "containers": [
            {"resources": {"requests": {"cpu": "500m"}, "limits": {"cpu": "2", "memory": "1Gi"}}},
            {"resources": {"requests": {"cpu": "100m"}}},
            {},
        ],
        "initContainers": [{"resources": {"requests": {"cpu": "100m", "memory": "2Gi"}}}],
    }
    assert program.asked(spec) == {"vcore": 600, "memory": 2 * GIB, "pods": 1, "servers": 1}


def test_all_who_wait_ask_once(program: Any) -> None:
    asked: list[str] = []
    now = [0.0]

    async def ask() -> str:
        asked.append("asked")
        await asyncio.sleep(0)
        return f"answer {len(asked)}"

    async def all_of_them() -> list[str]:
        kept = program.Kept(5, lambda: now[0])
        found = await asyncio.gather(*(kept.get("queue", ask) for _user in range(50)))
        now[0] = 4.9
        found.append(await kept.get("queue", ask))
        now[0] = 5.1
        return [*found, await kept.get("queue", ask)]

    found = asyncio.run(all_of_them())
    assert set(found[:51]) == {"answer 1"}
    assert found[51] == "answer 2"


class Section(dict[str, Any]):
    """A section of the hub's configuration: what was never set is not there."""

    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__  # type: ignore[assignment]


def test_the_hub_takes_the_spawner_the_profiles_and_the_pages(program: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("kubespawner")
    module.KubeSpawner = Base  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "kubespawner", module)
    c = SimpleNamespace(
        JupyterHub=Section(template_paths=["/opt/native"], template_vars={"announcement": "Closed on Monday"}),
        KubeSpawner=Section(profile_list=PROFILES),
    )
    program.configure(c)
    assert issubclass(c.JupyterHub.spawner_class, Base)
    assert c.JupyterHub.template_paths == ["/usr/local/etc/jupyterhub/kubehub-templates", "/opt/native"]
    # As the hub fills its pages: a function is called with who asks, and nobody asks for the page to log in.
    filled = {name: value(None) if callable(value) else value for name, value in c.JupyterHub.template_vars.items()}
    assert filled == {"announcement": "Closed on Monday", "kubehub_ended": program.ended}
    assert c.JupyterHub.init_spawners_timeout == 3
    (small, *_rest) = asyncio.run(c.KubeSpawner.profile_list(made(program)))
    assert small["description"] == "Up to 1 CPU Free in vision: 3 of 3 CPUs, 16 of 16 GiB of memory."
