"""What both sides answer to a match: yes, no, and a yes taken back; and what came of it in the end."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from app.context import Context
from app.links import Purpose
from app.models import Match, TaskKind
from app.services.blocks import block
from app.services.channels import way_to
from app.services.closing import first_question
from app.services.duty import set_duty
from app.services.ending import end, outdate, settle
from app.services.events import SYSTEM, Actor, record
from app.services.moves import lock_match, move
from app.services.people import own_page
from app.services.proposing import answer_by, told_distance
from app.services.tasks import close_tasks_about
from app.services.telling import tell
from app.services.visits import agreed_words, begin
from matching.lifecycle import HELD, MatchState, Side
from matching.model import Mode, Urgency
from notifications.messages import AcceptedToResident, AcceptedToVolunteer, AgreedToResident, AgreedToVolunteer, ProposalToResident

PREVENTED, UNAVAILABLE = "prevented", "unavailable"
"""Why a volunteer takes back a yes: something came up, or they are available no longer and go off duty."""
OTHER_TIME, SOMEBODY_ELSE = "other_time", "somebody_else"
"""Why a resident lets a volunteer go: they find no time together, or the two are not to meet again."""


class Answer(StrEnum):
    """What became of an answer, for the page that says so."""

    ACCEPTED = "accepted"
    AGREED = "agreed"
    DECLINED = "declined"
    TOO_LATE = "too_late"
    SETTLED = "settled"
    """Another volunteer was quicker."""
    OVER = "over"
    """The match had ended before: withdrawn, declined or taken back."""


def volunteer_answers(ctx: Context, match_id: int, yes: bool, by: Actor) -> Answer:
    """The volunteer's yes or no. The same answer twice is the same answer; an answer to what has ended says so."""
    now = ctx.now()
    with ctx.db.write() as session:
        match = lock_match(session, match_id)
        if match.state in (MatchState.ACCEPTED, MatchState.AGREED) and yes:
            return Answer(match.state)
        if match.state == MatchState.DECLINED and match.reason == "volunteer" and not yes:
            return Answer.DECLINED
        if match.state != MatchState.PROPOSED:
            return _over(match)
        if not yes:
            end(session, ctx, match, MatchState.DECLINED, "volunteer", now, by)
            return Answer.DECLINED
        if now > match.deadline_at:
            end(session, ctx, match, MatchState.EXPIRED, "silent", now, SYSTEM)
            return Answer.TOO_LATE
        if match.need.share_contact:
            agree(session, ctx, match, now, by)
            return Answer.AGREED
        accept(session, ctx, match, now, by)
        return Answer.ACCEPTED


def _over(match: Match) -> Answer:
    if match.state == MatchState.EXPIRED:
        return Answer.TOO_LATE
    return Answer.SETTLED if match.reason == "settled" else Answer.OVER


def accept(session: Session, ctx: Context, match: Match, now: datetime, by: Actor) -> None:
    """The volunteer's yes takes a place; the resident is asked whether it suits them."""
    need, volunteer = match.need, match.offer.person
    _say_yes(session, match, MatchState.ACCEPTED, now, by)
    match.deadline_at = answer_by(session, ctx, need, Urgency.NORMAL, now, way_to(ctx, need.person).patience)
    settle(session, ctx, need, now, by)
    tell(session, ctx, need.person, question_to_resident(ctx, match), now, need=need, match=match)
    thanks = AcceptedToVolunteer(volunteer.first_name, need.category, match.deadline_at)
    tell(session, ctx, volunteer, thanks, now, offer=match.offer, match=match)


def question_to_resident(ctx: Context, match: Match) -> AcceptedToResident:
    """Whether the volunteer who said yes suits them."""
    need = match.need
    return AcceptedToResident(
        first_name=need.person.first_name, category=need.category, mode=match.mode,
        distance_m=told_distance(match, Side.RESIDENT), deadline=match.deadline_at,
        yes_url=ctx.links.url(Purpose.RESIDENT_YES, match.id), no_url=ctx.links.url(Purpose.RESIDENT_NO, match.id),
        my_page_url=ctx.links.url(Purpose.MY_REQUEST, need.id),
    )  # fmt: skip


