"""Who we are to partners: a change of our organisation's uuid or of our URL that they know is confirmed, or refused."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mispmini.domain.errors import Forbidden, SaveFailed
from mispmini.domain.viewer import Viewer
from mispmini.services import audit
from mispmini.services.addresses import announced_url, knows_itself, own_addresses, same_address
from mispmini.store import known_as as store
from mispmini.store.database import writing
from mispmini.store.known_as import HeldInName, KnownAs, LedHere
from mispmini.store.organisations import find_any_organisation, organisation_rows
from mispmini.store.settings import load_settings

FORCE = "force"
KNOWN_UUID = "Partners know this organisation by its UUID, and take it for another one once that changes."
KNOWN_URL = "Partners know this server by this URL: "
HELD = (
    "Events in its name at partners, which could no longer be updated or retracted there: ",
    "Sharing groups shared with partners, whose events it would no longer get: ",
    "Partners whose accounts for us have the old UUID: ",
)
LED = (
    "Sharing groups shared with partners, which name the old URL and no longer this server: ",
    "Partners whose own entries of this server lead to the old URL: ",
    "Accounts of partners, which call the old URL: ",
)
MAILED = "Links in e-mails that were sent lead to the old URL."
KEEP_BOTH = "Put the old URL into the setting url_aliases first, so that sharing groups go on to mean this server."
CONFIRM = "To do it all the same, confirm it with `force`: 1."
_HOST = 0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Broken:
    """What is no longer as partners know it: the URL, the uuid or both, and whom that concerns."""

    known: KnownAs
    now: KnownAs
    held: HeldInName | None  # None where the uuid is as it was
    led: LedHere | None  # None where the URL is one of ours


@contextmanager
def kept(viewer: Viewer, action: str, model: str, subject_id: int | None = None, *, forced: bool) -> Iterator[None]:
    """Around a change, inside a writing(): what partners know us by stays, or it was confirmed. Raises SaveFailed."""
    before, addresses, was_broken = _ours(), _addresses_known(), broken()
    held = {org_id: store.held_in_name_of(org_id) for org_id in {org_id for org_id, _ in before.values()}}
    yield
    after, now = _ours(), own_addresses()
    renamed = {org_id for key, (org_id, uuid) in before.items() if after.get(key, (0, ""))[1] != uuid}
    flaws = [sentence for org_id in renamed for sentence in _uuid_flaws(held[org_id])]
    flaws += [
        sentence for url in addresses if not _is_among(url, now) for sentence in _url_flaws(url, store.led_here())
    ]
    if flaws and not forced:
        raise SaveFailed(action, model, {FORCE: [*flaws, CONFIRM]}, subject_id=subject_id)
    if flaws:
        audit.record(viewer, "edit", model, subject_id, "known_as", {"confirmed": " ".join(flaws)})
    if not was_broken and broken(unnoticed_too=True):  # what was changed outside is confirmed by nothing else
        store.know_as(_now())


def note_start() -> None:
    """At each start: while no partner knows us, we are who we are now; else a difference is logged."""
    difference = broken()
    if difference is not None:
        _log.warning(
            "Partners know this server as %s, organisation %s; now it is %s, organisation %s. See `doctor`.",
            *difference.known,
            *difference.now,
        )
    elif not (known := store.known_as()) or not known.org_uuid or broken(unnoticed_too=True):
        with writing(quiet=True):
            store.know_as(_now())


def confirm(viewer: Viewer) -> None:
    """Partners are told of what changed outside, in a file or the environment. Raises Forbidden."""
    if not viewer.is_site_admin:
        raise Forbidden("You do not have permission to use this functionality.")
    with writing():
        before, now = store.known_as(), _now()
        store.know_as(now)
        told = {name: [getattr(before, name, None), value] for name, value in now._asdict().items()}
        audit.record(viewer, "edit", "Setting", None, "known_as", told)


def broken(*, unnoticed_too: bool = False) -> Broken | None:
    """What is no longer as partners know it, None for nothing; of what no partner notices only `unnoticed_too`."""
    known, now = store.known_as(), _now()
    if known is None:
        return None
    held = _held_by(known) if known.org_uuid not in ("", now.org_uuid) else None
    led = store.led_here() if knows_itself() and not _is_among(known.url, own_addresses()) else None
    is_noticed = any((*(held or ())[:2], *(led or ())))
    is_broken = held is not None or led is not None
    return Broken(known, now, held, led) if is_broken and (is_noticed or unnoticed_too) else None


def _held_by(known: KnownAs) -> HeldInName:
    """What partners hold in the name of the organisation that ran this instance; maybe it has got another uuid."""
    found = find_any_organisation(known.org_uuid)
    return store.held_in_name_of(found.id if found else load_settings().host_org_id or 0)


def _now() -> KnownAs:
    known, (_, uuid) = store.known_as(), _ours().get(_HOST, (0, ""))
    return KnownAs(announced_url() if known is None or knows_itself() else known.url, uuid)


def _ours() -> dict[int, tuple[int, str]]:
    """The organisations that partners know, by id and uuid: by link its owner, under _HOST who runs this instance."""
    owners = {_HOST: load_settings().host_org_id or 0} | store.owners_of_links()
    found = organisation_rows(set(owners.values()))
    return {key: (org_id, found[org_id].uuid) for key, org_id in owners.items() if org_id in found}


def _addresses_known() -> set[str]:
    """By what partners call us, as far as it is an address of ours."""
    known, now = store.known_as(), own_addresses()
    named = {announced_url(), known.url if known else ""}
    return {url for url in named if _is_among(url, now)}


def _is_among(url: str, addresses: tuple[str, ...]) -> bool:
    return any(same_address(url, address) for address in addresses)


def _uuid_flaws(held: HeldInName) -> list[str]:
    """Nothing where nothing was shared: a link alone tells partners no more than a page of theirs corrects."""
    if not (held.events or held.groups):
        return []
    return [KNOWN_UUID, *_counted(HELD, held)]


def _url_flaws(url: str, led: LedHere) -> list[str]:
    if not any(led):
        return []
    return [f"{KNOWN_URL}{url}.", *_counted(LED, led), MAILED, KEEP_BOTH]


def _counted(texts: tuple[str, ...], counts: tuple[int, ...]) -> list[str]:
    return [f"{text}{count}." for text, count in zip(texts, counts, strict=True) if count]
