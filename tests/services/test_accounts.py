"""Accounts: who may do what to whom, and how a password is kept (MODEL §5.4, §5.7; TRUST S7, S13, S14)."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest

from mispmini.domain import ids
from mispmini.domain.errors import Forbidden, Invalid, NotFound, Refused, SaveFailed
from mispmini.domain.people import COMMON, WEAK, KeyDraft, OrganisationForm, UserDraft, password_flaw
from mispmini.domain.viewer import KeyInUse, Viewer
from mispmini.services import accounts, audit, authkeys, passwords, signing_in
from mispmini.services.accounts import RoleNotAssignable
from mispmini.services.organisations import edit_organisation
from mispmini.services.setting_up import FirstRun, set_up
from mispmini.store import people, sessions
from mispmini.store.database import writing
from mispmini.store.sql import scalar
from tests.cheap_passwords import TODAYS_COST
from tests.services.founding import (
    ADMIN,
    ORG_ADMIN,
    READ_ONLY,
    SYNC_USER,
    USER,
    House,
    founded_house,
    ref,
)

GOOD = "three brown horses, running"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with founded_house(tmp_path_factory.mktemp("house")) as built:
        yield built


@pytest.fixture(scope="module")
def actors(house: House) -> dict[str, Viewer]:
    return {
        "site admin": house.dora,
        "org admin": house.hire(ORG_ADMIN),
        "other org admin": house.hire(ORG_ADMIN, house.bravo),
        "user": house.hire(USER),
        "sync user": house.hire(SYNC_USER),
    }


def edits(actor: Viewer, target: Viewer) -> object:
    return accounts.edit_user(actor, ref(target), UserDraft(autoalert=True))


def disables(actor: Viewer, target: Viewer) -> object:
    return accounts.edit_user(actor, ref(target), UserDraft(disabled=True))


def resets_password(actor: Viewer, target: Viewer) -> object:
    return accounts.edit_user(actor, ref(target), UserDraft(password=GOOD))


def moves(actor: Viewer, target: Viewer) -> object:
    return accounts.edit_user(actor, ref(target), UserDraft(role_id=USER))


def resets_key(actor: Viewer, target: Viewer) -> object:
    return authkeys.reset_authkey(actor, ref(target))


def makes_key(actor: Viewer, target: Viewer) -> object:
    return authkeys.create_authkey(actor, ref(target), KeyDraft(comment="test"))


def deletes(actor: Viewer, target: Viewer) -> object:
    return accounts.delete_user(actor, ref(target))


ACTIONS = (edits, disables, resets_password, moves, resets_key, makes_key, deletes)
KEYS = (resets_key, makes_key)
MAY_MANAGE = {
    ("site admin", "site admin here"), ("site admin", "user here"), ("site admin", "user elsewhere"),
    ("org admin", "user here"), ("other org admin", "user elsewhere"),
}  # fmt: skip
TARGETS = {"site admin here": (ADMIN, "alfa"), "user here": (USER, "alfa"), "user elsewhere": (USER, "bravo")}


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.__name__)
@pytest.mark.parametrize("target_name", TARGETS)
@pytest.mark.parametrize("actor_name", ["site admin", "org admin", "other org admin", "user", "sync user"])
def test_who_may_do_what_to_whom(
    house: House,
    actors: dict[str, Viewer],
    actor_name: str,
    target_name: str,
    action: Callable[[Viewer, Viewer], object],
) -> None:
    role, org = TARGETS[target_name]
    target = house.hire(role, getattr(house, org))
    if (actor_name, target_name) in MAY_MANAGE:
        action(actors[actor_name], target)
        return
    before = accounts.view_user(house.dora, ref(target))
    with pytest.raises((Forbidden, NotFound, Refused) if action not in KEYS else Refused):
        action(actors[actor_name], target)
    assert accounts.view_user(house.dora, ref(target)) == before


@pytest.mark.parametrize("role", [ADMIN, SYNC_USER])
def test_an_org_admin_gives_no_role_above_its_own(house: House, actors: dict[str, Viewer], role: int) -> None:
    target = house.hire(USER)
    with pytest.raises(RoleNotAssignable):
        accounts.edit_user(actors["org admin"], ref(target), UserDraft(role_id=role))
    with pytest.raises(RoleNotAssignable):
        accounts.add_user(actors["org admin"], UserDraft(email="new@house.example", role_id=role))


def test_an_org_admin_adds_to_its_own_organisation_whatever_it_asks(house: House, actors: dict[str, Viewer]) -> None:
    draft = UserDraft(email="bounded@house.example", org=str(house.bravo.id), role_id=USER)
    added = accounts.add_user(actors["org admin"], draft)
    assert added.organisation.id == house.alfa.id
    moved = accounts.edit_user(actors["org admin"], str(added.user.id), UserDraft(org=str(house.bravo.id)))
    assert moved.organisation.id == house.alfa.id


def test_oneself_has_no_say_in_role_organisation_and_standing(house: House) -> None:
    user = replace(house.hire(USER), key=KeyInUse(1, read_only=False, expiration=None))
    draft = UserDraft(
        role_id=ADMIN, org=str(house.bravo.id), server_id=3, disabled=True, change_pw=True, autoalert=True
    )
    edited = accounts.edit_own_account(user, draft)
    assert (edited.role.id, edited.organisation.id, edited.user.server_id) == (USER, house.alfa.id, None)
    assert (edited.user.disabled, edited.user.autoalert) == (False, True)


@pytest.mark.parametrize(
    "draft", [UserDraft(disabled=True), UserDraft(role_id=USER), UserDraft(role_id=ORG_ADMIN)], ids=str
)
def test_the_last_site_admin_stays(house: House, draft: UserDraft) -> None:
    for account in accounts.list_users(house.dora):
        if account.is_site_admin and account.user.id != house.dora.user_id:
            accounts.delete_user(house.dora, str(account.user.id))
    with pytest.raises(SaveFailed):
        accounts.edit_user(house.dora, ref(house.dora), draft)
    with pytest.raises(SaveFailed):
        accounts.delete_user(house.dora, ref(house.dora))
    assert accounts.view_user(house.dora, "me").is_site_admin


def test_one_of_two_site_admins_may_go(house: House) -> None:
    second = house.hire(ADMIN)
    accounts.delete_user(house.dora, ref(second))
    with pytest.raises(NotFound):
        accounts.view_user(house.dora, ref(second))


@pytest.mark.parametrize("again", ["Twice@House.example", "TWICE@HOUSE.EXAMPLE", " twice@house.example "])
def test_an_email_is_one_account_in_every_case(house: House, again: str) -> None:
    if people.find_any_login("twice@house.example") is None:
        accounts.add_user(house.dora, UserDraft(email="twice@house.example"))
    with pytest.raises(SaveFailed) as refusal:
        accounts.add_user(house.dora, UserDraft(email=again))
    assert refusal.value.errors == {"email": ["An account with this email address already exists."]}


@pytest.mark.parametrize(
    "email",
    [
        "", "nope", "a b@c.example", "@c.example", "a@", "<a>@c.example", "x" * 251 + "@c.ex", "a@[", "a,b@c.example",
        "g:a@c.example;", "a\x01@c.example",
    ],
)  # fmt: skip
def test_what_is_no_email_is_refused(house: House, email: str) -> None:
    with pytest.raises(SaveFailed) as refusal:
        accounts.add_user(house.dora, UserDraft(email=email))
    assert refusal.value.errors == {"email": ["Please enter a valid email address."]}


def test_a_new_account_has_the_default_role_and_must_change_its_password(house: House) -> None:
    added = accounts.add_user(house.dora, UserDraft(email="plain@house.example"))
    assert (added.role.id, added.user.change_pw, added.user.invited_by) == (USER, True, house.dora.user_id)


@pytest.mark.parametrize(
    ("password", "flaw"),
    [
        ("", WEAK),
        ("Short1!", WEAK),
        ("alllowercase", WEAK),
        ("nouppercase1", WEAK),
        ("Mixed-Case-1", None),
        ("MixedCase123", None),
        ("sixteen is enough", None),
        ("51b7f3e9-0d6e-4f4e-a1a3-0f9d1f6f9d2e", None),
        ("x" * 1025, WEAK),
        ("aaaaaaaaaaaaaaaaaaaa", COMMON),
        ("Password1234", COMMON),
        ("passwordpassword", COMMON),
        ("1234567890123456", COMMON),
        ("Admin123456789", COMMON),
        ("Someone@Acme.Example", COMMON),
    ],
)
def test_the_policy_of_passwords(password: str, flaw: str | None) -> None:
    assert password_flaw(password, email="someone@acme.example") == flaw


@pytest.mark.parametrize("key", [None, KeyInUse(1, read_only=False, expiration=None)], ids=["session", "key"])
def test_whoever_changes_their_password_or_address_proves_the_present_password(
    house: House, key: KeyInUse | None
) -> None:
    """PyMISP's `change_user_password` and `update_user` send none: there a key may leave it out, not get it wrong."""
    user = replace(house.hire(USER), key=key)
    accounts.edit_user(house.dora, ref(user), UserDraft(password=GOOD))
    drafts = (UserDraft(password="another good password"), UserDraft(email=f"{ids.new_uuid()}@house.example"))
    changes: tuple[Callable[[str | None], object], ...] = (
        lambda current: accounts.change_password(user, "another good password", current_password=current),
        *(partial(_edited, user, draft) for draft in drafts),
    )
    for change in changes:
        left_out = (None, "") if key is None or change is changes[1] else ()
        for wrong in (*left_out, "not this one at all"):
            with pytest.raises(SaveFailed) as refusal:
                change(wrong)
            assert refusal.value.errors == {"current_password": [accounts.WRONG_PASSWORD]}
    changes[2](GOOD)
    changes[0](GOOD)
    login = people.find_any_login_of(user.user_id or 0)
    assert login is not None
    assert passwords.verify_password("another good password", login.password_hash)


