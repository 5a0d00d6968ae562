"""Reading requests on the coordinators' pages: a look, the passage marked, and what is decided."""

from collections.abc import Callable
from datetime import date

from app.links import Purpose
from app.models import Check, CheckKind, Moderation, Need, Offer, Person, Referent, Role
from app.services import checks, referents
from app.services.events import Actor
from tests.city import City
from tests.functional.doors.conftest import quartier
from tests.functional.doors.test_coordination_pages import counted, csrf, events
from tests.pages import Page, Visitor

SignIn = Callable[..., Visitor]
WORDS = "Je paie 20 € la visite & <b>merci</b>"


def test_the_words_are_shown_after_a_look_with_the_passage_marked_and_the_rule_named(city: City, sign_in: SignIn) -> None:
    city.need(details=WORDS, category="pets")
    (task,) = city.tasks("moderate")
    visitor = sign_in()
    assert "Read a request: nobody is asked before" in visitor.get("/coordination/").text
    page = visitor.get(f"/coordination/tasks/{task.id}")
    assert "20 €" not in page.html and "a price or a payment" not in page.text
    page = visitor.submit(page, "Show the words")
    assert "<mark>Je paie</mark> <mark>20 €</mark> la visite" in page.html
    assert "&lt;b&gt;merci" in page.html and "a price or a payment" in page.text
    assert [event.reason for event in events(city, "looked_at")] == ["task"]


def test_each_decision_leads_back_to_the_list(city: City, sign_in: SignIn) -> None:
    needs = [city.need(details=WORDS, category="pets") for _ in range(3)]
    approved, edited, refused = city.tasks("moderate")
    visitor = sign_in()

    def looked(task_id: int) -> Page:
        return visitor.submit(visitor.get(f"/coordination/tasks/{task_id}"), "Show the words")

    page = visitor.submit(looked(approved.id), "It may go on as it is")
    assert "The request goes on as it is." in page.text
    same = visitor.submit(looked(edited.id), "Go on in these words, and tell the writer", expect=422)
    assert "These are the words as they stand." in same.text and city.one(Need, needs[1]).moderation == Moderation.HELD
    page = visitor.submit(
        looked(edited.id), "Go on in these words, and tell the writer", **{"edit-details": "Du pain", "edit-words": "C’est gratuit."}
    )
    assert "Its writer is told." in page.text
    page = visitor.submit(looked(refused.id), "Refuse it, and tell the writer", expect=422)
    assert "Say why." in page.text and "20 €" in page.text, "what was looked at is still there"
    page = visitor.submit(page, "Refuse it, and tell the writer", expect=422, **{"refuse-because": "other"})
    assert "Write the reason in your own words." in page.text
    page = visitor.submit(page, "Refuse it, and tell the writer", **{"refuse-because": "paid"})
    assert "The request has ended." in page.text
    assert [city.one(Need, need_id).moderation for need_id in needs] == [Moderation.CLEAR, Moderation.CLEAR, Moderation.REFUSED]
    assert city.one(Need, needs[1]).details == "Du pain"
    for need_id in needs:
        assert visitor.get(f"/coordination/needs/{need_id}").status == 200
    page = visitor.get(f"/coordination/tasks/{edited.id}")
    assert "20 €" in visitor.submit(page, "Show the words").text, "what it said before"


def test_whoever_has_looked_at_a_post_that_waits_to_be_read_may_refuse_it_there(city: City, sign_in: SignIn) -> None:
    need_id, offer_id, visitor = city.need(details=WORDS, category="pets"), city.volunteer(approved=False), sign_in()
    page = visitor.submit(visitor.get(f"/coordination/needs/{need_id}"), "To check something")
    page = visitor.submit(page, "Approve, change or refuse the words")
    assert "The request has ended." in visitor.submit(page, "Refuse it, and tell the writer", **{"refuse-because": "paid"}).text
    page = visitor.submit(visitor.get(f"/coordination/offers/{offer_id}"), "To call")
    page = visitor.submit(visitor.get(page.link("Refuse: withdraw the offer")), "Yes, withdraw it")
    assert city.one(Offer, offer_id).state == "withdrawn" and "Refuse: withdraw the offer" not in page.text


