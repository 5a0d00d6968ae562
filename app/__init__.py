"""The doors of the service: web pages, commands and the worker. Parse, permit, call one service, render."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.context import Context
    from config.settings import Settings


def create_app(settings: "Settings | None" = None, context: "Context | None" = None) -> "Flask":
    """The web application. Settings come from the environment and the context from the settings where they are not given."""
    # Here, so that commands which need no pages do not wait for the web framework.
    from app.web import build

    return build(settings, context)
