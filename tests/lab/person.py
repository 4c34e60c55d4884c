# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""People who use the lab's hub: a browser's cookies and forms, a notebook, and somebody who keeps asking whether it still answers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from types import TracebackType
from typing import Any

import requests

from ansible_collections.kubehub.platform.plugins.module_utils._notebook import server_url
from ansible_collections.kubehub.platform.plugins.modules.notebook_cell import NotebookError, Server

from .lab import Lab

UNANSWERED = (AssertionError, NotebookError, requests.RequestException)
"""What asking raises where the answer is none or a wrong one."""


def until(ask: Callable[[], object], seconds: float, pause: float = 0.2) -> float:
    """Ask until the answer is right; return the seconds that it took, or raise what the last answer within ``seconds`` lacked."""
    begin = time.monotonic()
    while True:
        try:
            ask()
            return time.monotonic() - begin
        except UNANSWERED:
            if time.monotonic() - begin > seconds:
                raise
        time.sleep(pause)


class Person:
    """Somebody with a name and the lab's password. Every question is given up after ``patience`` seconds."""

    patience = 5.0

    def __init__(self, lab: Lab, name: str) -> None:
        self.name = name
        self.url = f"https://{lab.address(100)}"
        self.notebook_url = server_url(self.url, name)
        self._authority = str(lab.state / f"{lab.name}-ca.pem")
        self._password = lab.secret("kubehub-kept", "user-password")
        self._token = ""
        self._kernel = ""
        self.browser = requests.Session()
        self.browser.trust_env = False
        self.browser.verify = self._authority

    def page(self, path: str) -> requests.Response:
        """Open a page; it must be that one, and not one that it leads to."""
        answer = self.browser.get(f"{self.url}{path}", timeout=self.patience)
        assert (answer.status_code, answer.url) == (200, f"{self.url}{path}")
        return answer

    def log_in(self) -> None:
        """Log in by the form, as somebody whom the hub's pages do not know yet."""
        self.browser.cookies.clear()
        self.page("/hub/login")
        form = {"_xsrf": self._xsrf(), "username": self.name, "password": self._password}
        answer = self.browser.post(f"{self.url}/hub/login?next=%2Fhub%2Fhome", form, timeout=self.patience)
        assert (answer.status_code, answer.url) == (200, f"{self.url}/hub/home")

    def _xsrf(self) -> str:
        return str(self.browser.cookies.get("_xsrf", path="/hub/"))

    def _server(self, url: str, seconds: float) -> Server:
        """A server's API; programs use it with a token, which the person asks for on the page that the hub has for it."""
        if not self._token:
            answer = self.browser.post(
                f"{self.url}/hub/api/users/{self.name}/tokens",
                json={"note": "a test", "expires_in": 86400},
                headers={"X-XSRFToken": self._xsrf()},
                timeout=self.patience,
            )
            assert answer.status_code == 201
            self._token = answer.json()["token"]
        return Server(url, self._token, self._authority, time.monotonic() + seconds)

    def ask_hub(self, method: str, path: str, body: object = None) -> Any:
        """Ask the hub for something of this person."""
        return self._server(f"{self.url}/hub/api/users/{self.name}", self.patience).ask(method, path, body)

    def ask_notebook(self, method: str = "GET", path: str = "api/status", body: object = None) -> Any:
        """Ask the notebook server; by default whether it is there."""
        return self._server(self.notebook_url, self.patience).ask(method, path, body)

    def start(self, seconds: float) -> float:
        """Have the notebook server started, clicking again where the hub refuses; return the seconds until it answers with a kernel."""

        def open_notebook() -> None:
            if not (self.ask_hub("GET", "")["servers"].get("") or {}).get("pending"):
                try:
                    self._kernel = self.ask_notebook("POST", "api/kernels", {"name": "python3"})["id"]
                except NotebookError:
                    self.ask_for_server()
                    raise
            assert self._kernel

        self._kernel = ""
        return until(open_notebook, seconds)

    def ask_for_server(self, profile: str = "small") -> None:
        """Have the notebook server started, and do not wait for it."""
        self.ask_hub("POST", "/server", {"profile": profile})

    def reads(self, words: str, seconds: float) -> tuple[str, float]:
        """Wait for a line with these words on the page of a server that starts; return the line and the seconds until it came."""
        begin, seen = time.monotonic(), []
        url = f"{self.url}/hub/api/users/{self.name}/server/progress"
        with self.browser.get(url, params={"_xsrf": self._xsrf()}, stream=True, timeout=seconds) as answer:
            for line in answer.iter_lines():
                if line.startswith(b"data: "):
                    seen.append(str(json.loads(line[6:]).get("message")))
                    if words in seen[-1]:
                        return seen[-1], time.monotonic() - begin
                assert time.monotonic() - begin < seconds, seen
        raise AssertionError(f"the page ended without {words!r}: {seen}")

    def stop(self, seconds: float) -> None:
        """Have the notebook server stopped."""

        def is_gone() -> None:
            assert not self.ask_hub("GET", "")["servers"]

        if self.ask_hub("GET", "")["servers"]:
            # The hub answers when the server is gone, or after ten seconds.
            self._server(f"{self.url}/hub/api/users/{self.name}", seconds).ask("DELETE", "/server")
        until(is_gone, seconds)

    def run(self, code: str, seconds: float = 30) -> str:
        """What a cell printed that must end well."""
        cell = self._server(self.notebook_url, seconds).run(self._kernel, code)[0]
        assert not cell.error
        return cell.stdout


class Prober:
    """Keeps asking in the background while it is open, after a first right answer; keeps what went wrong and when the answer was right."""

    def __init__(self, ask: Callable[[], object], pause: float = 0.1) -> None:
        self.failures: list[str] = []
        self.answers: list[tuple[float, float]] = []
        """When a question was asked and answered, of the monotonic clock."""
        self._ask, self._pause, self._failed = ask, pause, 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._probe, daemon=True)

    def __enter__(self) -> Prober:
        self._thread.start()
        until(self._has_asked, 10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _probe(self) -> None:
        while not self._stop.wait(self._pause):
            asked = time.monotonic()
            try:
                self._ask()
                self.answers.append((asked, time.monotonic()))
            except UNANSWERED as error:
                self.failures.append(str(error))
                self._failed = time.monotonic()

    def _has_asked(self) -> None:
        assert self.answers, self.failures[-1:]

    def outage(self, seconds: float) -> float:
        """Wait for two good seconds after something has died; return the longest time without a right answer. It fails after ``seconds``."""
        begin = time.monotonic()

        def is_over() -> None:
            assert self.answers[-1][0] > max(begin, self._failed) + 2, self.failures[-1:]

        until(is_over, seconds)
        answered = [when for _, when in self.answers]
        return max(after - before for before, after in pairwise(answered))
