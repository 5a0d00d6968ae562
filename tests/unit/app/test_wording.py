"""What a free text should not hold is found; what helpers must know is let through."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.wording import RULES, scan


def rules(text: str, homework: bool = False) -> set[str]:
    return {finding.rule for finding in scan(text, homework=homework)}


@pytest.mark.parametrize(
    ("text", "rule", "passage"),
    [
        ("My card is 4970 1012 3456 7893, use it", "card", "4970 1012 3456 7893"),
        ("4970101234567893", "card", "4970101234567893"),
        ("carte 4970-1012-3456-7893", "card", "4970-1012-3456-7893"),
        ("carte 49 70 10 12 34 56 78 93.", "card", "49 70 10 12 34 56 78 93"),
        ("carte : 3782 822463 10005", "card", "3782 822463 10005"),
        ("4970 1012 3456 7893 2 sacs", "card", "4970 1012 3456 7893"),
        ("IBAN FR14 2004 1010 0505 0001 3M02 606 merci", "card", "FR14 2004 1010 0505 0001 3M02 606"),
        ("Ma carte est 4970 1012 3456 7890", "card", "4970 1012 3456 7890"),
        ("sécu 2 45 03 69 123 456 78", "card", "2 45 03 69 123 456 78"),
        ("mon pin: 4 8 2 1", "code", "pin: 4 8 2 1"),
        ("la clé est sous le paillasson", "code", "clé est sous"),
        ("vingt euros la visite", "price", "vingt euros"),
        ("10 balles", "price", "10 balles"),
        ("ten quid an hour", "price", "ten quid"),
        ("je suis séropositif", "health", "séropositif"),
        ("un pacemaker", "health", "pacemaker"),
        ("il est dyslexique", "health", "dyslexique"),
        ("alzeimer", "health", "alzeimer"),
        ("le code est 1234", "code", "code est 1234"),
        ("Code de la porte : 12B45", "code", "Code de la porte : 12B45"),
        ("digicode A1234 puis 3e étage", "code", "digicode A1234"),
        ("my PIN is 4321", "code", "PIN is 4321"),
        ("Mot de passe : Soleil42", "code", "Mot de passe : Soleil42"),
        ("Je donne 10 €/h", "price", "10 €/h"),
        ("10€ de l’heure", "price", "10€ de l’heure"),
        ("pour 15 euros", "price", "15 euros"),
        ("£12 an hour", "price", "£12"),
        ("Je vous paierai bien", "price", "Je vous paierai"),
        ("je paie", "price", "je paie"),
        ("contre rémunération", "price", "rémunération"),
        ("I'll pay for it", "price", "I'll pay"),
        ("I’ll pay", "price", "I’ll pay"),
        ("I am diabetic", "health", "diabetic"),
        ("DIABÈTE de type 2", "health", "DIABÈTE"),
        ("ma chimio du jeudi", "health", "chimio"),
        ("un cancer", "health", "cancer"),
        ("je fais une de\u0301pression", "health", "de\u0301pression"),
        ("en situation de handicap", "health", "handicap"),
        ("aller chercher mon ordonnance", "health", "ordonnance"),
        ("j’ai mal au dos", "health", "mal au dos"),
        ("mal au cœur", "health", "mal au cœur"),
        ("opérée de la hanche", "health", "opérée"),
        ("une boîte de Doliprane", "health", "Doliprane"),
        ("I had a stroke last year", "health", "had a stroke"),
        ("appelez le 06 39 98 12 34", "contact", "06 39 98 12 34"),
        ("+33 6 39 98 12 34", "contact", "+33 6 39 98 12 34"),
        ("0639981234", "contact", "0639981234"),
        ("write to odette.martin@example.net please", "contact", "odette.martin@example.net"),
    ],
)
def test_what_should_not_stand_there_is_found(text: str, rule: str, passage: str) -> None:
    assert [(found.rule, text[found.start : found.end]) for found in scan(text)] == [(rule, passage)]


@pytest.mark.parametrize(
    "text",
    [
        "", "Deux sacs par semaine, au 3e étage sans ascenseur.", "Aller chez le médecin mardi à 14 h 30", "Passer à la pharmacie",
        "Chercher mes médicaments", "Je suis en fauteuil roulant", "I walk with a stick", "Je vois mal et j’entends mal",
        "une paire de lunettes", "code postal 69002", "Postcode 69002, second floor", "post code 69002", "Il y a un digicode à l’entrée",
        "Réviser le code de la route", "Le code change tous les mois", "payer ma facture en ligne", "La facture est payée",
        "Je ne retrouve plus mon mot de passe", "so that I can pay my bills online", "un prix littéraire", "la fracture numérique",
        "une lettre de l’assurance maladie", "feuille de maladie", "brancher une enceinte", "a stroke of luck", "hearing aids",
        "le bus 27 à 8 h 15 le 12.11.2026", "12 bouteilles de 1,5 litre", "un café noir", "au 12 bis, 2e porte", "né en 1950",
        "732 829 320", "1234 5678 9012 3456", "mon chien Rex", "Opération de rangement", "my surgery is on the corner",
        "code APE 1234Z", "La clé USB avec mes photos", "6 packs de 24 ; 12 boîtes de 400 g", "Diagnostic énergétique",
    ],
)  # fmt: skip
def test_what_helpers_must_know_is_let_through(text: str) -> None:
    assert rules(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "Mon fils Lucas a du mal en maths", "ma fille s’appelle Emma", "my son Tom needs help", "Emma, 8 ans", "Emma (8 ans)",
        "Léa a 8 ans", "Élise, 9 ans, CM1", "mon fils de 8 ans, Lucas", "ma fille : Zoé", "notre fille prénommée inès", "Il s'appelle Noé",
        "Aider Léo à lire", "ma petite Jade", "Emily is 8 and needs help reading",
        "mon fils hugo", "ma fille LÉONIE", "Le petit Noé a besoin d’aide", "pour Hugo, en CE1, en maths", "pour lucas", "help for emma",
        "My daughter is called Ann", "mes enfants Lucas et Emma", "Jean-Baptiste, 12 ans", "my son’s name is Tom",
    ],
)  # fmt: skip
def test_a_childs_name_is_refused_for_homework_only(text: str) -> None:
    assert rules(text, homework=True) == {"child"}
    assert rules(text) <= {"young"}


@pytest.mark.parametrize(
    "text",
    [
        "Emmener Emma, 8 ans, à la danse", "Emma (8 ans)", "Élise, 9 ans, CM1", "garder le bébé Nina", "mes enfants Lucas et Emma",
        "Léa a 8 ans", "fetch the kids Tom and Ann", "Tom, 7 years old",
    ],
)
def test_what_can_only_be_a_childs_name_is_pointed_out_elsewhere_too(text: str) -> None:
    assert rules(text) == {"young"}


@pytest.mark.parametrize(
    "text",
    [
        "Ma fille Claire vous ouvrira", "my son Paul has a key", "Jeanne, 82 ans", "Mon chien Rex, 8 ans, adore courir", "our cat Minou "
             "is 5 years old",
        "Les enfants du 3e", "Un enfant de 8 ans", "Depuis 2 ans", "chat : Minou, 5 ans",
    ],
)
def test_grown_ups_and_animals_may_be_named(text: str) -> None:
    assert rules(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "Mon fils a du mal en maths", "ma fille, CM1, les tables", "Garçon, 8 ans", "Fille de 9 ans", "Il a 8 ans. Elle a 9 ans.",
        "my son needs help with English", "pour son Anglais", "mon fils en Sixième", "Depuis 2 ans", "Mes enfants sont en CP et CE1",
        "Mon fils Mardi soir", "Cours à 18 h le samedi", "The lesson is 45 minutes", "Je m’appelle Rose",
        "le collège Jean Moulin", "Un élève de seconde", "pour le français", "ma fille CM1", "pour l’anglais", "for maths",
    ],
)  # fmt: skip
def test_a_child_without_a_name_is_let_through(text: str) -> None:
    assert rules(text, homework=True) == set()


def test_only_what_must_never_be_sent_is_refused() -> None:
    assert {name for name, rule in RULES.items() if rule.refused} == {"card", "child"}


def test_two_phone_numbers_are_no_card() -> None:
    assert rules("06 39 98 12 34, 06 39 98 00 01") == {"contact"}
    assert rules("0639981234 0639980001") == {"contact"}


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("0123456789 €œé\u0301İ’'.-@FRfr\n")), max_size=300), st.booleans())
def test_passages_lie_inside_the_text_and_apart(text: str, homework: bool) -> None:
    found = scan(text, homework=homework)
    assert all(0 <= one.start < one.end <= len(text) and one.rule in RULES for one in found)
    assert all(one.end <= after.start for one, after in pairwise(found))


@given(st.integers(10**12, 10**18 - 1).map(str))
def test_every_number_that_checks_is_found_in_a_sentence(start: str) -> None:
    doubled = [int(d) * (1 if place % 2 else 2) for place, d in enumerate(reversed(start))]
    number = start + str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)
    assert "card" in rules(f"Prenez {number} pour payer")
