"""What several commands read from their options."""

import math
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from app.sheets.cells import Cells


class Finite(click.FloatRange):
    """A number within a range. ``nan`` is in every range, as no comparison with it fails, and without an end infinity is too."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is no number that can be counted with, such as 30.", param, ctx)
        return number


class Moment(click.ParamType):
    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime | None:
        cells = Cells({"moment": str(value)})
        moment = cells.moment("moment")
        for problem in cells.problems:
            self.fail(f"{value!r} {problem.reason}", param, ctx)
        return moment


class NewFile(click.ParamType):
    """A file to write, whose ending says what it becomes. Folders, pipes and devices go by what they are."""

    name = "file"

    def __init__(self, *endings: str) -> None:
        self._endings = endings

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(value)
        if path.suffix.lower() not in self._endings and (path.is_file() or not path.exists()):
            self.fail(f"{str(value)!r} must be the name of a file that ends in {' or '.join(self._endings)}.", param, ctx)
        return path


TABLE = NewFile(".csv", ".xlsx")
PICTURE = NewFile(".svg")
