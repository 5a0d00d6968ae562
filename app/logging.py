"""Logs: one JSON object a line, for our own lines and for those of libraries alike. No personal data, no tokens, no raw paths."""

import logging
import secrets
import sys
import time
import traceback
from typing import TextIO

import structlog
from flask import Flask, Response, g, has_request_context, request
from structlog.types import EventDict, Processor, WrappedLogger

from app import metrics

METHODS = ("GET", "POST", "OPTIONS")
log = structlog.get_logger("adeuxpas")
SECURITY = "adeuxpas.security"
"""What services write down of sign-ins, refusals and limits, whatever ``LOG_LEVEL`` says: people by their number, reasons by a word."""
_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


class _ToStandardError(logging.StreamHandler):  # type: ignore[type-arg]
    """Asks for standard error at each line, so that whoever replaces it gets the lines."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def configure(level: str) -> None:
    """Send everything to standard error. Called once a process; a second call only sets the level."""
    root = logging.getLogger()
    root.setLevel(level.upper())
    logging.getLogger(SECURITY).setLevel(logging.INFO)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    if not any(isinstance(h.formatter, structlog.stdlib.ProcessorFormatter) for h in root.handlers):
        handler = _ToStandardError()
        handler.setFormatter(
            structlog.stdlib.ProcessorFormatter(
                foreign_pre_chain=[*_SHARED, _without_exception_text],
                processors=[
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(),  # in ASCII: no sign of somebody's text ends a line or moves a terminal's cursor
                ],
            )
        )
        root.addHandler(handler)


def _without_exception_text(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The text of an exception may hold what somebody typed; where it happened never does."""
    info = event.pop("exc_info", None)
    if isinstance(info, tuple) and info[1] is not None:
        event |= _where(info[1])
    return event


def _where(error: BaseException) -> dict[str, object]:
    frames = traceback.extract_tb(error.__traceback__)
    return {"error": type(error).__name__, "at": [f"{f.filename}:{f.lineno} {f.name}" for f in frames]}


def init(web: Flask, level: str) -> None:
    configure(level)
    web.before_request(_begin)
    web.after_request(_end)
    web.teardown_request(lambda _error: structlog.contextvars.clear_contextvars())


def _begin() -> None:
    g.started = time.perf_counter()
    g.request_id = secrets.token_hex(8)
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _of_request() -> dict[str, object]:
    # The rule, never the path: tokens stand in paths. A method may be any word that somebody sends.
    rule = request.url_rule.rule if request.url_rule else "none"
    return {"request_id": g.get("request_id"), "method": request.method if request.method in METHODS else "other", "rule": rule}


def _end(response: Response) -> Response:
    took_s = time.perf_counter() - g.started if "started" in g else None
    about = _of_request()
    log.info("request", **about, status=response.status_code, ms=None if took_s is None else round(took_s * 1000, 1))
    metrics.count_request(str(about["method"]), str(about["rule"]), response.status_code, took_s)
    if "request_id" in g:
        response.headers["X-Request-ID"] = g.request_id
    return response


def log_failure() -> None:
    """Write down the exception that is being handled, without its text."""
    error = sys.exc_info()[1]
    about = _of_request() if has_request_context() else {}
    log.error("failure", **about, **(_where(error) if error else {}))
