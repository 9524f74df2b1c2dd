"""What can be asked of this server, read off its routes: the one source of the API document and of its page."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask import Flask
from werkzeug.routing import Rule

from mispmini.web.needs import Need, need_of
from mispmini.wire import openapi_bodies

_PIECE = re.compile(r"<(?:(?P<kind>\w+)(?:\([^)]*\))?:)?(?P<name>\w+)>")
_SOURCE = re.compile(r"\s*\([^()]*(?:§|\bsample|\bGUIDE|\bCLIENTS|\bFEATURES|\bWEB\b)[^()]*\)")
_UNTOLD = frozenset({"HEAD", "OPTIONS"})
_WITHOUT_BODY = frozenset({"GET", "DELETE"})


@dataclass(frozen=True, slots=True)
class PathParameter:
    """A piece of the path that varies; `kind` is the converter: string, int or path."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One rule of the url_map with the methods that one view answers; HEAD goes with GET and is not named."""

    rule: str
    endpoint: str
    methods: tuple[str, ...]
    summary: str  # one English sentence
    need: Need | None  # None: nobody need sign in
    parameters: tuple[PathParameter, ...]

    @property
    def path(self) -> str:
        """The rule as OpenAPI writes it: /events/view/{ref}."""
        return _PIECE.sub(r"{\g<name>}", self.rule)

    @property
    def action(self) -> str:
        """`controller/action`, with `admin/` before it where it is there."""
        return action_of(self.rule)

    @property
    def controller(self) -> str:
        """The noun: events, admin/users."""
        return "/".join(_fixed_pieces(self.rule)[:-1]) or self.action

    @property
    def named(self) -> tuple[str, ...]:
        """Parameters that stand in the path as /name:value, in the query or in the body."""
        return openapi_bodies.NAMED_IN.get(self.action, ())

    @property
    def takes_body(self) -> bool:
        """Whether one of its methods comes with a body."""
        return not _WITHOUT_BODY.issuperset(self.methods)


def action_of(rule: str) -> str:
    """`controller/action` of a rule, with `admin/` before it where it is there."""
    return "/".join(_fixed_pieces(rule))


def operations(app: Flask) -> list[Operation]:
    """Every operation by its path, the files of the pages left out."""
    found = (operation_of(app, rule) for rule in app.url_map.iter_rules() if rule.endpoint != "static")
    return sorted(found, key=lambda operation: (operation.path, operation.methods))


def operation_of(app: Flask, rule: Rule) -> Operation:
    """What one rule is about."""
    view = app.view_functions[rule.endpoint]
    return Operation(
        rule=rule.rule,
        endpoint=rule.endpoint,
        methods=tuple(sorted((rule.methods or set()) - _UNTOLD)),
        summary=_summary(view),
        need=need_of(view),
        parameters=tuple(_parameters(rule.rule)),
    )


def _parameters(rule: str) -> Iterator[PathParameter]:
    for found in _PIECE.finditer(rule):
        yield PathParameter(found["name"], found["kind"] or "string")


def _summary(view: Callable[..., object]) -> str:
    """The first paragraph of the view's docstring without the sections it cites."""
    paragraph = (view.__doc__ or "").strip().split("\n\n")[0]
    return _SOURCE.sub("", " ".join(paragraph.split()))


def _fixed_pieces(rule: str) -> list[str]:
    pieces = rule.strip("/").split("/")
    fixed = [piece for piece in pieces if "<" not in piece]
    return fixed[: 3 if fixed[0] == "admin" else 2]
