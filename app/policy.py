"""The weights that somebody chose: in the settings, or in a file for one run."""

import tomllib
from dataclasses import fields
from pathlib import Path

from app.errors import UserError
from config.settings import Settings
from matching.policy import Policy

NAMES = [weight.name for weight in fields(Policy)]


class WrongPolicy(UserError):
    """A file of weights cannot be taken; mending the file helps."""

    def __init__(self, file: Path, what: str) -> None:
        super().__init__(f"{file}: {what}")


def policy_of(settings: Settings) -> Policy:
    return Policy(**{name: getattr(settings, f"policy_{name}") for name in NAMES})


def read_policy(file: Path) -> Policy:
    """The weights in a TOML file, such as ``week_m = 300``; those that it does not name are as :class:`Policy` has them.

    Raises :class:`WrongPolicy`, and ``OSError`` when the file cannot be read.
    """
    try:
        given = tomllib.loads(file.read_bytes().decode())
    except ValueError as e:  # no TOML, or no UTF-8
        raise WrongPolicy(file, f"is no TOML file with lines such as week_m = 300 ({e}).") from None
    if unknown := sorted(given.keys() - set(NAMES)):
        raise WrongPolicy(file, f"has no weight called {', '.join(unknown)}: they are {', '.join(NAMES)}.")
    if wrong := [name for name, weight in given.items() if type(weight) not in (int, float)]:
        raise WrongPolicy(file, f"{', '.join(wrong)} must be a number of metres or days, such as 300.")
    try:
        return Policy(**given)
    except ValueError as e:
        raise WrongPolicy(file, f"{e}.") from None
