"""Offers and needs as arrays for the compiled kernels."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from matching import distance, grid
from matching.columns import Columns, columns_of
from matching.hours import QUARTERS, half_hours
from matching.jit import Array, inner_kernel, kernel
from matching.model import REMOTE_COST_M, Id, Mode, Need, Offer, Rule, Urgency
from matching.policy import NO_TERMS, Terms

WORDS = -(-QUARTERS // 64)
LARGEST_TABLE = 1 << 26
LEVEL_BIT = 29
"""A pair's metres, terms included, stay below 2²⁹; above them stands its level, where :mod:`matching.search` writes a pair down."""
(
    FAILED_CATEGORY, FAILED_MODE, FAILED_DISTANCE, FAILED_HOURS, FAILED_LANGUAGE, FAILED_SAME_PERSON, FAILED_BLOCKED, FAILED_LEVEL,
    FAILED_PAUSED, FAILED_CAPACITY, PASSED,
) = range(len(Rule) + 1)  # fmt: skip


class Arrays(NamedTuple):
    """Seekers look for hosts: needs for offers, or, :func:`turned`, offers for needs. Both go by place in the sorted lists;
    ``x_first[i]:x_first[i + 1]`` are the ones of i. ``*_at`` are degrees, longitude first; ``*_radius`` and ``*_xyz`` are metres.

    A group is a category of hosts, and, when needs are hosts, one of their urgencies too: ``group`` are those a seeker may look in,
    the most urgent first, and a pair in it costs ``level`` steps more. ``row_*`` are the hosts of each group, by group.
    ``penalty`` is what a place of a seeker counts for that stays empty.
    ``*_area`` is the number of an offer's area, or -1: its radius says all. Else the radius is more than the area needs, and
    ``*_held`` are the areas, ascending, that hold a need's point. A profile is what hours, languages, levels and ``offer_standing``
    (the rule by which an offer takes nobody at all, else PASSED) say together: ``*_bits[profile]`` and so on, and ``fits[p, q]``
    whether two meet (empty when there are too many to write down). ``far_*`` are the hosts of a group that meet from afar, the
    lowest term first, and ``far_behind[i]`` is where those with the same term as i end. ``known_*`` are pairs of which something is
    taken off; ``barred_*`` are pairs, the hosts ascending, that ``barred_rule`` refuses whatever else they share.
    """

    needs_seek: bool
    radii_only: bool
    step: int
    seeker_at: Array
    seeker_xyz: Array
    seeker_profile: Array
    seeker_near: Array
    seeker_far: Array
    seeker_radius: Array
    seeker_area: Array
    seeker_held_first: Array
    seeker_held: Array
    seeker_term: Array
    seeker_places: Array
    penalty: Array
    group_first: Array
    group: Array
    host_at: Array
    host_xyz: Array
    host_profile: Array
    host_near: Array
    host_far: Array
    host_radius: Array
    host_area: Array
    host_held_first: Array
    host_held: Array
    host_term: Array
    host_places: Array
    level: Array
    row_host: Array
    row_group: Array
    far_first: Array
    far_host: Array
    far_behind: Array
    known_first: Array
    known_host: Array
    known_term: Array
    known_more: Array
    barred_first: Array
    barred_host: Array
    barred_rule: Array
    need_bits: Array
    offer_bits: Array
    need_level: Array
    offer_level: Array
    offer_standing: Array
    fits: Array


