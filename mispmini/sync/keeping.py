"""Stores what was pulled over a link, in batches, with a receipt for each event (PROTOCOL §4.4, RULES §3)."""

import logging
import time
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from mispmini.domain.distribution import Reason, pulled
from mispmini.domain.drafts import EventDraft
from mispmini.domain.errors import Blocked, Busy, EventExists, Invalid, MispminiError, OutOfSpace, SaveFailed
from mispmini.domain.ids import canonical_uuid
from mispmini.domain.origin import Origin, Way
from mispmini.domain.receipts import Direction, LedgerState, Receipt, Trouble
from mispmini.domain.rules import PullRules
from mispmini.domain.servers import LinkedServer
from mispmini.domain.viewer import Viewer
from mispmini.services import audit, gone
from mispmini.services.authentication import viewer_of_user
from mispmini.services.events import NOT_NEWER, Saved, add_event, edit_event
from mispmini.services.gone import GonePolicy
from mispmini.services.receiving import GROUP, note_refusal
from mispmini.store import rereadings
from mispmini.store.database import writing
from mispmini.store.ledger import write_receipt
from mispmini.store.organisations import find_any_organisation
from mispmini.store.settings import load_settings
from mispmini.store.versions import LocalVersion, local_versions
from mispmini.sync.fetching import AS_BEFORE, Fetched, Reading, weight_of

