"""A stand-in for France's Base Adresse Nationale, on this machine: it answers as it is told, or not at all."""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from geopy.geocoders import BANFrance

from app.services import addresses


class Geocoder:
    """``asked`` are the texts that came. ``body`` is the answer, ``None`` for silence; ``drops`` sends it one byte at a time,
    slowly; ``location`` is where a redirect leads."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status = 200
        self.drops = False
        self.location = ""
        self.body: bytes | None = b'{"type": "FeatureCollection", "features": []}'
        self.stop = threading.Event()

    def knows(self, *features: dict[str, Any]) -> None:
        self.body = json.dumps({"type": "FeatureCollection", "features": features}).encode()


def feature(name: str, lon: float, lat: float, kind: str = "housenumber", postcode: str = "69002", city: str = "Lyon") -> dict[str, Any]:
    said = {"label": f"{name} {postcode} {city}", "name": name, "postcode": postcode, "city": city, "type": kind, "score": 0.9}
    return {"type": "Feature", "properties": said, "geometry": {"type": "Point", "coordinates": [lon, lat]}}


@contextmanager
def geocoder(monkeypatch: pytest.MonkeyPatch, wait_s: float = 0.3) -> Iterator[Geocoder]:
    """The stand-in, which is asked instead of the true one."""
    stand_in = Geocoder()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            stand_in.asked.append(parse_qs(urlsplit(self.path).query)["q"][0])
            if stand_in.body is None:
                stand_in.stop.wait(10)
                return
            self.send_response(stand_in.status)
            if stand_in.location:
                self.send_header("Location", stand_in.location)
            self.end_headers()
            for byte in stand_in.body if stand_in.drops else ():
                if stand_in.stop.wait(wait_s / 3):
                    return
                self.wfile.write(bytes([byte]))
            if not stand_in.drops:
                self.wfile.write(stand_in.body)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        local = partial(BANFrance, scheme="http")
        monkeypatch.setattr(addresses, "BANFrance", lambda **given: local(**given | {"domain": f"127.0.0.1:{server.server_port}"}))
        monkeypatch.setattr(addresses, "GEOCODER_TIMEOUT_S", wait_s)
        yield stand_in
        stand_in.stop.set()
        server.shutdown()
        thread.join()
