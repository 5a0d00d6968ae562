"""Why somebody or nobody was found, as it is said to people."""

import re

import pytest
from shapely import box

from app.why_words import nobody_sentences, pair_sentence, refused_counts, what_keeps
from matching.areas import area_of
from matching.hours import parse_hours
from matching.model import Mode, Need, Offer, Pair, Rule
from matching.policy import Past, Policy, Record
from matching.why import NOT_A_MISS, POLICY_TERMS, TERMS, explain, why_not
from notifications import why_words, words
from tests.unit.matching.posts import LAT, NORTH_100_M, need, offer

TUESDAY, ARABIC = parse_hours("Tu"), frozenset({"ar"})


def north(steps: float) -> float:
    return LAT + steps * NORTH_100_M


def plain(sentences: list[str]) -> list[str]:
    return [sentence.replace("\u00a0", " ").replace("\u202f", " ") for sentence in sentences]


def test_every_rule_and_every_term_has_words_in_both_languages() -> None:
    assert set(why_words.REFUSED) == set(Rule) - {Rule.CAPACITY}  # those are told as busy with others
    assert set(why_words.MISSED) == set(Rule) - NOT_A_MISS
    assert set(why_words.TERMS) == set(TERMS)
    could = [phrase for phrases in why_words.COULD.values() for phrase in phrases]
    said = {*why_words.REFUSED.values(), *why_words.MISSED.values(), *why_words.TERMS.values(), *could}
    assert set(why_words.POLICY_TERMS) == set(POLICY_TERMS)
    said |= {phrase for _, phrases in why_words.POLICY_TERMS.values() for phrase in phrases.values()}
    said |= {why_words.MISSED_AREA, why_words.TERM_AREA, why_words.MORE, why_words.LESS, why_words.TOTAL}
    said |= {*why_words.MORE_BY.values(), *why_words.WAITED.values()}
    assert said <= set(words._WORDS["fr"])


def test_how_many_offer_it_and_how_close_the_closest_comes() -> None:
    offers = [offer("O-1", lat=north(9.3), radius_m=850), offer("O-2", lat=north(40)), offer("O-3", lat=north(60))]
    found = why_not(need(), [*offers, offer("O-4", categories=frozenset({"pets"}))])
    assert plain(nobody_sentences(found, "en")) == [
        "3 volunteers offer this.", "Closest to it: somebody who takes requests up to 800 m away (this one is about 1 km away)."
    ]  # fmt: skip
    assert nobody_sentences(found, "fr") == [
        "3 bénévoles proposent cette aide.",
        "Au plus près\u00a0: une personne qui se déplace jusqu’à 800\u00a0m (cette demande est à environ 1\u00a0km).",
    ]
    assert refused_counts(found, "fr") == ["autre type d’aide\u00a0: 1", "trop loin\u00a0: 3"]
    assert plain(refused_counts(found, "en")) == ["another kind of help: 1", "too far away: 3"]


@pytest.mark.parametrize("metres", [101, 150, 199, 1_250, 1_299, 2_000])
def test_what_is_beyond_a_radius_never_seems_to_lie_within(metres: int) -> None:
    [_, closest] = nobody_sentences(why_not(need(), [offer(radius_m=metres, lat=north(metres / 100 + 0.01))]), "en")
    up_to, away = re.findall(r"[\d.]+\u00a0k?m", closest)
    assert up_to != away


def test_several_reasons_are_one_sentence() -> None:
    found = why_not(need(hours=parse_hours("Mo")), [offer(mode=Mode.REMOTE, hours=TUESDAY, languages=ARABIC)])
    assert nobody_sentences(found, "en") == [
        "1 volunteer offers this.",
        "Closest to it: somebody about 100\u00a0m away who helps in another way than asked for, is free at other hours "
        "and speaks none of the languages asked for.",
    ]
    assert nobody_sentences(found, "fr")[1] == (
        "Au plus près\u00a0: une personne à environ 100\u00a0m, qui aide d’une autre façon que demandé, "
        "est libre à d’autres heures et ne parle aucune des langues demandées."
    )