def lay_out(offers: Iterable[Offer], needs: Iterable[Need], terms: Terms = NO_TERMS) -> Arrays:
    """The arrays for offers and needs in the order given, needs being the seekers. Raises ``ValueError`` for posts that cannot be."""
    o, n = columns_of(Offer, offers), columns_of(Need, needs)
    term, waiting = _by_id(terms.offers, o.ids), _by_id(terms.needs, n.ids)
    penalty = penalties(o, n, terms)
    by_urgency = np.array([penalty[urgency] for urgency in n.values["urgency"]], np.int64)
    group, host = _rows(o, n)
    there = _place("seeker", n) | _place("host", o)
    area, held_first, held = _areas(o, there["seeker_at"])
    columns: dict[str, Any] = {
        "needs_seek": True,
        "radii_only": bool((area < 0).all()),
        "step": penalty[Urgency.FLEXIBLE],
        "seeker_radius": np.full(len(n), np.inf),
        "seeker_area": np.full(len(n), -1),
        "seeker_held_first": held_first,
        "seeker_held": held,
        "seeker_term": np.zeros(len(n), np.int64),
        "seeker_places": n.numbers("places"),
        "penalty": by_urgency[n.codes("urgency")] + waiting,
        "group_first": np.arange(len(n) + 1),
        "group": np.array([sorted(n.values["category"]).index(slug) for slug in n.values["category"]], np.int64)[n.codes("category")],
        "host_radius": _reach_m(o),
        "host_area": area,
        "host_held_first": np.zeros(len(o) + 1, np.int64),
        "host_held": np.empty(0, np.int64),
        "host_term": term,
        "host_places": np.maximum(o.numbers("capacity"), 0),
        "level": np.zeros(len(n.values["category"]), np.int64),
        "row_host": host,
        "row_group": group,
    }
    columns |= there | _from_afar(len(n.values["category"]), host, group, there["host_far"], term)
    return Arrays(**(columns | _known_pairs(o, n, terms, term) | _barred_pairs(o, n) | _profiles(o, n)))


def _by_id(metres: Mapping[Id, int], ids: list[Id]) -> Array:
    return np.array([metres.get(key, 0) for key in ids], np.int64) if metres else np.zeros(len(ids), np.int64)


def _place(side: str, posts: Columns[Offer] | Columns[Need]) -> dict[str, Array]:
    at, mode = np.column_stack([posts.numbers("lon"), posts.numbers("lat")]), posts.codes("mode")
    return {
        f"{side}_at": at,
        f"{side}_xyz": distance.points(at[:, 0], at[:, 1]),
        f"{side}_near": np.array([mode is not Mode.REMOTE for mode in posts.values["mode"]], np.bool_)[mode],
        f"{side}_far": np.array([mode is not Mode.IN_PERSON for mode in posts.values["mode"]], np.bool_)[mode],
    }


def _reach_m(offers: Columns[Offer]) -> Array:
    """:attr:`matching.model.Offer.reach_m` of each."""
    reach, area = offers.numbers("radius_m").astype(np.float64), offers.codes("area")
    for i in np.flatnonzero(np.array([area is not None for area in offers.values["area"]], np.bool_)[area]):
        reach[i] = offers[int(i)].reach_m
    return reach


def _rows(offers: Columns[Offer], needs: Columns[Need]) -> tuple[Array, Array]:
    """Category and offer, in this order, of each offer of each category that somebody asks for."""
    number = {slug: i for i, slug in enumerate(sorted(needs.values["category"]))}
    sets = [[number[slug] for slug in slugs if slug in number] for slugs in offers.values["categories"]]
    code, size = offers.codes("categories"), np.array([len(each) for each in sets], np.int64)
    host = np.repeat(np.arange(len(offers)), size[code])
    first = np.append(0, np.cumsum(size))
    within = np.arange(len(host)) - np.repeat(np.cumsum(size[code]) - size[code], size[code])
    group = np.array([slug for each in sets for slug in each], np.int64)[first[code[host]] + within]
    order = np.lexsort((host, group))
    return group[order], host[order]


def turned(a: Arrays) -> Arrays:
    """Offers look for needs: the same pairs, and each costs less by the penalty of its need than the dearest penalty is."""
    urgency = 3 - a.penalty // a.step  # 0 is the most urgent
    wait = a.penalty % a.step
    levels, categories = len(Urgency), len(a.level)
    need = np.lexsort((np.arange(len(a.group)), a.group * levels + urgency))
    group = (a.group * levels + urgency)[need]
    term = wait.max(initial=0) - wait
    level = np.tile(np.arange(levels), categories)
    seeker, looks_in = np.tile(a.row_host, levels), (a.row_group * levels + np.arange(levels)[:, None]).ravel()
    order = np.lexsort((looks_in, level[looks_in], seeker))
    hosts, seekers = len(a.seeker_places), len(a.host_places)
    known_first, known_host, known_term = _turned_pairs(a.known_first, a.known_host, a.known_term, seekers)
    barred_first, barred_host, barred_rule = _turned_pairs(a.barred_first, a.barred_host, a.barred_rule, seekers)
    sides = {f"seeker_{name}": getattr(a, f"host_{name}") for name in _OF_BOTH}
    sides |= {f"host_{name}": getattr(a, f"seeker_{name}") for name in _OF_BOTH}
    sides |= {"host_radius": np.full(hosts, a.host_radius.max(initial=0)), "host_term": term}
    columns = a._asdict() | sides | _from_afar(len(level), need, group, a.seeker_far, term)
    return Arrays(**(columns | {
        "needs_seek": False,
        "penalty": np.full(seekers, levels * a.step + wait.max(initial=0)),
        "group_first": np.searchsorted(seeker[order], np.arange(seekers + 1)),
        "group": looks_in[order],
        "level": level,
        "row_host": need,
        "row_group": group,
        "known_first": known_first,
        "known_host": known_host,
        "known_term": known_term,
        "known_more": urgency[known_host] * a.step + term[known_host],
        "barred_first": barred_first,
        "barred_host": barred_host,
        "barred_rule": barred_rule,
        "fits": np.ascontiguousarray(a.fits.T),
    }))  # fmt: skip


