"""Why somebody or nobody was found, as it is said to people."""

import re

import pytest
from shapely import box

from app.why_words import nobody_sentences, pair_sentence, refused_counts
from matching.areas import area_of
from matching.hours import parse_hours
from matching.model import Mode, Pair, Rule
from matching.why import NOT_A_MISS, TERMS, explain, why_not
from notifications import why_words, words
from tests.unit.matching.posts import LAT, NORTH_100_M, need, offer

TUESDAY, ARABIC = parse_hours("Tu"), frozenset({"ar"})


def north(steps: float) -> float:
    return LAT + steps * NORTH_100_M


def plain(sentences: list[str]) -> list[str]:
    return [sentence.replace("\u00a0", " ") for sentence in sentences]


def test_every_rule_and_every_term_has_words_in_both_languages() -> None:
    assert set(why_words.REFUSED) == set(Rule) - {Rule.CAPACITY}  # those are told as busy with others
    assert set(why_words.MISSED) == set(Rule) - NOT_A_MISS
    assert set(why_words.TERMS) == set(TERMS)
    could = [phrase for phrases in why_words.COULD.values() for phrase in phrases]
    said = {*why_words.REFUSED.values(), *why_words.MISSED.values(), *why_words.TERMS.values(), *could}
    said |= {why_words.MISSED_AREA, why_words.TERM_AREA}
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
        "Closest to it: somebody who helps in another way than asked for, is free at other hours "
        "and speaks none of the languages asked for.",
    ]
    assert nobody_sentences(found, "fr")[1] == (
        "Au plus près\u00a0: une personne qui aide d’une autre façon que demandé, "
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
