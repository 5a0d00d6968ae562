"""Reports from each mail and page, the freeze, the lead who alone reads them, and what they decide."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.models import Event, Incident, IncidentEntry, IncidentOutcome, Match, Need, Offer, Person, Role
from app.services import by_hand, duty, incidents, leads, matches, merging, reports, taking
from app.services.events import Actor
from app.services.matches import Answer
from app.services.sight import EVERYTHING
from app.services.telling import SEALED_AS, tell
from matching.lifecycle import MatchState, NeedState, Side
from notifications.messages import MESSAGES, OF_NO_MATCH
from notifications.render import render
from notifications.samples import CITY, SAMPLES
from notifications.tables import outbox
from tests.city import City
from tests.functional.doors.conftest import after_the_visit, proposed, quartier
from tests.pages import Visitor

OF_A_MATCH = sorted(MESSAGES.keys() - OF_NO_MATCH)


def agreed(city: City, **need: Any) -> tuple[Match, Need, Offer]:
    match, asked, offer = proposed(city, share_contact=True, **need)
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    return city.one(Match, match.id), asked, offer


def reported(city: City, reason: str = "unsafe", words: str = "I was afraid.", **need: Any) -> tuple[Match, Need, Offer, Incident]:
    match, asked, offer = agreed(city, **need)
    reports.report(city.ctx, Side.RESIDENT, asked.id, match.id, reason, words, Actor(asked.person_id))
    return match, asked, offer, city.all(Incident)[-1]


def lead(city: City, visitor: Visitor, territory_id: int | None = None) -> Visitor:
    """The agent who signed in last is in charge."""
    agents = [person for person in city.all(Person) if person.role != Role.NONE]
    leads.add(city.ctx, max(agent.id for agent in agents), territory_id, Actor())
    return visitor


def messages_to(city: City, person_id: int) -> list[dict[str, Any]]:
    return [json.loads(city.ctx.keys.unseal(row.payload, SEALED_AS)) for row in sent(city) if row.reader_id == person_id]


def sent(city: City) -> list[Any]:
    with city.ctx.db.read() as session:
        return list(session.execute(select(outbox).order_by(outbox.c.id)))


# --- one click from each mail and page


@pytest.mark.parametrize("kind", OF_A_MATCH)
def test_every_mail_about_a_match_leads_to_the_form(kind: str) -> None:
    [message, *_] = [each for each in SAMPLES.values() if each.kind == kind]
    for language in ("en", "fr"):
        mail = render(message, language, CITY)
        assert message.report_url and message.report_url in mail.text
        assert f'href="{message.report_url}"' in mail.html


def test_every_message_to_either_side_has_a_link_of_its_own(city: City, client: Visitor) -> None:
    match, need, offer = agreed(city)
    with city.ctx.db.write() as session:
        for side, kind, post in (("resident", Need, need), ("volunteer", Offer, offer)):
            one = session.get_one(Match, match.id)
            one.need = session.get_one(Need, need.id)
            person = session.get_one(Person, session.get_one(kind, post.id).person_id)
            for name in OF_A_MATCH:
                message = next(each for each in SAMPLES.values() if each.kind == name)
                tell(session, city.ctx, person, message, city.clock(), match=one, once=f"test:{side}:{name}")
    for person_id, words in ((need.person_id, "The volunteer did not come"), (offer.person_id, "Nobody was there")):
        told = [each for each in messages_to(city, person_id) if each["kind"] in OF_A_MATCH]
        assert {each["kind"] for each in told} == set(OF_A_MATCH)
        assert all("/report/" in each["report_url"] for each in told)
        page = client.get(told[-1]["report_url"])
        assert words in page.html
        assert "Report a problem" in page.h1
    assert city.all(Incident) == [], "whoever follows a link has sent nothing"


def test_a_message_about_a_match_is_not_told_without_it(city: City) -> None:
    need = city.one(Need, city.need())
    with city.ctx.db.write() as session, pytest.raises(AssertionError, match="may report a problem"):
        tell(session, city.ctx, session.get_one(Person, need.person_id), SAMPLES["visit_reminder"], city.clock())


def test_every_page_of_a_match_leads_to_the_form(city: City, client: Visitor, sign_in: Any) -> None:
    match, need, offer = proposed(city)
    visitor = sign_in(offer_id=offer.id)
    [asked] = [each for each in messages_to(city, offer.person_id) if each["kind"] == "proposal_to_volunteer"]
    pages = [visitor.get("/me"), client.get(asked["yes_url"]), client.get(asked["no_url"])]
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    [question] = [each for each in messages_to(city, need.person_id) if each["kind"] == "accepted_to_resident"]
    mine = question["my_page_url"]
    pages += [visitor.get("/me"), visitor.get(f"/me/requests/{match.id}/back-out")]
    pages += [client.get(question["yes_url"]), client.get(question["no_url"]), client.get(mine)]
    matches.resident_answers(city.ctx, match.id, True, Actor())
    [mail] = [each for each in messages_to(city, offer.person_id) if each["kind"] == "agreed_to_volunteer"]
    visits = client.get(mail["visits_url"])
    move = next(address for address, words in visits.links if words.startswith("Another time"))
    pages += [visitor.get("/me"), client.get(mine), client.get(f"{mine}/let-go/{match.id}"), visits, client.get(move)]
    after_the_visit(city)
    pages += [client.get(f"{mine}/how/{match.id}"), visitor.get(f"/me/requests/{match.id}/how")]
    for page in pages:
        assert "/report/" in page.link("Report a problem"), page.h1


def test_one_click_and_a_reason_send_it(city: City, client: Visitor) -> None:
    match, need, _offer = agreed(city)
    [mail] = [each for each in messages_to(city, need.person_id) if each["kind"] == "agreed_to_resident"]
    page = client.get(mail["report_url"])
    assert "It is about shopping" in page.text
    done = client.submit(page, "Tell the town hall", reason="rude")
    assert done.h1 == "Thank you for telling us"
    [incident] = city.all(Incident)
    assert (incident.match_id, incident.reason, incident.words, incident.channel) == (match.id, "rude", "", "link")
    client.get("/report/nonsense", 404)


def test_what_is_sent_several_times_at_once_is_one_report(city: City) -> None:
    match, need, _offer = agreed(city)

    def send(words: str = "I was afraid.") -> None:
        reports.report(city.ctx, Side.RESIDENT, need.id, match.id, "unsafe", words, Actor(need.person_id))

    with ThreadPoolExecutor(4) as pool:
        for sending in [pool.submit(send) for _ in range(4)]:
            sending.result()
    assert len(city.all(Incident)) == 1
    send("He came back.")
    city.clock.advance(days=1)
    send()
    assert [incident.words for incident in city.all(Incident)] == ["I was afraid.", "He came back.", "I was afraid."]


# --- the freeze


def test_a_report_takes_back_what_waits_and_keeps_what_was_agreed(city: City, told: Any) -> None:
    """Both the request that waits for the volunteer and the one that waits for its resident are searched anew."""
    offer_id = city.volunteer(capacity=5)
    first, second, third = (city.need(share_contact=n == 0, north_m=100 * n) for n in range(3))
    city.match()
    other = city.volunteer(north_m=200)
    asked = {need: city.matches(need)[0].id for need in (first, second, third)}
    for need in (first, second):
        matches.volunteer_answers(city.ctx, asked[need], True, Actor())
    person_id = city.one(Offer, offer_id).person_id
    reports.report(city.ctx, Side.RESIDENT, first, asked[first], "money", "", Actor())
    states = {need: (city.one(Match, asked[need]).state, city.one(Match, asked[need]).reason) for need in asked}
    assert states == {first: ("agreed", None), second: ("cancelled", "frozen"), third: ("cancelled", "frozen")}
    assert city.one(Offer, offer_id).taken == 1
    assert {city.one(Need, need).state for need in (second, third)} == {NeedState.OPEN}
    city.match()
    assert {match.offer_id for need in (second, third) for match in city.matches(need) if match.state == "proposed"} == {other}
    [paused] = [each for each in messages_to(city, person_id) if each["kind"] == "volunteer_paused"]
    assert set(paused) == {"kind", "first_name", "phone", "report_url"}, "neither who reported nor what"
    frozen = [event for event in city.all(Event) if event.kind == "volunteer_frozen"]
    assert [event.actor_id for event in frozen] == [None]


@pytest.mark.parametrize(("reason", "freezes"), [("unsafe", True), ("money", True), ("rude", True), ("other", True), ("absent", False)])
def test_who_is_frozen_by_which_reason(city: City, reason: str, freezes: bool) -> None:
    *_, offer, _incident = reported(city, reason)
    assert (city.one(Person, offer.person_id).frozen_at is not None) == freezes


def test_nothing_new_is_asked_of_whoever_is_frozen(city: City) -> None:
    *_, offer, _incident = reported(city)
    with city.ctx.db.write() as session:
        session.get_one(Offer, offer.id).capacity = 5
    need_id = city.need()
    city.match()
    assert city.matches(need_id) == []
    assert by_hand.ask(city.ctx, need_id, offer.id, "all the same", Actor()) is by_hand.Became.FROZEN
    assert by_hand.agreed(city.ctx, need_id, offer.id, "all the same", Actor()) is by_hand.Became.FROZEN
    assert taking.offer_to_take(city.ctx, offer.person_id, need_id, Actor(offer.person_id)) is Answer.OVER
    assert city.one(Offer, offer.id).taken == 1


def test_a_proposal_that_comes_while_the_freeze_does_finds_it(city: City) -> None:
    """The index may be a second old; whoever claims the offer sees the freeze all the same."""
    offer_id, need_id = city.volunteer(), city.need()
    city.board.follow(city.ctx)
    with city.ctx.db.write() as session:
        session.get_one(Person, city.one(Offer, offer_id).person_id).frozen_at = city.clock()
    city.match()
    assert (city.matches(need_id), city.one(Offer, offer_id).taken) == ([], 0)


def test_a_yes_that_comes_too_late_is_told_so_kindly(city: City, client: Visitor) -> None:
    offer_id = city.volunteer(capacity=2)
    first, second = city.need(share_contact=True), city.need(north_m=50)
    city.match()
    one, other = city.matches(first)[0], city.matches(second)[0]
    matches.volunteer_answers(city.ctx, one.id, True, Actor())
    person_id = city.one(Offer, offer_id).person_id
    urls = [each["yes_url"] for each in messages_to(city, person_id) if each["kind"] == "proposal_to_volunteer"]
    pages = [client.get(url) for url in urls]
    [page] = [page for page in pages if "Yes, I will help" in page.buttons]
    reports.report(city.ctx, Side.RESIDENT, first, one.id, "unsafe", "", Actor())
    assert "has taken this request back while it clarifies something" in client.submit(page, "Yes, I will help").text
    assert city.one(Match, other.id).state == MatchState.CANCELLED


def test_the_volunteers_own_page_is_kind_and_true(city: City, sign_in: Any) -> None:
    match, _need, offer, _incident = reported(city)
    visitor = sign_in(offer_id=offer.id)
    city.clock.advance(days=4)
    assert "report" not in visitor.get("/me").text.lower().replace("report a problem", "")
    assert "asks you for nothing new until then" in visitor.get("/me").text, "though something agreed stands above it"
    matches.let_go(city.ctx, match.id, Actor())
    assert "This says nothing against you" in visitor.get("/me").text


# --- who is told, and who reads


def test_the_lead_of_the_place_is_told_at_once_with_nothing_but_a_link(city: City, sign_in: Any) -> None:
    here, there = quartier(city, "here", -2000, 2000), quartier(city, "there", 3000, 6000)
    sign_in(territory_id=there)
    lead(city, sign_in(territory_id=here), here)
    *_, incident = reported(city, words="His name is Paul.")
    told = [row for row in sent(city) if row.kind == "something_reported"]
    assert [row.due_at for row in told] == [city.clock()]
    [said] = messages_to(city, told[0].reader_id)
    assert said["incident_url"].endswith(f"/coordination/incidents/{incident.id}") and said["named"]
    assert set(said) == {"kind", "first_name", "incident_url", "named", "report_url"}


def test_without_a_lead_all_administrators_are_told_and_the_list_says_so(city: City, sign_in: Any) -> None:
    visitor = sign_in(role=Role.ADMINISTRATOR)
    *_, incident = reported(city)
    [row] = [row for row in sent(city) if row.kind == "something_reported"]
    [said] = messages_to(city, row.reader_id)
    assert said["incident_url"].endswith("/coordination/leads") and not said["named"]
    assert "Nobody is in charge of safety yet" in visitor.get("/coordination/").text
    visitor.get(f"/coordination/incidents/{incident.id}", 403)
    page = visitor.submit(visitor.get("/coordination/leads"), "Put in charge")
    assert "They are told at once" in page.text
    assert "I was afraid." in visitor.get(f"/coordination/incidents/{incident.id}").text
    page = visitor.get("/coordination/")
    assert "1 report is open." in page.text and "Nobody is in charge" not in page.text
    page = visitor.submit(visitor.get("/coordination/leads"), "Take out")
    assert "1 report is open that nobody else would read" in page.text and "Taken out." not in page.text
    assert "I was afraid." in visitor.get(f"/coordination/incidents/{incident.id}").text
    incidents.close(city.ctx, incident.id, IncidentOutcome.UNFOUNDED, True, "", Actor())
    assert "Taken out." in visitor.submit(page, "Take out").text
    visitor.get(f"/coordination/incidents/{incident.id}", 403)


def test_only_a_lead_reads_and_each_reading_is_written_down(city: City, sign_in: Any) -> None:
    *_, incident = reported(city, words="<b>He shouted.</b>")
    for other in (sign_in(role=Role.ADMINISTRATOR), sign_in()):
        other.get("/coordination/incidents", 403)
        other.get(f"/coordination/incidents/{incident.id}", 403)
    visitor = lead(city, sign_in(territory_id=()))
    listed = visitor.get("/coordination/incidents")
    assert "He shouted" not in listed.html
    page = visitor.get(listed.link(f"Report no. {incident.id}"))
    assert "&lt;b&gt;He shouted." in page.html and "Ana Costa" in page.text
    readings = [event for event in city.all(Event) if event.kind == "incident_read"]
    assert [(event.task_id, event.reason) for event in readings] == [(incident.task_id, None)]
    [sealed] = city.raw("SELECT words FROM incident")
    assert "shouted" not in sealed[0]


def test_a_lead_takes_it_in_hand_decides_lets_on_and_closes(city: City, sign_in: Any) -> None:
    match, need, offer, incident = reported(city)
    visitor = lead(city, sign_in())
    address = f"/coordination/incidents/{incident.id}"
    page = visitor.submit(visitor.get(address), "I have it in hand")
    assert "in hand" in page.text and "to be decided" in page.text
    assert "may go on" in visitor.submit(page, "It may go on").text
    page = visitor.submit(page, "Write it down", **{"note-words": "Called both."})
    assert "Called both." in page.text
    visitor.submit(page, "They may be asked again", 422)
    page = visitor.submit(page, "They may be asked again", **{"on-words": "A misunderstanding."})
    assert city.one(Person, offer.person_id).frozen_at is None
    assert [each["kind"] for each in messages_to(city, offer.person_id)][-1] == "volunteer_back"
    page = visitor.submit(page, "End it, and look for somebody else")
    assert (city.one(Match, match.id).state, city.one(Match, match.id).reason) == (MatchState.CANCELLED, "called_off")
    [off] = [each for each in messages_to(city, offer.person_id) if each["kind"] == "match_ended_to_volunteer"]
    assert off["why"] == "called_off", "whoever has the address is told, though no visit was fixed"
    assert [each["kind"] for each in messages_to(city, need.person_id)][-1] == "search_goes_on"
    assert city.one(Need, need.id).state == NeedState.OPEN
    visitor.submit(page, "Close the report", 422)
    page = visitor.submit(page, "Close the report", **{"close-outcome": "settled"})
    assert "It was talked over with everybody" in page.text
    assert city.tasks("report") == []
    kinds = [entry.kind for entry in city.all(IncidentEntry)]
    assert kinds == ["taken", "goes_on", "note", "unfrozen", "ended", "closed"]
    assert all(entry.by_id for entry in city.all(IncidentEntry))


def test_nobody_takes_over_unawares(city: City, sign_in: Any) -> None:
    """Of two who read it at once the second is told who has it, and takes it over only when they say so."""
    *_, incident = reported(city)
    address = f"/coordination/incidents/{incident.id}"
    first, second = lead(city, sign_in()), lead(city, sign_in(role=Role.ADMINISTRATOR))
    one, other = first.get(address), second.get(address)
    first.submit(one, "I have it in hand")
    has_it = city.one(Incident, incident.id).lead_id
    page = second.submit(other, "I have it in hand")
    assert "This has changed meanwhile" in page.text and "Ana Costa has it in hand." in page.text
    assert city.one(Incident, incident.id).lead_id == has_it
    assert "You have it in hand." in second.submit(page, "I take it over").text
    assert city.one(Incident, incident.id).lead_id != has_it


def test_a_coordinator_writes_down_what_they_were_told(city: City, sign_in: Any) -> None:
    match, need, offer = agreed(city)
    visitor = sign_in()
    page = visitor.get(visitor.get(f"/coordination/matches/{match.id}").link("Report a problem"))
    page = visitor.submit(page, "Tell the safeguarding lead", side="resident", reason="unsafe", words="She fears him.")
    assert "Nobody is in charge of safety here yet" in page.text and "nobody else reads it" not in page.text
    [incident] = city.all(Incident)
    assert (incident.reporter_id, incident.about_id, incident.channel) == (need.person_id, offer.person_id, "phone")
    assert city.one(Person, offer.person_id).frozen_at == city.clock()
    assert "She fears him" not in visitor.get(f"/coordination/matches/{match.id}").html


def test_a_volunteer_stays_frozen_as_long_as_an_open_report_freezes_them(city: City, sign_in: Any) -> None:
    match, need, offer, first = reported(city)
    reports.report(city.ctx, Side.RESIDENT, need.id, match.id, "money", "My purse.", Actor(need.person_id))
    second = city.all(Incident)[-1]
    visitor = lead(city, sign_in())
    page = visitor.get(f"/coordination/incidents/{first.id}")
    page = visitor.submit(page, "They may be asked again", **{"on-words": "Clear."})
    assert "Another report about them is open" in page.text and "Let them be asked again" not in page.text
    assert city.one(Person, offer.person_id).frozen_at is not None
    assert incidents.let_on(city.ctx, first.id, "Twice.", Actor()) is incidents.LetOn.OVER
    assert incidents.let_on(city.ctx, second.id, "Clear too.", Actor()) is incidents.LetOn.DONE
    assert city.one(Person, offer.person_id).frozen_at is None


@pytest.mark.parametrize("outcome", ["unfounded", "no_more", "settled", "passed_on"])
def test_closing_decides_what_is_undecided(city: City, sign_in: Any, outcome: str) -> None:
    match, _need, offer, incident = reported(city)
    visitor = lead(city, sign_in())
    page = visitor.get(f"/coordination/incidents/{incident.id}")
    if outcome in ("settled", "passed_on"):
        visitor.submit(page, "Close the report", 422, **{"close-outcome": outcome})
    answer = {"settled": "goes_on", "passed_on": "no_more"}.get(outcome)
    visitor.submit(page, "Close the report", **{"close-outcome": outcome} | ({"close-volunteer": answer} if answer else {}))
    goes_on = outcome in ("unfounded", "settled")
    assert (city.one(Person, offer.person_id).frozen_at is None) == goes_on
    assert city.one(Match, match.id).state == (MatchState.AGREED if goes_on else MatchState.CANCELLED)
    assert city.one(Offer, offer.id).state == ("active" if goes_on else "paused")
    assert city.one(Incident, incident.id).outcome == outcome
    decided = incidents.close(city.ctx, incident.id, IncidentOutcome.NO_MORE, False, "", Actor())
    assert not decided and city.one(Match, match.id).state == (MatchState.AGREED if goes_on else MatchState.CANCELLED), "closed is closed"


@pytest.mark.parametrize(("outcome", "state"), [("unfounded", "open"), ("no_more", "withdrawn"), ("settled", "open")])
def test_a_lead_holds_a_residents_request_and_closing_decides_it(city: City, sign_in: Any, outcome: str, state: str) -> None:
    match, need, offer = proposed(city)
    reports.report(city.ctx, Side.VOLUNTEER, need.id, match.id, "unsafe", "", Actor(offer.person_id))
    [incident] = city.all(Incident)
    visitor = lead(city, sign_in())
    page = visitor.submit(visitor.get(f"/coordination/incidents/{incident.id}"), "Put it on hold")
    assert city.one(Need, need.id).state == NeedState.PAUSED and "A request was put on hold" in page.text
    if outcome == "settled":
        visitor.submit(page, "Close the report", 422, **{"close-outcome": outcome})
    answer = {"close-resident": "goes_on"} if outcome == "settled" else {}
    visitor.submit(page, "Close the report", **{"close-outcome": outcome} | answer)
    assert city.one(Need, need.id).state == state
    closed = [each["why"] for each in messages_to(city, need.person_id) if each["kind"] == "need_closed"]
    assert closed == (["called_off"] if outcome == "no_more" else []), "they have not withdrawn it themselves"
    timeline = visitor.get(f"/coordination/needs/{need.id}").text
    assert "A problem was reported" in timeline and "A problem was reported (" not in timeline, "not who"


@pytest.mark.parametrize(("reason", "state"), [("unsafe", MatchState.CANCELLED), ("absent", MatchState.PROPOSED)])
def test_a_volunteers_report_takes_back_what_they_were_asked(city: City, reason: str, state: MatchState) -> None:
    match, need, offer = proposed(city)
    reports.report(city.ctx, Side.VOLUNTEER, need.id, match.id, reason, "", Actor(offer.person_id))
    city.match()
    assert [each.state for each in city.matches(need.id)] == [state], "nor are they asked again"
    assert city.one(Person, offer.person_id).frozen_at is None


def test_a_frozen_volunteer_who_presses_on_duty_is_told_the_truth(city: City, sign_in: Any) -> None:
    *_, offer, _incident = reported(city)
    visitor = sign_in(offer_id=offer.id)
    duty.set_duty(city.ctx, offer.person_id, False, Actor(offer.person_id))
    page = visitor.submit(visitor.get("/me"), "I am back on duty")
    assert "asks you for nothing new until then" in page.text and "You are on duty again" not in page.text


def test_whom_a_report_is_about_is_not_brought_together_again(city: City, sign_in: Any) -> None:
    """Neither by the matcher, though the volunteer was let on and the report closed, nor by an agent, until the lead lifts it."""
    _match, need, offer, incident = reported(city)
    with city.ctx.db.write() as session:
        session.get_one(Offer, offer.id).capacity = 5
    incidents.let_on(city.ctx, incident.id, "Clear.", Actor())
    again = city.need()
    with city.ctx.db.write() as session:
        session.get_one(Need, again).person_id = need.person_id
    city.match()
    assert city.matches(again) == []
    assert by_hand.ask(city.ctx, again, offer.id, "all the same", Actor()) is by_hand.Became.NEVER
    assert not by_hand.allow(city.ctx, again, offer.id, Actor()), "no other agent lifts it"
    visitor = lead(city, sign_in())
    assert f"Offer no. {offer.id}" not in visitor.get(f"/coordination/needs/{again}").text
    page = visitor.get(f"/coordination/incidents/{incident.id}")
    visitor.submit(page, "They may be brought together again", 422)
    page = visitor.submit(page, "They may be brought together again", **{"together-words": "Both want it."})
    assert "Both want it." in page.text and "Let them meet again" not in page.text
    city.clock.advance(days=1)
    city.match()
    assert [match.offer_id for match in city.matches(again)] == [offer.id]


def test_a_merged_person_keeps_the_freeze_and_the_incidents(city: City) -> None:
    *_, offer, incident = reported(city)
    twin = city.volunteer(north_m=900)
    need_id = city.need(north_m=900)
    city.match()
    twins, frozen = city.one(Offer, twin).person_id, offer.person_id
    kept = merging.merge(city.ctx, EVERYTHING, twins, frozen, {}, Actor())
    assert (kept, city.one(Incident, incident.id).about_id) == (twins, twins)
    assert city.one(Person, twins).frozen_at is not None
    assert [match.state for match in city.matches(need_id)] == [MatchState.CANCELLED], "what waited for them is taken back too"


def test_reports_are_found_by_time(city: City, sign_in: Any) -> None:
    visitor = lead(city, sign_in())
    assert "Nothing was reported." in visitor.get("/coordination/incidents").text
    reported(city)
    city.clock.advance(hours=1)
    assert timedelta(0) < city.clock() - city.all(Incident)[0].opened_at
    assert "nobody has it in hand" in visitor.get("/coordination/incidents").text
