"""What a message that came in is: the ways in which servers, robots and people answer, and bytes that are no mail at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.inbound.parts import clean
from notifications.inbound.read import Answer, AutoReply, Received, read
from notifications.inbound.report import Bounce, Outcome
from notifications.inbound.writing import LONGEST, own_words
from tests.mail import FOLDER, sample

ID = "<aa11@example.org>"
OURS = "entraide+r.7.abcdefghijklmnop@example.org"


def content(name: str) -> Bounce | AutoReply | Answer:
    return read(sample(name)).content


@pytest.mark.parametrize(
    ("name", "bounce"),
    [
        ("postfix", Bounce(Outcome.GONE, "5.1.1")),
        ("postfix-delayed", Bounce(Outcome.DELAYED, "4.4.1")),
        ("postfix-gave-up", Bounce(Outcome.FAILED, "4.4.1")),
        ("exim", Bounce(Outcome.GONE)),
        ("exim-full", Bounce(Outcome.FULL)),
        ("exim-delayed", Bounce(Outcome.DELAYED)),
        ("qmail", Bounce(Outcome.GONE, "5.1.1")),
        ("exchange-fr", Bounce(Outcome.GONE, "5.1.10")),
        ("exchange-2003", Bounce(Outcome.GONE)),
        ("gmail", Bounce(Outcome.GONE, "5.1.1")),
        ("gmail-full", Bounce(Outcome.FULL, "5.2.2")),
        ("ovh-fr", Bounce(Outcome.GONE)),
        ("spam-refused", Bounce(Outcome.FAILED, "5.7.1")),
        ("delivered", Bounce(Outcome.DELIVERED, "2.0.0")),
    ],
)
def test_a_delivery_report_says_what_became_of_the_message(name: str, bounce: Bounce) -> None:
    assert content(name) == bounce


@pytest.mark.parametrize(
    ("status", "said", "outcome"),
    [
        ("5.0.0", "550 5.1.1 nobody here", Outcome.GONE),
        ("5.0.0", "550 permission denied", Outcome.FAILED),
        ("5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable", Outcome.GONE),
        ("5.7.1", "550 5.7.1 Recipient address rejected: user unknown", Outcome.GONE),
        ("5.7.1", "550 5.7.1 blocked: no such user or bad reputation", Outcome.FAILED),
        ("5.1.8", "550 5.1.8 sender address: domain not found", Outcome.FAILED),
        ("5.2.1", "550 account disabled", Outcome.GONE),
        ("5.3.4", "552 message too large", Outcome.FAILED),
        ("5.4.4", "host or domain name not found", Outcome.GONE),
        ("5.2.2", "", Outcome.FULL),
        ("4.2.2", "mailbox full", Outcome.FULL),
    ],
)
def test_an_address_is_given_up_for_what_is_its_own_fault(status: str, said: str, outcome: Outcome) -> None:
    raw = sample("postfix").replace(b"Status: 5.1.1", f"Status: {status}".encode())
    before, _, after = raw.partition(b"Diagnostic-Code: smtp; ")
    raw = before + f"Diagnostic-Code: smtp; {said}\n\n--4F1".encode() + after.partition(b"\n\n--4F1")[2]
    found = read(raw).content
    assert isinstance(found, Bounce) and found.outcome == outcome


@pytest.mark.parametrize(
    "name", [path.stem for path in sorted(FOLDER.glob("*.eml")) if path.stem not in ("newsletter", "away-old", "exim-delayed")]
)
def test_each_says_which_message_it_is_about(name: str) -> None:
    received = read(sample(name, sent_by=OURS))
    assert OURS in received.sent_to
    if name not in ("was-read",):
        assert ID in received.ids


def test_a_report_that_lost_its_address_still_returns_the_one_that_it_answers() -> None:
    raw = sample("qmail", sent_by=OURS).replace(f"To: {OURS}".encode(), b"To: entraide@example.org", 1)
    assert OURS in read(raw).sent_to


def test_what_a_person_encloses_is_not_what_they_answer() -> None:
    enclosed = sample("answer-gmail-fr", message_id="<other@example.org>").decode()
    raw = f"From: a@b.example\nTo: c@d.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nLook.\n--x\n\
Content-Type: message/rfc822\n\n{enclosed}\n--x--\n".encode()
    received = read(raw)
    assert received.ids == () and received.sent_to == ("c@d.example",)
    assert received.content == Answer("a@b.example", "", "Look.", ("message/rfc822",))


@pytest.mark.parametrize("name", ["away-fr", "away-en", "away-old", "was-read"])
def test_robots_are_recognised(name: str) -> None:
    assert content(name) == AutoReply()


@pytest.mark.parametrize("subject", ["Out of office: back on Monday", "Re: Absence du bureau", "Automatic reply: Hello", "Avis d’absence"])
def test_a_robot_that_says_so_in_its_subject_only(subject: str) -> None:
    assert read(f"From: a@b.example\nSubject: {subject}\n\nAway.".encode()).content == AutoReply()


@pytest.mark.parametrize("subject", ["Re: Pouvez-vous aider ? Absence mardi", "I am out of milk", "Votre question automatique"])
def test_a_person_with_such_words_is_a_person(subject: str) -> None:
    assert isinstance(read(f"From: a@b.example\nSubject: {subject}\n\nHello.".encode()).content, Answer)


def test_what_somebody_wrote_comes_without_what_they_quote() -> None:
    assert content("answer-gmail-fr") == Answer(
        "zoe@example.net", "Re: Pouvez-vous aider ?", "Oui, volontiers, mais seulement après 18 h.\nZélie"
    )


def test_html_alone_becomes_text_and_attachments_are_named() -> None:
    assert content("answer-outlook-html") == Answer(
        "zoe@example.net", "RE: Pouvez-vous aider ?", "Bonjour,\n\nJe suis en déplacement cette semaine : non merci.", ("attestation.pdf",)
    )


@pytest.mark.parametrize("name", ["newsletter", "odd-daemon"])
def test_what_no_person_wrote_is_doubtful(name: str) -> None:
    found = content(name)
    assert isinstance(found, Answer) and found.doubtful


@pytest.mark.parametrize(
    "text",
    [
        "> Can you help?\nYes, on Monday.\n> And on Tuesday?\nNo.",
        "On Monday, Entraide wrote:\n> Can you help?\n\nYes.",
        "> Everything quoted\n> and nothing said",
        "From: here to there\nit is far.",
    ],
)
def test_in_doubt_the_whole_is_kept(text: str) -> None:
    assert own_words(text) == text


@pytest.mark.parametrize(
    "quoted",
    [
        "-----Message d'origine-----\nDe : Entraide",
        "________________________________\nDe : Entraide <a@b.example>\nEnvoyé : lundi\nObjet : X",
        "From: Entraide\nSent: Monday\nSubject: X",
        "On Mon, Nov 30, 2026 at 10:12 AM Entraide <\nentraide@example.org> wrote:\n\n> Hello",
        "> Hello",
    ],
)
def test_a_quotation_at_the_end_is_cut(quoted: str) -> None:
    assert own_words(f"Yes.\n\n{quoted}") == "Yes."


def test_a_text_has_an_end() -> None:
    assert len(own_words("word " * 100_000)) == LONGEST


def test_the_same_message_is_the_same_whichever_way_it_came() -> None:
    raw = sample("answer-gmail-fr")
    otherwise = b"Delivered-To: x@example.org\nReceived: from somewhere\n" + raw
    assert read(raw).fingerprint == read(otherwise.replace(b"\n", b"\r\n")).fingerprint
    assert read(raw).fingerprint != read(raw.replace(b"volontiers", b"jamais")).fingerprint


def test_a_thousand_parts_within_each_other_are_read_as_they_came() -> None:
    raw = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3000))
    found = read(raw, "entraide@example.org")
    assert isinstance(found.content, Answer) and found.content.doubtful


def fit_to_store(received: Received) -> None:
    words = [*received.sent_to, *received.ids]
    if isinstance(received.content, Answer):
        words += [received.content.sender, received.content.subject, received.content.text, *received.content.attachments]
        assert len(received.content.text) <= LONGEST and "\n" not in received.content.subject
    assert [word for word in words if clean(word) != word or not word.encode()] == [""] * words.count("")
    assert len(received.fingerprint) == 64


@given(st.binary(max_size=2000))
def test_any_bytes_are_read(raw: bytes) -> None:
    fit_to_store(read(raw))


HEADERS = st.sampled_from(
    ["From", "To", "Subject", "Content-Type", "Content-Transfer-Encoding", "Return-Path", "In-Reply-To", "References", "Auto-Submitted",
     "Content-Disposition", "X-Failed-Recipients", "Precedence", "Message-ID", "Action", "Status", "Date"]
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(
        ["multipart/report; report-type=delivery-status; boundary=x", "multipart/mixed; boundary=x", "message/delivery-status",
         "message/rfc822", "text/html; charset=unicode_escape", "text/plain; charset=\"utf-16\"", "text/plain; charset=nonsense", "base64",
         "quoted-printable", "x-uuencode", "attachment; filename*=utf-8''%ff%fe", "=?utf-8?B?////?=", "=?x?Q?=ff?=", "=?utf-7?Q?+AGE?=",
         "mailer-daemon@x.example", "<>", "\udcff", "=?iso-2022-jp?B?GyRC?=", "failed", "5.1.1"]
    ),
    st.text(max_size=60),
)  # fmt: skip
LINES = st.sampled_from(
    ["", "--x", "--x--", "Content-Type: text/plain", "Action: failed", "Status: 5.1.1", "begin 644 a", "> quoted", "<p>"]
)


@given(st.lists(st.tuples(HEADERS, VALUES), max_size=8), st.lists(st.one_of(LINES, st.text(max_size=40)), max_size=15))
def test_anything_that_looks_like_mail_is_read(headers: list[tuple[str, str]], lines: list[str]) -> None:
    text = "".join(f"{name}: {value}\n" for name, value in headers) + "\n" + "\n".join(lines)
    fit_to_store(read(text.encode("utf-8", "surrogateescape" if text.isascii() else "replace")))


@given(st.sampled_from(sorted(FOLDER.glob("*.eml"))), st.data())
def test_a_message_that_was_hurt_on_its_way_is_read(path, data) -> None:  # type: ignore[no-untyped-def]
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, max(len(raw) - 1, 0)))
        raw[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=8))
    fit_to_store(read(bytes(raw)))
