"""The file of one's own data: JSON, or a table that every spreadsheet opens."""

import io
import json
from codecs import BOM_UTF8
from pathlib import Path
from typing import Any

from flask import send_file
from flask.typing import ResponseReturnValue

from app.services import own_data
from app.sheets.write import write_table

FORMS = ("json", "csv")
COLUMNS = ("section", "number", "name", "value")


def as_file(data: dict[str, Any], form: str) -> ResponseReturnValue:
    name, file = Path(f"a-deux-pas.{form}"), io.BytesIO()
    if form == "json":
        file.write(json.dumps(data, ensure_ascii=False, indent=1).encode())
    else:
        file.write(BOM_UTF8)  # spreadsheets read the accents by it
        write_table(file, name, COLUMNS, own_data.rows(data))
    file.seek(0)
    return send_file(file, download_name=name.name, as_attachment=True)
