"""Values of settings: read from REST, forms and files, and told as clients of a MISP read them (CLIENTS.md)."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from urllib.parse import urlsplit

from mispmini.domain.distribution import Distribution
from mispmini.domain.instance_settings import N_, SPECS, Kind, Spec

_LONGEST_TEXT = 1024
_VERSION = re.compile(r"2\.5\.\d{1,4}\Z", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,12}\Z", re.ASCII)
_FLAGS: Mapping[str, bool] = MappingProxyType(
    {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False, "": False}
)


def read_value(spec: Spec, given: object) -> object:
    """A value as it came over REST, from a form or from a file, in its type. Raises ValueError with a sentence."""
    if spec.kind is Kind.YES_NO:
        return read_flag(given)
    if spec.kind is Kind.NUMBER:
        return _whole(given, spec.least, spec.most)
    if spec.kind is Kind.CHOICE:
        return _chosen(spec, given)
    if spec.kind is Kind.ORGANISATION:
        return _whole(given, 1, 2**63 - 1)
    if spec.kind is Kind.NUMBERS:
        return tuple(dict.fromkeys(_whole(item, 1, 2**63 - 1) for item in _items(given)))
    if spec.kind is Kind.URLS:
        return tuple(dict.fromkeys(_url(item) for item in _items(given)))
    return _worded(spec.kind, given)


def fixable_readers() -> Mapping[str, Callable[[object], object]]:
    """How to read what a file or the environment gives of the settings, which locks them, by our names."""
    return {spec.name: partial(read_value, spec) for spec in SPECS.values() if not spec.is_internal}


def read_flag(given: object) -> bool:
    """A yes or no in any of its spellings. Raises ValueError with a sentence."""
    word = str(given).strip().lower() if isinstance(given, bool | int | str) else "-"
    if word not in _FLAGS:
        raise ValueError(N_("Please give true or false."))
    return _FLAGS[word]


def wire_value(spec: Spec, value: object) -> object:
    """A value as clients of a MISP read it; a choice is text, and inheriting is called `event`."""
    if spec.name == "default_attribute_distribution" and value == Distribution.INHERIT:
        return "event"
    if spec.kind is Kind.CHOICE:
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def _chosen(spec: Spec, given: object) -> int | str:
    wish = str(given).strip() if isinstance(given, int | str) and not isinstance(given, bool) else ""
    if spec.name == "default_attribute_distribution" and wish == "event":
        return int(Distribution.INHERIT)
    for value, _sentence in spec.choices:
        if str(value) == wish:
            return value
    raise ValueError(f"Please give one of {', '.join(str(value) for value, _sentence in spec.choices)}.")


def _whole(given: object, least: int, most: int) -> int:
    text = given.strip() if isinstance(given, str) else given
    number = int(text) if isinstance(text, str) and _NUMBER.match(text) else text
    if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= most:
        raise ValueError(f"Please give a whole number from {least} to {most}.")
    return number


def _items(given: object) -> list[object]:
    if isinstance(given, str):
        return list(given.replace(",", " ").split())
    if isinstance(given, list | tuple):
        return list(given)
    raise ValueError(N_("Please give a list."))


def _worded(kind: Kind, given: object) -> str:
    if not isinstance(given, str) or len(given) > _LONGEST_TEXT or not given.isprintable():
        raise ValueError(f"Please give a text of at most {_LONGEST_TEXT} characters.")
    text = given.strip()
    if kind is Kind.VERSION and not _VERSION.match(text):
        raise ValueError(N_("Please give a version like 2.5.1."))
    return _url(text) if kind is Kind.URL and text else text


def _url(given: object) -> str:
    try:
        parts = urlsplit(given.strip() if isinstance(given, str) else "")
        is_plain = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # what urlsplit and .port say to a broken address
        is_plain = False
    if not is_plain or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(N_("Please give a URL like https://misp.example.org, without login, query or fragment."))
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"
