# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a notebook server tells its user: a home that is nearly full, and what stands on the pod. Jupyter's own modules are stood in for."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import types
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.kubehub.platform.plugins.module_utils._jupyterhub import values

FILES = Path(__file__).parents[4] / "roles/jupyterhub/files/home"


@pytest.fixture
def extension(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the server's extension."""
    for name, known in {
        "jupyter_server.base.handlers": {"APIHandler": type("APIHandler", (), {})},
        "jupyter_server.utils": {"url_path_join": lambda *parts: "/".join(part.strip("/") for part in parts)},
        "tornado": {"web": SimpleNamespace(authenticated=lambda method: method)},
    }.items():
        module = types.ModuleType(name)
        module.__dict__.update(known)
        monkeypatch.setitem(sys.modules, name, module)
    module = types.ModuleType("kubehub_home")
    path = FILES / "kubehub_home.py"
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), module.__dict__)
    return module


def space(total: int, free: int, available: int | None = None) -> SimpleNamespace:
    """Return what statvfs says of a file system of so many MiB."""
    left = free if available is None else available
    return SimpleNamespace(f_frsize=2**20, f_blocks=total, f_bfree=free, f_bavail=left)


@pytest.mark.parametrize(
    ("home", "sizes"),
    [
        (space(1000, 101), ""),
        (space(1000, 100), "100 MiB of 1000 MiB are left"),
        (space(10240, 0), "0 B of 10 GiB are left"),
        # what root keeps for itself is no room for anybody else, as df has it
        (space(1000, 150, 50), "50 MiB of 900 MiB are left"),
        (space(0, 0), ""),
    ],
)
def test_a_home_is_nearly_full_from_a_percentage_on(extension: Any, home: SimpleNamespace, sizes: str) -> None:
    wanted = f"Your home is nearly full: {sizes}. Remove what you no longer need; in a full home nothing can be saved."
    assert extension.note(home, 90) == (wanted if sizes else "")


def test_the_server_answers_for_the_home_and_takes_the_question_for_no_sign_of_life(
    extension: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    looked: list[Path] = []
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBEHUB_HOME_WARNING", "0")
    monkeypatch.setattr(os, "statvfs", lambda path: looked.append(path) or space(100, 40))
    monkeypatch.setattr(extension, "POD", tmp_path)
    (tmp_path / "gpu-idle").write_text("Your GPU is idle.", encoding="utf-8")
    answers: list[dict[str, dict[str, str]]] = []
    handler = extension.HomeHandler()
    handler.finish = answers.append
    asyncio.run(handler.get())
    assert looked == [tmp_path]
    home = "Your home is nearly full: 40 MiB of 100 MiB are left. Remove what you no longer need; in a full home nothing can be saved."
    assert answers == [{"notes": {"home": home, "notice": "", "gpu-idle": "Your GPU is idle."}}]
    assert handler._track_activity is False


def test_the_server_has_it_below_its_own_address(extension: Any) -> None:
    added: list[Any] = []
    app = SimpleNamespace(settings={"base_url": "/user/ada/"}, add_handlers=lambda host, rules: added.extend(rules))
    extension._load_jupyter_server_extension(SimpleNamespace(web_app=app))
    assert added == [("user/ada/kubehub/home", extension.HomeHandler)]
    assert extension._jupyter_server_extension_points() == [{"module": "kubehub_home"}]


def test_its_files_are_where_they_name_each_other() -> None:
    folder = str(Path(values.NOTE["kubehub_home.py"]).parent)
    assert f'sys.path.append("{folder}")' in (FILES / "jupyter_server_config.py").read_text(encoding="utf-8")
    about = json.loads((FILES / "package.json").read_text(encoding="utf-8"))
    labextension = Path(values.NOTE["package.json"]).parent
    assert labextension.name == about["name"]
    assert str(labextension / about["jupyterlab"]["_build"]["load"]) == values.NOTE["remoteEntry.js"]
    assert f"['{about['name']}'] = {{" in (FILES / "remoteEntry.js").read_text(encoding="utf-8")
