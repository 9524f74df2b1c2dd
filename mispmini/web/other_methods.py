"""Requests by a method that no rule names: a program's GET of what only takes a POST is told what that takes, and its
POST of what only shows is answered as the GET (PROTOCOL §1.7). And requests that leave a reference out."""

from contextlib import suppress

from flask import Flask, current_app, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import Rule

from mispmini.domain.errors import Forbidden
from mispmini.web.answer import Answer, action_url, reply, wants_json
from mispmini.web.needs import NOT_ALLOWED
from mispmini.web.operations import action_of, operation_of
from mispmini.web.who import current_viewer
from mispmini.wire.openapi_bodies import fields_of
from mispmini.wire.replies import api_description

_DESCRIPTION = "description"
_NOBODYS = "0"  # no row has this number
_ONLY_BY_POST = frozenset({"sightings/filterSightingUuidsForPush"})  # MISP: 405 on GET (PROTOCOL §3.14)


def init(app: Flask) -> None:
    """Look at what no rule takes before it is refused; nobody's permissions are asked for yet."""
    app.view_functions[_DESCRIPTION] = _described
    app.before_request(_take_other_method)


def _take_other_method() -> None:
    refusal = request.routing_exception
    if refusal is None or not wants_json():
        return
    if isinstance(refusal, NotFound):
        _name_nothing()
    elif not isinstance(refusal, MethodNotAllowed):
        return
    elif request.method in ("GET", "HEAD"):
        _describe_instead()
    elif request.method == "POST":
        _show_instead()


def _name_nothing() -> None:
    """MISP: an action that is asked without its reference answers as it does for what is not there.

    Only where the reference is all that the path holds: further on a 0 may be this instance, or "off".
    """
    with suppress(HTTPException):
        rule, values = _match(request.method, f"{request.path}/{_NOBODYS}")
        if rule.rule.count("<") == 1:
            _take(rule, values)


def _describe_instead() -> None:
    with suppress(HTTPException):
        rule, _values = _match("POST")
        if action_of(rule.rule) not in _ONLY_BY_POST:
            g.described = rule
            _take(Rule(rule.rule, endpoint=_DESCRIPTION), {})


def _show_instead() -> None:
    with suppress(HTTPException):
        rule, values = _match("GET")
        if not _is_written_to(action_of(rule.rule)):
            _take(rule, values)


def _match(method: str, path: str | None = None) -> tuple[Rule, dict[str, object]]:
    adapter = current_app.create_url_adapter(request)
    assert adapter is not None
    rule, values = adapter.match(path, method=method, return_rule=True)
    return rule, dict(values)


def _take(rule: Rule, values: dict[str, object]) -> None:
    request.url_rule, request.view_args, request.routing_exception = rule, values, None


def _is_written_to(action: str) -> bool:
    """Whether a POST does something with this action, whatever stands after it in the path."""
    rules = current_app.url_map.iter_rules()
    return any("POST" in (rule.methods or ()) and action_of(rule.rule) == action for rule in rules)


def _described() -> Answer:
    """What a POST of this path takes, for whoever may send it."""
    operation = operation_of(current_app, g.described)
    if operation.need is not None and not operation.need.allows(current_viewer()):
        raise Forbidden(NOT_ALLOWED)
    mandatory, optional = fields_of(operation.action)
    return reply(api_description(action_url(), operation.summary, mandatory=mandatory, optional=optional))
