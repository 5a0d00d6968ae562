"""Answers sent compressed: the files of the look and what maps draw, which are large.

Pages never are: a page holds a token and what somebody typed, and from the size of the two compressed together others could guess the
token (BREACH). What is compressed holds no secret.
"""

import gzip
from functools import lru_cache

from flask import Flask, Response, request

from app import assets

TYPES = frozenset({"application/geo+json", "image/svg+xml", "text/css", "text/javascript", "application/javascript"})
SMALLEST = 1000
"""Bytes; below, the answer is one packet anyway."""
LEVEL = 5


def init(web: Flask) -> None:
    @web.after_request
    def compress(response: Response) -> Response:
        if response.mimetype not in TYPES:
            return response
        response.vary.add("Accept-Encoding")
        if response.status_code != 200 or not request.accept_encodings["gzip"] or "Content-Encoding" in response.headers:
            return response
        response.direct_passthrough = False
        data = response.get_data()
        if len(data) >= SMALLEST:
            response.set_data(_kept(data) if assets.is_asset() else gzip.compress(data, LEVEL, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
            tag, _weak = response.get_etag()
            if tag:
                response.set_etag(tag, weak=True)  # the same thing, other bytes
        return response


@lru_cache(maxsize=64)
def _kept(data: bytes) -> bytes:
    return gzip.compress(data, 9, mtime=0)
