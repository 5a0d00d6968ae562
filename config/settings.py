"""Every setting: its name in the environment or ``.env``, its default, what it is for and what it may be.

:func:`load` checks all of them at once and says in one sentence each what is wrong, so that a mistake shows at start and not
in the night. The environment wins over ``.env``.
"""

import re
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv import dotenv_values
from opening_hours import OpeningHours, ParserError

from config import waking
from config.policy import WEIGHTS

LANGUAGES = ("fr", "en")
"""What messages are written in; the pages speak those of their catalogues."""
IGN_PLAN = (
    "https://data.geopf.fr/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2&STYLE=normal"
    "&FORMAT=image/png&TILEMATRIXSET=PM&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"
)


class SettingsError(ValueError):
    """One or more settings are wrong; ``problems`` has a sentence for each. Starting again without a change does not help."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _text(value: str) -> str:
    return value


def _yes_no(value: str) -> bool:
    if value.lower() in ("1", "yes", "true", "on"):
        return True
    if value.lower() in ("0", "no", "false", "off"):
        return False
    raise ValueError("1 or 0")


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        allowed = f"a whole number from {low} to {high}"
        try:
            number = int(value)
        except ValueError:
            raise ValueError(allowed) from None
        if not low <= number <= high:
            raise ValueError(allowed)
        return number

    return parse


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"{', '.join(allowed[:-1])} or {allowed[-1]}")
        return value

    return parse


def _given(value: str) -> str:
    if not value:
        raise ValueError("given")
    return value


def _phone(value: str) -> str:
    if not re.fullmatch(r"\+?[0-9][0-9 .()-]{2,24}", value):
        raise ValueError("a phone number such as 04 65 71 00 00")
    return value


def _hours(value: str) -> str:
    try:
        OpeningHours(value)
    except ParserError:
        raise ValueError("opening hours such as Mo-Fr 09:00-17:00") from None
    return value


def _waking(value: str) -> waking.Waking:
    try:
        return waking.parse(value)
    except ValueError:
        raise ValueError("the hours of a day, such as 08:00-21:00") from None


def _colour(value: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValueError("a colour of six digits such as #0f5f63")
    return value.lower()


def _logo(value: str) -> str:
    begins = {".png": b"\x89PNG\r\n\x1a\n", ".svg": b"<"}.get(Path(value).suffix.lower())
    try:
        right = not value or (begins is not None and Path(value).read_bytes().lstrip(b"\xef\xbb\xbf \t\r\n").startswith(begins))
    except OSError:
        right = False
    if not right:
        raise ValueError("empty or the path of an SVG or PNG file that can be read")
    return value


def _zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("a time zone such as Europe/Paris") from None
    return value


def _database(value: str) -> str:
    if value and not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("empty, sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")
    return value.replace("postgresql://", "postgresql+psycopg://", 1)


def _url(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.netloc):
        raise ValueError("empty or an address such as https://entraide.example.org")
    return value.rstrip("/")


def _gateway(value: str) -> str:
    parts = urlsplit(value)
    here = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if value and (not parts.hostname or parts.username is not None or parts.scheme not in (("https", "http") if here else ("https",))):
        raise ValueError("empty or an https address without a name in it, such as https://sms.example.org/messages")
    return value


def _issuer(value: str) -> str:
    try:
        parts = urlsplit(_gateway(value))
    except ValueError:
        parts = None
    if parts is None or parts.query or parts.fragment or value.endswith("/"):
        raise ValueError("empty or an https address such as https://auth.example.org/api/v2, without a stroke at its end")
    return value


def _token(value: str) -> str:
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("letters, digits and signs in one piece")
    return value


def _sms_sender(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9 ]{1,11}|\+?[0-9]{3,15}", value):
        raise ValueError("11 letters, digits and spaces at most, or a phone number")
    return value


def _tiles(value: str) -> str:
    parts = urlsplit(value)
    safe = parts.scheme == "https" and re.fullmatch(r"[A-Za-z0-9.:-]+", parts.netloc)  # it stands in a header
    if value and not (safe and all(each in value for each in ("{x}", "{y}", "{z}"))):
        raise ValueError("empty, or an https address with {z}, {x} and {y} in it")
    return value


def _mailbox(value: str) -> str:
    name, _, domain = value.rpartition("@")
    if not name or not domain or any(c in value for c in "\r\n <>,"):
        raise ValueError("an e-mail address such as entraide@example.org")
    return value


def _mailbox_or_none(value: str) -> str:
    return _mailbox(value) if value else value


def _replies(value: str) -> str:
    if value and (value.count("{}") != 1 or "{}" not in value.rpartition("@")[0] or value.index("@") > 35 or not _mailbox(value).isascii()):
        raise ValueError("empty or an e-mail address with {} before the @, such as entraide+{}@example.org")
    return value


def _setting(name: str, default: str, help: str, parse: Callable[[str], Any] = _text) -> Any:
    return field(metadata={"name": name, "default": default, "help": help, "parse": parse})


def _weight(name: str) -> Any:
    default, help = WEIGHTS[name]
    return _setting(f"POLICY_{name.upper()}", str(default), help, _whole(0, 100_000))


@dataclass(frozen=True)
class Settings:
    """All settings, read and checked. ``repr`` hides the secret ones."""

    demo: bool = _setting("DEMO", "1", "1 runs a demonstration on this machine only; 0 is for a real city", _yes_no)
    host: str = _setting("HOST", "127.0.0.1", "address the web server listens on; the demonstration stays on this machine")
    port: int = _setting("PORT", "8000", "port the web server listens on", _whole(1, 65535))
    web_processes: int = _setting("WEB_PROCESSES", "1", "web server processes", _whole(1, 64))
    proxies: int = _setting(
        "PROXIES", "0", "reverse proxies in front that set X-Forwarded-*; more than 0 means TLS ends there", _whole(0, 5)
    )
    base_url: str = _setting("BASE_URL", "", "address of the service in e-mails; default http://HOST:PORT", _url)
    instance: str = _setting("INSTANCE", "instance", "folder for the database, the mail files and the demonstration's keys")
    database_url: str = _setting("DATABASE_URL", "", "default: an SQLite file in INSTANCE", _database)
    secret_key: str = _setting(
        "SECRET_KEY", "", "signs links and sessions: NEW[,OLD …], each of 32 characters or more; the first signs; needed when DEMO=0"
    )
    encryption_keys: str = _setting(
        "ENCRYPTION_KEYS", "", "encrypt personal data: NAME:KEY[,NAME:KEY …], the first writes, all read; needed when DEMO=0"
    )
    log_level: str = _setting(
        "LOG_LEVEL", "warning", "debug, info (each request and message), warning or error", _one_of("debug", "info", "warning", "error")
    )
    metrics_token: str = _setting("METRICS_TOKEN", "", "what Prometheus reads /metrics with; empty: there is no such page", _token)
    city_name: str = _setting("CITY_NAME", "Lyon", "the city's name", _given)
    city_colour: str = _setting("CITY_COLOUR", "#0f5f63", "the city's colour; pages use the nearest shades of it that can be read", _colour)
    city_logo: str = _setting("CITY_LOGO", "", "path of the city's logo, an SVG or PNG file; empty: the service's own mark", _logo)
    city_phone: str = _setting("CITY_PHONE", "04 65 71 00 00", "number of the town hall's line", _phone)
    city_hours: str = _setting("CITY_HOURS", "Mo-Fr 09:00-17:00", "when that line answers, as opening hours", _hours)
    city_address: str = _setting("CITY_ADDRESS", "", "address of the town hall, for those who come or write")
    city_email: str = _setting("CITY_EMAIL", "", "e-mail address that people may write to", _mailbox_or_none)
    city_director: str = _setting("CITY_DIRECTOR", "", "who answers by law for what is published; empty: the mayor")
    city_host: str = _setting("CITY_HOST", "", "who runs the machine: name, address and phone; empty: the city itself")
    city_dpo: str = _setting("CITY_DPO", "", "how to reach the data protection officer; empty: at the town hall")
    timezone: str = _setting("TIMEZONE", "Europe/Paris", "the city's time zone", _zone)
    language: str = _setting("LANGUAGE_DEFAULT", "fr", "language of pages and messages where none is asked for", _one_of(*LANGUAGES))
    approve_volunteers: str = _setting(
        "APPROVE_VOLUNTEERS", "by_hand", "by_hand (a coordinator approves each volunteer) or at_once", _one_of("by_hand", "at_once")
    )
    waking_hours: waking.Waking = _setting(  # noqa: RUF009
        "WAKING_HOURS", "08:00-21:00", "when people are awake: time to answer counts these hours, and messages wait for them", _waking
    )
    answer_hours_urgent: int = _setting(
        "ANSWER_HOURS_URGENT", "4", "waking hours that a volunteer has to answer an urgent request", _whole(1, 240)
    )
    answer_hours_normal: int = _setting(
        "ANSWER_HOURS_NORMAL", "13", "the same for a normal request, and what a resident has to answer", _whole(1, 240)
    )
    answer_hours_flexible: int = _setting("ANSWER_HOURS_FLEXIBLE", "26", "the same for a flexible request", _whole(1, 240))
    need_days: int = _setting(
        "NEED_DAYS", "30", "days that a request stands before its resident is asked whether it is still needed", _whole(7, 365)
    )
    agent_idle_minutes: int = _setting(
        "AGENT_IDLE_MINUTES", "60", "minutes after which an agent who does nothing is signed out", _whole(5, 480)
    )
    agent_hours: int = _setting("AGENT_HOURS", "12", "hours after which an agent signs in again in any case", _whole(1, 24))
    volunteer_idle_days: int = _setting(
        "VOLUNTEER_IDLE_DAYS", "30", "days after which a volunteer who does not come by is signed out", _whole(1, 180)
    )
    people_days: int = _setting(
        "PEOPLE_DAYS", "730", "days after the last contact with somebody when all that is kept of them is erased", _whole(30, 730)
    )
    unmet_days: int = _setting("UNMET_DAYS", "180", "the same for whoever asked and was never helped, and offers nothing", _whole(30, 730))
    flag_days: int = _setting("FLAG_DAYS", "90", "days over which patterns for the safeguarding leads are counted", _whole(7, 365))
    flag_isolated: int = _setting(
        "FLAG_ISOLATED", "5", "flag a volunteer who agreed with so many residents reached only by phone or letter", _whole(2, 1000)
    )
    flag_cancels: int = _setting("FLAG_CANCELS", "4", "flag a volunteer who took back a yes so often", _whole(2, 1000))
    flag_declines: int = _setting("FLAG_DECLINES", "8", "flag a resident to whom so many volunteers said no", _whole(2, 1000))
    flag_accounts: int = _setting("FLAG_ACCOUNTS", "3", "flag so many accounts with one phone number or from one device", _whole(2, 1000))
    flag_device_days: int = _setting(
        "FLAG_DEVICE_DAYS", "30", "days that the keyed hash of a device with which an account was made is kept", _whole(1, 90)
    )
    policy_rest_m: int = _weight("rest_m")
    policy_rest_days: int = _weight("rest_days")
    policy_week_m: int = _weight("week_m")
    policy_load_m: int = _weight("load_m")
    policy_silence_m: int = _weight("silence_m")
    policy_waiting_m: int = _weight("waiting_m")
    policy_continuity_m: int = _weight("continuity_m")
    public_blur_m: int = _setting("PUBLIC_BLUR_M", "200", "mean distance in metres between a post and its public point", _whole(50, 2000))
    geocoder: str = _setting("GEOCODER", "none", "none, or ban for France's Base Adresse Nationale", _one_of("none", "ban"))
    map_tiles: str = _setting("MAP_TILES", IGN_PLAN, "address of the map's tiles, by default IGN's Plan; empty: outlines alone", _tiles)
    map_attribution: str = _setting("MAP_ATTRIBUTION", "© IGN – Géoplateforme", "whose tiles they are, as it stands on the map")
    mail_server: str = _setting("MAIL_SERVER", "", "SMTP server; empty: messages become files in INSTANCE/mail")
    mail_port: int = _setting("MAIL_PORT", "25", "its port", _whole(1, 65535))
    mail_username: str = _setting("MAIL_USERNAME", "", "its user, if it asks for one")
    mail_password: str = _setting("MAIL_PASSWORD", "", "that user's password")
    mail_use_tls: bool = _setting("MAIL_USE_TLS", "0", "1 to use STARTTLS", _yes_no)
    mail_use_ssl: bool = _setting("MAIL_USE_SSL", "0", "1 to use TLS from the start", _yes_no)
    mail_timeout_s: int = _setting("MAIL_TIMEOUT_S", "20", "seconds to wait for the SMTP server", _whole(1, 300))
    mail_per_second: int = _setting("MAIL_PER_SECOND", "0", "messages a second that a worker sends at most; 0: no limit", _whole(0, 1000))
    mail_per_domain_minute: int = _setting(
        "MAIL_PER_DOMAIN_MINUTE", "0", "messages a minute that a worker sends to one domain at most; 0: no limit", _whole(0, 60_000)
    )
    mail_sender: str = _setting("MAIL_SENDER", "entraide@example.org", "address that messages come from", _mailbox)
    mail_daily_cap: int = _setting(
        "MAIL_DAILY_CAP", "6", "messages a day to one address; news beyond them comes next morning, in one message", _whole(1, 1000)
    )
    mail_replies: str = _setting(
        "MAIL_REPLIES", "", "address for answers, with {} where each message's own part goes; empty: answers go to MAIL_SENDER", _replies
    )
    mail_imap_server: str = _setting("MAIL_IMAP_SERVER", "", "IMAP server with the mailbox that answers come to; empty: none is read")
    mail_imap_port: int = _setting("MAIL_IMAP_PORT", "993", "its port", _whole(1, 65535))
    mail_imap_username: str = _setting("MAIL_IMAP_USERNAME", "", "that mailbox's user")
    mail_imap_password: str = _setting("MAIL_IMAP_PASSWORD", "", "that user's password")
    mail_imap_use_ssl: bool = _setting(
        "MAIL_IMAP_USE_SSL", "1", "1 to use TLS from the start; 0 for STARTTLS, and no TLS on this machine itself", _yes_no
    )

    sms_url: str = _setting(
        "SMS_URL", "", "address of a gateway that text messages are posted to; empty: nobody is reached by text message", _gateway
    )
    sms_token: str = _setting("SMS_TOKEN", "", "what that gateway knows this service by", _token)
    sms_sender: str = _setting("SMS_SENDER", "A deux pas", "whom text messages come from, as phones show it", _sms_sender)

    proconnect_issuer: str = _setting(
        "PROCONNECT_ISSUER", "", "ProConnect's address (OpenID Connect), where agents may sign in; empty: nobody does", _issuer
    )
    proconnect_client_id: str = _setting("PROCONNECT_CLIENT_ID", "", "what ProConnect calls this service", _token)
    proconnect_client_secret: str = _setting("PROCONNECT_CLIENT_SECRET", "", "what ProConnect knows this service by", _token)

    def __repr__(self) -> str:
        return f"Settings(demo={self.demo}, instance={self.instance!r}, …)"

    @property
    def root_url(self) -> str:
        """Where the service answers, without a slash at the end."""
        return self.base_url or f"http://{self.host}:{self.port}"

    @property
    def map_host(self) -> str:
        """Where the map's tiles come from: ``https://HOST``; empty when there are none."""
        parts = urlsplit(self.map_tiles)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""

    @property
    def resolved_database_url(self) -> str:
        return self.database_url or f"sqlite:///{Path(self.instance).resolve() / 'adeuxpas.db'}"

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.timezone)


