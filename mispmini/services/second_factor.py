"""A second factor at sign-in: the code of an authenticator app, or a recovery code (TRUST §5, S8; RFC 6238)."""

import re
from hmac import compare_digest
from typing import NamedTuple

import pyotp

from mispmini.domain import clock, ids
from mispmini.domain.errors import Forbidden, SaveFailed
from mispmini.domain.instance_settings import N_
from mispmini.domain.viewer import Viewer
from mispmini.services import accounts, audit, organisations
from mispmini.services.accounts import NO_FUNCTION
from mispmini.store import sealing
from mispmini.store import second_factor as store
from mispmini.store.database import writing
from mispmini.store.second_factor import Factor
from mispmini.store.sessions import delete_sessions_of
from mispmini.store.settings import load_settings

WRONG_CODE = N_("The code is wrong, or was used before. Take the next one.")
SEED_GONE = N_("The seed of this account's codes is missing here: use a recovery code.")
_MODEL = "User"
_SEED = re.compile(r"[A-Z2-7]{32}\Z")  # 160 bits
_RECOVERY_CODES = 10
_DIGITS = 6
_STEP_SECONDS = 30
_DRIFT = (0, -1, 1)  # steps that a clock may be off


class Offer(NamedTuple):
    """A seed that nothing has been done with yet, and the otpauth URI that an app reads."""

    seed: str
    uri: str


def offer(viewer: Viewer, seed: str = "") -> Offer:
    """A fresh seed for the viewer's app, or the one that was offered before. Raises Forbidden to programs."""
    _refuse_programs(viewer)
    seed = seed if _SEED.match(seed) else pyotp.random_base32()
    issuer = organisations.host_name() or "mispmini"
    return Offer(seed, pyotp.TOTP(seed).provisioning_uri(name=viewer.email, issuer_name=issuer))


def factor_of(viewer: Viewer) -> Factor | None:
    """The viewer's own second factor; None where none is turned on."""
    return None if viewer.user_id is None else store.find_any_factor(viewer.user_id)


def is_offered() -> bool:
    """Whether this instance asks for second factors at all."""
    return not load_settings().otp_disabled


def is_asked_of(viewer: Viewer) -> bool:
    """Whether a password alone does not let this account in."""
    return is_offered() and factor_of(viewer) is not None


def turn_on(viewer: Viewer, seed: str, code: str, current_password: str) -> tuple[str, ...]:
    """Ask this account for codes from now on; every session of it ends. Returns its recovery codes.

    Raises Forbidden, SaveFailed.
    """
    _refuse_programs(viewer)
    user_id = viewer.user_id or 0
    accounts.confirm_password(viewer, current_password, "totp_new")
    step = _step_of(seed, code) if _SEED.match(seed) else None
    if step is None:
        raise SaveFailed("totp_new", _MODEL, {"code": [WRONG_CODE]})
    seed_ref = sealing.seal("totp", seed)
    codes = tuple(ids.new_recovery_code() for _ in range(_RECOVERY_CODES))
    with writing():
        old = factor_of(viewer)
        store.keep_factor(user_id, seed_ref, step, codes)
        delete_sessions_of(user_id)
        audit.record(viewer, "totp_new", _MODEL, user_id, viewer.email)
    if old is not None:
        sealing.forget(old.seed_ref)
    return tuple("-".join(re.findall("....", code)) for code in codes)


def turn_off(viewer: Viewer, user_ref: str, current_password: str | None = None) -> None:
    """Ask an account for its password alone; one's own by no key. Raises Forbidden, NotFound, SaveFailed."""
    account = accounts.view_user(viewer, user_ref)
    is_own = account.user.id == viewer.user_id
    may = viewer.key is None if is_own else accounts.may_manage(viewer, account)
    if not may:
        raise Forbidden(NO_FUNCTION)
    if is_own:
        accounts.confirm_password(viewer, current_password, "totp_delete")
    with writing():
        old = store.find_any_factor(account.user.id)
        store.drop_factor(account.user.id)
        audit.record(viewer, "totp_delete", _MODEL, account.user.id, account.user.email)
    if old is not None:
        sealing.forget(old.seed_ref)


def use_code(user_id: int, code: str) -> bool:
    """Use up a code of the app or a recovery code, inside a writing(); false where it is none. Raises Forbidden."""
    typed = re.sub(r"[\s-]", "", code).upper()
    factor = store.find_any_factor(user_id)
    if factor is None:
        return False
    if len(typed) != _DIGITS:
        return store.use_recovery_code(user_id, typed)
    try:
        step = _step_of(sealing.unseal(factor.seed_ref), typed)
    except KeyError:
        raise Forbidden(SEED_GONE) from None
    return step is not None and store.use_step(user_id, step)


def _refuse_programs(viewer: Viewer) -> None:
    if viewer.user_id is None or viewer.key is not None or not is_offered():
        raise Forbidden(NO_FUNCTION)


def _step_of(seed: str, code: str) -> int | None:
    """The time step whose code this is, among now and its neighbours; None for a wrong one."""
    app, now = pyotp.TOTP(seed, digits=_DIGITS, interval=_STEP_SECONDS), clock.now() // _STEP_SECONDS
    typed = code.replace(" ", "").encode()
    steps = (now + drift for drift in _DRIFT)
    return next((step for step in steps if compare_digest(app.at(step * _STEP_SECONDS).encode(), typed)), None)
