"""What the pages of words say by the settings and the versions of their texts."""

from babel.dates import format_date
from flask_babel import gettext as _

from app.city_words import charter_version, notice_version
from app.extensions import ctx
from app.i18n import british, language
from app.privacy.declared import DATA, OUTSIDE, SEES
from app.retention import FOR_GOOD, TABLE, lasting
from config.notices import ACCESSIBILITY_DATE


def words() -> dict[str, object]:
    """For every page of words."""
    return {
        "settings": ctx().settings,
        "charter_version": charter_version(),
        "notice_version": notice_version(),
        "accessibility_date": format_date(ACCESSIBILITY_DATE, "long", locale=british()),
        "host_words": host(),
        "approval_words": approval(),
        "data": DATA,
        "sees": SEES,
        "outside": outside(),
        "kept": kept(),
    }


def host() -> str:
    """Where the machine stands."""
    settings = ctx().settings
    if settings.city_host:
        return _("This site is hosted by %(host)s.", host=settings.city_host)
    if settings.demo:
        return _("This demonstration runs on the machine in front of you and nowhere else.")
    return _("This site is hosted by the city of %(city)s itself.", city=settings.city_name)


def outside() -> list[str]:
    """Which other machines get some of it here, and what."""
    settings = ctx().settings
    there = (each for each in OUTSIDE if each.said and getattr(settings, each.setting) not in ("", "none"))
    return [_(each.said, host=settings.map_host.partition("//")[2]) for each in there]


def kept() -> list[tuple[str, str, str, str]]:
    """The table of retention: what, for how long, since when, and what then."""
    settings = ctx().settings
    rows = [(_(each.what), lasting(each.lasts(settings), language()), _(each.since), _(each.then)) for each in TABLE]
    return rows + [(_(what), _("stays"), "–", _(why)) for what, why in FOR_GOOD]


def approval() -> str:
    """How volunteers are accepted."""
    if ctx().settings.approve_volunteers == "by_hand":
        return _("An agent of the town hall looks at each volunteer and accepts them, before the first request.")
    return _("You confirm your e-mail address: you can be asked at once.")
