"""From a key or a session's account to a Viewer, and MISP's refusals word by word (MODEL §5.1)."""

import time
from collections import defaultdict, deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock

from mispmini.domain import clock, ids
from mispmini.domain.errors import Busy, NotAuthenticated, OutOfSpace
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services.authkeys import DISABLED, NO_ADDRESS, NOT_AUTHENTICATED, WRONG_ADDRESS, is_allowed_from
from mispmini.store import authentication as store
from mispmini.store.authentication import PresentedKey
from mispmini.store.database import writing

FAILED = NOT_AUTHENTICATED
_NOTED_EVERY_SECONDS = 60.0
_FREE_REFUSALS = 100
_WINDOW_SECONDS = 60.0
_DELAY_SECONDS = 1.0
_MOST_ADDRESSES = 10_000


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why a key was refused: the cause for admins, the sentence for whoever sent it."""

    raw: str
    cause: str
    sentence: str = FAILED
    user_id: int | None = None


class Throttle:
    """Refusals a minute by address: beyond 100 they are delayed and no longer listed (TRUST S8).

    Two at most are delayed at a time, or delaying itself would keep the server's threads from everybody else.
    """

    def __init__(self) -> None:
        self.moments: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_FREE_REFUSALS))
        self.lock = Lock()
        self.delayed = BoundedSemaphore(2)

    def is_over(self, address: str) -> bool:
        """Count one refusal; whether a hundred came before it within the minute."""
        now = time.monotonic()
        with self.lock:
            if len(self.moments) >= _MOST_ADDRESSES:
                self.moments.pop(next(iter(self.moments)))
            seen = self.moments[address]
            over = len(seen) == _FREE_REFUSALS and now - seen[0] < _WINDOW_SECONDS
            seen.append(now)
        return over

    def delay(self) -> None:
        """Hold the answer back for a second."""
        if self.delayed.acquire(blocking=False):
            try:
                time.sleep(_DELAY_SECONDS)
            finally:
                self.delayed.release()


class RecentUses:
    """Which keys were used from where within the last minute, so that only the first use is written down."""

    def __init__(self) -> None:
        self.noted: dict[int, float] = {}
        self.lock = Lock()

    def is_new(self, raw: str, address: str) -> bool:
        """Whether this key was not used from this address within the minute; it is from now on."""
        now, pair = time.monotonic(), hash((raw, address))
        with self.lock:
            if now - self.noted.get(pair, -_NOTED_EVERY_SECONDS) < _NOTED_EVERY_SECONDS:
                return False
            if len(self.noted) >= _MOST_ADDRESSES:
                self.noted.clear()
            self.noted[pair] = now
        return True


_throttle = Throttle()
_recent_uses = RecentUses()


def viewer_of_key(candidates: Sequence[str], address: str) -> Viewer:
    """Who carries the first key that works, from this address.

    Raises NotAuthenticated with MISP's sentence; where several keys fail, the sentence that says most.
    """
    refusals = []
    for raw in candidates:
        found = store.find_any_presented_key(raw, address) if ids.is_authkey(raw) else None
        refusal = _judge(raw, found, address)
        if refusal is None and found is not None:
            _note_use(raw, found, address)
            return found.viewer
        if refusal is not None:
            refusals.append(refusal)
    _note_refusals(refusals, address)
    raise NotAuthenticated(next((r.sentence for r in refusals if r.sentence != FAILED), FAILED))


def viewer_of_user(user_id: int, address: str) -> Viewer | None:
    """Whose session it is; None once the account is disabled or gone."""
    return store.find_any_active_viewer(user_id, address)


def _judge(raw: str, found: PresentedKey | None, address: str) -> _Refusal | None:
    """The rows of MODEL §5.1 in their order; None for a key that works."""
    if found is None:
        return _Refusal(raw, "unknown")
    user_id = found.viewer.user_id
    if found.expiration is not None and found.expiration <= clock.now():
        return _Refusal(raw, "expired", user_id=user_id)
    if Permission.AUTH not in found.viewer.role_permissions:
        return _Refusal(raw, "role", user_id=user_id)
    if found.disabled:
        return _Refusal(raw, "disabled", DISABLED, user_id)
    if not is_allowed_from(found.allowed_ips, address):
        return _Refusal(raw, "ip", WRONG_ADDRESS if address else NO_ADDRESS, user_id)
    return None


def note_refused_write(viewer: Viewer) -> None:
    """Keep for admins that a read-only key tried to write."""
    key = viewer.key
    if key is None or _throttle.is_over(viewer.address):
        return
    with suppress(Busy, OutOfSpace), writing(quiet=True):
        store.note_refused_write(key.id, address=viewer.address)


def _note_use(raw: str, found: PresentedKey, address: str) -> None:
    """Once a minute for each address, else every read would write (TRUST §5); a full disk must not stop readers."""
    key, user_id = found.viewer.key, found.viewer.user_id
    assert key is not None
    assert user_id is not None
    if not _recent_uses.is_new(raw, address):
        return
    with suppress(Busy, OutOfSpace), writing(quiet=True):
        store.note_key_use(key.id, user_id, address)


def _note_refusals(refusals: Sequence[_Refusal], address: str) -> None:
    if _throttle.is_over(address):
        _throttle.delay()
        return
    with suppress(Busy, OutOfSpace), writing(quiet=True):
        for refusal in refusals[:_FREE_REFUSALS]:
            store.note_key_refusal(refusal.raw, refusal.cause, address=address, user_id=refusal.user_id)
