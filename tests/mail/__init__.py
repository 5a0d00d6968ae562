"""Mail as it comes in: one file for each way in which mail servers, robots and people answer."""

from pathlib import Path

FOLDER = Path(__file__).parent


def sample(
    name: str, *, to: str = "zoe@example.net", sent_by: str = "entraide@example.org", message_id: str = "<aa11@example.org>"
) -> bytes:
    """The file as bytes: about a message from ``sent_by`` to ``to`` with ``message_id``."""
    raw = (FOLDER / f"{name}.eml").read_bytes()
    for word, value in (("{TO}", to), ("{SENT_BY}", sent_by), ("{MESSAGE_ID}", message_id)):
        raw = raw.replace(word.encode(), value.encode())
    return raw
