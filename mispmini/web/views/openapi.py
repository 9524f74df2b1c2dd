"""Our own OpenAPI document, made from the routes, and the page that shows it without any script of others (issue 5)."""

from collections.abc import Iterable

from flask import Blueprint, current_app, request

from mispmini import __version__
from mispmini.domain.permissions import Permission
from mispmini.web import pages
from mispmini.web.answer import Answer, base_url, page_answer, reply
from mispmini.web.i18n import gettext
from mispmini.web.needs import Need, needs_login
from mispmini.web.operations import Operation, PathParameter, operations
from mispmini.wire.openapi_bodies import body_schema, field_names
from mispmini.wire.openapi_schemas import SCHEMAS, ref

bp = Blueprint("openapi", __name__)

Json = dict[str, object]
_HAS_BODY = frozenset({"POST", "PUT"})
_REFUSALS = {
    "403": "No valid key, no permission, or what was sent cannot be saved.",
    "404": "Absent, or invisible to this key.",
    "405": "Not possible in this state or by this method.",
    "4XX": "Not understood, too large, or too often.",
    "503": "Busy: try again after Retry-After seconds.",
}
_SIMPLE = {"string": {"type": "string", "minLength": 1}, "path": {"type": "string", "minLength": 1}}
_ROW_NUMBER: Json = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}


@bp.get("/openapi")
@needs_login
def document() -> Answer:
    """This document: every operation of this server as OpenAPI 3.1."""
    return reply(openapi_document(operations(current_app), url=base_url()))


@bp.get("/api")
@needs_login
def show() -> Answer:
    """The operations as a page, all or those that a word finds."""
    wanted = request.args.get("q", "").strip()[:100]
    return page_answer("api/index.html", _page(wanted))


def openapi_document(found: Iterable[Operation], *, url: str) -> Json:
    """The OpenAPI 3.1 document of these operations on the server at `url`."""
    paths: dict[str, Json] = {}
    for operation in found:
        for method in operation.methods:
            paths.setdefault(operation.path, {})[method.lower()] = _described(operation, method)
    return {
        "openapi": "3.1.0",
        "info": {"title": "mispmini", "version": __version__, "description": "MISP's REST interface as spoken here."},
        "servers": [{"url": url}],
        "security": [{"authkey": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"authkey": {"type": "apiKey", "in": "header", "name": "Authorization"}},
            "schemas": dict(SCHEMAS),
            "responses": {code: _refusal(code, text) for code, text in _REFUSALS.items()},
        },
    }


def _described(operation: Operation, method: str) -> Json:
    told: Json = {
        "operationId": f"{method.lower()} {operation.path}",
        "tags": [operation.controller],
        "summary": operation.summary,
        "parameters": [*map(_in_path, operation.parameters), *map(_named, operation.named)],
        "responses": {
            "200": {"description": "Done.", "content": {"application/json": {}}},
            **{code: {"$ref": f"#/components/responses/{code}"} for code in _REFUSALS},
        },
        "x-endpoint": operation.endpoint,
        "x-permissions": _permissions(operation.need),
    }
    if operation.need is None:
        told["security"] = []
    if method in _HAS_BODY:
        schema = body_schema(operation.action)
        told["requestBody"] = {"content": {"application/json": {"schema": schema or {"type": "object"}}}}
    return told


def _in_path(parameter: PathParameter) -> Json:
    schema = _SIMPLE.get(parameter.kind, _ROW_NUMBER)
    return {"name": parameter.name, "in": "path", "required": True, "schema": schema}


def _named(name: str) -> Json:
    told = f"Also in the path, as /{name}:value, or in the body."
    return {"name": name, "in": "query", "schema": {"type": "string"}, "description": told}


def _permissions(need: Need | None) -> list[str]:
    return [] if need is None else [permission.value for permission in need.permissions]


def _refusal(code: str, text: str) -> Json:
    schema = {"anyOf": [ref("SaveFailed"), ref("Error")]} if code == "403" else ref("Error")
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _page(wanted: str) -> pages.ApiPage:
    every = operations(current_app)
    found = [operation for operation in every if _fits(operation, wanted.lower())]
    nouns = dict.fromkeys(operation.controller for operation in found)
    return pages.ApiPage(
        form=pages.Form({"q": wanted}),
        searched=bool(wanted),
        found=len(found),
        groups=tuple(
            pages.ApiGroup(noun, tuple(_row(one) for one in found if one.controller == noun)) for noun in nouns
        ),
        command=_command(),
    )


def _fits(operation: Operation, wanted: str) -> bool:
    return wanted in f"{operation.path} {operation.summary}".lower()


def _row(operation: Operation) -> pages.ApiRow:
    return pages.ApiRow(
        methods=operation.methods,
        path=operation.path,
        summary=operation.summary,
        who=_who(operation.need),
        parameters=(*(parameter.name for parameter in operation.parameters), *operation.named),
        fields=field_names(operation.action) if operation.takes_body else (),
    )


def _who(need: Need | None) -> str:
    if need is None:
        return gettext("Anybody")
    if not need.permissions:
        return gettext("Every account")
    if need.permissions == (Permission.SITE_ADMIN,):
        return gettext("Site admins")
    return (" / " if need.any_of_them else " + ").join(permission.value for permission in need.permissions)


def _command() -> str:
    head = 'curl -H "Authorization: $AUTHKEY" -H "Accept: application/json"'
    return f"{head} {base_url()}/openapi.json"
