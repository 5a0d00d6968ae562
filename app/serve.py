"""The web server and, if wanted, the worker, as one programme in the foreground: they start together and stop together."""

import ctypes
import errno
import http.client
import math
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from types import FrameType

from config.settings import Settings

THREADS = 8
START_S = 60
GRACE_S = 8
POLL_S = 0.05
WORKER = [sys.executable, "-m", "app.cli", "worker"]


def serve(settings: Settings, with_worker: bool, prepare: Callable[[], None], announce: Callable[[], None]) -> int:
    """Run until Ctrl-C or SIGTERM (returns 0), or until a part of it ends or cannot start (says so, returns 1).

    ``prepare`` is called once the port is known to be free, ``announce`` once the server answers.
    """
    problem = _port_problem(settings)
    if problem:
        print(problem, file=sys.stderr)
        return 1
    if os.environ.get("MAKELEVEL"):  # make passes nothing on when it is killed
        _stop_with_parent(signal.SIGTERM)
    prepare()
    supervisor = _Supervisor()
    problem = supervisor.run(_web_server(settings), WORKER if with_worker else None, lambda: _answers(settings), announce)
    if problem:
        print(problem, file=sys.stderr)
    return 1 if problem else 0


class _Supervisor:
    """Child processes in groups of their own, so that a terminal's Ctrl-C reaches them once, through here."""

    def __init__(self) -> None:
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._stopping = False
        self._interrupts = 0

    def run(self, web_server: list[str], worker: list[str] | None, ready: Callable[[], bool], announce: Callable[[], None]) -> str | None:
        """Run until asked to stop; returns what went wrong. The worker waits for the server, which is ready the sooner for it."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop_asked)
        try:
            self._start("web server", web_server)
            problem = self._watch(until=ready, within_s=START_S)
            if problem or self._stopping:
                return problem
            announce()
            if worker:
                self._start("worker", worker)
            return self._watch()
        finally:
            self._stop()
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)  # nothing is left to stop: the programme may end with its own exit code

    def _start(self, name: str, command: list[str]) -> None:
        self._children[name] = subprocess.Popen(command, process_group=0, preexec_fn=lambda: _stop_with_parent(signal.SIGKILL))

    def _stop_asked(self, number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        self._interrupts += number == signal.SIGINT  # a second Ctrl-C is impatience; SIGTERM may come twice, by make and by its sender

    def _watch(self, until: Callable[[], bool] = lambda: False, within_s: float = math.inf) -> str | None:
        """Wait ``until`` that holds or a stop is asked for; returns what went wrong before."""
        give_up_at = time.monotonic() + within_s
        while not (self._stopping or until()):
            for name, child in self._children.items():
                if child.poll() is not None:
                    return f"The {name} ended unexpectedly (code {child.returncode}): everything was stopped. Its own messages stand above."
            if time.monotonic() > give_up_at:
                return f"The web server did not answer within {within_s} seconds: everything was stopped."
            time.sleep(POLL_S)
        return None

    def _stop(self) -> None:
        """End all of it: kindly first, after the grace or a second Ctrl-C by force, whole groups, so that nothing outlives this."""
        for child in self._children.values():
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + GRACE_S
        while any(c.poll() is None for c in self._children.values()) and time.monotonic() < deadline and self._interrupts < 2:
            time.sleep(POLL_S)
        for child in self._children.values():
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            child.wait()


def _stop_with_parent(how: signal.Signals) -> None:
    """Get the signal ``how`` when the parent process ends, even if it was killed (Linux only)."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, how)


def _web_server(settings: Settings) -> list[str]:
    # No access log: paths hold people's signed links.
    options = {
        "--worker-class": "gthread",
        "--workers": settings.web_processes,
        "--threads": THREADS,
        "--bind": f"[{settings.host}]:{settings.port}" if ":" in settings.host else f"{settings.host}:{settings.port}",
        "--graceful-timeout": GRACE_S - 3,
        "--log-level": "error",  # its warnings repeat requests that cannot be read, and with them paths
    }
    arguments = [f"{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "gunicorn", "--no-control-socket", *arguments, "app:create_app()"]


def _port_problem(settings: Settings) -> str | None:
    """Why the server could not listen where the settings say."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as e:
        if e.errno == errno.EADDRINUSE:
            return f"Port {settings.port} is in use: stop the other programme or set PORT."
        if e.errno == errno.EACCES:
            return f"Port {settings.port} may only be used by an administrator: set PORT to 1024 or more."
        return f"HOST is {settings.host!r}, which is no address of this machine: set HOST, for example to 127.0.0.1."
    return None


def _answers(settings: Settings) -> bool:
    """Whether the server says that it is well."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    connection = http.client.HTTPConnection(host, settings.port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
