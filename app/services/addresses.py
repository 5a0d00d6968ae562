"""Where an address is: France's Base Adresse Nationale says so where it is asked, else the city's own table of streets."""

import logging
import math
import threading
from collections.abc import Callable
from typing import Any
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, build_opener

from geopy.adapters import URLLibAdapter
from geopy.geocoders import BANFrance

from app.context import Context
from app.services import streets
from app.services.places import Spot, inside
from app.services.streets import Suggestion, meaning, same_town, split_number

BAN = "data.geopf.fr/geocodage"
GEOCODER_TIMEOUT_S = 2.0
LONGEST_ASKED = 200
_LONGEST_ANSWER = 200
_ASKED = 15
"""How many answers the geocoder is asked for: those elsewhere are left out."""
logging.getLogger("geopy").setLevel(logging.WARNING)  # at "debug" it would write down the addresses that people look for


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class _Direct(URLLibAdapter):
    """Tells an address to the geocoder alone: where that sends us elsewhere, it has not answered."""

    def __init__(self, *, proxies: Any, ssl_context: Any) -> None:
        super().__init__(proxies=proxies, ssl_context=ssl_context)
        self.urlopen = build_opener(HTTPSHandler(context=ssl_context), ProxyHandler(proxies), _NoRedirect).open


def suggest(ctx: Context, text: str, limit: int = 6) -> list[Suggestion]:
    """Addresses inside the territories that ``text`` may mean, the likeliest first, while somebody is still typing."""
    return [one for one in look_up(ctx, text, limit) or () if inside(ctx, one.lon, one.lat)]


def look_up(ctx: Context, text: str, limit: int = 6) -> list[Suggestion] | None:
    """Addresses that ``text`` may mean, those inside the territories first.

    ``None`` when there was nobody to ask, neither a geocoder that answers nor a table of streets.
    """
    text = " ".join(text.split())[:LONGEST_ASKED]
    answered = _asked(ctx, text)
    found = answered or streets.find(ctx, text, limit)
    if not found and answered is None and streets.is_empty(ctx):
        return None
    return sorted(found, key=lambda one: not inside(ctx, one.lon, one.lat))[:limit]


def surely(found: list[Suggestion], address: str, postcode: str, town: str) -> Suggestion | None:
    """The one that says what was typed, in other letters at most; ``None`` when none or several do. Without a ``town``, any will do."""
    same = [one for one in found if meaning(one.address) == meaning(address) and one.postcode in (postcode, "")]
    here = [one for one in same if not town or same_town(one.town, town)]
    return here[0] if len(here) == 1 else None


def locate(ctx: Context, address: str, postcode: str, town: str) -> Spot | None:
    """Where an address is, or ``None`` when nobody can say for sure within some seconds: an agent will."""
    if not address.strip():
        return None
    one = surely(look_up(ctx, f"{address}, {postcode} {town}") or [], address, postcode, town)
    return Spot(one.lon, one.lat, one.approximate) if one else None


def _asked(ctx: Context, text: str) -> list[Suggestion] | None:
    """What the geocoder says; ``None`` when it is not asked or does not answer properly in time."""
    if ctx.settings.geocoder == "none":
        return None
    coder = BANFrance(domain=BAN, user_agent="adeuxpas", timeout=GEOCODER_TIMEOUT_S, adapter_factory=_Direct)
    return _within(GEOCODER_TIMEOUT_S, lambda: _read(coder.geocode(text, exactly_one=False, limit=_ASKED), split_number(text)[0]))


def _within(seconds: float, work: Callable[[], list[Suggestion]]) -> list[Suggestion] | None:
    """What ``work`` gives, if it does in time. A timeout of the socket alone is none: an answer may come drop by drop."""
    done: list[list[Suggestion]] = []

    def run() -> None:
        try:
            done.append(work())
        except Exception:  # silent, refusing or talking nonsense: whatever it is, the table of streets is asked instead
            return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    return done[0] if done else None


def _read(answers: list[Any] | None, number: str) -> list[Suggestion]:
    read = (_suggestion(answer.raw["properties"], answer.longitude, answer.latitude, number) for answer in answers or ())
    return [one for one in read if one is not None]


def _suggestion(said: dict[str, Any], lon: float, lat: float, number: str) -> Suggestion | None:
    """What is a house or a street, with words that may stand on a page. A street keeps the ``number`` that was asked for."""
    words = [" ".join(word.split()) for word in (said.get("name"), said.get("postcode"), said.get("city")) if isinstance(word, str)]
    good = len(words) == 3 and all(word and word.isprintable() and len(word) <= _LONGEST_ANSWER for word in words)
    if said.get("type") not in ("housenumber", "street") or not good or not (math.isfinite(lon) and math.isfinite(lat)):
        return None
    name, postcode, city = words
    if said["type"] == "street":
        return Suggestion(f"{number} {name}".strip(), postcode[:10], city[:100], lon, lat, approximate=True)
    return Suggestion(name, postcode[:10], city[:100], lon, lat)
