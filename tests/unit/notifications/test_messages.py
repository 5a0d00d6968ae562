"""What a message is made of, and that it survives being stored."""

import datetime as dt
import json

import pytest

from notifications.messages import MESSAGES, AcceptedToVolunteer, Message, NeedClosed, ProposalToResident, from_dict
from notifications.samples import DEADLINE, SAMPLES


@pytest.mark.parametrize("name", SAMPLES)
def test_a_message_comes_back_from_json_as_it_was(name: str) -> None:
    message = SAMPLES[name]
    assert from_dict(json.loads(json.dumps(message.to_dict()))) == message


def test_every_message_has_a_sample() -> None:
    assert {message.kind for message in SAMPLES.values()} == set(MESSAGES)


def test_a_moment_is_kept_in_utc_whatever_its_zone() -> None:
    in_paris = DEADLINE.astimezone(dt.timezone(dt.timedelta(hours=1)))
    message = AcceptedToVolunteer("Anne", "pets", in_paris)
    assert dt.UTC is message.deadline.tzinfo
    assert message == AcceptedToVolunteer("Anne", "pets", DEADLINE)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        AcceptedToVolunteer("Anne", "pets", dt.datetime(2026, 12, 1, 18, 30))


def test_a_reason_that_has_no_words_is_refused() -> None:
    with pytest.raises(ValueError, match="why must be one of withdrawn, called_off, expired"):
        NeedClosed("Zoé", "pets", "bored")  # type: ignore[arg-type]


@pytest.mark.parametrize("distance_m", [437, None])
def test_a_distance_is_told_in_hundreds_of_metres_and_always_in_person(distance_m: int | None) -> None:
    with pytest.raises(ValueError, match="distance_m"):
        ProposalToResident("Zoé", "pets", "in_person", distance_m, DEADLINE, "https://x.example")


def test_a_distance_is_not_told_where_nobody_walks_it() -> None:
    with pytest.raises(ValueError, match="distance_m"):
        ProposalToResident("Zoé", "pets", "remote", 400, DEADLINE, "https://x.example")


@pytest.mark.parametrize("data", [{"kind": "unheard_of"}, {"kind": "need_closed"}, {}])
def test_what_is_no_message_is_refused(data: dict[str, str]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        from_dict(data)


def test_a_proposal_has_no_field_that_could_tell_who_the_resident_is() -> None:
    told = set(SAMPLES["proposal_to_volunteer"].to_dict())
    assert not told & {"other_name", "other_email", "other_phone", "address", "details"}


def test_messages_have_different_kinds() -> None:
    assert len(Message.__subclasses__()) == len(MESSAGES)