def load(environ: Mapping[str, str], dotenv: Path | None = Path(".env")) -> Settings:
    """The settings from ``environ``, then the file ``dotenv``, then the defaults.

    Raises :class:`SettingsError` with a sentence for each wrong one.
    """
    given = {**_from_file(dotenv), **environ}
    values: dict[str, Any] = {}
    problems = []
    for f in fields(Settings):
        meta = f.metadata
        raw = given.get(meta["name"], meta["default"]).strip()
        try:
            values[f.name] = meta["parse"](raw)
        except ValueError as e:
            secret = any(word in meta["name"] for word in ("PASSWORD", "TOKEN", "SECRET"))
            shown = "" if secret or "@" in raw else f" is {raw!r} but"  # an address may hold a password
            problems.append(f"{meta['name']}{shown} must be {e}. ({meta['help']})")
    if not problems:
        problems = _together(Settings(**values))
    if problems:
        raise SettingsError(problems)
    return Settings(**values)


def _from_file(dotenv: Path | None) -> dict[str, str]:
    if dotenv is None or not dotenv.exists():
        return {}
    try:
        return {k: v for k, v in dotenv_values(dotenv, interpolate=False).items() if v is not None}
    except UnicodeDecodeError:
        raise SettingsError([f"{dotenv} must be a text in UTF-8."]) from None
    except OSError:
        raise SettingsError([f"{dotenv} cannot be read: it must be a file that this user may read."]) from None


