"""What every template knows."""

from datetime import timedelta
from urllib.parse import urlencode

from babel import Locale
from flask import Flask, g, request, session, url_for
from flask_babel import format_datetime, format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from app import i18n
from app.extensions import ctx
from app.headers import nonce
from app.identity import has_role, signed_in
from app.kinds import kind_name, kind_phrase
from app.links import Purpose
from app.models import STAFF
from app.own_area import own_area_words
from app.permissions import home, may
from app.reach import BY
from app.retention import lasting
from app.services.town_hall import PLACE, near
from app.wizard import KNOWN
from matching.geo import round_up_100
from notifications.render import City
from notifications.words import NBSP, distance_words, hours_words, moment_words, phone_words, rhythm_words, walk_words, when_words

FOOTER = (
    ("public.how", _l("How it works")),
    ("public.safety", _l("Safety")),
    ("public.charter", _l("Charter")),
    ("public.privacy", _l("Your data")),
    ("public.legal", _l("Legal notice")),
    ("public.accessibility", _l("Accessibility: not compliant")),  # RGAA wants the status itself on every page
    ("public.contact", _l("Contact")),
)


def up_to_words(count: int, most: int) -> str:
    """A number, of which no more than ``most`` were counted."""
    return str(format_decimal(count) if count <= most else _("more than %(number)s", number=format_decimal(most)))


def init(web: Flask) -> None:
    web.jinja_env.trim_blocks = web.jinja_env.lstrip_blocks = True
    web.jinja_env.globals.update(
        N_=str,  # marks what is translated later
        kept_for=lambda: lasting(timedelta(days=ctx().settings.people_days), i18n.language()),
        privacy_address=privacy_address,
    )
    web.jinja_env.filters.update(
        by_way=BY.__getitem__,
        category=kind_name,
        category_words=kind_phrase,
        day=i18n.day_of_year,
        distance=lambda metres: distance_words(metres, i18n.language()),
        hours=lambda text: hours_words(text, i18n.language()),
        number=format_decimal,
        up_to=up_to_words,
        phone_link=_phone_link,
        phone_words=lambda phone: phone_words(phone) if phone else "",
        rhythm=lambda weeks: rhythm_words(weeks, i18n.language()),
        short=lambda moment: format_datetime(moment, "d MMM y HH:mm"),
        spoken=lambda code: Locale.parse(i18n.language()).languages.get(code, code),
        own_area=lambda offer: own_area_words(offer.quartiers, offer.drawn),
        moment=lambda moment: moment_words(moment, ctx().settings.zone, i18n.language()),
        up_to_100=round_up_100,  # before ``distance``, where it is not rounded up yet
        upper_first=lambda text: text[:1].upper() + text[1:],
        when=lambda moment: when_words(moment, ctx().now(), ctx().settings.zone, i18n.language()),
        report_address=lambda match_id, side: url_for("reporting.report", token=ctx().links.token(Purpose.REPORT, match_id, side)),
        visits_address=lambda match_id, side: url_for("visits.show", token=ctx().links.token(Purpose.VISITS, match_id, side)),
        walk=lambda metres: walk_words(metres, i18n.language()),
    )

    @web.context_processor
    def known() -> dict[str, object]:
        settings = ctx().settings
        return {
            "city": (city := _city()),
            "demo": settings.demo,
            "footer": [(url_for(endpoint), words) for endpoint, words in FOOTER],
            "has_logo": bool(settings.city_logo),
            "language": i18n.language(),
            "direction": i18n.direction(),
            "languages": [(each, i18n.own_name(each), _in_language(each)) for each in i18n.languages()],
            "map_tiles": settings.map_tiles,
            "map_attribution": settings.map_attribution,
            "person": signed_in(),
            "agents_home": home(signed_in()) if has_role(*STAFF) else "",
            "may": may,
            "nonce": nonce,
            "phone": Markup('<a href="{}">{}</a>').format(_phone_link(city.phone), city.phone.replace(" ", NBSP)),
        }


def _city() -> City:
    """The city as whoever reads this page has it: by what it is about (``g.about``, as messages name it), or by their own posts."""
    if "city" not in g:
        me = signed_in()
        about = g.get("about") or (f"person:{me.id}" if me and not has_role(*STAFF) else "")
        if not (about or me) and (quartier := session.get(KNOWN, {}).get("quartier")):  # they came from its poster
            g.personal, about = True, f"{PLACE}{quartier}"
        g.city = near(ctx())(ctx().city, about) if about else ctx().city
    city: City = g.city
    return city


def privacy_address() -> str:
    """Of the page on data, as people type it."""
    return ctx().links.page(url_for("public.privacy")).partition("://")[2]


def _phone_link(phone: str) -> str:
    """What a link to a phone number leads to."""
    return "tel:" + "".join(c for c in phone if c.isdigit() or c == "+")


def _in_language(language: str) -> str:
    """This page in that language. Only the query is written, so that no path with a token in it is repeated."""
    return "?" + urlencode([(name, value) for name, value in request.args.items(multi=True) if name != "lang"] + [("lang", language)])