def test_it_is_seen_in_its_own_territory_only(city: City, sign_in: SignIn) -> None:
    north, south = quartier(city, "Nord", 100, 900), quartier(city, "Sud", -900, 100)
    city.need(north_m=500, details=WORDS, category="pets")
    (task,) = city.tasks("moderate")
    assert sign_in(territory_id=north).get(f"/coordination/tasks/{task.id}").status == 200
    stranger = sign_in(territory_id=south)
    assert stranger.get(f"/coordination/tasks/{task.id}", expect=404)
    for what in ("look", "approve", "edit", "refuse"):
        token = csrf(stranger.get("/coordination/"))
        stranger.post(f"/coordination/tasks/{task.id}/{what}", expect=404, csrf_token=token, **{"refuse-because": "paid"})
    assert len(city.tasks("moderate")) == 1 and city.one(Need, task.need_id).moderation == Moderation.HELD


def test_a_resident_reads_that_the_town_hall_reads_it_first(city: City, client: Visitor) -> None:
    need_id = city.need(details=WORDS, category="pets")
    page = client.get(f"/request/{city.ctx.links.token(Purpose.MY_REQUEST, need_id)}")
    assert "Somebody at the town hall reads your request first" in page.text
    assert "the search began" not in page.text and "looking for a volunteer near you" not in page.text


def test_referents_have_their_own_list(city: City, sign_in: SignIn) -> None:
    north, south = quartier(city, "Nord", 100, 900), quartier(city, "Sud", -900, 100)
    admin = sign_in(role=Role.ADMINISTRATOR)
    coordinator = sign_in()
    token = csrf(coordinator.get("/coordination/referents", expect=403))
    coordinator.post("/coordination/referents/1/take-out", expect=403, csrf_token=token)
    (ana,), (bea,) = ([one.id for one in city.all(Person, role=role)] for role in (Role.ADMINISTRATOR, Role.COORDINATOR))
    for details, where in ((WORDS, 500), (WORDS, -500)):
        city.need(north_m=where, details=details, category="pets")
    city.volunteer(approved=False)
    page = admin.get("/coordination/referents")
    assert "Nobody yet." in page.text
    page = admin.submit(page, "Add", person=str(bea), category="", territory=str(north))
    assert "Nord" in page.text and city.all(Referent)[0].person_id == bea
    assert "This is so already." in admin.submit(page, "Add", person=str(bea), category="", territory=str(north)).text

    mine = admin.get("/coordination/?whose=free").text
    assert "Sud" in mine and mine.count("Read a request:") == 1, "what is for all, and not what is somebody else's"
    assert "Approve a volunteer" in mine
    both = admin.get("/coordination/").text
    assert both.count("Read a request:") == 2
    (north_task,) = [task for task in city.tasks("moderate") if task.territory_id == north]
    assert "It belongs to Ana Costa." in admin.get(f"/coordination/tasks/{north_task.id}").text
    page = admin.submit(admin.get("/coordination/referents"), "Take out")
    assert city.all(Referent) == [] and "Taken out." in page.text
    assert ana and south


def test_nothing_belongs_to_whoever_cannot_see_it(city: City, sign_in: SignIn) -> None:
    north, south = quartier(city, "Nord", 100, 900), quartier(city, "Sud", -900, 100)
    sign_in(territory_id=north)
    [bea] = [one.id for one in city.all(Person, role=Role.COORDINATOR)]
    admin = sign_in(role=Role.ADMINISTRATOR)
    page = admin.submit(admin.get("/coordination/referents"), "Add", expect=422, person=str(bea), category="", territory=str(south))
    assert "does not oversee that area" in page.text and not city.all(Referent)
    admin.submit(page, "Add", person=str(bea), category="", territory="")
    for where in (500, -500):
        city.need(north_m=where, details=WORDS, category="pets")
    belongs = {task.territory_id: admin.get(f"/coordination/tasks/{task.id}").text for task in city.tasks("moderate")}
    assert "It belongs to Ana Costa." in belongs[north] and "It belongs to everybody in this area." in belongs[south]
    assert "Sud" in admin.get("/coordination/?whose=free").text


