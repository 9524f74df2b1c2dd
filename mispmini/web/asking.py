"""What a request asks for: MISP's URL grammar undone; body, form, named parameters and query as one (PROTOCOL §1.1)."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote_plus, unquote_to_bytes

from flask import current_app, g, request
from werkzeug.routing import Map

from mispmini.domain import ids
from mispmini.web import bodies_in, room
from mispmini.web.old_paths import respelt
from mispmini.wire.scalars import flag

StartResponse = Callable[..., Any]
WsgiApp = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]
NamedValue = str | tuple[str, ...]

_KEY = "mispmini.asked"
_UNTOUCHED = frozenset({"", "static", "setup", "healthz"})
_EXTENSIONS = (".json", ".xml", ".csv")
_NAMED = re.compile(r"([A-Za-z_][\w.-]*)(\[[^\]]*\])?:(.*)\Z", re.DOTALL)
_MODEL = re.compile(r"(?:[A-Z][a-z]+)+")
_SHORTCUT_CONTROLLERS = frozenset({"events", "attributes"})
_ACTION_OF_LIST = {"GET": "index", "HEAD": "index", "POST": "add"}
_ACTION_OF_ONE = {"GET": "view", "HEAD": "view", "POST": "edit", "PUT": "edit", "DELETE": "delete"}
_WRITE = frozenset({"POST", "PUT", "DELETE"})
_ANSWER_HEAD = frozenset({"events.view"})  # whether it exists is asked before a push, and has to be cheap
_BEARER = re.compile(r"bearer\s+", re.IGNORECASE)
_LARGE = 256 * 1024
_SAFE_IN_PATH = "/:;,[]+@!$&'()*=~"


@dataclass(frozen=True, slots=True)
class AskedPath:
    """A path taken apart: `url` as it was asked, `route` as our url_map spells it, what was named, and the extension.

    A `key:value` stands in `named` as text, the last one winning; `key[]:a/key[]:b` as a tuple. The extension is
    "json", "xml", "csv" or empty.
    """

    url: str
    route: str
    named: Mapping[str, NamedValue] = field(default_factory=dict)
    extension: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """All that a request brought along: `body` is the JSON value or, for a form, its flattened fields."""

    path: AskedPath
    body: object
    query: Mapping[str, str]

    def parameters(self) -> dict[str, object]:
        """One set of parameters: the query, over it the body's fields, over them what the path names."""
        named = {name: list(value) if isinstance(value, tuple) else value for name, value in self.path.named.items()}
        return {**self.query, **_fields(self.body), **named}

    def parameter(self, name: str, default: object = None) -> object:
        """One parameter, by that order."""
        return self.parameters().get(name, default)


def take_head_for_get() -> None:
    """A view that shows something to GET and else writes is asked as by GET: HEAD never writes (TRUST S9)."""
    rule = request.url_rule
    if request.method == "HEAD" and rule is not None and request.endpoint not in _ANSWER_HEAD:
        request.method = "GET" if _WRITE & (rule.methods or set()) else "HEAD"


class MispPaths:
    """WSGI middleware: every spelling of a MISP path becomes the one that the url_map knows."""

    def __init__(self, app: WsgiApp, url_map: Map) -> None:
        self.app = app
        self.url_map = url_map
        self.routes: dict[tuple[str, ...], tuple[str, int | None]] = {}

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Rewrite PATH_INFO, keep what was taken out of it in the environment, and go on."""
        asked = self.read(_raw_path(environ), environ["REQUEST_METHOD"])
        environ[_KEY] = asked
        environ["PATH_INFO"] = asked.route.encode().decode("latin-1")
        return self.app(environ, start_response)

    def read(self, raw: str, method: str) -> AskedPath:
        """Take a percent-encoded path apart."""
        pieces = [piece for piece in raw.split("/") if piece]
        if (pieces[0].lower() if pieces else "") in _UNTOUCHED:
            return AskedPath(raw, _decoded(raw))
        extension = _extension(pieces[-1])
        if extension:
            pieces[-1] = pieces[-1][: -len(extension) - 1]
        decoded = [unquote_plus(piece, errors="replace") for piece in pieces if piece]
        plain, named = _without_named(decoded)
        route, placed = self._route(plain, decoded, method)
        return AskedPath(raw, route, {**placed, **named}, extension)

    def _route(self, plain: list[str], decoded: list[str], method: str) -> tuple[str, Mapping[str, str]]:
        """The path as the url_map has it, and the parameters that it holds by their place."""
        self.routes = self.routes or routes_by_folded_name(self.url_map)
        at = 1 if plain and plain[0].lower() == "admin" else 0
        controller = folded(plain[at]) if len(plain) > at else ""
        action, arguments = _action(controller, plain[at + 1 :], method)
        placed: Mapping[str, str] = {}
        if not at and (old := respelt(controller, action, decoded[2:])) is not None:
            (controller, action, placed), arguments = old, []
        known = self.routes.get((*(["admin"] * at), controller, action))
        if known is None:
            return "/" + "/".join(plain), placed
        path, most = known
        return "/" + "/".join([path, *arguments[:most]]), placed


def routes_by_folded_name(url_map: Map) -> dict[tuple[str, ...], tuple[str, int | None]]:
    """Each `controller/action` (or `admin/controller/action`) of the map under its folded spelling.

    With it how many arguments the action takes at most, None for any number: what stands after them is ignored, as
    MISP ignores it.
    """
    routes: dict[tuple[str, ...], tuple[str, int | None]] = {}
    for rule in url_map.iter_rules():
        pieces = rule.rule.strip("/").split("/")
        length = 3 if pieces[0] == "admin" else 2
        if len(pieces) >= length and not any("<" in piece for piece in pieces[:length]):
            name = (*pieces[: length - 2], folded(pieces[length - 2]), pieces[length - 1].lower())
            before, most = routes.get(name, ("", 0)), len(pieces) - length
            endless = "<path:" in rule.rule or before[1] is None
            routes[name] = "/".join(pieces[:length]), None if endless else max(before[1] or 0, most)
    return routes


def folded(controller: str) -> str:
    """camelCase and under_score are one controller."""
    return controller.lower().replace("_", "")


def asked_path() -> AskedPath:
    """How this request's path reads."""
    found: AskedPath | None = request.environ.get(_KEY)
    return found or AskedPath(request.path, request.path)


