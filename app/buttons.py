"""Small forms that are only buttons."""

from flask import abort, request


def pressed(name: str, *allowed: str) -> str:
    """What the button that was pressed says; anything that no button of ours says is refused (400)."""
    value = request.form.get(name, "")
    return value if value in allowed else abort(400)
