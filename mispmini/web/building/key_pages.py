"""What the pages about authkeys show."""

from collections.abc import Mapping
from datetime import UTC, datetime

from flask import request

from mispmini.domain import clock
from mispmini.services import authkeys
from mispmini.services.authkeys import CreatedKey, OwnedKey, Refusal
from mispmini.web import pages
from mispmini.web.answer import base_url, local_path
from mispmini.web.i18n import N_, gettext
from mispmini.web.paging import asked_slice, paging
from mispmini.web.who import current_viewer

_MOST_ADDRESSES = 10
_SOON_SECONDS = 30 * 86400
_CAUSES: Mapping[str, str] = {
    "unknown": N_("There is no such key here: mistyped, revoked, or of another server."),
    "expired": N_("The key has expired."),
    "disabled": N_("The user is disabled."),
    "ip": N_("The key may not be used from this address."),
    "role": N_("The user's role may not use keys."),
    "read_only": N_("The key may only read, and tried to change something."),
}


def created_page(created: CreatedKey) -> pages.KeyCreatedPage:
    """The one page that shows a key, with the way back to where its maker came from."""
    key = created.owned.key
    return pages.KeyCreatedPage(
        key=created.raw,
        user=created.owned.email,
        comment=key.comment,
        expires=key.expiration,
        read_only=key.read_only,
        base_url=base_url(),
        go_to=_way_back(),
    )


def key_row(owned: OwnedKey) -> pages.KeyRow:
    """A key in a list."""
    key, now = owned.key, clock.now()
    return pages.KeyRow(
        id=key.id,
        start=key.authkey_start,
        end=key.authkey_end,
        user=owned.email,
        comment=key.comment,
        allowed_ips=key.allowed_ips,
        expires=key.expiration,
        expired=key.expiration is not None and key.expiration <= now,
        ends_soon=key.expiration is not None and now < key.expiration <= now + _SOON_SECONDS,
        last_used=key.last_used,
        last_address=owned.seen[0].address if owned.seen else "",
        read_only=key.read_only,
    )


def index_page(found: list[OwnedKey]) -> pages.KeysPage:
    """The keys that the viewer may see."""
    part = asked_slice()
    rows = tuple(key_row(owned) for owned in found[part.offset : part.offset + part.limit])
    return pages.KeysPage(rows=rows, paging=paging(part, len(found)), may_add=True)


def add_page(user_ref: str, form: pages.Form) -> pages.KeyFormPage:
    """The form with its owners; `user_ref` is chosen, where the form does not say another."""
    viewer = current_viewer()
    chosen = str(viewer.user_id) if user_ref == "me" else user_ref
    users = tuple(pages.Choice(str(account.user.id), account.user.email) for account in authkeys.owners(viewer))
    values = {"user_id": chosen, **form.values, "go_to": _way_back()}
    return pages.KeyFormPage(pages.Form(values, form.errors, form.message), users)


def edit_page(owned: OwnedKey, form: pages.Form) -> pages.KeyEditPage:
    """A key's options, where it was used from, and how to replace it."""
    return pages.KeyEditPage(
        key=key_row(owned),
        form=form,
        created=owned.key.created,
        seen=tuple(pages.KeyAddress(seen.address, seen.last_seen) for seen in owned.seen[:_MOST_ADDRESSES]),
    )


def form_of(owned: OwnedKey) -> pages.Form:
    """What a key's form holds at first."""
    key = owned.key
    day = "" if key.expiration is None else datetime.fromtimestamp(key.expiration, UTC).date().isoformat()
    return pages.Form(
        {
            "comment": key.comment,
            "allowed_ips": "\n".join(key.allowed_ips),
            "expiration": day,
            "read_only": "1" if key.read_only else "0",
            "hours": "24",
        }
    )


def refusals_page(found: list[Refusal]) -> pages.RefusalsPage:
    """What was refused lately, with the cause in a sentence."""
    part = asked_slice()
    rows = tuple(
        pages.RefusalRow(
            at=refusal.time,
            address=refusal.address,
            start=refusal.authkey_start,
            user=refusal.email or "",
            cause=gettext(_CAUSES.get(refusal.cause, refusal.cause)),
        )
        for refusal in found[part.offset : part.offset + part.limit]
    )
    return pages.RefusalsPage(rows=rows, paging=paging(part, len(found)))


def _way_back() -> str:
    """The page that led here; one's profile when it does not say."""
    wish = local_path(request.values.get("go_to", ""))
    return "/users/view/me" if wish == "/" else wish
