# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A person's first notebook, in a real browser. What it shows is kept as pictures; the guide `first_notebook` has those of a run."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from .lab import Lab
from .person import Person, until

BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
# Milliseconds: a page, and a server's start, on a busy computer.
PAGE, START = 120_000, 300_000
CELL = """from pathlib import Path

print(Path.home(), sum(range(101)))"""


@pytest.fixture
def alice(lab: Lab) -> Iterator[Person]:
    """Somebody who has no server, neither before nor afterwards."""
    alice = Person(lab, "alice")

    def leave() -> None:
        alice.log_in()
        alice.stop(60)

    until(leave, 60)
    yield alice
    until(leave, 60)


@pytest.fixture
def page(lab: Lab, tmp_path: Path) -> Iterator[Page]:
    """A page of a browser that trusts the site's CA as its users do; all else it verifies.

    It stands in the mirror's network: Chromium gives up what it loads when a network interface of its computer comes or goes, as a host's do.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert browser, (
        f"none of {', '.join(BROWSERS)} is on the PATH; lab/bootstrap.sh --tests installs the first from Debian"
    )
    trusted = tmp_path / ".pki/nssdb"
    trusted.mkdir(parents=True)
    authority = lab.state / f"{lab.name}-ca.pem"
    for step in (("-N", "--empty-password"), ("-A", "-n", lab.name, "-t", "C,,", "-i", str(authority))):
        subprocess.run(["certutil", *step, "-d", f"sql:{trusted}"], check=True)
    there = tmp_path / "browser"
    there.write_text(f'#!/bin/sh\nexec nsenter --net=/proc/{lab.init_process("mirror1")}/ns/net {browser} "$@"\n')
    there.chmod(0o700)
    expect.set_options(timeout=PAGE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=there,
            args=["--no-proxy-server"],
            # Chromium has no sandbox for root.
            chromium_sandbox=os.geteuid() != 0,
            env={**os.environ, "HOME": str(tmp_path)},
        )
        page = chromium.new_page(viewport={"width": 1024, "height": 576})
        page.set_default_timeout(PAGE)
        yield page
        page.screenshot(path=lab.logs / "browser-last.png")
        chromium.close()


def test_a_person_logs_in_and_runs_a_cell(lab: Lab, alice: Person, page: Page) -> None:
    """From the front page to a cell's output, and out again."""

    def click(name: str) -> None:
        page.get_by_role("button", name=name, exact=True).click()

    def keep(picture: str) -> None:
        page.screenshot(path=lab.logs / f"browser-{picture}.png")

    page.goto(alice.url)
    page.get_by_label("Username").fill(alice.name)
    page.get_by_label("Password").focus()
    # A failure's message quotes what is filled in, and not what is typed.
    page.keyboard.insert_text(lab.secret("kubehub-kept", "user-password"))
    keep("login")
    click("Sign in")

    expect(page.get_by_role("radio").first).to_be_checked()
    keep("sizes")
    click("Start")
    # An event of the pod; the page leads on by itself when the server answers, seconds after the last of them.
    expect(page.locator("#progress-message")).to_contain_text("[Normal]", timeout=START)
    keep("progress")

    page.wait_for_url(f"{alice.notebook_url}lab**", timeout=START)
    # On a lab that was tested before, what was open then opens again.
    page.goto(f"{alice.notebook_url}lab?reset")
    # It is asked once about news, at a time of its own.
    page.add_locator_handler(
        page.get_by_role("alert").get_by_role("button", name="No", exact=True), lambda no: no.click()
    )
    page.locator(".jp-LauncherCard[data-category=Notebook]").first.click()
    expect(page.get_by_role("button", name="Python 3 (ipykernel) | Idle")).to_be_visible()
    cells = page.get_by_label("Cells")
    cell = cells.get_by_role("textbox").first
    cell.fill(CELL)
    cell.press("Shift+Enter")
    expect(cells.locator(".jp-OutputArea-output")).to_have_text("/home/jovyan 5050")
    keep("notebook")

    page.goto(f"{alice.url}/hub/home")
    click("Stop My Server")
    click("Logout")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
