"""Messages go in with their fact, come out once, and their outcome is recorded."""

import datetime as dt
import json
import threading

import pytest

from notifications import outbox
from notifications.messages import NeedReceived, from_dict
from notifications.outbox import Claimed
from notifications.tables import OutboxState, suppressed_address
from tests.integration.notifications.conftest import START, Post, unseal

LEASE = dt.timedelta(minutes=10)


def claim(post: Post, holder: str = "one", limit: int = 10) -> list[Claimed]:
    with post.database.begin() as connection:
        return outbox.claim(connection, holder=holder, now=post.clock(), limit=limit, lease=LEASE)


def test_a_message_waits_sealed_until_it_is_claimed(post: Post) -> None:
    message = NeedReceived("Zoé", "shopping", "https://entraide.example.org/page/AAA")
    id = post.enqueue("zoe@example.org", message, about="need:7")
    row = post.row(id)
    assert (row.state, row.attempts, row.due_at, row.about) == (OutboxState.WAITING, 0, START, "need:7")
    assert not {word for word in ("Zoé", "zoe@", "page") if word in f"{row.payload} {row.recipient} {row.message_id}"}
    [claimed] = claim(post)
    assert (claimed.id, claimed.message_id, claimed.attempts, claimed.created_at) == (id, row.message_id, 1, START)
    assert from_dict(json.loads(unseal(claimed.payload))) == message
    assert json.loads(unseal(claimed.recipient)) == {"address": "zoe@example.org", "name": "Zoé Martin"}


def test_the_same_event_for_the_same_person_is_one_message(post: Post) -> None:
    first = post.enqueue(event_key="proposed:match:1:volunteer")
    assert first is not None
    assert post.enqueue(event_key="proposed:match:1:volunteer") is None
    assert post.enqueue(event_key="proposed:match:1:resident") is not None
    assert None not in (post.enqueue(), post.enqueue())
    assert len(post.rows()) == 4


def test_a_message_goes_with_its_transaction(post: Post) -> None:
    with pytest.raises(ZeroDivisionError), post.database.begin() as connection:
        outbox.enqueue(
            connection,
            NeedReceived("Zoé", "pets", ""),
            to=outbox.Recipient("zoe@example.org", "index", "fr", "Zoé"),
            about="need:1",
            now=START,
            seal=str,
            sender_domain="example.org",
        )
        raise ZeroDivisionError
    assert post.rows() == []


def test_messages_are_claimed_oldest_first_and_once(post: Post) -> None:
    ids = [post.enqueue() for _ in range(5)]
    assert [claimed.id for claimed in claim(post, limit=2)] == ids[:2]
    assert [claimed.id for claimed in claim(post, "two")] == ids[2:]
    assert claim(post, "three") == []


def test_what_is_not_due_yet_is_left_alone(post: Post) -> None:
    post.enqueue(now=START + dt.timedelta(seconds=1))
    assert claim(post) == []
    post.clock.advance(seconds=1)
    assert len(claim(post)) == 1


def test_a_lease_that_ran_out_gives_the_message_to_another(post: Post) -> None:
    id = post.enqueue()
    [first] = claim(post, "dead")
    post.clock.advance(minutes=9)
    assert claim(post, "alive") == []
    post.clock.advance(minutes=1)
    [second] = claim(post, "alive")
    assert (second.id, second.message_id, second.attempts) == (id, first.message_id, 1)


def test_a_renewed_lease_holds_and_what_was_lost_is_known(post: Post) -> None:
    ids = [post.enqueue(), post.enqueue()]
    claim(post, "slow", limit=2)
    post.clock.advance(minutes=9)
    with post.database.begin() as connection:
        assert outbox.renew(connection, [ids[0]], holder="slow", now=post.clock(), lease=LEASE) == {ids[0]}
    post.clock.advance(minutes=2)
    assert [claimed.id for claimed in claim(post, "other")] == [ids[1]]
    with post.database.begin() as connection:
        assert outbox.renew(connection, ids, holder="slow", now=post.clock(), lease=LEASE) == {ids[0]}


def test_what_a_dead_relay_held_is_free_at_once(post: Post) -> None:
    for holder in ("dead", "alive"):
        post.enqueue()
        claim(post, holder)
    with post.database.begin() as connection:
        assert outbox.release_dead(connection, lambda holder: holder == "dead") == 1
    assert post.states() == ["waiting", "sending"]