_BATCH_EVENTS = 100
_BATCH_ATTRIBUTES = 5_000
_BATCH_SECONDS = 1.0
_NAMED_ELEMENTS = 10
_JUDGED_UNREAD = frozenset({Trouble.OURS, Trouble.BLOCKED, Reason.PROTECTED})
_INSIDE = ("tags", "attributes", "objects", "reports", "sightings", "analyst_data", "dropped")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Store:
    """Stores what was pulled over one link, as the account that saved the link."""

    server: LinkedServer
    viewer: Viewer
    origin: Origin
    rules: PullRules
    trusted: bool
    filter_types: bool
    with_rules: bool = False
    hears_of_deletions: bool = True
    again: Collection[str] = ()

    @classmethod
    def over(
        cls, server: LinkedServer, *, with_rules: bool = False, hears_of_deletions: bool = True, forced: bool = False
    ) -> "Store":
        """For one link as it is now; `with_rules` holds tags and creators against its rules once more, here.

        A read-only key does not hear of deletions: what is missing is then looked for (RULES §2). What is `forced` is
        merged although that version is here, as is what is read `again` (uuids).
        """
        settings = load_settings()
        return cls(
            server=server,
            viewer=_creator(server),
            origin=Origin(
                Way.PULL,
                server.org_id,
                link_org_id=server.remote_org_id,
                server_id=server.id,
                internal=server.internal,
                own_name_policy=server.own_name_policy,
                forced=forced,
            ),
            rules=PullRules.from_text(server.pull_rules),
            trusted=server.internal and settings.host_org_id == server.org_id,
            filter_types=settings.filter_types_on_sync,
            with_rules=with_rules,
            hears_of_deletions=hears_of_deletions,
        )

    def keep_all(self, batch: "Batch") -> list[Receipt]:
        """Store a batch with its receipts in one transaction: a kill loses it whole, and it is fetched again."""
        with writing():
            return [self._keep(ref, fetched) for ref, fetched in batch.items]

    def _keep(self, ref: str, fetched: Fetched) -> Receipt:
        uuid = canonical_uuid(ref) or (fetched.draft.uuid if isinstance(fetched, Reading) else None)
        if uuid is not None and uuid in self.again and isinstance(fetched, Receipt):
            self._note_no_news(uuid, fetched)
            return AS_BEFORE
        with audit.apart():
            receipt = fetched if isinstance(fetched, Receipt) else self._stored(fetched.draft)
        if uuid is not None:
            write_receipt(self.server.id, Direction.PULL, uuid, receipt)
            if isinstance(fetched, Reading):
                self._note_reading(uuid, fetched, receipt)
        return receipt

    def _note_no_news(self, uuid: str, receipt: Receipt) -> None:
        """What was read again is the same, or could not be read: the ledger keeps what it knows. A refusal counts as a
        reading, or it would be asked for ever; silence does not."""
        known = rereadings.find_rereading(self.server.id, uuid)
        if receipt is AS_BEFORE:
            rereadings.forget_readings(self.server.id, [uuid])
        elif known is not None:
            readings = known.readings + (receipt.http_status is not None)
            rereadings.note_reading(self.server.id, uuid, known.digest, readings)

    def _note_reading(self, uuid: str, reading: Reading, receipt: Receipt) -> None:
        """Whether the event is to be read again: it may still be written there, or it is another one than before."""
        known = rereadings.find_rereading(self.server.id, uuid)
        again = known if uuid in self.again else None
        same = known is not None and known.digest == reading.digest
        is_over = reading.settled or receipt.state is LedgerState.FAILED  # what failed is fetched again anyhow
        if same or receipt.reason in _JUDGED_UNREAD or (again is None and is_over):
            rereadings.forget_readings(self.server.id, [uuid])
        else:
            readings = again.readings + 1 if again is not None else 1
            rereadings.note_reading(self.server.id, uuid, reading.digest, readings)

    def _stored(self, draft: EventDraft) -> Receipt:
        if draft.protected:
            return _skipped(draft, Reason.PROTECTED)
        if self.with_rules and self._is_left_out(draft):
            return _skipped(draft, Trouble.FILTERED)
        lowered = pulled(draft, self.rules, trusted=self.trusted, filter_types=self.filter_types)
        if not _is_alive(lowered):
            return _skipped(draft, Trouble.FILTERED if _is_alive(draft) else Reason.EMPTY)
        try:
            return self._written(lowered, draft)
        except (Busy, OutOfSpace):
            raise
        except MispminiError as error:
            note_refusal(error, self.viewer, self.origin, draft.timestamp)
            return _refused(draft, error)
        except (AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
            # A defect of ours must not stop the link: the savepoint took this event back, the others go on.
            _log.exception("An event of server %s could not be stored", self.server.id)
            return Receipt(LedgerState.FAILED, Trouble.NOT_STORED, type(error).__name__, 200)

    def _is_left_out(self, draft: EventDraft) -> bool:
        """A partner may not know a rule, or ignore it: what is unwanted by name is not taken all the same."""
        creator = draft.orgc
        name, uuid = (creator.name, creator.uuid or "") if creator is not None else ("", "")
        return self.rules.leave_out([tag.name for tag in draft.tags if not tag.deleted], name, uuid)

    def _written(self, draft: EventDraft, shown: EventDraft) -> Receipt:
        """The verb is a savepoint of its own: a refused event takes nothing of the batch with it."""
        uuid = str(draft.uuid)
        local = local_versions([uuid]).get(uuid)
        if local is None:
            return _arrived(draft, add_event(self.viewer, draft, self.origin), LedgerState.SENT)
        if not local.locked:
            return _skipped(draft, Trouble.OURS)
        return _arrived(draft, self._updated(draft, shown, local), LedgerState.UPDATED)

    def _updated(self, draft: EventDraft, shown: EventDraft, local: LocalVersion) -> Saved:
        again = draft.uuid in self.again
        if again and (draft.timestamp or 0) <= local.timestamp:
            draft = _missing_of(draft, local)
        origin = replace(self.origin, forced=self.origin.forced or again)
        policy = GonePolicy.IGNORE if self.hears_of_deletions else gone.policy_of(self.server.gone_policy)
        with writing():
            if policy is GonePolicy.DELETE:
                draft = gone.with_deletions(draft, shown, self.server.remote_org_id)
            if self.server.remove_missing_tags:
                draft = gone.without_missing_tags(draft, shown, self.server.remote_org_id)
            saved = edit_event(self.viewer, str(draft.uuid), draft, origin)
            gone.mark(shown, self.server.remote_org_id, marks=policy is GonePolicy.MARK)
            return saved


@dataclass(slots=True)
class Batch:
    """What was fetched and is not stored yet: at most 100 events, 5,000 attributes (20 MB of files), one second."""

    items: list[tuple[str, Fetched]] = field(default_factory=list)
    weight: int = 0
    begun: float = field(default_factory=time.monotonic)

    def add(self, ref: str, fetched: Fetched) -> None:
        """Take one more."""
        self.items.append((ref, fetched))
        self.weight += weight_of(fetched)

    @property
    def is_full(self) -> bool:
        """Whether it is time to store it."""
        waited = time.monotonic() - self.begun >= _BATCH_SECONDS
        return waited or len(self.items) >= _BATCH_EVENTS or self.weight >= _BATCH_ATTRIBUTES


def _creator(server: LinkedServer) -> Viewer:
    """The admin who saved the link, while the account is one; else the instance itself."""
    viewer = viewer_of_user(server.user_id, "") if server.user_id else None
    if viewer is not None and viewer.is_site_admin:
        return viewer
    owner = find_any_organisation(server.org_id)
    assert owner is not None, "a link's organisation cannot be deleted"
    return Viewer.everything(org_id=owner.id, org_uuid=owner.uuid, org_name=owner.name)


def _is_alive(draft: EventDraft) -> bool:
    """Whether anything in it is not deleted: an event of none is dropped (PROTOCOL §4.4)."""
    inside = (attribute for item in draft.objects if not item.deleted for attribute in item.attributes)
    return any(not element.deleted for part in (draft.attributes, inside, draft.reports) for element in part)


def _missing_of(draft: EventDraft, local: LocalVersion) -> EventDraft:
    """Of a version that is here, or older than ours: its elements alone, which are taken where they are not here yet or
    newer. What the event says of itself, and whether it is published, stays (RULES §11)."""
    inside = {name: getattr(draft, name) for name in _INSIDE}
    return EventDraft(uuid=draft.uuid, timestamp=local.timestamp, published=local.published, **inside)


def _skipped(draft: EventDraft, reason: Reason | Trouble) -> Receipt:
    return Receipt(LedgerState.SKIPPED, reason, version=draft.timestamp)


def _arrived(draft: EventDraft, saved: Saved, state: LedgerState) -> Receipt:
    refused = [item for item in saved.dropped if "sharing_group_id" in item.errors]
    if refused or saved.narrowed:
        return Receipt(LedgerState.DEGRADED, Trouble.GROUP_REFUSED_HERE, _told_of(saved), version=draft.timestamp)
    if saved.dropped:
        return Receipt(LedgerState.PARTIAL, Trouble.ELEMENTS_MISSING, _told_of(saved), version=draft.timestamp)
    return Receipt(state, version=draft.timestamp)


def _told_of(saved: Saved) -> str:
    """What is not here as it came, for the admin."""
    group = [text for item in saved.dropped if item.kind == GROUP for text in item.errors["sharing_group_id"]]
    left_out = [item for item in saved.dropped if item.kind != GROUP]
    named = ", ".join(f"{item.kind} {item.uuid or 'without uuid'}" for item in left_out[:_NAMED_ELEMENTS])
    elements = [f"{len(left_out)} elements were left out: {named}"] if left_out else []
    kept = [f"{saved.narrowed} elements stay with the organisation"] if saved.narrowed else []
    return " ".join((*group, *kept, *elements))


def _refused(draft: EventDraft, error: MispminiError) -> Receipt:
    """Why our own rules did not take it: for good until it changes there, or to be tried again."""
    if isinstance(error, SaveFailed) and error.errors == NOT_NEWER:
        return Receipt(LedgerState.UNCHANGED, version=draft.timestamp)
    if isinstance(error, Blocked):
        return Receipt(LedgerState.SKIPPED, Trouble.BLOCKED, error.sentence, version=draft.timestamp)
    if isinstance(error, EventExists):
        return Receipt(LedgerState.FAILED, Trouble.NOT_STORED, "it came another way at the same moment")
    told = error.errors if isinstance(error, SaveFailed | Invalid) else error.sentence
    return Receipt(LedgerState.FAILED, Trouble.NOT_STORED, str(told))