def resident_answers(ctx: Context, match_id: int, yes: bool, by: Actor) -> Answer:
    """The resident's yes or no to a volunteer who accepted. A no needs no reason, and the two are not brought together again."""
    now = ctx.now()
    with ctx.db.write() as session:
        match = lock_match(session, match_id)
        if match.state == MatchState.AGREED and yes:
            return Answer.AGREED
        if match.state == MatchState.DECLINED and match.reason == "resident" and not yes:
            return Answer.DECLINED
        if match.state != MatchState.ACCEPTED:
            return _over(match)
        if not yes:
            end(session, ctx, match, MatchState.DECLINED, "resident", now, by)
            block(session, match.need.person_id, match.offer.person_id, now)
            return Answer.DECLINED
        agree(session, ctx, match, now, by)
        return Answer.AGREED


def _say_yes(session: Session, match: Match, there: MatchState, now: datetime, by: Actor) -> None:
    """The first yes takes the place; the resident's, if there is one, keeps it."""
    outdate(session, match, now, by)
    close_tasks_about(session, now, TaskKind.TELL, by, need_id=match.need_id, reason=ProposalToResident.kind)
    if match.state not in HELD:
        match.need.taken += 1
        match.accepted_at = now
    move(session, match, there, now, by, "yes")


def agree(session: Session, ctx: Context, match: Match, now: datetime, by: Actor) -> None:
    """Both have agreed: they get each other's contacts, and it is written down who got whose."""
    need, resident, volunteer = match.need, match.need.person, match.offer.person
    _say_yes(session, match, MatchState.AGREED, now, by)
    match.agreed_at = now
    record(session, "contacts_shown", now, SYSTEM, match_id=match.id, person_id=volunteer.id, need_id=need.id)
    record(session, "contacts_shown", now, SYSTEM, match_id=match.id, person_id=resident.id, offer_id=match.offer_id)
    begin(session, ctx, match, now)
    match.ask_at = first_question(session, ctx, match, now)
    settle(session, ctx, need, now, by)
    to_volunteer = AgreedToVolunteer(
        first_name=volunteer.first_name, category=need.category, mode=match.mode, when=need.availability, other_name=resident.first_name,
        other_email=resident.email or "", other_phone=resident.phone or "", details=need.told,
        address=need.address if match.mode == Mode.IN_PERSON else "",
        my_page_url=own_page(ctx, volunteer), **agreed_words(session, ctx, match, Side.VOLUNTEER, now),
    )  # fmt: skip
    tell(session, ctx, volunteer, to_volunteer, now, need=need, offer=match.offer, match=match)
    to_resident = AgreedToResident(
        first_name=resident.first_name, category=need.category, mode=match.mode, when=need.availability,
        other_name=volunteer.first_name, other_email=volunteer.email or "", other_phone=volunteer.phone or "",
        my_page_url=ctx.links.url(Purpose.MY_REQUEST, need.id), **agreed_words(session, ctx, match, Side.RESIDENT, now),
    )  # fmt: skip
    tell(session, ctx, resident, to_resident, now, need=need, match=match)


def back_out(ctx: Context, match_id: int, by: Actor, because: str | None = None) -> Answer:
    """A volunteer takes back a yes; the need goes back to the matcher at once."""
    now = ctx.now()
    with ctx.db.write() as session:
        match = lock_match(session, match_id)
        if match.state not in HELD:
            return _over(match)
        end(session, ctx, match, MatchState.CANCELLED, "backed_out", now, by, because)
    if because == UNAVAILABLE:
        set_duty(ctx, match.offer.person_id, False, by)
    return Answer.DECLINED


def let_go(ctx: Context, match_id: int, by: Actor, because: str | None = None) -> Answer:
    """A resident takes back what was agreed; somebody else is looked for. Whom they would rather not see again is not proposed again."""
    now = ctx.now()
    with ctx.db.write() as session:
        match = lock_match(session, match_id)
        if match.state != MatchState.AGREED:
            return _over(match)
        end(session, ctx, match, MatchState.CANCELLED, "let_go", now, by, because)
        if because == SOMEBODY_ELSE:
            block(session, match.need.person_id, match.offer.person_id, now)
        return Answer.DECLINED
