"""xml: what json answers, as elements of the same names (API §8.6)."""

import json
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

CONTENT_TYPE = "application/xml; charset=UTF-8"
_NOT_IN_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535))
_FIRST = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_OTHERS = _FIRST | frozenset("0123456789-.")


def xml_pieces(texts: Iterable[str], name: str = "") -> Iterator[str]:
    """A document of JSON objects that come as text, each under `name`, or under its own key without one."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<response>'
    for text in texts:
        value = json.loads(text)
        yield "".join(_elements({name: value} if name else value))
    yield "</response>\n"


def _elements(value: dict[str, object]) -> Iterator[str]:
    """The members of an object; a list is a repeated element, an empty one nothing."""
    for key, inside in value.items():
        tag = _tag(key)
        for one in inside if isinstance(inside, list) else [inside]:
            yield f"<{tag}>{''.join(_elements(one)) if isinstance(one, dict) else _leaf(one)}</{tag}>"


def _leaf(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return escaped(str(value))


def escaped(text: str) -> str:
    """A text as the content of an element, without what XML cannot hold."""
    return escape(text.translate(_NOT_IN_XML), {"\r": "&#13;"})


def _tag(key: str) -> str:
    """A key as the name of an element: partners may send keys that XML does not take."""
    name = "".join(letter if letter in _OTHERS else "_" for letter in key) or "_"
    return name if name[0] in _FIRST else f"_{name}"
