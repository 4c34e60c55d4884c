# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the pages of the documentation that are made from the code's own registries, so that no entry is missing."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.diff import KINDS
from ansible_collections.kubehub.platform.plugins.module_utils._yunikorn.lint import LINTS, Lint

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "docsite" / "rst"

_COMMAND = "python -m ansible_collections.kubehub.platform.plugins.module_utils._yunikorn"

_LINTS = f"""\
YuniKorn's validator, and with it the admission webhook, accepts configurations that then break a running scheduler, and others that silently do
something else than they seem to say. This page names all of them that the collection looks for, and what YuniKorn does with each.

Where they are looked for
-------------------------

The module :ansplugin:`kubehub.platform.yunikorn_queues#module` looks before it writes. Without Ansible, in a hook or the CI of your own
repository, the same is done by a command that needs nothing but PyYAML and the collection on Python's path:

.. code-block:: console

   $ {_COMMAND} check queues.yaml
   queues.yaml:12: error: root.team: max is all zero, which bounds nothing [zero-max]
   $ {_COMMAND} diff old.yaml new.yaml

``check FILE...`` says of each file what YuniKorn's validator refuses (``invalid``), or else which lints are found. ``diff OLD NEW`` lists
:ref:`the changes <ansible_collections.kubehub.platform.docsite.queue_changes>` from one file to the other and what each does at worst. The exit status is
0 if nothing was found, 1 if something was, and 2 if there was nothing to judge by: a wrong call, a file that can't be read, or, for ``diff``, a
configuration that YuniKorn refuses.

``--format text|json|github``
  For people, for programs, or as annotations of a pull request. JSON is one list: of files with ``file``, ``valid`` (the validator's verdict alone),
  ``errors`` and ``lint``; or of changes with ``id``, ``kind``, ``path``, ``before``, ``after``, ``note``, ``level`` and ``effect``.
``--accept NAME[@PATH]``
  Of ``check``, as often as needed: leaves out a lint, everywhere or in one place, such as ``unreachable-queue@root.old``. The module's option
  :ansopt:`kubehub.platform.yunikorn_queues#module:accept` takes the same. Traps can't be accepted.

What needs the cluster's capacity (``guaranteed-above-capacity``, ``resource-not-offered``) or the settings beside the queues (``setting-refused``,
``setting-ignored``, ``unknown-setting``, ``binary-data``) is looked for by the module alone.
"""

_CHANGES = f"""\
What YuniKorn does when its configuration changes, for each kind of change that the collection tells apart. Changes are named ``KIND:PATH`` in plans, such as
``max:root.team``, and the module's option :ansopt:`kubehub.platform.yunikorn_queues#module:allow` takes these names.

A change is found by meaning: the order of queues, another way to write the same quantity and what YuniKorn adds by itself are no change. Each one
has an effect on what runs:

``safe``
  Nothing that runs or waits is worse off.
``delays``
  Something has to wait.
``disrupts``
  Something may be stopped, or never goes on.

Where the scheduler can't be asked what runs, as by the command ``{_COMMAND} diff``, the worst is assumed.
"""

_GROUPS: Mapping[str, tuple[str, Callable[[Lint], bool]]] = {
    "Traps": (
        "They pass the validator and break a running scheduler, or take away a bound that the configuration states. They are never applied.",
        lambda each: each.trap,
    ),
    "Errors": ("Surely not what was meant.", lambda each: each.level == "error" and not each.trap),
    "Warnings": ("Most likely not what was meant.", lambda each: each.level == "warning"),
    "Notes": ("Good to know.", lambda each: each.level == "note"),
}


def lints() -> str:
    """Return the page of all lints."""

    def body() -> Iterator[str]:
        yield _LINTS
        for title, (what, belongs) in _GROUPS.items():
            yield from (_heading(title, "-"), f"{what}\n")
            yield from _entries(
                "queue_lints", ((each.name, each.summary, each.explanation) for each in LINTS.values() if belongs(each))
            )

    return _page("queue_lints", "What is wrong with a queue configuration", body())


def changes() -> str:
    """Return the page of all kinds of change."""

    def body() -> Iterator[str]:
        yield _CHANGES
        yield _heading("Kinds of change", "-")
        yield from _entries("queue_changes", ((each.name, each.summary, each.explanation) for each in KINDS.values()))

    return _page("queue_changes", "What a change of queues does", body())


PAGES: Mapping[Path, Callable[[], str]] = {
    FOLDER / "queue_lints.rst": lints,
    FOLDER / "queue_changes.rst": changes,
}


def _page(name: str, title: str, body: Iterable[str]) -> str:
    return "\n".join(
        (
            f".. _{_label(name)}:\n",
            _heading(title, "="),
            "..\n   Made by ``make pages``: write in the code what should stand here.\n",
            *body,
        )
    )


def _label(*parts: str) -> str:
    return ".".join(("ansible_collections.kubehub.platform.docsite", *parts))


def _heading(title: str, line: str) -> str:
    return f"{title}\n{line * len(title)}\n"


def _entries(page: str, entries: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    for name, summary, explanation in entries:
        yield f".. _{_label(page, name)}:\n"
        yield _heading(name, "~")
        yield f"**{_text(summary)}.** {_text(explanation)}\n"


def _text(text: str) -> str:
    """Return plain words with code in single backticks as reStructuredText."""
    parts = re.split(r"`([^`]*)`", text)
    return "".join(
        f"``{part}``" if index % 2 else re.sub(r"([\\*|]|_(?!\w))", r"\\\1", part) for index, part in enumerate(parts)
    )


def main() -> int:
    """Write the pages that are not what the code says; name them."""
    for path, page in PAGES.items():
        if not path.is_file() or path.read_text(encoding="utf-8") != page():
            path.write_text(page(), encoding="utf-8")
            print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
