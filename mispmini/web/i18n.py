"""Which language a page speaks, its catalogue, and how times and numbers are written in it."""

import gettext as catalogues
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, StrictUndefined

from mispmini.domain import clock

SUPPORTED: Final = ("pt_BR", "en")
NAMES: Final = {"pt_BR": "Português (Brasil)", "en": "English"}

_DOMAIN: Final = "mispmini"
_FOLDER: Final = Path(__file__).resolve().parent.parent / "locale"
_DATE: Final = {"pt_BR": "%d/%m/%Y %H:%M UTC", "en": "%Y-%m-%d %H:%M UTC"}
_THOUSANDS: Final = {"pt_BR": ".", "en": ","}
_language: ContextVar[str] = ContextVar("language", default="en")


def choose_language(user_language: str | None, accept_language: str, default: str) -> str:
    """The user's own choice, else the best of the Accept-Language header, else the default.

    `accept_language` is the raw header (RFC 9110 §12.5.4) and may be empty or malformed; `default` is one of SUPPORTED.
    """
    if user_language in SUPPORTED:
        return str(user_language)
    wanted = [_weighed(piece) for piece in accept_language.split(",")]
    for _, tag in sorted((pair for pair in wanted if pair[0] > 0), key=lambda pair: -pair[0]):
        if found := _supported_for(tag):
            return found
    return default


@cache
def catalogue(language: str) -> catalogues.NullTranslations:
    """The compiled catalogue of one of SUPPORTED; English, the language of the sources, has an empty one."""
    return catalogues.translation(_DOMAIN, _FOLDER, [language], fallback=True)


def speak(language: str) -> None:
    """Set the language of this request (or of a command) for everything translated after it."""
    _language.set(language if language in SUPPORTED else "en")


def current_language() -> str:
    """The language now spoken: one of SUPPORTED."""
    return _language.get()


def gettext(message: str, **values: object) -> str:
    """`message` in the language of this request, with `%(name)s` filled from `values` when there are any."""
    translated = _message(message)
    return translated % values if values else translated


def ngettext(singular: str, plural: str, num: int, **values: object) -> str:
    """The form for `num` things in the language of this request; `%(num)d` is always filled."""
    return _messages(singular, plural, num) % {"num": num, **values}


_ = gettext


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a constant for extraction; translate it with `gettext` where it is shown."""
    return message


def when(epoch: int | None) -> str:
    """An instant (epoch seconds) to the minute in UTC, written as the language writes dates; a dash for never."""
    return _moment(epoch).strftime(_DATE[current_language()]) if epoch else "–"


def moment(microseconds: int | None) -> str:
    """An instant in epoch microseconds, as first and last seen are kept; a dash for none."""
    return "–" if microseconds is None else when(microseconds // 1_000_000 or 1)


def moment_text(microseconds: int | None) -> str:
    """The same as a form takes it back: ISO 8601 in UTC; empty for none."""
    if microseconds is None:
        return ""
    exact = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    return exact.isoformat().replace("+00:00", "Z")


def ago(epoch: int) -> str:
    """How long ago an instant (epoch seconds) was, in its largest unit."""
    minutes = max(0, clock.now() - epoch) // 60
    if minutes < 1:
        return gettext("just now")
    if minutes < 60:
        return ngettext("%(num)d minute ago", "%(num)d minutes ago", minutes)
    if minutes < 48 * 60:
        return ngettext("%(num)d hour ago", "%(num)d hours ago", minutes // 60)
    return ngettext("%(num)d day ago", "%(num)d days ago", minutes // (24 * 60))


def iso(epoch: int | None) -> str:
    """An instant (epoch seconds) as ISO 8601 in UTC, for `<time datetime>`; empty for never."""
    return _moment(epoch).strftime("%Y-%m-%dT%H:%M:%SZ") if epoch else ""


def day(text: str) -> str:
    """A day (YYYY-MM-DD, as events have it) as the language writes it; anything else as it came."""
    try:
        return date.fromisoformat(text).strftime(_DATE[current_language()].split()[0])
    except ValueError:
        return text


def number(value: int) -> str:
    """A whole number with its thousands apart."""
    return f"{value:,}".replace(",", _THOUSANDS[current_language()])


def prepare_templates(environment: Environment) -> None:
    """Give a Jinja environment the translations, the filters `when`, `ago`, `iso`, `day`, `number`, and strictness."""
    environment.undefined = StrictUndefined
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(_message, _messages, newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(when=when, ago=ago, iso=iso, day=day, number=number)
    environment.globals.update(current_language=current_language, language_names=NAMES)


def _message(message: str) -> str:
    return catalogue(current_language()).gettext(message)


def _messages(singular: str, plural: str, num: int) -> str:
    return catalogue(current_language()).ngettext(singular, plural, num)


def _weighed(piece: str) -> tuple[float, str]:
    tag, _sep, parameter = piece.partition(";")
    quality = parameter.strip().removeprefix("q=") if parameter.strip() else "1"
    try:
        return float(quality), tag.strip().lower()
    except ValueError:
        return 0.0, ""


def _supported_for(tag: str) -> str | None:
    primary = tag.replace("_", "-").split("-")[0]
    return next((language for language in SUPPORTED if language.split("_")[0].lower() == primary), None)


def _moment(epoch: int | None) -> datetime:
    return datetime.fromtimestamp(epoch or 0, tz=UTC)
