"""The files of the look: stylesheets, scripts, pictures, the city's colours and logo. Their addresses carry a hash of what they hold, so
that browsers keep them for good and still see every change."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request

from app.colours import stylesheet
from app.extensions import ctx

ENDPOINTS = ("static", "brand.colours", "brand.logo")
KEPT = "public, max-age=31536000, immutable"


def init(web: Flask) -> None:
    @web.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint in ENDPOINTS and (version := _version(endpoint, values)):
            values["v"] = version


def is_asset() -> bool:
    """Whether this request is for one of these files, which are the same for everybody."""
    return request.endpoint in ENDPOINTS


def cache_control(response: Response) -> str:
    """How long browsers may keep this answer to a request for one of these files."""
    asked = request.args.get("v")
    current = response.status_code == 200 and asked and asked == _version(str(request.endpoint), request.view_args or {})
    return KEPT if current else "no-cache"


def city_stylesheet() -> bytes:
    return stylesheet(ctx().settings.city_colour).encode()


@cache
def read(file: str) -> bytes:
    """What a file holds; nothing where there is none, such as a map's script that was not fetched."""
    return Path(file).read_bytes() if Path(file).is_file() else b""


def _version(endpoint: str, values: dict[str, Any]) -> str:
    if endpoint == "brand.colours":
        held = city_stylesheet()
    elif endpoint == "brand.logo":
        held = read(ctx().settings.city_logo)
    else:
        held = read(f"{current_app.static_folder}/{values['filename']}")
    return hashlib.sha256(held).hexdigest()[:10] if held else ""
