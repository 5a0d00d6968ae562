"""Who may meet whom: the hard rules in one table, each refusal with its name and figures."""

from collections.abc import Callable, Iterable

from matching.geo import distance_m
from matching.hours import overlap_ok
from matching.model import TAKEN, Mode, Need, Offer, Pair, Reason, Refusal, Rule

Figures = dict[str, float]


def in_person_possible(need: Need, offer: Offer) -> bool:
    return need.mode is not Mode.REMOTE and offer.mode is not Mode.REMOTE


def remote_possible(need: Need, offer: Offer) -> bool:
    return need.mode is not Mode.IN_PERSON and offer.mode is not Mode.IN_PERSON


def _apart_m(need: Need, offer: Offer) -> float:
    return distance_m(need.lon, need.lat, offer.lon, offer.lat)


def _category(need: Need, offer: Offer) -> Figures | None:
    return None if need.category in offer.categories else {}


def _mode(need: Need, offer: Offer) -> Figures | None:
    return None if in_person_possible(need, offer) or remote_possible(need, offer) else {}


def _goes_there(need: Need, offer: Offer, apart_m: float) -> bool:
    return apart_m <= offer.radius_m if offer.area is None else bool(offer.area.holds(need.lon, need.lat))


def _distance(need: Need, offer: Offer) -> Figures | None:
    if remote_possible(need, offer):
        return None
    apart_m = _apart_m(need, offer)
    if _goes_there(need, offer, apart_m):
        return None
    border = {"radius_m": offer.radius_m} if offer.area is None else {"outside_m": offer.area.outside_m(need.lon, need.lat)}
    return {"distance_m": apart_m, **border}


def _hours(need: Need, offer: Offer) -> Figures | None:
    return None if overlap_ok(need.hours, offer.hours) else {}


def _language(need: Need, offer: Offer) -> Figures | None:
    return {} if need.languages.isdisjoint(offer.languages) else None


def _same_person(need: Need, offer: Offer) -> Figures | None:
    return None if need.identities.isdisjoint(offer.identities) else {}


def _blocked(need: Need, offer: Offer) -> Figures | None:
    return None if need.blocked.isdisjoint(offer.identities) and offer.blocked.isdisjoint(need.identities) else {}


def _level(need: Need, offer: Offer) -> Figures | None:
    return None if offer.level >= need.level else {"level": offer.level, "wanted": need.level}


def _paused(_need: Need, offer: Offer) -> Figures | None:
    return {} if offer.paused else None


def _capacity(_need: Need, offer: Offer) -> Figures | None:
    return None if offer.capacity > 0 else {}


RULES: dict[Rule, Callable[[Need, Offer], Figures | None]] = {
    Rule.CATEGORY: _category,
    Rule.MODE: _mode,
    Rule.DISTANCE: _distance,
    Rule.HOURS: _hours,
    Rule.LANGUAGE: _language,
    Rule.SAME_PERSON: _same_person,
    Rule.BLOCKED: _blocked,
    Rule.LEVEL: _level,
    Rule.PAUSED: _paused,
    Rule.CAPACITY: _capacity,
}
"""In the order in which they are tried. Each gives None when the pair passes, else the figures of the refusal."""


def check(need: Need, offer: Offer) -> Pair | Refusal:
    """The pair, or the first rule it fails. The need's places are not looked at.

    Where the volunteer goes, two who can meet in person do, even where remote would do too.
    """
    for rule, refuse in RULES.items():
        figures = refuse(need, offer)
        if figures is not None:
            return Refusal(rule, figures)
    apart_m = _apart_m(need, offer)
    near = in_person_possible(need, offer) and _goes_there(need, offer, apart_m)
    return Pair(need.id, offer.id, Mode.IN_PERSON if near else Mode.REMOTE, apart_m)


def first_refusal(need: Need, offers: Iterable[Offer], rules: Iterable[Rule] = Rule) -> Reason:
    """The first rule, in order, after which none of ``offers`` is left; ``taken`` when some pass all of them but capacity."""
    left = list(offers)
    for rule in rules:
        if rule is Rule.CAPACITY:
            break
        left = [offer for offer in left if RULES[rule](need, offer) is None]
        if not left:
            return rule
    return TAKEN