def dearer(a: Arrays, price: Array) -> Arrays:
    """The same pairs, each dearer by its host's price."""
    term = a.host_term + price
    far = _from_afar(len(a.level), a.row_host, a.row_group, a.host_far, term)
    return Arrays(**(a._asdict() | {"host_term": term, "known_more": a.known_more + price[a.known_host]} | far))


_OF_BOTH = ("at", "xyz", "profile", "near", "far", "radius", "area", "held_first", "held", "term", "places")


def _turned_pairs(first: Array, host: Array, what: Array, hosts: int) -> tuple[Array, Array, Array]:
    seeker = np.repeat(np.arange(len(first) - 1), np.diff(first))
    order = np.lexsort((seeker, host))
    return np.searchsorted(host[order], np.arange(hosts + 1)), seeker[order], what[order]


TURN_BITS = 22
"""As many hosts as that can have a turn."""
TURN = (1 << TURN_BITS) - 1
SCATTER = 2_592_223
"""The golden section of 2²², made odd; :data:`GATHER` undoes it."""
GATHER = pow(SCATTER, -1, 1 << TURN_BITS)


@kernel
def scattered(number):  # type: ignore[no-untyped-def]
    """Another number of so many bits for each number: those beside each other lie far apart."""
    return (number * SCATTER) & TURN


def _from_afar(groups: int, host: Array, group: Array, far: Array, term: Array) -> dict[str, Array]:
    """By group the hosts that meet from afar, the lowest term first, then :func:`scattered`; and where those with the same term end."""
    host, group = host[far[host]], group[far[host]]
    order = np.lexsort((scattered(host), term[host], group))
    host, group = host[order], group[order]
    ends = np.append(np.flatnonzero((np.diff(group) != 0) | (np.diff(term[host]) != 0)) + 1, len(host))
    behind = ends[np.searchsorted(ends, np.arange(len(host)), side="right")]
    return {"far_first": np.searchsorted(group, np.arange(groups + 1)), "far_host": host, "far_behind": behind}


def grid_of(a: Arrays) -> grid.Grid:
    """The grid of the hosts that meet people in person."""
    there = a.host_near[a.row_host]
    host, group = a.row_host[there], a.row_group[there]
    radius = a.host_radius[host]
    layer = grid.joined(grid.layers_of(radius), group, radius, len(a.level))
    lon, lat = np.radians(a.host_at[:, 0]), np.radians(a.host_at[:, 1])
    return grid.build(host, group, layer, lon, lat, a.host_xyz, a.host_radius, a.host_profile, len(a.level))


def penalties(offers: Columns[Offer], needs: Columns[Need], terms: Terms = NO_TERMS) -> dict[Urgency, int]:
    """What an unserved place costs, in metres: each step is more than all pairs together can cost.

    Sets of places that can be served together form a matroid, so any rising weights serve the most urgent places first.
    Raises ``ValueError`` where a single pair may cost more than the lists of pairs can hold.
    """
    dearest = max(int(_reach_m(offers).max(initial=0)), REMOTE_COST_M)
    dearest += max(terms.offers.values(), default=0) + max(terms.needs.values(), default=0)
    if dearest >> LEVEL_BIT:
        raise ValueError(f"terms and radius make a pair of up to {dearest:,} metres, more than {(1 << LEVEL_BIT) - 1:,}")
    step = (dearest + 2) * (int(needs.numbers("places").sum()) + 1)
    return {urgency: (len(Urgency) - place) * step for place, urgency in enumerate(Urgency)}