def test_outcomes_are_recorded(post: Post) -> None:
    for _ in range(3):
        post.enqueue()
    sent, later, never = claim(post)
    with post.database.begin() as connection:
        outbox.record_sent(connection, sent.id, now=post.clock())
        outbox.record_retry(connection, later.id, holder="one", due_at=START + LEASE, error="recipient: 450")
        outbox.record_refused(connection, never.id, holder="one", error="recipient: 550")
    assert post.states() == ["sent", "waiting", "refused"]
    assert [row.last_error for row in post.rows()] == [None, "recipient: 450", "recipient: 550"]
    assert {row.claimed_by for row in post.rows()} == {None}
    assert post.row(later.id).due_at == START + LEASE
    with post.database.begin() as connection:
        assert outbox.counts(connection) == dict.fromkeys(OutboxState, 0) | {"waiting": 1, "sent": 1, "refused": 1}


def test_whoever_lost_a_message_cannot_undo_what_the_next_one_did(post: Post) -> None:
    post.enqueue()
    claim(post, "slow")
    post.clock.advance(minutes=10)
    [claimed] = claim(post, "quick")
    with post.database.begin() as connection:
        outbox.record_sent(connection, claimed.id, now=post.clock())
        outbox.record_retry(connection, claimed.id, holder="slow", due_at=post.clock(), error="late")
        outbox.record_refused(connection, claimed.id, holder="slow", error="late")
        outbox.release(connection, [claimed.id], holder="slow")
    assert post.states() == ["sent"]


def test_a_refusal_is_found_until_somebody_was_told(post: Post) -> None:
    post.enqueue(about="match:3")
    [claimed] = claim(post)
    with post.database.begin() as connection:
        outbox.record_refused(connection, claimed.id, holder="one", error="address suppressed", state=OutboxState.SUPPRESSED)
        [found] = outbox.refused_unhandled(connection, limit=10)
        assert (found.id, found.kind, found.about, found.why) == (claimed.id, "need_received", "match:3", "address suppressed")
        assert from_dict(json.loads(unseal(found.payload))).first_name == "Zoé"
        outbox.mark_handled(connection, found.id, post.clock())
        assert outbox.refused_unhandled(connection, limit=10) == []


def test_an_address_is_suppressed_once_and_can_be_written_to_again(post: Post) -> None:
    first, second, other = post.enqueue("gone@example.org"), post.enqueue("gone@example.org"), post.enqueue("here@example.org")
    assert first and second and other
    with post.database.begin() as connection:
        assert not outbox.lift_suppression(connection, first)
        outbox.suppress(connection, "index of gone@example.org", "recipient: 550 5.1.1", START)
        outbox.suppress(connection, "index of gone@example.org", "bounced", START + LEASE)
        [row] = connection.execute(suppressed_address.select())
        assert (row.reason, row.since) == ("recipient: 550 5.1.1", START)
        assert not outbox.lift_suppression(connection, other)
        assert outbox.lift_suppression(connection, second)
        assert not connection.execute(suppressed_address.select()).all()


def test_what_is_given_back_has_not_been_tried(post: Post) -> None:
    for _ in range(3):
        post.enqueue()
    now, later, foreign = claim(post)
    with post.database.begin() as connection:
        outbox.release(connection, [now.id], holder="one")
        outbox.release(connection, [later.id], holder="one", due_at=START + LEASE)
        outbox.release(connection, [foreign.id], holder="other")
    assert [(row.state, row.attempts, row.due_at) for row in post.rows()] == [
        ("waiting", 0, START),
        ("waiting", 0, START + LEASE),
        ("sending", 1, START),
    ]


def test_relays_side_by_side_take_each_message_once(post: Post) -> None:
    ids = [post.enqueue() for _ in range(60)]
    taken: list[int] = []
    failures: list[Exception] = []

    def relay(holder: str) -> None:
        try:
            while batch := claim(post, holder, limit=4):
                taken.extend(claimed.id for claimed in batch)
        except Exception as error:
            failures.append(error)

    relays = [threading.Thread(target=relay, args=(str(number),)) for number in range(4)]
    for thread in relays:
        thread.start()
    for thread in relays:
        thread.join()
    assert failures == []
    assert sorted(taken) == ids


def test_a_moment_without_a_zone_cannot_be_stored(post: Post) -> None:
    with pytest.raises(Exception, match="zone"):
        post.enqueue(now=dt.datetime(2026, 11, 30))
