"""What this process allows towards partners, for views that call them."""

from flask import current_app

from mispmini.settings import Settings
from mispmini.sync.links import Outbound


def outbound() -> Outbound:
    """From the settings of the application."""
    settings: Settings = current_app.config["SETTINGS"]
    return Outbound(settings.allow_internal)
