"""The real application, answering on this machine as long as a test wants it, with its worker at hand."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app
from app.context import Context
from app.worker import Worker
from notifications.transport.file import StoredMail, list_mail
from tests.cities import context_of
from tests.routes import Reach


class Site:
    """One city's pages at ``url``. Its worker only works when asked to."""

    def __init__(self, ctx: Context, web: Flask, url: str) -> None:
        self.ctx, self.web, self.url = ctx, web, url
        self.reach = Reach(ctx, web)
        self._worker = Worker(ctx)

    def work(self) -> None:
        """Match, watch the deadlines and send the mail, until nothing is due."""
        self._worker.run_until_quiet()

    def mail_to(self, address: str) -> list[StoredMail]:
        """What was sent to somebody, newest first."""
        self.work()
        return [mail for mail in list_mail(Path(self.ctx.settings.instance) / "mail", 1000) if address in mail.to]

    def link_in_mail(self, address: str, path: str) -> str:
        """The newest link to this kind of page that somebody got by mail."""
        link = re.compile(re.escape(f"{self.url}{path}") + r"\S+")
        return next(found[0] for mail in self.mail_to(address) if (found := link.search(mail.text)))


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing: what goes wrong is seen in the browser."""


@contextmanager
def running(folder: Path) -> Iterator[Site]:
    """The site on an instance folder, at a port that nobody else has."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with context_of(folder, port) as ctx:
            web = create_app(context=ctx)
            server = make_server("127.0.0.1", port, web, threaded=True, request_handler=_Quiet, fd=listening.fileno())
            server.daemon_threads = True
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="site")
            thread.start()
            try:
                yield Site(ctx, web, f"http://127.0.0.1:{port}")
            finally:
                server.shutdown()
                thread.join()
                server.server_close()
