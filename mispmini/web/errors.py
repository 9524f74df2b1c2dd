"""Every refusal becomes its answer: MISP's JSON for programs, a page with advice for people (PROTOCOL §1.4)."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from flask import Flask, current_app, g, request, session
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed, NotFound, RequestEntityTooLarge

from mispmini.domain import errors
from mispmini.domain.errors import Messages, MispminiError
from mispmini.services import identity
from mispmini.services.instance_settings import NotLive
from mispmini.services.setting_up import is_set_up
from mispmini.services.signing_in import LockedOut, WrongLogin
from mispmini.web import csrf, pages
from mispmini.web.answer import Answer, Headers, action_url, base_url, lead_to, page_answer, reply, wants_json
from mispmini.web.asking import asked_path, asks_monitoring, here
from mispmini.web.building.connection_pages import advice_for_text
from mispmini.web.building.sentences import for_people
from mispmini.web.i18n import _
from mispmini.web.who import viewer_or_none
from mispmini.wire import replies

ShowAgain = Callable[[pages.Form, int], Answer]

INTERNAL = "An Internal Error Has Occurred."
SHORT = "Authentication failed."  # MISP: what a page's script is told of a refused key (PROTOCOL §1.2)
_STATUS: Mapping[type[MispminiError], int] = {
    errors.NotFound: 404,
    errors.NotAuthenticated: 403,
    errors.Forbidden: 403,
    errors.NotTheirs: 401,
    errors.Refused: 405,
    errors.Blocked: 403,
    errors.BadRequest: 400,
    errors.Malformed: 405,
    errors.TooLarge: 413,
    errors.NotBuiltIn: 501,
    errors.Busy: 503,
    errors.OutOfTime: 503,
    errors.OutOfSpace: 507,
    errors.Damaged: 500,
    errors.EventExists: 404,
    errors.SaveFailed: 403,
    errors.Invalid: 403,
    WrongLogin: 403,
    NotLive: 503,
    LockedOut: 429,
}
_RETRY_AFTER: Mapping[type[MispminiError], str] = {errors.Busy: "5", LockedOut: "300"}
_HTTP_SENTENCES = {404: "Not Found", 413: "The request is larger than this server takes."}


def init(app: Flask) -> None:
    """Register the one block of error handlers."""
    app.register_error_handler(MispminiError, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(InternalServerError, _broken)


def if_refused(show: ShowAgain) -> None:
    """Have a refusal of this request show the form again, with what was typed and what is wrong, not an error page.

    `show` gets the form's values and messages, and the HTTP status. Programs get JSON all the same.
    """
    g.show_again = show


def request_id() -> str:
    """The name under which this request stands in the log."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(6)
    name: str = g.request_id
    return name


def error_page(status: int, sentence: str, *, advice: str | None = None, title: str = "") -> Answer:
    """The page of one refusal; sentences are translated already, and the status says what is not given."""
    titles = {
        400: _("The request was not understood"),
        401: _("Not allowed"),
        403: _("Not allowed"),
        404: _("Not found"),
        405: _("Not possible"),
        413: _("Too large"),
        429: _("Too many attempts"),
        500: _("Something went wrong"),
        503: _("Please try again"),
        507: _("The disk is full"),
    }
    title = title or titles.get(status, _("Something went wrong"))
    ready = is_set_up()
    if advice is None:
        advice = _advice(status) if ready else _("Look where the server was started: it printed the link there.")
    page = pages.ErrorPage(status, title, sentence, advice, request_id(), ready, _led_here())
    return page_answer("error.html", page, status=status)


def _led_here() -> str:
    """The page of this server that a browser came from (Referrer-Policy: same-origin), unless it is this one."""
    origin, came_from = request.host_url.rstrip("/"), request.referrer or ""
    path = came_from.removeprefix(origin)
    is_ours = path.startswith("/") and not path.startswith("//")
    return path if is_ours and path not in ("/", request.full_path.rstrip("?")) else ""


def _late_form() -> Answer:
    """What was typed into a page of ours that was open for too long: it is sent again by one button (row 20)."""
    files = any(one.filename for one in request.files.values())
    typed = tuple((name, value) for name, value in request.form.items(multi=True) if name != "csrf_token")
    keeps = csrf.is_surely_ours() and not files and not any("password" in name for name, _value in typed)
    page = pages.ErrorPage(
        status=400,
        title=_("The page was open for too long"),
        sentence=_("Nothing was saved."),
        advice=_("What you typed is still here. Send it again.") if keeps else _advice(400),
        request_id=request_id(),
        leads_on=True,
        back=_led_here(),
        typed=typed if keeps else (),
        action=here(),
    )
    return page_answer("error.html", page, status=400)


def _refused(error: MispminiError) -> Answer:
    kind = next(kind for kind in type(error).__mro__ if kind in _STATUS or kind is MispminiError)
    if isinstance(error, errors.NotAuthenticated) and asks_monitoring():
        return _challenged(error)
    status = _STATUS.get(kind, 400)
    if request.method == "HEAD" and kind is errors.Refused:
        status = 404  # MISP: whether something exists is asked by HEAD, and "no" is 404 there (API §9.3, §9.7)
    response = reply(_body(error), status=status) if wants_json() else _for_people(error, status)
    response.headers.update(_headers(error, kind))
    return response


