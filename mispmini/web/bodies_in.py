"""A request's body, measured, inflated and parsed; a form's fields by their plain names (PROTOCOL §1.2, §1.7)."""

import re
from collections.abc import Iterable, Sequence

from flask import current_app, request

from mispmini.domain.errors import BadRequest
from mispmini.settings import Settings
from mispmini.wire import door

FormFields = dict[str, str | list[str]]

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_OPENS_JSON = (b"{", b"[")
_CAKE = re.compile(r"data(?:\[\w+\])?\[(\w+)\]((?:\[\])?)\Z")


def is_form() -> bool:
    """Whether the body is a form's, by its Content-Type."""
    return request.mimetype in _FORMS


def read_body() -> object:
    """The JSON value of the body, {} for none, or a form's fields. Raises BadRequest, Malformed, TooLarge."""
    encoding = request.headers.get("Content-Encoding", "identity").strip()
    if is_form():
        if encoding.lower() != "identity":
            raise BadRequest(f"Unsupported content encoding '{encoding}'.")
        json = _json_sent_as_form()
        return form_fields() if json is None else door.parse_json(json)
    raw = request.get_data(parse_form_data=False)
    if not raw:
        return {}
    if encoding.lower() != "identity":
        settings: Settings = current_app.config["SETTINGS"]
        raw = door.inflate(raw, encoding, settings.max_inflated_bytes)
    return door.parse_json(raw)


def _json_sent_as_form() -> bytes | None:
    """JSON that `curl -d` calls a form, for it says so of everything; a search would else go without its filters."""
    if request.mimetype != _FORMS[0]:
        return None
    raw = request.get_data()
    return raw if raw.lstrip().startswith(_OPENS_JSON) else None


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
