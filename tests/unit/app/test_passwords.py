"""Which passwords are refused: those that others would try first."""

import pytest

from app.services.passwords import WeakPassword, check_password

ME = ("Camille Roux", "camille.roux@example.org", "Lyon")


@pytest.mark.parametrize("password", [
    "azertyuiop", "azertyuiop123", "1234567890", "password123", "motdepasse1", "bonjour1234", "marseille13", "aaaaaaaaaaaa", "soleilsoleil",
    "pupuce1985", "P@ssw0rd123", "adeuxpas2026", "à deux pas !", "Lyon69007lyon", "Camille Roux", "camille-roux-1950", "ROUX.camille.69",
    "a" * 200,
])  # fmt: skip
def test_what_is_easy_to_guess_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        check_password(password, *ME)


@pytest.mark.parametrize("password", [
    "quatre mots bien choisis", "four plain words here", "une longue phrase", "je suis né le 1er mai", "xkqvzrtwpl", "мой старый трамвай",
    "Camille aime les tulipes", "9f2c-77ab-0e41", "Lyon, jeudi, tulipe, tram", "tulipe " * 3 + "et beaucoup d'autres fleurs encore " * 4,
])  # fmt: skip
def test_what_is_not_is_taken_whatever_it_is_made_of(password: str) -> None:
    check_password(password, *ME)


def test_nothing_is_known_of_the_owner() -> None:
    check_password("quatre mots bien choisis", "", None)
