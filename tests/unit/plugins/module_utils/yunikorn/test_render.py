# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a configuration is written; that it reads back is a law in tests/unit/property."""

from __future__ import annotations

import math

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn import model, render
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.parse import parse


def test_text() -> None:
    """What has its default is left out, what needs quotes has them, lists and mappings are blocks."""
    config = model.Config(
        partitions=(
            model.Partition(
                name="default",
                queues=(
                    model.Queue(
                        name="root",
                        parent=True,
                        submitacl="*",
                        queues=(
                            model.Queue(
                                name="a",
                                resources=model.Resources(max=(("memory", "10 G"), ("vcore", "2"))),
                                properties=(("x", ""), ("z", "null")),
                                limits=(model.Limit(users=("ada", "*"), maxapplications=3), model.Limit()),
                            ),
                        ),
                    ),
                ),
                preemption=model.Preemption(enabled=False),
            ),
        )
    )
    assert render.render(config) == (
        "partitions:\n"
        "  - name: default\n"
        "    queues:\n"
        "      - name: root\n"
        "        parent: true\n"
        '        submitacl: "*"\n'
        "        queues:\n"
        "          - name: a\n"
        "            resources:\n"
        "              max:\n"
        '                memory: "10 G"\n'
        "                vcore: 2\n"
        "            properties:\n"
        '              x: ""\n'
        '              z: "null"\n'
        "            limits:\n"
        "              - users:\n"
        "                  - ada\n"
        '                  - "*"\n'
        "                maxapplications: 3\n"
        "              - {}\n"
        "    preemption:\n"
        "      enabled: false\n"
    )


@pytest.mark.parametrize(
    ("config", "text"),
    [
        pytest.param(model.Config(), "partitions: []\n", id="nothing"),
        pytest.param(model.Config(partitions=(model.Partition(),)), "partitions:\n  - {}\n", id="queues are not set"),
        pytest.param(
            model.Config(partitions=(model.Partition(queues=()),)), "partitions:\n  - queues: []\n", id="no queues"
        ),
    ],
)
def test_what_is_empty_differs_from_what_is_absent(config: model.Config, text: str) -> None:
    """Where YuniKorn tells empty from absent, the text does."""
    assert render.render(config) == text
    assert parse(text).config == config


def test_numbers_without_an_end() -> None:
    """Weights may be infinite or no number."""
    weights = (("a", math.inf), ("b", -math.inf), ("c", math.nan), ("d", 0.5))
    policy = model.NodeSortPolicy(resourceweights=weights)
    text = render.render(model.Config(partitions=(model.Partition(nodesortpolicy=policy),)))
    assert text.splitlines()[3:] == ["        a: .inf", "        b: -.inf", "        c: .nan", "        d: 0.5"]
    assert parse(text).config.partitions[0].nodesortpolicy == policy


def test_queues_as_deep_as_they_can_be_read() -> None:
    """190 queues inside each other are no deeper than Python's stack."""
    queue = model.Queue(name="q")
    for _level in range(190):
        queue = model.Queue(name="q", queues=(queue,))
    config = model.Config(partitions=(model.Partition(queues=(queue,)),))
    assert parse(render.render(config)).config == config