def test_an_area_is_told_by_how_far_outside_one_is() -> None:
    area = area_of([box(4.8, north(-30), 4.9, north(-2.5))])
    found = why_not(need(level=2), [offer(lat=north(-10), area=area, level=1, capacity=0, paused=True)])
    assert plain(nobody_sentences(found, "en"))[1] == (
        "Closest to it: somebody who goes to an area of their own (this one is 300 m outside the area), "
        "is not verified as far as asked for, is off duty and is busy with others."
    )
    assert plain(nobody_sentences(found, "fr"))[1] == (
        "Au plus près : une personne qui se déplace dans son propre secteur (cette demande est à 300 m du secteur), "
        "n’a pas le niveau de vérification demandé, est en pause et aide déjà d’autres personnes."
    )
    within = explain(need(), offer(area=area), Pair(1, 1, Mode.IN_PERSON, 820))
    assert plain([pair_sentence(within, language) for language in ("en", "fr")]) == [
        "About 900 m away, within this volunteer’s area.", "À environ 900 m, dans le secteur de la ou du bénévole."
    ]  # fmt: skip


def test_coordinators_read_how_many_are_blocked() -> None:
    found = why_not(need(blocked=frozenset({"them"})), [offer(1, identities=frozenset({"them"})), offer(2, paused=True)])
    assert plain(refused_counts(found, "en")) == ["not to be brought together: 1", "off duty: 1"]
    assert plain(refused_counts(found, "fr")) == ["à ne pas mettre en relation : 1", "en pause : 1"]


def test_who_could_help_is_told_with_what_keeps_them() -> None:
    found = why_not(need(), [offer(1, capacity=0), offer(2, capacity=0), offer(3), offer(4)], asked={4})
    assert nobody_sentences(found, "en") == [
        "4 volunteers offer this.", "1 of them has this request already.", "2 of them could help but are busy with others.",
        "1 of them can be asked now.",
    ]  # fmt: skip
    assert nobody_sentences(why_not(need(), []), "fr") == ["Personne ne propose ce type d’aide."]


def test_what_a_pair_counts_for() -> None:
    here = explain(need(), offer(radius_m=850), Pair(1, 1, Mode.IN_PERSON, 820))
    afar = explain(need(), offer(), Pair(1, 1, Mode.REMOTE, 820))
    assert plain([pair_sentence(here, "en"), pair_sentence(afar, "en")]) == [
        "About 900 m away, within this volunteer’s radius of 900 m.", "From afar, which counts as 3 km."
    ]  # fmt: skip
    assert plain([pair_sentence(here, "fr"), pair_sentence(afar, "fr")]) == [
        "À environ 900 m, dans le rayon de 900 m de la ou du bénévole.", "À distance, ce qui compte pour 3 km."
    ]  # fmt: skip


def test_what_a_policy_adds_and_takes_off() -> None:
    policy = Policy(rest_m=700, week_m=100, load_m=100, silence_m=300, waiting_m=50, continuity_m=500)
    known = Record(days_since=5.9, asked_7=1, asked_30=4, nearby_30=1.5, answered=3, yes=1)
    past = Past({1: known}, {1: 2.4}, frozenset({(1, 1)}))
    found = explain(need(), offer(radius_m=850), Pair(1, 1, Mode.IN_PERSON, 820), policy, past)
    assert plain([pair_sentence(found, language) for language in ("en", "fr")]) == [
        "About 900 m away, within this volunteer’s radius of 900 m, asked 5 days ago (counts as 110 m more), "
        "asked once in seven days (counts as 100 m more), requests in thirty days: 4, on average nearby: 1.5 (counts as 250 m more), "
        "answers that were yes, few so far: 1 of 3 (counts as 150 m more; each yes takes some off), "
        "an earlier match of the two went well (counts as 500 m less). In all about 1 km. "
        "The request has waited 2 days: it comes before one just posted, equally urgent, that is up to 120 m nearer.",
        "À environ 900 m, dans le rayon de 900 m de la ou du bénévole, sollicitation il y a 5 jours (compte pour 110 m de plus), "
        "1 sollicitation en sept jours (compte pour 100 m de plus), "
        "sollicitations en trente jours : 4, en moyenne à proximité : 1,5 (compte pour 250 m de plus), "
        "réponses positives, encore peu nombreuses : 1 sur 3 (compte pour 150 m de plus ; chaque oui en enlève), "
        "une mise en relation précédente des deux s’est bien passée (compte pour 500 m de moins). "
        "En tout, environ 1 km. "
        "La demande attend depuis 2 jours : elle passe avant une demande aussi urgente qui vient d’être déposée, "
        "jusqu’à 120 m plus proche.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("days", "words"), [(0.2, "asked today"), (1.9, "asked 1 day ago"), (2.0, "asked 2 days ago")]
)  # fmt: skip
def test_days_are_counted_in_words(days: float, words: str) -> None:
    found = explain(need(), offer(), Pair(1, 1, Mode.IN_PERSON, 820), Policy(rest_m=700), Past({1: Record(days_since=days)}))
    assert words in pair_sentence(found, "en")


