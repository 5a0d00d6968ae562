"""Tests reach this machine only: any other address raises, whichever library asks for it."""

import ipaddress
import sys
from typing import Any


def only_loopback() -> None:
    """From now on, for the whole process. Unix sockets are allowed: PostgreSQL listens on one."""
    sys.addaudithook(_check)


def _check(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = args[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(args[1], tuple):
        host = args[1][0]
    else:
        return
    if not _is_loopback(host.decode() if isinstance(host, bytes) else host):
        raise RuntimeError(f"a test tried to reach {host}: only this machine may be reached")


def _is_loopback(host: str | None) -> bool:
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
