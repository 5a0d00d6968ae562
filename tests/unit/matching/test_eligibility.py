import pytest
from geopy.distance import geodesic
from shapely import box

from matching.areas import area_of
from matching.eligibility import RULES, check, first_refusal
from matching.hours import parse_hours
from matching.model import Mode, Need, Offer, Pair, Refusal, Rule
from tests.unit.matching.posts import LAT, LON, NORTH_100_M, need, offer

FAR = LAT + 40 * NORTH_100_M  # 4 km


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        (Rule.CATEGORY, {"categories": frozenset({"pets"})}),
        (Rule.MODE, {"mode": Mode.REMOTE}),
        (Rule.DISTANCE, {"lat": FAR}),
        (Rule.HOURS, {"hours": parse_hours("Tu")}),
        (Rule.LANGUAGE, {"languages": frozenset({"ar", "en"})}),
        (Rule.SAME_PERSON, {"identities": frozenset({"a", "b"})}),
        (Rule.BLOCKED, {"identities": frozenset({"a", "x"})}),
        (Rule.BLOCKED, {"blocked": frozenset({"c"})}),
        (Rule.LEVEL, {"level": 1}),
        (Rule.PAUSED, {"paused": True}),
        (Rule.CAPACITY, {"capacity": 0}),
        (Rule.CAPACITY, {"capacity": -1}),
    ],
)
def test_each_rule_refuses_by_its_name(rule: Rule, changes: dict[str, object]) -> None:
    wanted = need(hours=parse_hours("Mo"), identities=frozenset({"b", "c"}), blocked=frozenset({"x"}), level=2)
    refusal = check(wanted, offer(**{"level": 2, **changes}))
    assert isinstance(refusal, Refusal)
    assert rule is refusal.rule
    assert isinstance(check(wanted, offer(level=2)), Pair)
    assert isinstance(check(wanted, offer(level=3)), Pair)


def test_the_rules_are_tried_in_the_order_of_their_names() -> None:
    assert list(RULES) == list(Rule)


def test_where_there_is_an_area_no_radius_counts() -> None:
    area = area_of([box(LON - 0.01, LAT, LON + 0.01, FAR)])
    assert isinstance(check(need(lat=FAR), offer(area=area, radius_m=100)), Pair)
    refusal = check(need(lat=LAT - 3 * NORTH_100_M), offer(area=area, radius_m=9000))
    figures = {"distance_m": pytest.approx(300, abs=1), "outside_m": pytest.approx(300, abs=1)}
    assert Refusal(Rule.DISTANCE, figures) == refusal
    assert Refusal(Rule.LEVEL, {"level": 0, "wanted": 1}) == check(need(level=1), offer(area=area))


def test_too_far_says_how_far() -> None:
    refusal = check(need(), offer(lat=FAR))
    assert isinstance(refusal, Refusal)
    assert {"distance_m": pytest.approx(4000, abs=5), "radius_m": 1500} == refusal.figures


@pytest.mark.parametrize(
    ("needs_mode", "offers_mode", "lat", "expected"),
    [
        (Mode.IN_PERSON, Mode.IN_PERSON, LAT, Mode.IN_PERSON),
        (Mode.BOTH, Mode.BOTH, LAT, Mode.IN_PERSON),
        (Mode.BOTH, Mode.BOTH, FAR, Mode.REMOTE),
        (Mode.BOTH, Mode.REMOTE, LAT, Mode.REMOTE),
        (Mode.REMOTE, Mode.BOTH, LAT, Mode.REMOTE),
        (Mode.REMOTE, Mode.REMOTE, -45.0, Mode.REMOTE),
        (Mode.IN_PERSON, Mode.BOTH, FAR, Rule.DISTANCE),
        (Mode.BOTH, Mode.IN_PERSON, FAR, Rule.DISTANCE),
        (Mode.REMOTE, Mode.IN_PERSON, LAT, Rule.MODE),
        (Mode.IN_PERSON, Mode.REMOTE, LAT, Rule.MODE),
    ],
)
def test_two_meet_in_person_where_they_can_else_from_afar(needs_mode: Mode, offers_mode: Mode, lat: float, expected: Mode | Rule) -> None:
    found = check(need(mode=needs_mode), offer(mode=offers_mode, lat=lat))
    assert expected is (found.mode if isinstance(found, Pair) else found.rule)


@pytest.mark.parametrize(("off_m", "meets"), [(-0.001, True), (0.001, False)])
@pytest.mark.parametrize("radius_m", [100, 1500, 50_000])
@pytest.mark.parametrize("bearing", [0, 77, 210])
def test_the_radius_holds_to_the_millimetre(off_m: float, meets: bool, radius_m: int, bearing: int) -> None:
    there = geodesic(meters=radius_m + off_m).destination((LAT, LON), bearing=bearing)
    assert meets == isinstance(check(need(lon=there.longitude, lat=there.latitude), offer(radius_m=radius_m)), Pair)


def test_a_pair_counts_its_metres_and_3000_from_afar() -> None:
    near, remote = check(need(), offer(lat=LAT + NORTH_100_M)), check(need(mode=Mode.REMOTE), offer(mode=Mode.BOTH))
    assert isinstance(near, Pair)
    assert isinstance(remote, Pair)
    assert (near.cost_m, remote.cost_m) == (100, 3000)


def test_the_reason_is_the_first_rule_that_leaves_nobody() -> None:
    german, far = offer(1, languages=frozenset({"de"})), offer(2, lat=FAR)
    asleep = offer(3, hours=parse_hours("Tu"))
    wanted = need(hours=parse_hours("Mo"))
    full = offer(5, capacity=0)
    lists = ([], [far], [far, asleep], [far, asleep, german], [far, offer(4, paused=True)], [far, offer(4)], [far, full])
    reasons = [first_refusal(wanted, offers) for offers in lists]
    assert reasons == [Rule.CATEGORY, Rule.DISTANCE, Rule.HOURS, Rule.LANGUAGE, Rule.PAUSED, "taken", "taken"]


def test_the_order_of_the_rules_is_that_of_the_formats() -> None:
    everything_wrong: Offer = offer(categories=frozenset({"pets"}), mode=Mode.REMOTE, hours=parse_hours("Tu"), lat=FAR)
    wanted: Need = need(hours=parse_hours("Mo"))
    assert Refusal(Rule.CATEGORY) == check(wanted, everything_wrong)
