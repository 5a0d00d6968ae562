"""A programme under test that runs beside the test, with all its processes."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


class Running:
    """A started service in a process group of its own, as a terminal or make would have it."""

    def __init__(self, folder: Path, port: int, command: Sequence[str], settings: Mapping[str, str] = os.environ) -> None:
        self.folder, self.port = folder, port
        self.said: list[str] = []
        environ = {**settings, "PORT": str(port), "PYTHONPATH": f"{folder}:{REPOSITORY}", "PYTHONWARNINGS": ""}
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        """Whatever the test found, nothing goes on after it."""
        self.kill()
        self.process.communicate()

    def kill(self) -> None:
        """All its processes in the same moment."""
        for pid in [*self.others(), *([self.process.pid] if self.process.poll() is None else [])]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def wait_until_it_says(self, word: str) -> None:
        """Read its standard output up to a line with ``word``; fails when it ends before."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.said.append(line)
            if word in line:
                return
        raise AssertionError(f"it never said {word!r}: {self.said} {self.end()}")

    def end(self) -> tuple[int, str]:
        """The exit code and what was said on standard error."""
        said = self.process.communicate(timeout=30)[1]
        return self.process.returncode, said

    def others(self) -> list[int]:
        """The processes that belong to the service, without the one that was started."""
        mine = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(folder / "cwd") == str(self.folder) and int(folder.name) != self.process.pid:
                    mine.append(int(folder.name))
            except OSError:
                continue
        return mine


def eventually(holds: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])
