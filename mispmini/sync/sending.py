"""Sends one event to a partner, judges what it made of it, and sends it again without what it cannot store
(PROTOCOL §3.6, RULES §3, §11)."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mispmini.domain import clock
from mispmini.domain.distribution import Reason
from mispmini.domain.graphs import EventGraph, TagRow
from mispmini.domain.receipts import LedgerState, Receipt, Trouble
from mispmini.domain.unstorable import WIDE, fitted, is_awkward, raised, stopped_at, wide_texts
from mispmini.store.ledger import delivered_version
from mispmini.sync import judging
from mispmini.sync.judging import Sent, Stored, Then
from mispmini.sync.links import names_event, said
from mispmini.sync.remote import Answer, RemoteFailure, RemoteServer, json_text
from mispmini.sync.watching import Reading, Unanswered, may_go_on, waiting
from mispmini.wire.event_out import OutOptions, event_json

ADD = "/events/add/metadata:1"
_AS_PUSHED = OutOptions(for_push=True, with_creator_email=True)
_MOST_LESSONS = 4
_STUMBLED = 500
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Form:
    """One shape of a copy as it is sent: without what the partner `cannot` store, which `left` names."""

    copy: EventGraph
    cannot: frozenset[str]
    left: str
    sent: Sent
    is_awkward: bool

    @classmethod
    def of(cls, copy: EventGraph, cannot: Collection[str] = ()) -> "Form":
        """The copy for such a partner."""
        made = fitted(copy, cannot)
        return cls(made.copy, frozenset(cannot), made.left, Sent.of(made.copy), is_awkward(made.copy))


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one sending. `missing` are live attributes that the partner lacks, `refused` those of objects that
    it lacks; `kept` tells of awkward texts whether they are there as they were sent."""

    form: Form
    receipt: Receipt
    then: Then = Then.FINISH
    missing: frozenset[str] = frozenset()
    kept: frozenset[bool] = frozenset()
    refused: frozenset[str] = frozenset()

    @property
    def is_whole(self) -> bool:
        """Whether the partner has all that was in this form."""
        return self.receipt.arrived and not self.missing and False not in self.kept

    def lessons(self) -> Iterator[frozenset[str]]:
        """What the partner may not be able to store, with what this form spared it already; the likeliest first."""
        wide = {WIDE} if False in self.kept else set()
        stop = {type_} if (type_ := stopped_at(self.form.copy, self.missing - self.refused)) else set()
        alone = (stop, wide) if True in self.kept else (wide, stop)
        return (self.form.cannot | lesson for lesson in (*alone, wide | stop) if lesson)

    def gains_on(self, before: "Tried") -> bool:
        """Whether more is there than before of what both forms hold."""
        companions = before.missing & self.form.sent.attributes
        helped = len(self.missing) < len(companions) or not (companions or self.missing)
        return self.receipt.arrived and (helped or not before.receipt.arrived)


