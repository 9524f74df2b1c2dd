"""What the pages about a partner's events and names are given."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from mispmini.domain.ids import canonical_uuid, is_row_number
from mispmini.domain.servers import LinkedServer
from mispmini.sync.preview import WOULD_COME, Preview, Verdict
from mispmini.web import pages
from mispmini.web.building.sentences import for_people
from mispmini.web.i18n import N_, _, day, gettext

_MOST_ATTRIBUTES = 500
_VERDICTS = {
    Verdict.NEW: N_("A pull would take it: it is new."),
    Verdict.NEWER: N_("A pull would take it: it is newer than our copy."),
    Verdict.UNPUBLISHED: N_("Not pulled: it is not published there."),
    Verdict.OURS: N_("Not pulled: it is our own event, and ours counts."),
    Verdict.HERE: N_("Not pulled: we have this version."),
    Verdict.BLOCKED: N_("Not pulled: it is on a blocklist here."),
    Verdict.LEFT_OUT: N_("Not pulled: the pull rules leave it out."),
    Verdict.EMPTY: N_("Not pulled: it has no attributes."),
    Verdict.PROTECTED: N_("Not pulled: it is a protected event."),
}
_NOT_EVEN_ALONE = frozenset({Verdict.OURS, Verdict.HERE, Verdict.BLOCKED, Verdict.EMPTY, Verdict.PROTECTED})
_ACCOUNT = {
    "User": N_("Account"),
    "Role name": N_("Role"),
    "Sync flag": N_("May sync"),
    "Auth key expiration": N_("Key is valid until"),
}


def index_page(
    server: LinkedServer, found: Preview, *, page: int, limit: int, filters: Mapping[str, str]
) -> pages.PreviewPage:
    """The partner's list."""
    here = f"/servers/previewIndex/{server.id}?"
    later = len(found.items) >= limit if found.total is None else page * limit < found.total
    return pages.PreviewPage(
        id=server.id,
        name=server.name,
        form=pages.Form(dict(filters)),
        rows=tuple(_row(item, verdict) for item, verdict in zip(found.items, found.verdicts, strict=True)),
        total=found.total,
        coming=sum(verdict in WOULD_COME for verdict in found.verdicts),
        previous=here + urlencode({**filters, "page": page - 1, "limit": limit}) if page > 1 else None,
        next=here + urlencode({**filters, "page": page + 1, "limit": limit}) if later else None,
    )


def event_page(server: LinkedServer, ref: str, found: Mapping[str, Any]) -> pages.RemoteEventPage:
    """One event of the partner; what it says is shown as text."""
    event = _record(found.get("Event"))
    attributes = list(remote_attributes(event))
    return pages.RemoteEventPage(
        id=server.id,
        name=server.name,
        ref=canonical_uuid(str(event.get("uuid", ""))) or ref,
        info=str(event.get("info", "")),
        facts=(
            pages.Fact(_("Organisation"), str(_record(event.get("Orgc")).get("name", ""))),
            pages.Fact(_("Date"), day(str(event.get("date", "")))),
            pages.Fact("UUID", str(event.get("uuid", "")), mono=True),
        ),
        tags=tuple(str(tag.get("name", "")) for tag in _records(event.get("Tag"))),
        attributes=tuple(attributes[:_MOST_ATTRIBUTES]),
        more=max(0, len(attributes) - _MOST_ATTRIBUTES),
        may_pull=True,
    )


def names_page(server: LinkedServer, user: Mapping[str, Any], rules: Mapping[str, Any]) -> pages.RemoteNamesPage:
    """Our account there, and the partner's organisations and tags by name."""
    known = _record(rules.get("data"))
    trouble = user.get("error") or rules.get("error")
    return pages.RemoteNamesPage(
        id=server.id,
        name=server.name,
        account=tuple(pages.Fact(gettext(label), _told(user[key])) for key, label in _ACCOUNT.items() if key in user),
        trouble=_trouble(trouble) if trouble else "",
        organisations=_texts(known.get("organisations")),
        tags=_texts(known.get("tags")),
    )


def _trouble(told: object) -> str:
    if isinstance(told, int):
        return _("The partner answered with an error (HTTP %(status)s).", status=told)
    return for_people(str(told))


def _told(value: object) -> str:
    return {"Yes": _("yes"), "No": _("no")}.get(str(value), str(value))


def _row(item: Mapping[str, Any], verdict: Verdict) -> pages.RemoteRow:
    ref = canonical_uuid(str(item.get("uuid", ""))) or ""  # a partner's text must not become a path of ours
    return pages.RemoteRow(
        ref=ref,
        info=str(item.get("info", "")),
        organisation=str(_record(item.get("Orgc")).get("name", "")),
        date=str(item.get("date", "")),
        changed=_number(item.get("timestamp")),
        attributes=_number(item.get("attribute_count")),
        tags=tuple(str(_record(link.get("Tag")).get("name", "")) for link in _records(item.get("EventTag"))),
        comes=verdict in WOULD_COME,
        may_pull=bool(ref) and verdict not in _NOT_EVEN_ALONE,
        verdict=gettext(_VERDICTS[verdict]),
    )


def remote_attributes(event: Mapping[str, Any]) -> Iterator[pages.RemoteAttribute]:
    """Each attribute of somebody else's event, loose ones first."""
    yield from (_attribute(item, "") for item in _records(event.get("Attribute")))
    for obj in _records(event.get("Object")):
        yield from (_attribute(item, str(obj.get("name", ""))) for item in _records(obj.get("Attribute")))


def _attribute(item: Mapping[str, Any], name: str) -> pages.RemoteAttribute:
    texts = {key: str(item.get(key) or "") for key in ("type", "category", "value", "comment")}
    return pages.RemoteAttribute(**texts, object=name)


def _record(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _records(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _number(value: object) -> int:
    text = str(value)
    return int(text) if is_row_number(text) else 0