def _challenged(error: MispminiError) -> Answer:
    response = reply(_body(error), status=401)
    response.headers["WWW-Authenticate"] = 'Bearer realm="mispmini"'
    return response


def _body(error: MispminiError) -> replies.Reply:
    if isinstance(error, errors.SaveFailed):
        url = action_url() if error.subject_id is None else f"{action_url()}/{error.subject_id}"
        return replies.save_failed(error.sentence, url, error.errors, subject_id=error.subject_id)
    if isinstance(error, errors.Invalid):
        return replies.save_failed("Could not save", action_url(), error.errors)
    if isinstance(error, errors.NotAuthenticated) and request.headers.get("X-Requested-With") == "XMLHttpRequest":
        return replies.exception(SHORT, asked_path().url)
    told = error.names_rule and (viewer := viewer_or_none()) is not None and viewer.is_partner
    return replies.exception(error.sentence, asked_path().url, errors=error.sentence if told else None)


def _headers(error: MispminiError, kind: type[MispminiError]) -> Headers:
    if isinstance(error, errors.EventExists):
        return {"Location": f"{base_url()}/events/{error.event_id}"}
    return {"Retry-After": _RETRY_AFTER[kind]} if kind in _RETRY_AFTER else {}


def _for_people(error: MispminiError, status: int) -> Answer:
    if isinstance(error, errors.NotAuthenticated):
        return _to_login()
    show: ShowAgain | None = g.get("show_again")
    if show is not None:
        with suppress(MispminiError):  # what the form is about is not there, or not theirs: nothing to show again
            return show(_form_of(error), status)
    if isinstance(error, csrf.StaleForm):
        return _late_form()
    if isinstance(error, errors.SaveFailed) and isinstance(error.errors, str):
        advice = advice_for_text(error.errors)
        return error_page(status, for_people(error.errors), title=_("Not possible"), advice=advice)
    if isinstance(error, errors.SaveFailed | errors.Invalid) and not isinstance(error.errors, str):
        return error_page(status, " ".join(text for _name, text in _messages(error.errors)), title=_("Not possible"))
    title = _("The search took too long") if isinstance(error, errors.OutOfTime) else ""
    return error_page(status, for_people(error.sentence), title=title, advice="" if title else None)


def _to_login() -> Answer:
    if request.method == "GET" and request.path != "/":
        session["go_to"] = here()
    return lead_to(f"{base_url()}/users/login")


def _form_of(error: MispminiError) -> pages.Form:
    """What was typed, passwords never, with the messages beside their fields."""
    typed = {name: values[-1] for name, values in request.form.lists() if "password" not in name}
    if isinstance(error, errors.SaveFailed | errors.Invalid) and not isinstance(error.errors, str):
        messages = dict(_messages(error.errors))
        return pages.Form(typed, messages, _("Nothing was saved.") if list(messages) == [identity.FORCE] else "")
    sentence = error.errors if isinstance(error, errors.SaveFailed) else error.sentence
    return pages.Form(typed, message=for_people(str(sentence)))


def _messages(messages: Mapping[str, Messages | Sequence[str]]) -> list[tuple[str, str]]:
    """Field and sentence, also of `{"Event": {"info": […]}}`."""
    found: list[tuple[str, str]] = []
    for name, value in messages.items():
        if isinstance(value, Mapping):
            found += _messages(value)
        else:
            texts = [value] if isinstance(value, str) else value
            found.append((name, " ".join(for_people(text) for text in texts)))
    return found


def _http(error: HTTPException) -> Answer:
    """What Flask itself refuses: unknown routes, wrong methods, oversized or broken requests."""
    status = error.code or 500
    if isinstance(error, NotFound):
        return _plain(404, "Not Found", _("There is no such page."))
    if isinstance(error, MethodNotAllowed):
        response = _plain(405, "Method Not Allowed", _("This address does not take this kind of request."))
        response.headers["Allow"] = ", ".join(error.valid_methods or ())
        return response
    if isinstance(error, RequestEntityTooLarge):
        return _plain(
            413, "The request is larger than this server takes.", _("The request is larger than this server takes.")
        )
    if status == 429:
        return _plain(429, "Rate limit exceeded.", _("There were too many requests from you."))
    return _plain(status, error.name, _("The request was not understood."))


def _broken(error: InternalServerError) -> Answer:
    """Anything unforeseen; a named refusal that came too late for its own handler is still that refusal."""
    if isinstance(error.original_exception, MispminiError):
        return _refused(error.original_exception)
    current_app.logger.error("Request %s failed: %s", request_id(), type(error.original_exception).__name__)
    return _plain(500, INTERNAL, _("The server made a mistake. Nothing of this request was stored half."))


def _plain(status: int, sentence: str, translated: str) -> Answer:
    if wants_json():
        return reply(replies.exception(sentence, asked_path().url), status=status)
    return error_page(status, translated)


def _advice(status: int) -> str:
    return {
        400: _("Go back, reload the page and try again."),
        401: _("If you need this, ask your administrator for the right."),
        403: _("If you need this, ask your administrator for the right."),
        404: _("Check the address. What you look for may have been deleted, or you may not be allowed to see it."),
        413: _("Send it in smaller parts."),
        429: _("Wait five minutes and try again."),
        500: _("Try again. If it happens again, tell your administrator the number of the request below."),
        503: _("Wait a moment and reload the page."),
        507: _("Tell your administrator: the disk of this server is full."),
    }.get(status, "")
