"""What holds always in a city, whatever people, agents, the clock and the machine did to it."""

from collections import Counter

from app.models import Block, Event, Match, Moderation, Need, Offer, Visit
from app.services import mine
from matching.lifecycle import HELD, LIVE, MatchState, NeedState, VisitState, is_terminal
from tests.city import City
from tests.explained import unexplained


def nobody_has_more_than_they_offered_and_no_place_two_helpers(city: City) -> None:
    everyone = city.all(Match)
    live = Counter(match.offer_id for match in everyone if match.state in LIVE)
    held = Counter(match.need_id for match in everyone if match.state in HELD or match.outcome == "done")
    for offer in city.all(Offer):
        assert offer.taken == live[offer.id] <= offer.capacity
    for need in city.all(Need):
        assert need.taken == held[need.id] <= need.helpers_needed


def a_need_stands_as_its_matches_do(city: City) -> None:
    for need in city.all(Need):
        states = {match.state for match in city.matches(need.id) if match.state in LIVE}
        free = need.taken < need.helpers_needed
        if need.state == NeedState.OPEN:
            assert free and MatchState.PROPOSED not in states and need.next_try_at is not None
        elif need.state == NeedState.ASKED:
            assert MatchState.PROPOSED in states if free else MatchState.ACCEPTED in states
        elif need.state == NeedState.AGREED:
            assert not free and states == {MatchState.AGREED}
        elif need.state == NeedState.PAUSED:
            assert states <= {MatchState.AGREED}
        else:
            assert not states, "nobody waits for what has ended"


def nobody_is_asked_for_what_has_to_be_read_first(city: City) -> None:
    read = {task.need_id for task in city.tasks("moderate")}
    for need in city.all(Need):
        live = [match for match in city.matches(need.id) if match.state in LIVE]
        assert not (need.moderation == Moderation.HELD and live)
        if need.moderation in (Moderation.HELD, Moderation.LOOK) and need.wanted_at is None and not is_terminal(NeedState(need.state)):
            assert need.id in read, "nobody is left waiting unread"


def nobody_is_expected_once_it_has_ended(city: City) -> None:
    states = {match.id: match.state for match in city.all(Match)}
    for visit in city.all(Visit, state=VisitState.PLANNED):
        assert states[visit.match_id] == MatchState.AGREED


def no_contact_is_shown_before_both_agreed(city: City) -> None:
    agreed = {match.id: match.agreed_at for match in city.all(Match)}
    shown = [event for event in city.all(Event) if event.kind == "contacts_shown"]
    assert all(agreed[event.match_id] is not None and agreed[event.match_id] <= event.at for event in shown)
    told = [row.about for row in city.outbox() if row.kind.startswith("agreed_to_")]
    assert all(agreed[int(about.split("/")[0].removeprefix("match:"))] for about in told)
    for need in city.all(Need)[-3:]:
        seen = mine.request_of(city.ctx, need.id)
        assert seen is not None
        assert all((match.contact is not None) == (match.state is MatchState.AGREED) for match in seen.matches)


def the_resident_was_asked_before_their_contacts_went(city: City) -> None:
    answers = {(e.match_id, e.kind) for e in city.all(Event) if e.kind in ("match_accepted", "match_agreed")}
    share = {need.id: need.share_contact for need in city.all(Need)}
    for match in city.all(Match):
        if match.agreed_at is not None and not share[match.need_id]:
            assert (match.id, "match_accepted") in answers


def nothing_is_said_that_nothing_brought_about(city: City) -> None:
    assert unexplained(city) == []


def who_is_kept_apart_is_not_brought_together(city: City) -> None:
    since = {frozenset((block.person_id, block.other_id)): block.created_at for block in city.all(Block)}
    person_of = {offer.id: offer.person_id for offer in city.all(Offer)}
    resident = {need.id: need.person_id for need in city.all(Need)}
    for match in city.all(Match):
        apart = since.get(frozenset((person_of[match.offer_id], resident[match.need_id])))
        assert apart is None or match.proposed_at <= apart


def all_hold(city: City) -> None:
    for holds in (
        nobody_has_more_than_they_offered_and_no_place_two_helpers,
        a_need_stands_as_its_matches_do,
        nobody_is_asked_for_what_has_to_be_read_first,
        nobody_is_expected_once_it_has_ended,
        no_contact_is_shown_before_both_agreed,
        the_resident_was_asked_before_their_contacts_went,
        nothing_is_said_that_nothing_brought_about,
        who_is_kept_apart_is_not_brought_together,
    ):
        holds(city)