def here() -> str:
    """Path and query of this request, to come back to."""
    query = request.query_string.decode("latin-1")
    return f"{asked_path().url}?{query}" if query else asked_path().url


def asked(*, in_pieces: bool = False) -> Asked:
    """All that this request asks, its body read once. Raises BadRequest, Malformed, TooLarge.

    `in_pieces` is for who takes many elements, at the first call: the lists of them may be Packed.
    """
    if "asked" not in g:
        path, query = asked_path(), dict(request.args)
        bodies_in.refuse_nul([*path.named.values(), *query.values()])
        body = bodies_in.read_body(in_pieces=in_pieces)
        if in_pieces and room.is_taken():
            g.handed_over, body = body, _single_values(body)
        g.asked = Asked(path, body, query)
    found: Asked = g.asked
    return found


def handed_over_body() -> object:
    """The body for whoever makes a draft of it; of a large one only single values are kept for others to ask about.

    An event of 50,000 attributes would else stand in memory once more while it is stored.
    """
    found = asked(in_pieces=True)
    if "handed_over" in g:
        return g.pop("handed_over")
    if (request.content_length or 0) > _LARGE and isinstance(found.body, dict):
        g.asked = Asked(found.path, _single_values(found.body), found.query)
    return found.body


def _single_values(body: object) -> object:
    record = body if isinstance(body, dict) else {}
    return {name: value for name, value in record.items() if isinstance(value, str | int | float | None)}


def parameter(name: str, default: object = None) -> object:
    """One parameter of this request, from the path, else the body or form, else the query."""
    return asked().parameter(name, default)


def is_forced() -> bool:
    """Whether what would be refused for its consequences was confirmed: `force` with 1, bare or under a model."""
    given = asked().parameters()
    inner = [value for value in given.values() if isinstance(value, dict)]
    return any(flag(fields.get("force")) for fields in (given, *inner))


def offered_keys() -> tuple[str, ...] | None:
    """The authkeys that this request carries, None when it carries no such header (PROTOCOL §1.2).

    X-MISP-AUTH wins over Authorization, where `Basic …` is for a proxy and not for us.
    """
    header = request.headers.get("X-MISP-AUTH")
    if header is None:
        header = request.headers.get("Authorization")
        if header is None or header[:5].lower() == "basic":
            return None
    return tuple(key.strip() for key in header.split(","))


def asks_monitoring() -> bool:
    """Whether this request is for a view that other programs than MISP's clients read (needs.for_monitoring)."""
    return getattr(current_app.view_functions.get(request.endpoint or ""), "is_for_monitoring", False)


def offered_token() -> tuple[str, ...] | None:
    """The same from programs that send `Bearer <key>`, which a MISP does not take."""
    keys = offered_keys()
    return None if keys is None else tuple(_BEARER.sub("", key) for key in keys)


def _raw_path(environ: Mapping[str, Any]) -> str:
    """The path still percent-encoded, so that an encoded slash or plus in a value stays one."""
    path: bytes = environ.get("PATH_INFO", "").encode("latin-1")
    raw: str = environ.get("REQUEST_URI", "").partition("?")[0]
    raw = raw.removeprefix(quote(environ.get("SCRIPT_NAME", ""), safe=_SAFE_IN_PATH))
    return raw if raw.isascii() and unquote_to_bytes(raw) == path else quote(path, safe=_SAFE_IN_PATH)


def _decoded(raw: str) -> str:
    return unquote_to_bytes(raw).decode(errors="replace")


def _extension(last: str) -> str:
    lowered = last.lower()
    return next((ending[1:] for ending in _EXTENSIONS if lowered.endswith(ending)), "")


def _without_named(pieces: list[str]) -> tuple[list[str], dict[str, NamedValue]]:
    plain: list[str] = []
    named: dict[str, NamedValue] = {}
    for piece in pieces:
        found = _NAMED.match(piece)
        if found is None:
            plain.append(piece)
        elif found[2]:
            before = named.get(found[1])
            named[found[1]] = (*(before if isinstance(before, tuple) else ()), found[3])
        else:
            named[found[1]] = found[3]
    return plain, named


def _action(controller: str, rest: list[str], method: str) -> tuple[str, list[str]]:
    if controller in _SHORTCUT_CONTROLLERS:
        if not rest:
            return _ACTION_OF_LIST.get(method, "index"), rest
        if rest[0].isdecimal() or ids.canonical_uuid(rest[0]):
            return _ACTION_OF_ONE.get(method, "view"), rest
    return (rest[0].lower(), rest[1:]) if rest else ("index", rest)


def _fields(body: object) -> Mapping[str, object]:
    """A body's fields, bare, under `request`, under a model's name alone, or under both (PROTOCOL §1.7)."""
    if isinstance(body, dict) and isinstance(body.get("request"), dict):
        body = body["request"]
    if isinstance(body, dict) and len(body) == 1:
        (name, inner), *_ = body.items()
        body = {**body, **inner} if isinstance(inner, dict) and _MODEL.fullmatch(name) else body
    return body if isinstance(body, dict) else {}
