"""Which worker does what only one should do. A lease saves work done twice; it guards no promise (the database does)."""

import os
import socket
from datetime import timedelta

from app.context import Context
from app.models import Lease

LASTS = timedelta(seconds=15)


def hold(ctx: Context, name: str, lasts: timedelta = LASTS) -> bool:
    """Take or keep the lease ``name`` for this process; ``False`` while a living other one has it. Ask more often than it ``lasts``."""
    now = ctx.now()
    with ctx.db.read() as session:
        lease = session.get(Lease, name)
        if lease and lease.holder == ctx.holder and lease.until - now > lasts / 2:
            return True
    with ctx.db.write() as session:
        lease = session.get(Lease, name, with_for_update=True)
        if lease and lease.holder != ctx.holder and lease.until > now and not is_dead(lease.holder):
            return False
        session.merge(Lease(name=name, holder=ctx.holder, until=now + lasts))
        return True


def is_dead(holder: str) -> bool:
    """Whether ``holder`` (``host:pid``, or ``host:pid/sms``) was a process of this machine that no longer runs. Of others nobody can say
    here."""
    host, _, pid = holder.rpartition(":")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(pid.partition("/")[0]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