def _together(s: Settings) -> list[str]:
    """What is wrong between settings that are each right alone."""
    problems = []
    if s.demo and s.host not in ("127.0.0.1", "::1", "localhost"):
        problems.append(f"HOST is {s.host!r} but the demonstration must stay on this machine: use 127.0.0.1, or set DEMO=0.")
    if min(map(len, s.secret_key.split(","))) < 32 and (s.secret_key or not s.demo):
        each = "SECRET_KEY must have 32 characters or more, and so must each old one behind a comma."
        problems.append(f"{each} Make one with: openssl rand -base64 48")
    if not s.demo and not s.encryption_keys:
        problems.append("ENCRYPTION_KEYS must be set when DEMO=0. Make one with: echo k1:$(openssl rand -base64 32)")
    if 0 < len(s.metrics_token) < 20:
        problems.append("METRICS_TOKEN must have 20 characters or more. Make one with: openssl rand -hex 24")
    if s.mail_use_tls and s.mail_use_ssl:
        problems.append("MAIL_USE_TLS and MAIL_USE_SSL are both 1 but only one may be.")
    if s.sms_url and not s.sms_token:
        problems.append("SMS_TOKEN must be set with SMS_URL: the gateway gives you one.")
    if len({bool(each) for each in (s.proconnect_issuer, s.proconnect_client_id, s.proconnect_client_secret)}) > 1:
        problems.append("PROCONNECT_ISSUER, PROCONNECT_CLIENT_ID and PROCONNECT_CLIENT_SECRET must be set together: ProConnect gives them.")
    if s.mail_imap_server and not s.mail_imap_username:
        problems.append("MAIL_IMAP_USERNAME must be set with MAIL_IMAP_SERVER: whose mailbox is it?")
    return problems
