# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A queue config as YuniKorn reads it into its structs and shows it again: structure only, no rule about its meaning."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator
from typing import Any

import yaml

Struct = dict[str, Any]

DEFAULT = """
partitions:
  - name: default
    placementrules:
      - name: tag
        value: namespace
        create: true
    queues:
      - name: root
        submitacl: '*'
"""
"""What is in force where no ConfigMap has queues."""

# The structs by name: each field's Go name, which in lower case is the key in YAML, and its Go type.
STRUCTS: dict[str, dict[str, str]] = {
    "SchedulerConfig": {"Partitions": "[]PartitionConfig", "Checksum": "string"},
    "PartitionConfig": {
        "Name": "string",
        "Queues": "[]QueueConfig",
        "PlacementRules": "[]PlacementRule",
        "Limits": "[]Limit",
        "Preemption": "PartitionPreemptionConfig",
        "NodeSortPolicy": "NodeSortingPolicy",
        "UserGroupResolver": "UserGroupResolver",
    },
    "PartitionPreemptionConfig": {"Enabled": "*bool", "QuotaPreemptionEnabled": "*bool"},
    "UserGroupResolver": {"Type": "string"},
    "QueueConfig": {
        "Name": "string",
        "Parent": "bool",
        "Resources": "Resources",
        "MaxApplications": "uint64",
        "Properties": "map[string]string",
        "AdminACL": "string",
        "SubmitACL": "string",
        "ChildTemplate": "ChildTemplate",
        "Queues": "[]QueueConfig",
        "Limits": "[]Limit",
    },
    "ChildTemplate": {"MaxApplications": "uint64", "Properties": "map[string]string", "Resources": "Resources"},
    "Resources": {"Guaranteed": "map[string]string", "Max": "map[string]string"},
    "PlacementRule": {
        "Name": "string",
        "Create": "bool",
        "Filter": "Filter",
        "Parent": "*PlacementRule",
        "Value": "string",
    },
    "Filter": {"Type": "string", "Users": "[]string", "Groups": "[]string"},
    "Limit": {
        "Limit": "string",
        "Users": "[]string",
        "Groups": "[]string",
        "MaxResources": "map[string]string",
        "MaxApplications": "uint64",
    },
    "NodeSortingPolicy": {"Type": "string", "ResourceWeights": "map[string]float64"},
}
# Shown though they are empty; every other field is left out then.
ALWAYS = {
    ("SchedulerConfig", "Partitions"),
    ("PartitionConfig", "Name"),
    ("PartitionConfig", "Queues"),
    ("QueueConfig", "Name"),
    ("PlacementRule", "Name"),
    ("Filter", "Type"),
    ("Limit", "Limit"),
    ("NodeSortingPolicy", "Type"),
}
NODES_LIMIT = 100_000
_BOOLS = {"true": True, "yes": True, "on": True, "y": True, "false": False, "no": False, "off": False, "n": False}
_MAP = "map[string]"


class ConfigError(ValueError):
    """A text that is no config; the message is in the words of yaml.v3."""


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    """PyYAML's errors as ConfigError."""
    try:
        yield
    except (yaml.YAMLError, RecursionError) as error:
        problem = getattr(error, "problem", None) or str(error)
        mark = getattr(error, "problem_mark", None)
        raise ConfigError(f"yaml: {f'line {mark.line + 1}: ' if mark else ''}{problem}") from error


def compose(text: str) -> tuple[yaml.SafeLoader, yaml.Node | None]:
    """The nodes of the first document, all that YuniKorn reads, and the loader that knows their merge keys. Raises ConfigError."""
    with _in_words():
        loader = yaml.SafeLoader(text)
        return loader, loader.get_node() if loader.check_node() else None


def read(text: str) -> Struct:
    """The config as structs (dictionaries by Go's field names, every field present). Raises ConfigError."""
    loader, node = compose(text)
    problems: list[str] = []
    with _in_words():
        config: Struct = _Decoder(loader, problems).value("SchedulerConfig", node)
    if problems:
        raise ConfigError("\n  ".join(["yaml: unmarshal errors:", *problems]))
    return config


