"""The file of one's own data: JSON, or a table that every spreadsheet opens."""

import json
from typing import Any

from flask.typing import ResponseReturnValue

from app.files import attached, table_file
from app.services import own_data

FORMS = ("json", "csv")
COLUMNS = ("section", "number", "name", "value")


def as_file(data: dict[str, Any], form: str) -> ResponseReturnValue:
    name = f"a-deux-pas.{form}"
    if form == "json":
        return attached(json.dumps(data, ensure_ascii=False, indent=1).encode(), name)
    return table_file(name, COLUMNS, own_data.rows(data))