def places_order(offers: Columns[Offer], needs: Columns[Need]) -> tuple[Array, Array]:
    """How to number offers and needs: neighbours beside each other, the needs by urgency and category first. Takes posts in order of id.

    Any numbers give the best set. With these each search stays among the seekers just before it, and memory is read in turn.
    """
    urgency = np.array([list(Urgency).index(each) for each in needs.values["urgency"]], np.int64)[needs.codes("urgency")]
    category = np.argsort(np.argsort(needs.values["category"]))[needs.codes("category")]
    return np.argsort(_curve(offers), kind="stable"), np.lexsort((_curve(needs), category, urgency))


def _curve(posts: Columns[Offer] | Columns[Need]) -> Array:
    """How far along a curve that stays in a neighbourhood before it moves on (Morton's)."""
    east = ((posts.numbers("lon") + 180) / 360 * 0xFFFF_FFFF).astype(np.uint64)
    north = ((posts.numbers("lat") + 90) / 180 * 0xFFFF_FFFF).astype(np.uint64)
    code = np.zeros(len(posts), np.uint64)
    for bit in range(32):
        one, at = np.uint64(1), np.uint64(bit)
        code |= ((east >> at & one) | (north >> at & one) << one) << np.uint64(2 * bit)
    return code


def _profiles(offers: Columns[Offer], needs: Columns[Need]) -> dict[str, Array]:
    """By post its profile; by profile the bits and levels of each side and the offers' standing; and who fits whom."""
    spoken = frozenset[str]().union(*offers.values["languages"], *needs.values["languages"])
    languages = {code: 1 << i for i, code in enumerate(sorted(spoken))}
    paused = np.array(offers.values["paused"], np.bool_)[offers.codes("paused")]
    standing = np.where(paused, FAILED_PAUSED, np.where(offers.numbers("capacity") > 0, PASSED, FAILED_CAPACITY))
    mine, need_bits, need_level, _ = _profiles_of(needs, np.full(len(needs), PASSED), languages)
    theirs, offer_bits, offer_level, offer_standing = _profiles_of(offers, standing, languages)
    small = len(need_bits) * len(offer_bits) <= LARGEST_TABLE
    tables = {"need_bits": need_bits, "offer_bits": offer_bits, "need_level": need_level, "offer_level": offer_level}
    tables["offer_standing"] = offer_standing
    fits = table_of_fits(*tables.values()) if small else np.empty((0, 0), np.bool_)
    return {"seeker_profile": mine, "host_profile": theirs, "fits": fits} | tables


def _profiles_of(posts: Columns[Offer] | Columns[Need], standing: Array, languages: dict[str, int]) -> tuple[Array, ...]:
    """Profiles by post; by profile the bits, levels and standing. Bits are weekly hours, then languages, in words of 64 bits.

    Two posts share half an hour when their :func:`half_hours` meet.
    """
    said = np.stack([posts.codes("hours"), posts.codes("languages"), posts.numbers("level"), standing])
    one, profile = np.zeros(len(posts), np.int64), np.zeros(len(posts), np.int64)
    for row in said:  # what was the same so far stays the same where this is too
        values, place = np.unique(row, return_inverse=True)
        _, one, profile = np.unique(profile * len(values) + place, return_index=True, return_inverse=True)
    hours, codes, level, stands = said[:, one]
    words = len(languages) // 64 + 1
    weeks = [half_hours(mask).to_bytes(8 * WORDS, "little") for mask in posts.values["hours"]]
    spoken = [sum(languages[code] for code in each).to_bytes(8 * words, "little") for each in posts.values["languages"]]
    data = b"".join(weeks[h] + spoken[code] for h, code in zip(hours.tolist(), codes.tolist(), strict=True))
    return profile, np.frombuffer(data, "<u8").astype(np.uint64).reshape(-1, WORDS + words), level.copy(), stands.copy()


@inner_kernel
def meet(mine, theirs, first, last):  # type: ignore[no-untyped-def]
    for word in range(first, last):  # noqa: SIM110  # Numba has no any()
        if mine[word] & theirs[word]:
            return True
    return False


