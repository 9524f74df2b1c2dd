"""A request's body, measured, inflated and parsed; a form's fields by their plain names (PROTOCOL §1.2, §1.7).

Of a stranger's nothing is read beyond what a form needs (TRUST §2.2 row 12).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from io import BytesIO
from itertools import chain
from typing import IO, Any

from flask import Request, current_app, g, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from mispmini.domain.errors import BadRequest
from mispmini.settings import STRANGERS_BYTES, Settings
from mispmini.web import room
from mispmini.wire import door
from mispmini.wire.pieces import read_in_pieces
from mispmini.wire.shape import ALL_BUT_EVENTS, STRETCH, WHOLE_EVENT, Limits, Shape

FormFields = dict[str, str | list[str]]

MOST_FORM_BYTES = 8 * 1024 * 1024
_MOST_FIELDS = 10_000
_WIDEST, _BYTES_OF_A_VALUE = 4, 128  # in memory, of a byte and beside it
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_OPENS_JSON = (b"{", b"[")
_CAKE = re.compile(r"data(?:\[\w+\])?\[(\w+)\]((?:\[\])?)\Z")


class _FormParser(FormDataParser):
    """The library bounds the parts of a form with files, but neither fields nor bytes of one without."""

    def parse(self, stream: IO[bytes], mimetype: str, *rest: Any, **options: Any) -> Any:
        """Raises RequestEntityTooLarge."""
        if mimetype == _FORMS[0]:
            raw = stream.read(MOST_FORM_BYTES + 1)
            if len(raw) > MOST_FORM_BYTES or raw.count(b"&") >= _MOST_FIELDS:
                raise RequestEntityTooLarge
            stream = BytesIO(raw)
        return super().parse(stream, mimetype, *rest, **options)


class BoundedRequest(Request):
    """A request whose form is bounded; the application's own bound for a body is that of strangers."""

    form_data_parser_class = _FormParser


def let_in() -> None:
    """Who asks is known, and may send as much as the settings say."""
    g.is_let_in = True
    request.max_content_length = _settings().max_body_bytes


def is_form() -> bool:
    """Whether the body is a form's, by its Content-Type."""
    return request.mimetype in _FORMS


def read_body(*, in_pieces: bool = False) -> object:
    """The JSON value of the body, {} for none, or a form's fields. Raises BadRequest, Malformed, TooLarge, Busy.

    With `in_pieces` it may be as large as an event; the lists of elements in a large one are then Packed.
    """
    encoding = request.headers.get("Content-Encoding", "identity").strip()
    if is_form():
        if encoding.lower() != "identity":
            raise BadRequest(f"Unsupported content encoding '{encoding}'.")
        if not _is_json_after_all():
            return form_fields()
    return _read_json(encoding, _limits(in_pieces=in_pieces), in_pieces=in_pieces)


def _is_json_after_all() -> bool:
    """JSON that `curl -d` calls a form, for it says so of everything; a search would else go without its filters."""
    if request.mimetype != _FORMS[0]:
        return False
    opens_json = next(_sent(), b"").lstrip().startswith(_OPENS_JSON)
    request.environ["wsgi.input"].seek(0)
    return opens_json


def _limits(*, in_pieces: bool) -> Limits:
    if "is_let_in" not in g:
        return replace(ALL_BUT_EVENTS, size=STRANGERS_BYTES)
    most = _settings().max_inflated_bytes
    if not in_pieces:
        return replace(ALL_BUT_EVENTS, size=min(most, ALL_BUT_EVENTS.size))
    request.max_content_length = most
    return replace(WHOLE_EVENT, size=most)


def _read_json(encoding: str, limits: Limits, *, in_pieces: bool) -> object:
    """What is more than a stretch is counted first, and nothing of it kept, so that what is refused takes no room."""
    stretches = _stretches(encoding, limits)
    first, second = next(stretches, b""), next(stretches, b"")
    if not second:
        return door.parse_json(first, limits=limits)
    shape = Shape()
    for stretch in chain((first, second), stretches):
        shape.add(stretch)
        shape.refuse_beyond(limits)
    room.take(_WIDEST * shape.size + (0 if in_pieces else _BYTES_OF_A_VALUE * shape.values))
    if in_pieces:
        return read_in_pieces(_stretches(encoding, limits), shape)
    return door.parse_json(b"".join(_stretches(encoding, limits)), limits=limits)


def _stretches(encoding: str, limits: Limits) -> Iterator[bytes]:
    return _sent() if encoding.lower() == "identity" else door.inflated(_sent(), encoding, limits.size)


def _sent() -> Iterator[bytes]:
    """The body as it came, from its beginning. Raises RequestEntityTooLarge."""
    _ = request.stream  # looks at the length
    source = request.environ["wsgi.input"]
    source.seek(0)
    return iter(partial(source.read, STRETCH), b"")


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def refuse_nul(values: Iterable[str | Sequence[str]]) -> None:
    """What a database keeps badly is refused wherever it stands (TRUST §2.2 row 14). Raises BadRequest."""
    if any("\0" in "".join(value) for value in values):
        raise BadRequest("A field holds a NUL character.")


def form_fields() -> FormFields:
    """A form's fields: `data[User][email]` is `email`, `name[]` a list, else the last of a name counts.

    Raises BadRequest.
    """
    fields: FormFields = {}
    for name, values in request.form.lists():
        found = _CAKE.match(name)
        plain = found[1] + found[2] if found else name
        fields[plain.removesuffix("[]")] = list(values) if plain.endswith("[]") else values[-1]
    refuse_nul(fields.values())
    return fields
