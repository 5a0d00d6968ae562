"""What Prometheus reads, with METRICS_TOKEN: what all processes have counted, and how the queues stand.

The processes keep their counts in files of one folder (app/metrics_folder.py), which whichever of them is asked adds up.
"""

import hmac
import os
from collections.abc import Iterable

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from app.context import Context
from app.extensions import ctx
from app.metrics_folder import FOLDER
from app.permissions import LINK, permit
from app.services import backlog

metrics = Blueprint("metrics", __name__)


@metrics.get("/metrics")
@permit(LINK)
def show() -> ResponseReturnValue:
    """Not by where the request comes from: behind a proxy on this machine everybody comes from here."""
    token = ctx().settings.metrics_token
    if not token:
        abort(404)
    given = request.authorization
    if given is None or given.type != "bearer" or not hmac.compare_digest((given.token or "").encode(), token.encode()):
        return "the token is missing or another one", 401, {"WWW-Authenticate": "Bearer", "Content-Type": "text/plain; charset=utf-8"}
    return _exposition(ctx()), {"Content-Type": CONTENT_TYPE_LATEST}


def _exposition(ctx: Context) -> bytes:
    """All of it in Prometheus' text format."""
    counted, asked = REGISTRY, CollectorRegistry()
    if folder := os.environ.get(FOLDER):
        counted = CollectorRegistry()
        MultiProcessCollector(counted, folder)
    asked.register(_Standing(ctx))
    return generate_latest(counted) + generate_latest(asked)


class _Standing(Collector):
    """How the queues stand now. Without the database it says that there is none."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return ()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        try:
            standing = backlog.standing(self.ctx)
        except SQLAlchemyError:
            yield GaugeMetricFamily("adeuxpas_database_up", "Whether the database answers", 0)
            return
        yield GaugeMetricFamily("adeuxpas_database_up", "Whether the database answers", 1)
        yield GaugeMetricFamily("adeuxpas_outbox_age_seconds", "How long the oldest message that is due has waited", standing.outbox_age_s)
        yield GaugeMetricFamily("adeuxpas_tasks_overdue", "Open tasks of agents whose time has come", standing.tasks_overdue)
        yield GaugeMetricFamily("adeuxpas_needs_waiting", "Requests for which nobody is found or asked", standing.needs_waiting)
        yield GaugeMetricFamily("adeuxpas_needs_age_seconds", "How long the oldest of them has waited", standing.needs_age_s)
        yield GaugeMetricFamily("adeuxpas_match_late_seconds", "How long matching has been due: no worker runs where it grows",
                                standing.match_late_s)  # fmt: skip
