"""Data in words, as a reader of each language would say it."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from config.categories import CATEGORIES
from notifications.words import LANGUAGES, category_words, distance_words, hours_words, moment_words, walk_words, when_words

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("text", "french", "english"),
    [
        ("Mo-Fr 18:00-20:00", "du lundi au vendredi, 18 h – 20 h", "Monday to Friday, 18:00 – 20:00"),
        ("Sa,Su 9:30-12:00", "samedi et dimanche, 9 h 30 – 12 h", "Saturday and Sunday, 09:30 – 12:00"),
        (
            "Mo 10:00-12:00; We 14:00-16:00,18:00-19:00",
            "lundi, 10 h – 12 h ; mercredi, 14 h – 16 h et 18 h – 19 h",
            "Monday, 10:00 – 12:00; Wednesday, 14:00 – 16:00 and 18:00 – 19:00",
        ),
        ("Su 22:00-02:00", "dimanche, 22 h – 2 h", "Sunday, 22:00 – 02:00"),
        ("00:00-24:00", "tous les jours, minuit – minuit", "every day, 00:00 – 24:00"),
        ("Mo-Su 08:00-12:00", "tous les jours, 8 h – 12 h", "every day, 08:00 – 12:00"),
        (
            "Fr-Mo 08:00-12:00",
            "lundi, 8 h – 12 h ; du vendredi au dimanche, 8 h – 12 h",
            "Monday, 08:00 – 12:00; Friday to Sunday, 08:00 – 12:00",
        ),
        ("24/7", "à toute heure", "at any time"),
        ("", "à convenir ensemble", "to be agreed between you"),
    ],
)
def test_weekly_hours_are_told_in_words(text: str, french: str, english: str) -> None:
    assert (french, english) == (hours_words(text, "fr").replace("\u00a0", " "), hours_words(text, "en"))


def test_a_later_rule_replaces_an_earlier_one_on_its_days() -> None:
    assert hours_words("Mo-We 09:00-17:00; We 14:00-16:00", "en") == "Monday and Tuesday, 09:00 – 17:00; Wednesday, 14:00 – 16:00"
    assert hours_words("09:00-17:00; Su off", "en") == "Monday to Saturday, 09:00 – 17:00"


@pytest.mark.parametrize(
    "text", ["Mo[1] 10:00-12:00", "sunrise-sunset", "PH off", "when I can", "Xx 10:00-12:00", "Mo-We-Fr 10:00-12:00", "Mo off"]
)
def test_hours_too_special_for_words_stay_as_they_are(text: str) -> None:
    assert text == hours_words(text, "fr")


@pytest.mark.parametrize(
    ("distance_m", "french", "english"),
    [(100, "environ 100 m", "about 100 m"), (1000, "environ 1 km", "about 1 km"), (1200, "environ 1,2 km", "about 1.2 km")],
)
def test_a_distance_is_told_as_about_so_far(distance_m: int, french: str, english: str) -> None:
    assert [french, english] == [distance_words(distance_m, language).replace("\u00a0", " ") for language in LANGUAGES]


def test_a_moment_is_told_in_the_city_s_zone_on_both_sides_of_summer_time() -> None:
    winter, summer = dt.datetime(2026, 12, 1, 17, 30, tzinfo=dt.UTC), dt.datetime(2026, 6, 30, 22, 0, tzinfo=dt.UTC)
    assert moment_words(winter, PARIS, "fr").replace("\u00a0", " ") == "mardi 1er décembre à 18 h 30"
    assert moment_words(summer, PARIS, "fr") == "mercredi 1er juillet à minuit"
    assert moment_words(winter, PARIS, "en") == "Tuesday 1 December at 18:30"


@pytest.mark.parametrize(
    ("moment", "french", "english"),
    [
        ("2026-06-03 14:10", "aujourd’hui à 14 h 10", "today 14:10"),
        ("2026-06-04 00:00", "demain à minuit", "tomorrow 00:00"),
        ("2026-06-02 23:59", "hier à 23 h 59", "yesterday 23:59"),
        ("2026-06-09 18:00", "mardi à 18 h", "Tuesday 18:00"),
        ("2026-05-28 09:05", "jeudi à 9 h 05", "Thursday 09:05"),
        ("2026-06-10 18:00", "mercredi 10 juin à 18 h", "Wednesday 10 June 18:00"),
        ("2026-05-27 18:00", "mercredi 27 mai à 18 h", "Wednesday 27 May 18:00"),
        ("2026-07-01 18:00", "mercredi 1er juillet à 18 h", "Wednesday 1 July 18:00"),
    ],
)
def test_a_moment_is_told_as_one_says_it_today(moment: str, french: str, english: str) -> None:
    now = dt.datetime(2026, 6, 2, 22, 30, tzinfo=dt.UTC)  # already the third in Paris
    at = dt.datetime.fromisoformat(moment).replace(tzinfo=PARIS)
    assert [french, english] == [when_words(at, now, PARIS, language).replace("\u00a0", " ") for language in LANGUAGES]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_help_has_words_of_its_own(language: str) -> None:
    told = [category_words(slug, language) for slug in CATEGORIES]
    assert len(set(told)) == len(CATEGORIES)
    assert not any("_" in words for words in told)


def test_a_kind_of_help_that_is_not_known_is_told_by_its_name() -> None:
    assert category_words("snow_clearing", "en") == "snow clearing"


@pytest.mark.parametrize(
    ("metres", "french", "english"),
    [
        (1, "environ 2 minutes à pied", "about 2 minutes’ walk"),
        (600, "environ 12 minutes à pied", "about 12 minutes’ walk"),
        (1500, "environ 30 minutes à pied", "about 30 minutes’ walk"),
        (3000, "environ 60 minutes à pied", "about 60 minutes’ walk"),
        (5000, "environ 30 minutes à vélo", "about 30 minutes by bike"),
    ],
)
def test_a_way_is_told_in_minutes_on_foot_and_further_off_by_bike(metres: int, french: str, english: str) -> None:
    assert (walk_words(metres, "fr"), walk_words(metres, "en")) == (french, english)