@inner_kernel
def first_misfit(need_bits, offer_bits, need_level, offer_level, offer_standing, p, q):  # type: ignore[no-untyped-def]
    """The first rule that two profiles fail, or PASSED."""
    mine, theirs = need_bits[p], offer_bits[q]
    if not meet(mine, theirs, 0, WORDS):
        return FAILED_HOURS
    if not meet(mine, theirs, WORDS, len(mine)):
        return FAILED_LANGUAGE
    return FAILED_LEVEL if offer_level[q] < need_level[p] else offer_standing[q]


@kernel
def table_of_fits(need_bits, offer_bits, need_level, offer_level, offer_standing):  # type: ignore[no-untyped-def]
    table = np.empty((len(need_bits), len(offer_bits)), np.bool_)
    for p in range(len(need_bits)):
        for q in range(len(offer_bits)):
            table[p, q] = first_misfit(need_bits, offer_bits, need_level, offer_level, offer_standing, p, q) == PASSED
    return table


def _areas(offers: Columns[Offer], need_at: Array) -> tuple[Array, Array, Array]:
    """The number of each offer's area, or -1, and of each need the areas that hold its point."""
    areas = [area for area in offers.values["area"] if area is not None]
    first, held = np.zeros(len(need_at) + 1, np.int64), np.empty(0, np.int64)
    place = {area: i for i, area in enumerate(areas)}
    number = np.array([place.get(area, -1) for area in offers.values["area"]], np.int64)
    if areas:
        from matching.areas import holders  # who has no areas needs no Shapely

        need, held = holders(areas, need_at[:, 0], need_at[:, 1])
        first = np.searchsorted(need, np.arange(len(need_at) + 1))
    return number[offers.codes("area")], first, held


def _known_pairs(offers: Columns[Offer], needs: Columns[Need], terms: Terms, term: Array) -> dict[str, Array]:
    """For each need the offers, ascending, of pairs of which something is taken off; what is added to their metres, at the least to
    nothing; and what is added afterwards."""
    offer_at = {key: i for i, key in enumerate(offers.ids)} if terms.pairs else {}
    need_at = {key: i for i, key in enumerate(needs.ids)} if terms.pairs else {}
    there = [(need_at[n], offer_at[o], off) for (n, o), off in terms.pairs.items() if n in need_at and o in offer_at]
    rows = sorted(row for row in there if needs[row[0]].category in offers[row[1]].categories)
    need, offer, off = np.array(rows, np.int64).reshape(-1, 3).T.copy()
    first, more = np.searchsorted(need, np.arange(len(needs) + 1)), np.zeros(len(offer), np.int64)
    return {"known_first": first, "known_host": offer, "known_term": term[offer] - off, "known_more": more}


def _barred_pairs(offers: Columns[Offer], needs: Columns[Need]) -> dict[str, Array]:
    """For each need the offers, ascending, of the same person or of one whom either side blocks, and the rule."""
    named = {name for names in needs.identities() for name in names}.union(*needs.values["blocked"])
    owned = _by_name(offers.identities(), named)
    blocking = _by_name((offers.values["blocked"][code] for code in offers.codes("blocked").tolist()), named)
    rows: list[tuple[int, int, int]] = []
    blocked = needs.values["blocked"]
    for n, (names, code) in enumerate(zip(needs.identities(), needs.codes("blocked").tolist(), strict=True)):
        if not blocked[code] and all(name not in owned and name not in blocking for name in names):
            continue
        row = {o: FAILED_BLOCKED for name in blocked[code] for o in owned.get(name, ())}
        row |= {o: FAILED_BLOCKED for name in names for o in blocking.get(name, ())}
        row |= {o: FAILED_SAME_PERSON for name in names for o in owned.get(name, ())}
        rows += [(n, o, rule) for o, rule in sorted(row.items())]
    need, offer, rule = np.array(rows, np.int64).reshape(-1, 3).T.copy()
    return {"barred_first": np.searchsorted(need, np.arange(len(needs) + 1)), "barred_host": offer, "barred_rule": rule}


def _by_name(of_each: Iterable[Iterable[str]], wanted: Collection[str]) -> dict[str, list[int]]:
    """For each name that is wanted the places where it stands."""
    places = defaultdict[str, list[int]](list)
    for place, names in enumerate(of_each):
        for name in names:
            if name in wanted:
                places[name].append(place)
    return places