def _edited(user: Viewer, draft: UserDraft, current: str | None) -> object:
    return accounts.edit_own_account(user, draft, current_password=current)


def test_an_admin_s_key_does_not_change_its_own_account_without_the_present_password(house: House) -> None:
    admin = replace(house.hire(ORG_ADMIN), key=KeyInUse(1, read_only=False, expiration=None))
    for draft in (UserDraft(email=f"{ids.new_uuid()}@house.example"), UserDraft(password=GOOD)):
        with pytest.raises(SaveFailed) as refusal:
            accounts.edit_user(admin, ref(admin), draft)
        assert list(refusal.value.errors) == ["current_password"]


def test_a_sign_in_renews_a_hash_of_another_cost(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    user = house.hire(USER)
    accounts.edit_user(house.dora, ref(user), UserDraft(password=GOOD))
    monkeypatch.setattr(passwords, "COST", TODAYS_COST)
    signing_in.sign_in(user.email, GOOD, "192.0.2.9")
    login = people.find_any_login_of(user.user_id or 0)
    assert login is not None
    assert login.password_hash is not None
    assert login.password_hash.startswith("scrypt:32768:8:1$")
    assert passwords.verify_password(GOOD, login.password_hash)


def test_a_key_changes_the_password_by_itself(house: House) -> None:
    user = replace(house.hire(USER), key=KeyInUse(1, read_only=False, expiration=None))
    secret = ids.new_secret()
    with writing():
        sessions.insert_session(secret, user.user_id or 0, {}, "")
    accounts.change_password(user, GOOD)
    assert sessions.find_any_session(secret) is None
    action = "SELECT action FROM audit WHERE model = 'User' AND model_id = ? ORDER BY id DESC"
    assert scalar(action, (user.user_id,)) == "change_pw"
    assert accounts.view_user(user, "me").user.change_pw is False
    with pytest.raises(Forbidden):
        accounts.change_password(replace(user, key=KeyInUse(1, read_only=True, expiration=None)), GOOD)


@pytest.mark.parametrize(
    "draft",
    [UserDraft(disabled=True), UserDraft(password=GOOD), UserDraft(email="moved@house.example")],
    ids=["disabled", "password", "e-mail"],
)
def test_sessions_end_when_the_account_is_disabled_or_signs_in_otherwise(house: House, draft: UserDraft) -> None:
    user = house.hire(USER)
    secret = ids.new_secret()
    with writing():
        sessions.insert_session(secret, user.user_id or 0, {}, "")
    accounts.edit_user(house.dora, ref(user), draft)
    assert sessions.find_any_session(secret) is None


def test_the_audit_tells_of_a_password_only_that_it_changed(house: House) -> None:
    user = house.hire(USER)
    accounts.edit_user(house.dora, ref(user), UserDraft(password=GOOD, disabled=True))
    change = scalar("SELECT change FROM audit WHERE model = 'User' AND model_id = ? ORDER BY id DESC", (user.user_id,))
    (step,) = json.loads(change)
    told = {name: pair for name, pair in step["change"].items() if name != "last_pw_change"}  # the clock's
    assert told == {"disabled": [False, True], "password": [None, audit.HIDDEN]}


def test_bound_domains_are_kept(house: House) -> None:
    edit_organisation(house.dora, str(house.bravo.id), OrganisationForm(restricted_to_domain=("bravo.example",)))
    with pytest.raises(SaveFailed):
        accounts.add_user(house.dora, UserDraft(email="x@elsewhere.example", org=str(house.bravo.id)))
    added = accounts.add_user(house.dora, UserDraft(email="x@Bravo.example", org=str(house.bravo.id)))
    assert added.organisation.id == house.bravo.id
    edit_organisation(house.dora, str(house.bravo.id), OrganisationForm(restricted_to_domain=()))


@pytest.mark.parametrize("role", [USER, SYNC_USER, READ_ONLY])
def test_who_administers_nobody_lists_nobody(house: House, role: int) -> None:
    with pytest.raises(Forbidden):
        accounts.list_users(house.hire(role))


def test_an_org_admin_lists_its_own_organisation(house: House, actors: dict[str, Viewer]) -> None:
    found = accounts.list_users(actors["other org admin"])
    assert {account.organisation.id for account in found} == {house.bravo.id}


def test_a_second_set_up_is_refused(house: House) -> None:
    with pytest.raises(Refused):
        set_up(FirstRun(org_name="Other", email="other@alfa.example"))


def test_a_set_up_that_does_not_fit_says_so_by_field(house: House) -> None:
    with pytest.raises(Invalid) as refusal:
        set_up(FirstRun(org_name="X", email="nope", password="short"))
    assert refusal.value.errors == {"email": [accounts.BAD_EMAIL], "password": [WEAK]}