def test_the_list_of_referents_takes_few_queries(city: City, sign_in: SignIn) -> None:
    admin = sign_in(role=Role.ADMINISTRATOR)
    (agent_id,) = referents.agents(city.ctx)
    sizes = []
    for category in ("shopping", "pets", "pharmacy", "homework"):
        referents.add(city.ctx, agent_id, category, None, _by(city))
        with counted(city) as sent:
            admin.get("/coordination/referents")
        sizes.append(len(sent))
    assert len(set(sizes)) == 1


def _by(city: City) -> Actor:
    return Actor(next(iter(referents.agents(city.ctx))))


def test_checks_are_written_down_and_renewed_in_time(city: City, sign_in: SignIn) -> None:
    person_id = city.one(Offer, city.volunteer()).person_id
    visitor = sign_in()
    page = visitor.get(f"/coordination/people/{person_id}")
    page = visitor.submit(page, "Write it down", expect=422, kind="record", seen_on="24/12/2030")
    assert "This day is still to come." in page.text
    page = visitor.submit(page, "Write it down", expect=422, kind="record", seen_on="2026-11-20", until="2026-11-19")
    assert "This is not after the day" in page.text
    page = visitor.submit(page, "Write it down", kind="record", seen_on="2026-11-20", until="2027-01-15")
    assert "Criminal record" in page.text and "Ana Costa" in page.text
    assert checks.remind_due(city.ctx) == 0
    city.clock.advance(days=25)
    assert checks.remind_due(city.ctx) == 1 and checks.remind_due(city.ctx) == 0
    (task,) = city.tasks("check")
    assert "Renew a check: criminal record" in visitor.get(f"/coordination/tasks/{task.id}").text
    visitor.submit(visitor.get(f"/coordination/people/{person_id}"), "Write it down", kind="record", seen_on="2026-12-10")
    assert city.tasks("check") == []
    city.clock.advance(days=60)
    assert checks.remind_due(city.ctx) == 0


def test_a_check_that_was_written_down_by_mistake_is_taken_back(city: City, sign_in: SignIn) -> None:
    person_id, other_id = (city.one(Offer, city.volunteer()).person_id for _ in range(2))
    visitor = sign_in()
    page = visitor.get(f"/coordination/people/{person_id}")
    page = visitor.submit(page, "Write it down", expect=422, kind="identity", seen_on="1800-01-01")
    assert "Check the year." in page.text
    page = visitor.submit(page, "Write it down", kind="identity", seen_on="2026-11-01")
    assert "seen on 1 November 2026 by Ana Costa" in page.text
    (check,) = city.all(Check)
    elsewhere = f"/coordination/people/{other_id}/checks"
    assert "taken back already" in visitor.post(elsewhere, csrf_token=csrf(page), take_back=check.id).text and city.all(Check)
    after = visitor.submit(page, "Take it back")
    assert "It counts no more." in after.text and not city.all(Check)
    assert "A check was written down by mistake, and taken back: identity" in after.text
    assert "This has been taken back already." in visitor.submit(page, "Take it back").text


def test_a_check_that_was_renewed_early_asks_for_nothing(city: City, sign_in: SignIn) -> None:
    sign_in()
    person_id = city.one(Offer, city.volunteer()).person_id
    for until in (date(2026, 12, 1), date(2028, 12, 1)):
        checks.add_check(city.ctx, person_id, CheckKind.IDENTITY, date(2026, 11, 1), until, _by(city))
        checks.add_check(city.ctx, person_id, CheckKind.IDENTITY, date(2026, 11, 1), until, _by(city))
    assert len(checks.checks_of(city.ctx, person_id)) == 2
    assert checks.remind_due(city.ctx) == 1 and city.tasks("check") == []
