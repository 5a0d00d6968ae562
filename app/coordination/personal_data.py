"""The page of whoever watches over personal data: numbers for the whole city, and nothing of one resident."""

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.coordination.door import coordination
from app.extensions import ctx
from app.i18n import language
from app.permissions import DATA, permit
from app.retention import TABLE, lasting
from app.services.data_protection import LATELY, overview


@coordination.get("/personal-data")
@permit(DATA)
def personal_data() -> ResponseReturnValue:
    rows = [(each.name, _(each.what), lasting(each.lasts(ctx().settings), language()), _(each.then)) for each in TABLE]
    return render_template("coordination/personal_data.html", found=overview(ctx()), rows=rows, days=LATELY.days)
