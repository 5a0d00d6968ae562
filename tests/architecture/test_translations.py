"""Every word on the pages exists in French; English is what stands in the code and the templates."""

import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
FRENCH = ROOT / "app/translations/fr/LC_MESSAGES/messages.po"


def words_on_the_pages() -> set[str | tuple[str, ...]]:
    with (ROOT / "scripts/babel.cfg").open() as file:
        mapping, options = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT / "app", mapping, options, keywords=DEFAULT_KEYWORDS | {"_l": None})
    return {message for _, _, message, _, _ in found}


def french() -> Catalog:
    with FRENCH.open("rb") as file:
        return read_po(file, locale="fr")


def test_every_word_on_the_pages_has_a_french_one() -> None:
    catalogue = {message.id: message.string for message in french() if message.id}
    words = words_on_the_pages()
    assert len(words) > 150
    missing = sorted(str(each) for each in words if not all(catalogue.get(each) or [""]))
    assert missing == [], "run scripts/translations and fill in what is empty"


def test_the_catalogue_holds_nothing_that_no_page_says() -> None:
    words = words_on_the_pages()
    assert sorted(str(message.id) for message in french() if message.id and message.id not in words) == []


def test_translations_keep_the_placeholders() -> None:
    pairs = [(message.id, message.string) for message in french() if message.id and isinstance(message.id, str) and message.string]
    wrong = [ours for ours, theirs in pairs if fields(ours) != fields(str(theirs))]
    assert wrong == []


def fields(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)\w|%%", text))


def test_french_has_its_spaces_and_apostrophes() -> None:
    """A no-break space before ? ! : ; and inside « », and the typographic apostrophe."""
    strings = [message.string for message in french() if message.id]
    texts = [text for string in strings for text in (string if isinstance(string, tuple) else [string])]
    assert [text for text in texts if re.search(r"[^\u00a0\u202f][?!;»]|(?<![\u00a0\u202f]):(?!\d)|«[^\u00a0\u202f]|'", text)] == []
