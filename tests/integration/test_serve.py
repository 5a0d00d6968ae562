"""The programme that runs the web server and the worker, tried with a small stand-in for both."""

import os
import shutil
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.programme import REPOSITORY, Running, eventually, free_port

APP = """
from flask import Flask
def create_app():
    app = Flask(__name__)
    app.add_url_rule("/healthz", view_func=lambda: "well")
    return app
"""
WORKER = """
import os, pathlib, signal, time
pathlib.Path("worker.pid").write_text(str(os.getpid()))
if pathlib.Path("deaf").exists():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
while not pathlib.Path("fail").exists():
    time.sleep(0.02)
raise SystemExit("the worker's own words")
"""
START = """
import os, sys
from app.serve import serve
from config.settings import load
sys.exit(serve(load(os.environ, None), True, lambda: None, lambda: print("ready", flush=True)))
"""
SERVE = (sys.executable, "-c", START)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text(APP)
    (tmp_path / "app" / "cli.py").write_text(WORKER)
    shutil.copy(REPOSITORY / "app" / "serve.py", tmp_path / "app")
    return tmp_path


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Running]]:
    with ExitStack() as ends:
        yield lambda *command: ends.enter_context(Running(folder, free_port(), command or SERVE))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_stops_the_server_and_the_worker(start: Callable[..., Running], how: signal.Signals) -> None:
    service = start()
    service.wait_until_it_says("ready")
    with urllib.request.urlopen(f"http://127.0.0.1:{service.port}/healthz") as answer:
        assert answer.status == 200

    assert eventually((service.folder / "worker.pid").exists)
    os.killpg(service.process.pid, how)

    assert service.end() == (0, "")
    assert service.others() == []


def test_a_second_ctrl_c_stops_a_worker_that_does_not_listen(start: Callable[..., Running], folder: Path) -> None:
    (folder / "deaf").touch()
    service = start()
    service.wait_until_it_says("ready")
    assert eventually((folder / "worker.pid").exists)
    while service.process.poll() is None:
        service.process.send_signal(signal.SIGINT)
        time.sleep(0.05)  # signals at the same time count as one
    assert service.end() == (0, "")
    assert service.others() == []


def test_when_the_worker_ends_the_server_is_stopped_and_it_is_said(start: Callable[..., Running], folder: Path) -> None:
    service = start()
    service.wait_until_it_says("ready")
    (folder / "fail").touch()
    code, said = service.end()
    assert code == 1
    assert said == "the worker's own words\nThe worker ended unexpectedly (code 1): everything was stopped. Its own messages stand above.\n"
    assert service.others() == []


def test_when_the_server_cannot_start_it_is_said(start: Callable[..., Running], folder: Path) -> None:
    (folder / "app" / "__init__.py").write_text("def create_app():\n    raise RuntimeError('the app has a problem')\n")
    code, said = start().end()
    assert code == 1
    assert "the app has a problem" in said
    assert said.splitlines()[-1].startswith("The web server ended unexpectedly (code ")
    assert not (folder / "worker.pid").exists()


def test_nothing_stays_behind_when_it_is_killed(start: Callable[..., Running]) -> None:
    service = start()
    service.wait_until_it_says("ready")
    assert eventually((service.folder / "worker.pid").exists)
    assert len(service.others()) == 3
    service.process.kill()
    assert eventually(lambda: service.others() == []), service.others()


def test_nothing_stays_behind_when_make_is_killed(start: Callable[..., Running], folder: Path) -> None:
    (folder / "Makefile").write_text(f"run:\n\t@{sys.executable} start.py\n")
    (folder / "start.py").write_text(START)
    service = start("make", "run")
    service.wait_until_it_says("ready")
    assert eventually((folder / "worker.pid").exists)
    assert len(service.others()) == 4
    service.process.kill()
    assert eventually(lambda: service.others() == []), service.others()


def test_a_port_in_use_is_said_before_anything_starts(folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert Running(folder, port, SERVE).end() == (1, f"Port {port} is in use: stop the other programme or set PORT.\n")
    assert not (folder / "worker.pid").exists()


def test_a_host_of_another_machine_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"DEMO": "0", "HOST": "192.0.2.1", "SECRET_KEY": "s" * 32, "ENCRYPTION_KEYS": "k1:x"}.items():
        monkeypatch.setenv(name, value)
    code, said = Running(folder, free_port(), SERVE).end()
    assert code == 1
    assert said == "HOST is '192.0.2.1', which is no address of this machine: set HOST, for example to 127.0.0.1.\n"
