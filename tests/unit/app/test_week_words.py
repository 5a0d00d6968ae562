"""Weekly hours in sentences."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.week import DAYS, PARTS, add, spell
from app.week_words import Unreadable, read_week
from matching.hours import half_hours, parse_hours
from notifications.words import hours_words

EVENINGS = "Mo-Fr 18:00-20:00"


@pytest.mark.parametrize(
    ("sentence", "hours"),
    [
        ("lundi à vendredi de 18 h à 20 h, samedi matin", f"{EVENINGS}; Sa 09:00-12:00"),
        ("Du lundi au vendredi entre 18h et 20h", EVENINGS),
        ("tous les jours sauf le dimanche", "Mo-Sa 09:00-20:00"),
        ("le week-end", "Sa,Su 09:00-20:00"),
        ("En semaine, le soir. Le samedi, le matin.", f"{EVENINGS}; Sa 09:00-12:00"),
        ("le soir en semaine et le samedi toute la journée", f"{EVENINGS}; Sa 09:00-20:00"),
        ("pas le mercredi après-midi", "Mo-Su 09:00-20:00; We 09:00-14:00,18:00-20:00"),
        ("lundi, mardi et jeudi de 14h30 à 16h", "Mo,Tu,Th 14:30-16:00"),
        ("les mardis et jeudis soirs", "Tu,Th 18:00-20:00"),
        ("samedi matin de 10 h à 11 h", "Sa 10:00-11:00"),
        ("9h–12h et 14h–18h le samedi", "Sa 09:00-12:00,14:00-18:00"),
        ("dimanche de 22 h à 2 h", "Su 22:00-02:00"),
        ("à partir de 18 h en semaine", "Mo-Fr 18:00-22:00"),
        ("jusqu’à 11 h le mardi", "Tu 08:00-11:00"),
        ("vendredi au lundi matin", "Fr-Mo 09:00-12:00"),
        ("Monday to Friday 6pm-8pm", EVENINGS),
        ("Mon–Fri, 6 to 8 p.m.", EVENINGS),
        ("from 6 to 8 pm on weekdays", EVENINGS),
        ("6 to 8 in the evening", "18:00-20:00"),
        ("weekday evenings", EVENINGS),
        ("evenings and weekends", "18:00-20:00; Sa,Su 09:00-20:00"),
        ("mornings on Monday and Tuesday", "Mo,Tu 09:00-12:00"),
        ("not on Sundays", "Mo-Sa 09:00-20:00"),
        ("every day except Sunday 6pm-8pm", "Mo-Sa 18:00-20:00"),
        ("weekdays but not Wednesday evening", "Mo-Fr 09:00-20:00; We 09:00-18:00"),
        ("11-1pm on Monday", "Mo 11:00-13:00"),
        ("noon to 2pm", "12:00-14:00"),
        ("Saturday 10-12\nSunday 14-16", "Sa 10:00-12:00; Su 14:00-16:00"),
        ("any time", "24/7"),
        ("n’importe quand", "24/7"),
        ("Mo-Fr 18:00-20:00", EVENINGS),
    ],
)
def test_a_sentence_is_read(sentence: str, hours: str) -> None:
    assert parse_hours(read_week(sentence)) == parse_hours(hours)


@pytest.mark.parametrize(
    ("sentence", "part"),
    [
        ("when I can", "when"), ("samedi à 10 h", "10 h"), ("lundi 25h", "25h"), ("lundi de 18h à 18h", "18h – 18h"), ("2 afternoons", "2"),
        ("lundi sauf lundi", "lundi sauf lundi"), ("off", "off"), ("Mo 10:00-10:20", "Mo 10:00-10:20"),
        ("lundi de 10h à 10h15", "lundi de 10h à 10h15"), ("13 pm to 14 pm", "13 pm"), ("Monday 9:75 to 10", "9:75"), ("??", "??"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_and_never_passed_over(sentence: str, part: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_week(sentence)
    assert refused.value.part == part


BOXES = st.sets(st.tuples(st.integers(0, 6), st.sampled_from(list(PARTS))))


@given(BOXES, st.sampled_from(["fr", "en"]))
def test_what_the_boxes_say_survives_being_said_in_words(ticked: set[tuple[int, str]], language: str) -> None:
    week = [0] * len(DAYS)
    for day, part in ticked:
        add(week, day, PARTS[part])
    assert read_week(hours_words(spell(week), language)) == spell(week)


SPANS = st.tuples(st.integers(0, 95), st.integers(1, 96)).filter(lambda span: span[0] < span[1])


@given(st.lists(st.tuples(st.integers(0, 6), SPANS), min_size=1), st.sampled_from(["fr", "en"]))
def test_hours_to_the_quarter_survive_being_said_in_words(given_spans: list[tuple[int, tuple[int, int]]], language: str) -> None:
    week = [0] * len(DAYS)
    for day, (start, end) in given_spans:
        add(week, day, (start * 15, end * 15))
    assume(half_hours(parse_hours(spell(week))))  # what is less is refused
    assert read_week(hours_words(spell(week), language)) == spell(week)


WORDS = st.sampled_from([
    "lundi", "sat", "sauf", "not", "le", "et", "and", "à", "to", "-", "6", "pm", "18h",
    "18:30", "soir", "morning", "après", "before", ",", ";", ".", "week-end", "every", "day",
])  # fmt: skip


@given(st.one_of(st.text(), st.lists(WORDS).map(" ".join)))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        hours = read_week(text)
    except Unreadable:
        return
    assert half_hours(parse_hours(hours))
