"""The parts of a message as text, whatever was done to them: wrong charsets, broken encodings, headers that are none."""

import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from html import unescape

_CHARSETS = re.compile(r"(utf|us-ascii|ascii|iso|latin|cp|windows|mac|koi8|big5|gb|euc|shift|tis)[\w.-]*", re.IGNORECASE)
_LONGEST_PART = 500_000
_LINES = {"p", "div", "br", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre", "blockquote"}
# The library's parser takes minutes for some kilobytes that were made for it: these look at each character some times at most.
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(r"<(/?)([A-Za-z!?][\w-]{0,15})(?![\w-])[^<>]{0,5000}>")
_UNSEEN = {"script", "style", "head", "title", "template"}


def clean(text: str) -> str:
    """``text`` as it can be stored and shown: no unpaired or invisible characters but line ends."""
    return "".join(c if c.isprintable() or c == "\n" else " " if c.isspace() else "" for c in text)


def header(message: Message, name: str, longest: int = 2000) -> str:
    """A header in words; empty where there is none."""
    # As it came: str() would lose what somebody wrote into a header without encoding it.
    given = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")[:longest]
    raw = decode(given.encode("utf-8", "surrogateescape"), None).replace("\n", " ")
    try:
        return "".join(decode(part, charset) if isinstance(part, bytes) else part for part, charset in decode_header(raw))
    except (HeaderParseError, ValueError):
        return raw


def decode(raw: bytes, charset: str | None) -> str:
    """Bytes as text: in the charset that is said, else as most mail is."""
    for each in (charset or "", "utf-8"):
        if _CHARSETS.fullmatch(each):
            try:
                return raw.decode(each)
            except (LookupError, ValueError):
                continue
    return raw.decode("cp1252", "replace")


def parts(message: Message) -> Iterator[Message]:
    """The message's own leaves, in order; a message that is enclosed counts as one, and nothing in it."""
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in inside(message):
            yield from parts(part)
    else:
        yield message


def every_part(message: Message) -> Iterator[Message]:
    """The message and all that it holds, enclosed messages as well."""
    yield message
    for part in inside(message):
        yield from every_part(part)


def inside(message: Message) -> list[Message]:
    payload = message.get_payload()
    return [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []


def is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or part.get_filename() is not None


def text_of(message: Message, any_text: bool = False) -> str:
    """What a reader reads: the plain text, else the HTML in words. ``any_text`` takes a single part as it stands, whatever it is."""
    if any_text:
        return _decoded(message)
    own = [part for part in parts(message) if not is_attached(part)]
    plain = "\n".join(_decoded(part) for part in own if part.get_content_type() == "text/plain")
    if plain.strip():
        return plain
    return "\n".join(_words(_decoded(part)) for part in own if part.get_content_type() == "text/html")


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return decode(payload[:_LONGEST_PART], part.get_content_charset()) if isinstance(payload, bytes) else ""


def _words(html: str) -> str:
    """HTML as lines of text; what stands in a quotation begins with ``>``, as it does in plain mail."""
    pieces: list[str] = []
    unseen = quotes = at = 0
    html = _COMMENT.sub("", html)
    for tag in _TAG.finditer(html):
        if not unseen:
            pieces.append(re.sub(r"\s+", " ", html[at : tag.start()]))
        step, name, at = (-1 if tag[1] else 1), tag[2].lower(), tag.end()
        unseen = max(0, unseen + step * (name in _UNSEEN))
        quotes = max(0, quotes + step * (name == "blockquote"))
        if name in _LINES:
            pieces.append("\n" + "> " * min(quotes, 5))
    pieces.append(re.sub(r"\s+", " ", "" if unseen else html[at:]))
    return "\n".join(" ".join(line.split()) for line in unescape("".join(pieces)).splitlines())
