"""Settings: read once, all checked, each wrong one named with what it may be."""

import logging
from pathlib import Path

import pytest

from config.settings import Settings, SettingsError, load

REAL = {"DEMO": "0", "SECRET_KEY": "s" * 32, "ENCRYPTION_KEYS": "k1:c2VjcmV0"}


def problems(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        load(environ, None)
    return raised.value.problems


def test_without_any_setting_a_demonstration_runs_on_this_machine() -> None:
    settings = load({}, None)
    assert (settings.demo, settings.host, settings.port, settings.mail_server) == (True, "127.0.0.1", 8000, "")
    assert settings.root_url == "http://127.0.0.1:8000"
    assert settings.resolved_database_url == f"sqlite:///{Path('instance').resolve()}/adeuxpas.db"


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("PORT=8001\nCITY_NAME='Saint-Étienne'\n# PORT=8002\n")
    settings = load({"PORT": "8003"}, dotenv)
    assert (settings.port, settings.city_name, settings.host) == (8003, "Saint-Étienne", "127.0.0.1")


def test_a_value_in_the_file_is_taken_as_it_stands(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("MAIL_PASSWORD=a${PORT}b\n")
    assert load({}, dotenv).mail_password == "a${PORT}b"


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_bytes("CITY_NAME=Orléans".encode("latin-1"))
    with pytest.raises(SettingsError, match=r"\.env must be a text in UTF-8"):
        load({}, dotenv)


def test_a_missing_file_is_no_problem(tmp_path: Path) -> None:
    assert load({}, tmp_path / ".env").port == 8000


@pytest.mark.parametrize(
    ("name", "value", "may_be"),
    [
        ("DEMO", "maybe", "1 or 0"),
        ("PORT", "http", "a whole number from 1 to 65535"),
        ("PORT", "0", "a whole number from 1 to 65535"),
        ("PORT", "", "a whole number from 1 to 65535"),
        ("WEB_PROCESSES", "65", "a whole number from 1 to 64"),
        ("PROXIES", "-1", "a whole number from 0 to 5"),
        ("MAP_TILES", "https://tiles.example.org/{z}/{x}.png", "empty, or an https address with {z}, {x} and {y} in it"),
        ("MAP_TILES", "http://tiles.example.org/{z}/{x}/{y}.png", "empty, or an https address with {z}, {x} and {y} in it"),
        ("MAP_TILES", "https://a;script-src *.org/{z}/{x}/{y}.png", "empty, or an https address with {z}, {x} and {y} in it"),
        ("SMS_URL", "sms.example.org", "empty or an https address without a name in it, such as https://sms.example.org/messages"),
        ("SMS_URL", "http://sms.example.org/", "empty or an https address without a name in it, such as https://sms.example.org/messages"),
        ("SMS_SENDER", "À deux pas", "11 letters, digits and spaces at most, or a phone number"),
        ("BASE_URL", "entraide.example.org", "empty or an address such as https://entraide.example.org"),
        ("DATABASE_URL", "mysql://localhost/x", "empty, sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"),
        ("LOG_LEVEL", "loud", "debug, info, warning or error"),
        ("CITY_COLOUR", "teal", "a colour of six digits such as #0f5f63"),
        ("CITY_COLOUR", "#0f5f6", "a colour of six digits such as #0f5f63"),
        ("CITY_LOGO", "no/such/logo.svg", "empty or the path of an SVG or PNG file that can be read"),
        ("CITY_LOGO", "pyproject.toml", "empty or the path of an SVG or PNG file that can be read"),
        ("TIMEZONE", "Lyon", "a time zone such as Europe/Paris"),
        ("WAKING_HOURS", "8-21", "the hours of a day, such as 08:00-21:00"),
        ("WAKING_HOURS", "21:00-08:00", "the hours of a day, such as 08:00-21:00"),
        ("MAIL_DAILY_CAP", "0", "a whole number from 1 to 1000"),
        ("TIMEZONE", "../etc/passwd", "a time zone such as Europe/Paris"),
        ("LANGUAGE_DEFAULT", "de", "fr or en"),
        ("APPROVE_VOLUNTEERS", "1", "by_hand or at_once"),
        ("ANSWER_HOURS_URGENT", "0.5", "a whole number from 1 to 240"),
        ("PUBLIC_BLUR_M", "0", "a whole number from 50 to 2000"),
        ("GEOCODER", "google", "none or ban"),
        ("MAIL_PORT", "smtp", "a whole number from 1 to 65535"),
        ("MAIL_SENDER", "entraide", "an e-mail address such as entraide@example.org"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_may_be(name: str, value: str, may_be: str) -> None:
    (sentence,) = problems({name: value})
    assert sentence.startswith(f"{name} is {value!r} but must be {may_be}. (")


def test_a_gateway_needs_its_token_which_is_never_repeated() -> None:
    [problem] = problems({"SMS_URL": "https://sms.example.org/"})
    assert problem == "SMS_TOKEN must be set with SMS_URL: the gateway gives you one."
    [problem] = problems({"SMS_URL": "https://sms.example.org/", "SMS_TOKEN": "two words"})
    assert "two words" not in problem
    assert load({"SMS_URL": "http://127.0.0.1:9000/", "SMS_TOKEN": "t"}, None).sms_sender == "A deux pas"


def test_a_colour_is_taken_in_capitals_too() -> None:
    assert load({"CITY_COLOUR": "#0F5F63"}, None).city_colour == "#0f5f63"


@pytest.mark.parametrize(
    ("name", "content", "right"), [("a.svg", b" <svg/>", True), ("a.png", b"<svg/>", False), ("a.png", b"\x89PNG\r\n\x1a\n", True)]
)
def test_a_logo_must_be_what_its_name_says(tmp_path: Path, name: str, content: bytes, right: bool) -> None:
    logo = tmp_path / name
    logo.write_bytes(content)
    if right:
        assert load({"CITY_LOGO": str(logo)}, None).city_logo == str(logo)
    else:
        assert problems({"CITY_LOGO": str(logo)})[0].startswith("CITY_LOGO is ")


def test_a_sender_cannot_bring_a_header_with_it() -> None:
    (sentence,) = problems({"MAIL_SENDER": "a@b.example\r\nBcc: c@d.example"})
    assert sentence.startswith("MAIL_SENDER must be an e-mail address")


def test_all_wrong_settings_are_named_at_once() -> None:
    assert [s.split()[0] for s in problems({"PORT": "x", "MAIL_PORT": "y", "DEMO": "z"})] == ["DEMO", "PORT", "MAIL_PORT"]


def test_settings_that_do_not_go_together_are_named() -> None:
    assert problems({"HOST": "0.0.0.0"}) == [
        "HOST is '0.0.0.0' but the demonstration must stay on this machine: use 127.0.0.1, or set DEMO=0."
    ]
    assert problems({"MAIL_USE_TLS": "1", "MAIL_USE_SSL": "yes"}) == ["MAIL_USE_TLS and MAIL_USE_SSL are both 1 but only one may be."]


def test_a_real_city_needs_its_keys() -> None:
    without = problems({"DEMO": "0"})
    assert [s.split()[0] for s in without] == ["SECRET_KEY", "ENCRYPTION_KEYS"]
    assert [s.split()[0] for s in problems({**REAL, "SECRET_KEY": "short"})] == ["SECRET_KEY"]
    assert load({**REAL, "HOST": "0.0.0.0"}, None).host == "0.0.0.0"


def test_secrets_are_shown_nowhere() -> None:
    settings = load({**REAL, "MAIL_PASSWORD": "hunter2"}, None)
    shown = f"{settings!r} {settings}" + logging.makeLogRecord({"msg": "%s", "args": (settings,)}).getMessage()
    for secret in (REAL["SECRET_KEY"], "c2VjcmV0", "hunter2"):
        assert secret not in shown
    for wrong in ({"SECRET_KEY": "hunter2-short"}, {"DATABASE_URL": "mysql://u:hunter2@db/x"}):
        assert "hunter2" not in "".join(problems(REAL | wrong))


def test_postgresql_addresses_name_their_driver() -> None:
    settings = load({"DATABASE_URL": "postgresql://u:p@db/adeuxpas"}, None)
    assert settings.resolved_database_url == "postgresql+psycopg://u:p@db/adeuxpas"


def test_settings_cannot_be_changed_later() -> None:
    settings = load({}, None)
    with pytest.raises(AttributeError):
        settings.port = 1  # type: ignore[misc]
    assert isinstance(settings, Settings)


@pytest.mark.parametrize(
    ("tiles", "host"), [("", ""), ("https://tiles.example.org:8443/{z}/{x}/{y}.png?key=1", "https://tiles.example.org:8443")]
)
def test_pages_may_load_pictures_from_the_tiles_host_alone(tiles: str, host: str) -> None:
    assert load({"MAP_TILES": tiles}, None).map_host == host
