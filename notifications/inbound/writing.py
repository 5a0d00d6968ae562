"""What somebody wrote themselves, without the message that they answer."""

import re
from email.message import Message

from notifications.inbound.parts import clean, header, is_attached, parts

LONGEST = 20_000
_MOST_ATTACHMENTS = 20
_ATTRIBUTION = re.compile(r"\s*(?:On|Le)\b.{5,300}\b(?:wrote|a écrit|écrivait)\s*:\s*", re.IGNORECASE)
_DIVIDER = re.compile(r"\s*-{2,}\s*(?:original message|message d['’]origine|message original|message initial)\s*-{2,}\s*", re.IGNORECASE)
_FROM = re.compile(r"\s*\*?(?:From|De|Expéditeur)\*?\s?:\*? .+", re.IGNORECASE)
_SENT = re.compile(r"\s*\*?(?:Sent|Date|Envoyé(?: le)?)\*?\s?:\*? .+", re.IGNORECASE)


def own_words(text: str) -> str:
    """``text`` without the quotation at its end. In doubt the whole: answers between the lines make sense with these only.

    >>> own_words("Oui, volontiers !\\n\\nLe lun. 30 nov. 2026, Entraide a écrit :\\n> Pouvez-vous aider ?")
    'Oui, volontiers !'
    """
    text = re.sub(r"\n{3,}", "\n\n", clean(text[: 10 * LONGEST])).strip()
    lines = text.split("\n")
    end = _end(lines)
    own = "\n".join(lines[:end]).strip()
    later = [number for number, line in enumerate(lines[end:]) if line.startswith(">")]
    between = any(line.strip() for line in lines[end + later[-1] + 1 :]) if later else False
    return (text if not own or between else own)[:LONGEST]


def _end(lines: list[str]) -> int:
    """Where the quotation begins: at its first line, else the number of lines."""
    for number, line in enumerate(lines):
        if line.startswith(">") or _DIVIDER.fullmatch(line):
            return number
        if _FROM.fullmatch(line) and any(_SENT.fullmatch(each) for each in lines[number + 1 : number + 4]):
            return number - 1 if number and re.fullmatch(r"\s*[_-]{5,}\s*", lines[number - 1]) else number
        if any(_ATTRIBUTION.fullmatch(" ".join(lines[number : number + height])) for height in (1, 2, 3)):
            return number
    return len(lines)


def attachments(message: Message) -> tuple[str, ...]:
    """The names of what came with it; what has no name is called by its type."""
    found = []
    for part in parts(message):
        if is_attached(part) or part.get_content_maintype() not in ("text", "multipart"):
            found.append(clean(part.get_filename() or header(part, "Content-Description") or part.get_content_type())[:100])
    return tuple(found[:_MOST_ATTACHMENTS])