@dataclass
class Sending:
    """One event on its way over one link.

    `cannot` is what the partner is known not to store, afterwards too; `learned` is whether that has changed. `whole`
    sends that as well. `settled`: two readings of the partner's copy agreed. `left_as`: an older version went there as
    of that timestamp.
    """

    remote: RemoteServer
    server_id: int
    copy: EventGraph
    owned: bool
    takes_gzip: bool
    cannot: frozenset[str] = frozenset()
    tries: int = 0
    whole: bool = False
    settled: bool = field(default=False, init=False)
    left_as: int | None = field(default=None, init=False)
    learned: bool = field(default=False, init=False)

    def send(self) -> tuple[Receipt, Then]:
        """Add or edit it. Raises RemoteFailure, and Unanswered when what became of it is not known."""
        known = self._head()
        if known >= 500:
            return judging.refusal(known, "to HEAD events/view"), Then.RETRY
        return self._ended(self._tried(self._first_form(known=known == 200), known=known == 200))

    def go_on(self, seen: Reading) -> tuple[Receipt, Then]:
        """Judge it by two readings that agreed, or send it where they show that it is not there, or was edited since.

        Raises RemoteFailure, Unanswered.
        """
        self.settled = True
        if seen.version != self.copy.event.timestamp:
            self.left_as = seen.sent_as
            return self.send()
        if seen.stored is None or seen.stored.timestamp < seen.sent_as:
            return self.send()
        form = self._form(known=True)
        if seen.stored.timestamp == seen.sent_as:
            return self._ended(self._arrived(form, seen.stored, LedgerState.SENT))
        return self._ended(self._not_newer(form, seen.stored))

    def stored_there(self) -> Stored | None:
        """The partner's copy, as its index tells of it. Raises RemoteFailure."""
        uuid = self.copy.event.uuid
        answer = self.remote.post_json("/events/index", json_text({"eventid": [uuid]}))
        for item in answer.json if isinstance(answer.json, list) else []:
            if isinstance(item, dict) and str(item.get("uuid", "")).lower() == uuid:
                return judging.stored_in(item)
        return None

    def _head(self) -> int:
        return self.remote.head(f"/events/view/{self.copy.event.uuid}")

    def _form(self, *, known: bool) -> Form:
        """Somebody else's event is never lessened for a partner that has it."""
        return Form.of(self.copy, self.cannot if not self.whole and (self.owned or not known) else ())

    def _first_form(self, *, known: bool) -> Form:
        """What is to go whole at last is raised above what the partner has, its elements too."""
        if not (self.whole and known and self.owned):
            return self._form(known=known)
        seen, view = self.stored_there(), self._view()
        if seen is None or seen.timestamp < self.copy.event.timestamp or clock.is_ahead(seen.timestamp):
            return Form.of(self.copy)
        missing = judging.missing_in(Sent.of(self.copy), view or {})
        return Form.of(raised(self.copy, seen.timestamp + 1, missing))

    def _tried(self, form: Form, *, known: bool) -> Tried:
        answer, updated = self._upload(form, known=known)
        if judging.is_not_newer(answer.status, answer.json):
            return self._not_newer(form, self.stored_there())
        if judging.is_empty(answer.status, answer.json):
            return Tried(form, Receipt(LedgerState.SKIPPED, Reason.EMPTY, http_status=answer.status))
        if answer.status >= 300:
            receipt, then = judging.refusal(answer.status, said(answer)), judging.next_step(answer.status)
            return Tried(form, receipt, then, kept=_stumbled(form, answer))
        return self._accepted(form, answer, LedgerState.UPDATED if updated else LedgerState.SENT)

    def _ended(self, tried: Tried) -> tuple[Receipt, Then]:
        """With what the partner shows that it cannot store left out, one thing after the other (RULES §11)."""
        refuted: set[frozenset[str]] = set()
        for _ in range(_MOST_LESSONS):
            lessons = () if tried.then is Then.WATCH or self.copy.event.protected else tried.lessons()
            cannot = next((one for one in lessons if one not in {tried.form.cannot, *refuted}), None)
            known = self._head() if cannot else _STUMBLED
            if cannot is None or known >= 500:
                break
            seen = self.stored_there() if known == 200 else None
            if seen and not tried.receipt.arrived and seen.timestamp == tried.form.sent.timestamp:
                tried = self._arrived(tried.form, seen, LedgerState.SENT)  # a MISP stores, and answers 500 (RULES §3)
            elif known == 200 and not self.owned:
                return self._left_as_it_is(tried, cannot)
            elif (again := self._once_more(tried, cannot, seen, known=known == 200)).gains_on(tried):
                self._learn(self.cannot | cannot)
                tried = again
            elif again.receipt.arrived:
                refuted.add(cannot)
                tried = replace(tried, receipt=replace(tried.receipt, there=again.receipt.there))
            else:
                tried = tried if tried.receipt.arrived else again
                break
        if self.whole and tried.is_whole and not tried.form.cannot:
            self._learn(self.cannot - {WIDE, *(a.type for a in self.copy.attributes)})
        return judging.lessened(tried.receipt, tried.form.left), tried.then

    def _learn(self, cannot: frozenset[str]) -> None:
        self.learned, self.cannot = self.learned or cannot != self.cannot, cannot

    def _once_more(self, tried: Tried, cannot: frozenset[str], seen: Stored | None, *, known: bool) -> Tried:
        timestamp = max(self.copy.event.timestamp, seen.timestamp + 1 if seen else 0)
        copy = raised(self.copy, timestamp, tried.missing) if known else self.copy
        try:
            return self._tried(Form.of(copy, cannot), known=known)
        except Unanswered:
            self._learn(self.cannot | cannot)
            raise

    def _left_as_it_is(self, tried: Tried, cannot: frozenset[str]) -> tuple[Receipt, Then]:
        """Somebody else's event, of which the partner has something: it is not ours to change, only to learn from."""
        if tried.missing:
            self._learn(self.cannot | cannot)
            return tried.receipt, tried.then
        texts = ", ".join(f"{text.field} of {text.uuid}" for text in wide_texts(self.copy)[:_NAMED])
        detail = f"not there as it is here: {texts or 'tags'}"
        receipt = replace(tried.receipt, state=LedgerState.PARTIAL, reason=Trouble.CANNOT_STORE, detail=detail)
        is_certain = tried.receipt.arrived or self.tries or WIDE in self.cannot  # never after one 5xx (RULES §3)
        return receipt, Then.FINISH if is_certain else Then.RETRY

    def _accepted(self, form: Form, answer: Answer, state: LedgerState) -> Tried:
        tried = self._compared(form, answer, state)
        return replace(tried, receipt=judging.with_told_errors(tried.receipt, answer.json, said(answer)))

    def _compared(self, form: Form, answer: Answer, state: LedgerState) -> Tried:
        event = answer.json.get("Event") if isinstance(answer.json, dict) else None
        stored = judging.stored_in(event) if isinstance(event, dict) else None
        if stored is not None and judging.flaw_of(form.sent, stored) is None:
            return self._arrived(form, stored, state, answered=answer.status)
        seen = self.stored_there() or stored
        if seen is None or seen.timestamp < form.sent.timestamp:
            detail = "the partner said yes, and does not have it"
            receipt = Receipt(LedgerState.FAILED, Trouble.NOT_STORED, detail, answer.status)
            return Tried(form, receipt, Then.RETRY)
        return self._arrived(form, seen, state, answered=answer.status)

    def _not_newer(self, form: Form, seen: Stored | None) -> Tried:
        """The partner has this version or a newer one: which, its index tells (RULES §3)."""
        if seen is None or seen.timestamp < form.sent.timestamp:
            detail = "refused as not newer, and an older copy or none is shown to us"
            receipt = Receipt(LedgerState.FAILED, Trouble.NOT_STORED, detail, 403)
            return Tried(form, receipt, Then.RETRY_THEN_PARK)
        delivered, ours = delivered_version(self.server_id, form.sent.uuid), self.copy.event.timestamp
        is_as_we_left_it = seen.timestamp in (delivered.there, self.left_as)
        if is_as_we_left_it and delivered.version >= ours:
            return self._arrived(form, seen, LedgerState.UNCHANGED)
        if seen.timestamp == form.sent.timestamp and not is_as_we_left_it:
            return self._arrived(form, seen, LedgerState.SENT if self.tries else LedgerState.UNCHANGED)
        if delivered.version >= ours:
            return Tried(form, Receipt(LedgerState.UNCHANGED, Trouble.NEWER_THERE, version=ours, there=delivered.there))
        if self.owned and not clock.is_ahead(seen.timestamp):
            return self._above(form, seen)
        detail = f"the partner's copy is newer: {clock.datetime_text(seen.timestamp)} UTC"
        return Tried(form, Receipt(LedgerState.CONFLICT, Trouble.NEWER_THERE, detail, 403))

    def _above(self, form: Form, seen: Stored) -> Tried:
        """Our own event whose copy there looks newer: once more, one second above it."""
        above = Form.of(raised(self.copy, seen.timestamp + 1), form.cannot)
        answer, _ = self._upload(above, known=True)
        if answer.status < 300:
            return self._accepted(above, answer, LedgerState.UPDATED)
        receipt = Receipt(LedgerState.CONFLICT, Trouble.NEWER_THERE, said(answer), answer.status)
        return Tried(above, receipt, kept=_stumbled(above, answer))

    def _arrived(self, form: Form, seen: Stored, state: LedgerState, *, answered: int | None = None) -> Tried:
        """It is there; for whom and how whole is seen on the partner's copy.

        What is missing is lost only where the partner `answered` to this sending: else it may still be at work.
        """
        view = self._view() if form.is_awkward or seen.attribute_count < len(form.sent.attributes) else None
        missing = judging.missing_in(form.sent, view) if view else frozenset()
        if missing and answered is None and not self.settled:
            return Tried(form, waiting(), Then.WATCH)
        kept = judging.kept_texts(form.copy, view) if view else frozenset()
        receipt = judging.arrived(form.sent, seen, missing, state, answered or 200)
        refused = judging.gone_with_their_object(form.copy, view) if view else frozenset()
        return Tried(form, self._dated(receipt, seen), Then.FINISH, missing, kept, refused)

    def _dated(self, receipt: Receipt, seen: Stored) -> Receipt:
        return replace(receipt, version=self.copy.event.timestamp, there=seen.timestamp)

    def _view(self) -> dict[str, Any] | None:
        attributes = len(self.copy.attributes)
        answer = self.remote.get_json(f"/events/view/{self.copy.event.uuid}", attributes=attributes)
        event = answer.json.get("Event") if isinstance(answer.json, dict) else None
        return event if isinstance(event, dict) else None

    def _upload(self, form: Form, *, known: bool) -> tuple[Answer, bool]:
        """Add or edit, the other one if the partner says so; whether it was an edit (PROTOCOL §3.6)."""
        uuid = form.sent.uuid
        if not known:
            answer = self._add(form)
            if answer.status == 404 and answer.location:
                return self._edit(form, _last_piece(answer.location, uuid)), True
            return answer, False
        answer = self._edit(form, uuid)
        return (self._add(form), False) if answer.status == 404 else (answer, True)

    def _add(self, form: Form) -> Answer:
        return self._post(ADD, form, _without_tombstones(form.copy))

    def _edit(self, form: Form, ref: str) -> Answer:
        return self._post(f"/events/edit/{ref}/metadata:1", form, form.copy)

    def _post(self, path: str, form: Form, copy: EventGraph) -> Answer:
        body, attributes = event_json(copy, options=_AS_PUSHED), len(copy.attributes)
        try:
            return self.remote.post_json(path, body, gzip_allowed=self.takes_gzip, attributes=attributes)
        except RemoteFailure as failure:
            if may_go_on(failure):
                raise Unanswered(failure, form.sent.timestamp) from None
            raise


def _stumbled(form: Form, answer: Answer) -> frozenset[bool]:
    """Over the awkward texts, as far as that can be told of a partner that only has an error."""
    return frozenset({False} if form.is_awkward and answer.status == _STUMBLED else ())


def _without_tombstones(copy: EventGraph) -> EventGraph:
    """For a partner that does not have the event: it has no tag to remove, and might add what it is told of."""
    tags = {attribute: _alive(held) for attribute, held in copy.attribute_tags.items()}
    of_reports = {report: _alive(held) for report, held in copy.report_tags.items()}
    return replace(copy, tags=_alive(copy.tags), attribute_tags=tags, report_tags=of_reports)


def _alive(tags: Sequence[TagRow]) -> list[TagRow]:
    return [tag for tag in tags if not tag.deleted]


def _last_piece(location: str, uuid: str) -> str:
    """The event that a Location names, if it is an id or uuid at all."""
    piece = location.rstrip("/").rpartition("/")[2]
    return piece if names_event(piece) else uuid