class _Decoder:
    """Nodes to values of a Go type; every misfit is noted and reading goes on, as in yaml.v3."""

    def __init__(self, loader: yaml.SafeLoader, problems: list[str]) -> None:
        self.loader = loader
        self.problems = problems
        self.nodes = 0

    def value(self, kind: str, node: yaml.Node | None) -> Any:
        self.nodes += 1
        if self.nodes > NODES_LIMIT:
            raise ConfigError("yaml: document contains excessive aliasing")
        if node is None or node.tag == "tag:yaml.org,2002:null":
            return zero(kind)
        if kind.startswith("*"):
            return self.value(kind[1:], node)
        if kind.startswith("[]") and isinstance(node, yaml.SequenceNode):
            return [self.value(kind[2:], each) for each in node.value]
        if isinstance(node, yaml.MappingNode) and (kind.startswith(_MAP) or kind in STRUCTS):
            return self.mapping(kind, node)
        if isinstance(node, yaml.ScalarNode) and not kind.startswith(("[]", _MAP)) and kind not in STRUCTS:
            return self.scalar(kind, node)
        return self.misfit(kind, node)

    def mapping(self, kind: str, node: yaml.MappingNode) -> Any:
        lines: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                return self.misfit(kind, node)
            line = key.start_mark.line + 1
            if lines.setdefault(key.value, line) != line:
                self.problems.append(
                    f'line {line}: mapping key "{key.value}" already defined at line {lines[key.value]}'
                )
        self.loader.flatten_mapping(node)
        entries = [(key.value, key.start_mark.line + 1, value) for key, value in node.value]
        if kind.startswith(_MAP):
            return {key: self.value(kind.removeprefix(_MAP), value) for key, _, value in entries}
        fields = {name.lower(): name for name in STRUCTS[kind]}
        found = {name: zero(field) for name, field in STRUCTS[kind].items()}
        for key, line, value in entries:
            if key in fields:
                found[fields[key]] = self.value(STRUCTS[kind][fields[key]], value)
            else:
                self.problems.append(f"line {line}: field {key} not found in type configs.{kind}")
        return found

    def scalar(self, kind: str, node: yaml.ScalarNode) -> Any:
        text = node.value
        if kind == "string":
            return text
        if kind == "bool" and node.style is None and text.lower() in _BOOLS:
            return _BOOLS[text.lower()]
        if kind == "uint64" and node.style is None:
            number = _unsigned(text.replace("_", ""))
            if number is not None:
                return number
        if kind == "float64" and node.style is None and re.fullmatch(r"[-+]?[0-9.]+([eE][-+]?[0-9]+)?", text):
            return float(text)
        return self.misfit(kind, node)

    def misfit(self, kind: str, node: yaml.Node) -> Any:
        what = "!!" + node.tag.rpartition(":")[2] + (f" `{node.value}`" if isinstance(node, yaml.ScalarNode) else "")
        bare = kind.removeprefix("*").removeprefix("[]")
        wanted = kind.removesuffix(bare).removeprefix("*") + (f"configs.{bare}" if bare in STRUCTS else bare)
        self.problems.append(f"line {node.start_mark.line + 1}: cannot unmarshal {what} into {wanted}")
        return zero(kind)


def _unsigned(text: str) -> int | None:
    """A number as yaml.v3 puts one into an unsigned field: fractions are cut, and a negative fraction wraps around."""
    if re.fullmatch(r"0x[0-9a-fA-F]+|0b[01]+|0o[0-7]+|[1-9][0-9]*|0", text):
        return int(text, 0)
    if re.fullmatch(r"0[0-7]+", text):
        return int(text, 8)
    try:
        number = 0.0 if text == "-.inf" else float(text)
    except ValueError:
        return None
    return int(number) % 2**64 if number <= 2**64 and not re.fullmatch(r"-[0-9]+", text) else None


def zero(kind: str) -> Any:
    """Go's zero value of a type."""
    if kind in STRUCTS:
        return {name: zero(field) for name, field in STRUCTS[kind].items()}
    return {"string": "", "bool": False, "uint64": 0, "float64": 0.0}.get(kind)


def normal(config: Struct) -> Struct:
    """The config as YuniKorn keeps it: one queue ``root`` on top, the partition's limits at it, ``default`` by its name."""
    partitions = []
    for partition in config["Partitions"] or []:
        name = "default" if partition["Name"].lower() in ("", "default") else partition["Name"]
        queues = partition["Queues"] or []
        if len(queues) == 1 and queues[0]["Name"].lower() == "root":
            root = {**queues[0], "Parent": True}
        else:
            root = {**zero("QueueConfig"), "Name": "root", "Parent": True, "Queues": queues}
        root["Limits"] = root["Limits"] or partition["Limits"]
        partitions.append({**partition, "Name": name, "Queues": [root]})
    return {**config, "Partitions": partitions}


def checksum(text: str) -> str:
    """SHA-256 as YuniKorn writes it, of the text without a checksum that stands in it."""
    bare = re.sub(r"^checksum: *[\"']?[0-9a-fA-F]{64}[\"']? *(\n|\Z)", "", text, flags=re.MULTILINE)
    return hashlib.sha256(bare.encode()).hexdigest().upper()


def shown(kind: str, value: Any, *, json: bool) -> Any:
    """A value as Go's encoders write it: in JSON under Go's names and with empty structs, in YAML in lower case without them."""
    bare = kind.removeprefix("*")
    if bare.startswith("[]"):
        return [shown(bare[2:], each, json=json) for each in value or []]
    if bare not in STRUCTS or value is None:
        return value
    return {
        name if json else name.lower(): shown(field, value[name], json=json)
        for name, field in STRUCTS[bare].items()
        if (bare, name) in ALWAYS or (json and field in STRUCTS) or not _absent(field, value[name])
    }


def _absent(kind: str, value: Any) -> bool:
    """Whether Go's encoders leave a field out that may be; a pointer to false is something."""
    if kind in STRUCTS:
        return all(_absent(field, value[name]) for name, field in STRUCTS[kind].items())
    return value is None if kind.startswith("*") else not value