@pytest.mark.parametrize(
    ("days", "words"), [(0.2, "less than a day:"), (1.9, "1 day:"), (2.0, "2 days:")]
)  # fmt: skip
def test_so_are_those_of_a_request(days: float, words: str) -> None:
    found = explain(need(), offer(), Pair(1, 1, Mode.IN_PERSON, 820), Policy(waiting_m=700), Past({}, {1: days}))
    assert f"The request has waited {words}" in pair_sentence(found, "en")


def test_of_whom_nobody_has_heard_it_is_said_so() -> None:
    found = explain(need(), offer(), Pair(1, 1, Mode.IN_PERSON, 820), Policy(silence_m=600), Past({1: Record()}))
    assert "no answers yet to know them by (counts as 200 m more; each yes takes some off)" in plain([pair_sentence(found, "en")])[0]


@pytest.mark.parametrize(("answered", "words"), [(9, "yes, few so far: 9 of 9"), (10, "were yes: 10 of 10")])
def test_few_answers_are_called_few(answered: int, words: str) -> None:
    past = Past({1: Record(answered=answered, yes=answered)})
    assert words in pair_sentence(explain(need(), offer(), Pair(1, 1, Mode.IN_PERSON, 820), Policy(silence_m=600), past), "en")


@pytest.mark.parametrize("distance_m", [820, 900, 1_234])
def test_the_total_is_that_of_the_metres_told_and_gives_away_no_more(distance_m: float) -> None:
    found = explain(need(), offer(), Pair(1, 1, Mode.IN_PERSON, distance_m), Policy(rest_m=707), Past({1: Record(days_since=0)}))
    told_m = -(-distance_m // 100) * 100
    assert f"In all about {round((told_m + 707) / 1000, 1):g} km." in plain([pair_sentence(found, "en")])[0]


FAR = {"lat": north(40)}


@pytest.mark.parametrize(
    ("asking", "offers", "keeps"),
    [
        (need(), [], [Rule.CATEGORY]),
        (need(), [offer(**FAR)], [Rule.DISTANCE]),
        (need(hours=parse_hours("Mo")), [offer(1, **FAR, languages=ARABIC), offer(2, hours=TUESDAY)], [Rule.HOURS]),
        (need(hours=parse_hours("Mo")), [offer(hours=TUESDAY, languages=ARABIC)], [Rule.HOURS, Rule.LANGUAGE]),
        (need(), [offer(1, **FAR), offer(2, capacity=0)], ["taken"]),
        (need(), [offer(1)], []),
        (need(identities=frozenset({"me"})), [offer(identities=frozenset({"me"}))], [Rule.SAME_PERSON]),
    ],
)
def test_what_keeps_who_comes_closest(asking: Need, offers: list[Offer], keeps: list[str]) -> None:
    assert what_keeps(why_not(asking, offers)) == keeps


def test_everybody_may_have_been_asked() -> None:
    assert what_keeps(why_not(need(), [offer(1)], asked={1})) == ["all_asked"]
