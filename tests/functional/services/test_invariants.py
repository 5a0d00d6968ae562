"""What is not as it should be is found, by name and with its mend: each is broken here on purpose."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from app.cli import group
from app.models import Match, Moderation, Need
from app.services import audit, invariants, leases, matches, plans
from app.services.audit import Sealer
from tests.city import BY_LINK, KEYS, City
from tests.functional.services.test_audit import by_force


@pytest.fixture
def busy(city: City) -> City:
    """An agreed match (1), one that is asked (2), an open request (3), a plan."""
    for _ in range(2):
        city.volunteer()
    agreed = city.need()
    city.match()
    (match,) = city.matches(agreed)
    matches.volunteer_answers(city.ctx, match.id, True, BY_LINK)
    matches.resident_answers(city.ctx, match.id, True, BY_LINK)
    city.need()
    city.match()
    city.need(category="pets")
    city.match()
    person_id = city.one(Need, agreed).person_id
    plans.want(city.ctx, None, person_id, BY_LINK)
    leases.hold(city.ctx, "matching")
    return city


NOW = "(SELECT max(at) FROM event)"
BREAKS = {
    "State of a need that there is not": "UPDATE need SET state = 'lost' WHERE id = 3",
    "State of a visit that there is not": "UPDATE visit SET state = 'lost' WHERE id = (SELECT min(id) FROM visit)",
    "Open request that nobody looks for, or that is served or asked for": "UPDATE need SET next_try_at = NULL WHERE id = 3",
    "Request that counts as asked for and is not": "UPDATE need SET state = 'asked' WHERE id = 3",
    "Request that counts as agreed and is not": "UPDATE need SET state = 'agreed' WHERE id = 3",
    "Request that has ended or rests while somebody is asked": "UPDATE need SET state = 'withdrawn' WHERE id = 2",
    "Request that has to be read first, for which somebody is asked": "UPDATE need SET moderation = 'held' WHERE id = 2",
    "Visit that is planned though its match has ended": "UPDATE visit SET match_id = 2",
    "Offer that counts other matches than it has": "UPDATE offer SET taken = 0 WHERE id = 1",
    "Request that counts other helpers than it has": "UPDATE need SET taken = 1 WHERE id = 2",
    "Request on the map without a public point": "UPDATE need SET public_lat = NULL WHERE id = 3",
    "Request of somebody who was merged into another":
        "UPDATE person SET merged_into_id = 1 WHERE id = (SELECT person_id FROM need WHERE id = 3)",
    "Request that waits to be read and is on nobody's list": "UPDATE need SET moderation = 'held' WHERE id = 3",
    "Lease that ends too late for a clock that is right": "UPDATE lease SET until = '2031-01-01 00:00:00'",
    "Values that no key at hand opens": "UPDATE person SET name = 'k9' || substr(name, 3) WHERE id = 1",
    "Row of visit whose match_id is of nobody and nothing": "UPDATE visit SET match_id = 4711",
    "Message for somebody who is not there": "UPDATE notification_outbox SET reader_id = 4711 WHERE id = 1",
}  # fmt: skip


def said(city: City) -> set[str]:
    return {wrong.what for wrong in invariants.check(city.ctx)}


@pytest.mark.parametrize("what", BREAKS)
def test_what_is_broken_is_named(busy: City, what: str) -> None:
    assert said(busy) == set()
    by_force(busy, BREAKS[what])
    assert what in said(busy)


def test_two_live_matches_of_the_same_two(busy: City) -> None:
    columns = "need_id, offer_id, state, mode, distance_m, proposed_at, deadline_at, asked, made_because, sequence"
    copy = f"INSERT INTO \"match\" ({columns}) SELECT {columns} FROM \"match\" WHERE id = 2"
    by_force(busy, "DROP INDEX uq_match_live_pair", copy)
    (wrong,) = [wrong for wrong in invariants.check(busy.ctx) if wrong.what == "Two live matches of the same two"]
    assert (wrong.number, wrong.which) == (1, "2") and "End one of the two" in wrong.mend


def test_work_that_nobody_does_is_named_after_an_hour(busy: City) -> None:
    busy.clock.advance(minutes=50)
    assert said(busy) == set()
    busy.clock.advance(days=60)
    by_force(busy, "UPDATE notification_outbox SET state = 'sending', claimed_until = '2026-11-23 10:00:00' WHERE id = 1")
    by_force(busy, "UPDATE notification_outbox SET state = 'refused' WHERE id = 2")
    assert said(busy) == {
        "Request that waits to be matched", "Match past its deadline", "Match of which nobody is asked what came of it",
        "Round that nobody works out", "Message that waits to be sent", "Message that a worker has begun to send and not ended",
        "Message that was refused and became nobody's task", "Work that no worker has done lately",
    }  # fmt: skip


def test_the_command_says_it_and_ends_with_one(busy: City, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = busy.ctx
    given = {"DATABASE_URL": ctx.settings.resolved_database_url, "INSTANCE": ctx.settings.instance, "ENCRYPTION_KEYS": KEYS}
    for name, value in (given | {"SECRET_KEY": "s" * 40}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(invariants, "STUCK", timedelta(days=9000))  # the command has the real clock
    monkeypatch.setattr(invariants, "AHEAD", timedelta(days=9000))
    monkeypatch.setattr(audit, "LATE", timedelta(days=9000))
    Sealer().seal_due(ctx)

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(group, ["check", *words], standalone_mode=False, catch_exceptions=False)
        return done.return_value, done.output

    code, output = run()
    assert code == 0 and "All is as it should be." in output
    code, heads = run("audit")
    assert code == 0 and any(len(word) == 64 for word in heads.split())
    by_force(busy, "UPDATE offer SET taken = 0 WHERE id = 1", "UPDATE event SET kind = 'other' WHERE id = 3")
    code, output = run()
    assert code == 1 and "Offer that counts other matches than it has: 1 (1). Stop the workers" in output and "(event 3)" in output
    before = [(need.state, need.moderation) for need in busy.all(Need)]
    run()
    assert before == [(need.state, need.moderation) for need in busy.all(Need)] and len(busy.all(Match)) == 2
    assert Moderation.HELD not in {moderation for _, moderation in before}
    with ctx.db.read() as session:
        assert session.scalar(text("SELECT count(*) FROM event WHERE kind = 'other'")) == 1
