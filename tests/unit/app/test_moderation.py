"""Which words an agent reads before, or while, volunteers are asked; and near misses, which nobody has to read."""

import pytest

from app.models import Moderation
from app.moderation import MANY, VERDICTS, judge
from app.wording import RULES


@pytest.mark.parametrize(
    ("text", "rule", "passage"),
    [
        ("Je vous donne 60 € par visite", "price", "60 € par visite"),
        ("I'll pay you", "price", "I'll pay"),
        ("£10 an hour", "price", "£10"),
        ("Quel con, ce voisin", "insult", "Quel con"),
        ("Espèce d’ordure", "insult", "Espèce d’ordure"),
        ("Pas d'ABRUTIS chez moi", "insult", "ABRUTIS"),
        ("sale étranger", "insult", "sale étranger"),
        ("ta gueule", "insult", "ta gueule"),
        ("No morons please", "insult", "morons"),
        ("you stupid cow", "insult", "stupid cow"),
        ("carte 4970 1012 3456 7893", "card", "4970 1012 3456 7893"),
    ],
)
def test_what_may_hurt_or_cost_somebody_is_held(text: str, rule: str, passage: str) -> None:
    judged = judge(text)
    assert judged.verdict == Moderation.HELD
    assert (rule, passage) in [(found.rule, text[found.start : found.end]) for found in judged.findings]


@pytest.mark.parametrize(
    ("text", "rule", "passage"),
    [
        ("Appelez le 06 39 98 12 34", "contact", "06 39 98 12 34"),
        ("write to jo@example.org", "contact", "jo@example.org"),
        ("voir https://exemple.test/page?a=1 merci", "link", "https://exemple.test/page?a=1"),
        ("sur www.exemple.test", "link", "www.exemple.test"),
        ("exemple.com/annonce", "link", "exemple.com/annonce"),
        ("my chemo on Thursdays", "health", "chemo"),
        ("Ma chimio du jeudi", "health", "chimio"),
        ("digicode A1234", "code", "digicode A1234"),
    ],
)
def test_what_only_its_writer_would_regret_goes_on_meanwhile(text: str, rule: str, passage: str) -> None:
    judged = judge(text)
    assert judged.verdict == Moderation.LOOK
    assert [(found.rule, text[found.start : found.end]) for found in judged.findings] == [(rule, passage)]


@pytest.mark.parametrize(
    "text",
    [
        "", "Au 60 rue de l’Europe, 3e étage", "Regarder l’Euro 2024 ensemble", "60 pages à imprimer", "Un billet d’Eurostar à imprimer",
        "Un pique-nique au parc", "Deux bâtards et une baguette", "Sortir les ordures", "Je suis souvent en retard", "Fermez la porte, svp",
        "Promener ma chienne, une femelle très douce", "Reprendre une salopette", "Un plat con carne", "Dick Rivers me plaît",
        "M. Moronval passera", "A stupid mistake on a form", "Entre 9.30 et 12.00 h", "St.Just, 2e étage", "Merci.Bien à vous",
        "Une commande à la pharmacie", "I use a wheelchair", "Take the rubbish out", "Pay attention to the step",
    ],
)  # fmt: skip
def test_near_misses_have_nothing_to_read(text: str) -> None:
    assert judge(text) == judge("")
    assert judge(text).verdict == Moderation.CLEAR


def test_the_gravest_of_several_decides() -> None:
    judged = judge("Ma chimio du jeudi, 20 € la visite")
    assert judged.verdict == Moderation.HELD and [found.rule for found in judged.findings] == ["health", "price"]


def test_many_of_one_address_are_held_without_a_passage() -> None:
    assert judge("Du pain", posts=MANY).verdict == Moderation.CLEAR
    judged = judge("Du pain", posts=MANY + 1)
    assert judged.verdict == Moderation.HELD and [found.rule for found in judged.findings] == ["many"]


def test_a_childs_name_counts_for_homework_only() -> None:
    assert judge("Ma fille Emma a neuf ans", homework=True).verdict == Moderation.HELD
    assert judge("Ma fille Emma a neuf ans").verdict == Moderation.CLEAR
    assert judge("Emma, 9 ans, vous ouvrira").verdict == Moderation.LOOK


def test_each_rule_has_a_verdict() -> None:
    assert VERDICTS.keys() == RULES.keys() | {"many"}


def test_where_things_are_bought_talk_of_money_is_read_beside_the_search() -> None:
    words = "Je paie à la livraison contre le ticket"
    assert judge(words).verdict == Moderation.HELD
    assert judge(words, bought=True).verdict == Moderation.LOOK
    assert judge(words + ", espèce d'imbécile", bought=True).verdict == Moderation.HELD
