"""Authkeys: shown once, kept as a hash, limited, reset and revoked (MODEL §5.6; TRUST D10, S13)."""

from collections.abc import Iterator

import pytest

from mispmini.domain import clock
from mispmini.domain.errors import Forbidden, NotAuthenticated, NotFound, Refused, SaveFailed
from mispmini.domain.ids import is_authkey, new_authkey
from mispmini.domain.people import KeyDraft, UserDraft
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import KeyInUse, Viewer
from mispmini.services import accounts, authkeys
from mispmini.services.authentication import viewer_of_key
from mispmini.store import database
from mispmini.store.settings import save_setting
from tests.services.founding import ORG_ADMIN, SYNC_USER, USER, House, founded_house, ref, viewer_of

HERE = "192.0.2.7"
DAY = 86400


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with founded_house(tmp_path_factory.mktemp("house")) as built:
        yield built


@pytest.fixture
def rules(house: House) -> Iterator[None]:
    """Every key ends within ten days and names its addresses."""
    _set(key_validity_days=10, key_needs_ips=True)
    yield
    _set(key_validity_days=0, key_needs_ips=False)


def _set(**values: object) -> None:
    with database.writing():
        for name, value in values.items():
            save_setting(name, value, user_id=None)


def with_key(viewer: Viewer, created: authkeys.CreatedKey) -> Viewer:
    key = created.owned.key
    return viewer_of(viewer.user_id or 0, KeyInUse(key.id, key.read_only, key.expiration))


def test_a_key_works_and_is_nowhere_in_the_files(house: House) -> None:
    created = authkeys.create_authkey(house.dora, "me", KeyDraft(comment="canary"))
    assert is_authkey(created.raw)
    assert viewer_of_key([created.raw], HERE).email == house.dora.email
    authkeys.edit_authkey(house.dora, created.owned.key.id, KeyDraft(comment="canary, edited"))
    reset = authkeys.reset_authkey(house.dora, "me")
    database.checkpoint(truncate=True)
    files = b"".join(path.read_bytes() for path in house.path.parent.iterdir() if path.is_file())
    assert b"canary, edited" in files
    assert created.raw.encode() not in files
    assert reset.raw.encode() not in files
    assert house.raw_key.encode() not in files


@pytest.mark.parametrize(
    ("allowed", "address", "works"),
    [
        ((), "203.0.113.9", True),
        (("192.0.2.7",), "192.0.2.7", True),
        (("192.0.2.7",), "192.0.2.8", False),
        (("192.0.2.0/24",), "192.0.2.200", True),
        (("192.0.2.9/24",), "192.0.2.200", True),
        (("192.0.2.0/24",), "::ffff:192.0.2.200", True),
        (("2001:db8::/32",), "2001:db8::5", True),
        (("2001:db8::/32",), "192.0.2.7", False),
        (("192.0.2.7",), "", False),
    ],
    ids=str,
)
def test_a_key_is_bound_to_its_addresses(house: House, allowed: tuple[str, ...], address: str, works: bool) -> None:
    created = authkeys.create_authkey(house.dora, "me", KeyDraft(allowed_ips=allowed))
    if works:
        assert viewer_of_key([created.raw], address).user_id == house.dora.user_id
        return
    sentence = authkeys.WRONG_ADDRESS if address else authkeys.NO_ADDRESS
    with pytest.raises(NotAuthenticated, match=sentence):
        viewer_of_key([created.raw], address)


@pytest.mark.parametrize("entry", ["10.0.0.0/33", "nowhere.example", "192.0.2.7:443", "1.2.3", "*"])
def test_what_is_no_address_is_refused(house: House, entry: str) -> None:
    with pytest.raises(SaveFailed) as refusal:
        authkeys.create_authkey(house.dora, "me", KeyDraft(allowed_ips=("192.0.2.1", entry)))
    assert refusal.value.errors == {"allowed_ips": [f"Not an IP address or range (CIDR): {entry}"]}


@pytest.mark.parametrize("end", ["expired", "deleted", "disabled", "wrong middle"])
def test_a_key_that_ended_is_refused(house: House, end: str) -> None:
    user = house.hire(USER)
    created = authkeys.create_authkey(house.dora, ref(user), KeyDraft())
    raw, sentence = created.raw, authkeys.NOT_AUTHENTICATED
    if end == "expired":
        authkeys.edit_authkey(house.dora, created.owned.key.id, KeyDraft(expiration=clock.now()))
    elif end == "deleted":
        authkeys.delete_authkey(house.dora, created.owned.key.id)
    elif end == "disabled":
        accounts.edit_user(house.dora, ref(user), UserDraft(disabled=True))
        sentence = authkeys.DISABLED
    else:
        raw = raw[:4] + new_authkey()[4:36] + raw[36:]
    with pytest.raises(NotAuthenticated) as refusal:
        viewer_of_key([raw], HERE)
    assert refusal.value.sentence == sentence


def test_a_read_only_key_reads_and_touches_no_key(house: House) -> None:
    created = authkeys.create_authkey(house.dora, "me", KeyDraft(read_only=True))
    viewer = viewer_of_key([created.raw], HERE)
    assert viewer.permissions == {Permission.AUTH, Permission.AUDIT}
    assert not viewer.is_site_admin
    with pytest.raises(Forbidden):
        authkeys.create_authkey(viewer, "me", KeyDraft())
    with pytest.raises(Forbidden):
        authkeys.edit_authkey(viewer, created.owned.key.id, KeyDraft(read_only=False))
    with pytest.raises(Forbidden):
        authkeys.delete_authkey(viewer, created.owned.key.id)
    with pytest.raises(Forbidden):
        authkeys.reset_authkey(viewer, "me")


def test_the_lists_hold_what_one_may_see(house: House) -> None:
    user, colleague, elsewhere = house.hire(USER), house.hire(SYNC_USER), house.hire(USER, house.bravo)
    org_admin = house.hire(ORG_ADMIN)
    for owner in (user, colleague, elsewhere):
        authkeys.create_authkey(house.dora, ref(owner), KeyDraft())
    owners = {
        name: {owned.key.user_id for owned in authkeys.list_authkeys(viewer)}
        for name, viewer in (("user", user), ("org admin", org_admin), ("site admin", house.dora))
    }
    assert owners["user"] == {user.user_id}
    assert {user.user_id, colleague.user_id} <= owners["org admin"]
    assert elsewhere.user_id not in owners["org admin"]
    assert elsewhere.user_id in owners["site admin"]


def test_anothers_key_is_as_absent(house: House) -> None:
    user = house.hire(USER)
    theirs = authkeys.create_authkey(house.dora, ref(house.hire(USER)), KeyDraft()).owned.key.id
    for act in (authkeys.view_authkey, authkeys.delete_authkey):
        for key_id in (theirs, 999_999):
            with pytest.raises(NotFound, match="Invalid AuthKey"):
                act(user, key_id)


def test_an_org_admin_leaves_a_site_admins_key_alone(house: House) -> None:
    org_admin = house.hire(ORG_ADMIN)
    key_id = authkeys.create_authkey(house.dora, "me", KeyDraft(comment="hers")).owned.key.id
    with pytest.raises(Refused, match="insufficient privileges"):
        authkeys.edit_authkey(org_admin, key_id, KeyDraft(comment="mine"))
    with pytest.raises(Refused, match="insufficient privileges"):
        authkeys.delete_authkey(org_admin, key_id)
    assert authkeys.view_authkey(house.dora, key_id).key.comment == "hers"


def test_a_reset_with_a_key_replaces_that_key_alone(house: House) -> None:
    user = house.hire(USER)
    in_use = authkeys.create_authkey(house.dora, ref(user), KeyDraft(allowed_ips=(HERE,)))
    other = authkeys.create_authkey(house.dora, ref(user), KeyDraft())
    fresh = authkeys.reset_authkey(with_key(user, in_use), "me")
    assert fresh.owned.key.allowed_ips == (HERE,)
    assert fresh.owned.key.comment == f"Created by resetting auth key {in_use.owned.key.id}"
    with pytest.raises(NotAuthenticated):
        viewer_of_key([in_use.raw], HERE)
    assert viewer_of_key([in_use.raw, other.raw], HERE).user_id == user.user_id


def test_a_reset_by_session_replaces_all_and_widens_nothing(house: House) -> None:
    user = house.hire(USER)
    old = [authkeys.create_authkey(house.dora, ref(user), KeyDraft(read_only=True)) for _ in range(2)]
    fresh = authkeys.reset_authkey(user, "me")
    assert fresh.owned.key.read_only
    for key in old:
        with pytest.raises(NotAuthenticated):
            viewer_of_key([key.raw], HERE)


@pytest.mark.usefixtures("rules")
def test_the_instances_rules_bind_new_keys(house: House) -> None:
    with pytest.raises(SaveFailed) as refusal:
        authkeys.create_authkey(house.dora, "me", KeyDraft())
    assert refusal.value.errors == {"allowed_ips": [authkeys.NEEDS_IPS]}
    for asked in (None, 0, clock.now() + 1000 * DAY):
        key = authkeys.create_authkey(house.dora, "me", KeyDraft(expiration=asked, allowed_ips=(HERE,))).owned.key
        assert key.expiration == key.created + 10 * DAY
        longer = authkeys.edit_authkey(house.dora, key.id, KeyDraft(expiration=0)).key
        assert longer.expiration == key.created + 10 * DAY


def test_a_given_key_is_taken_once(house: House) -> None:
    raw = new_authkey()
    assert authkeys.create_authkey(house.dora, "me", KeyDraft(), raw=raw).raw == raw
    with pytest.raises(SaveFailed):
        authkeys.create_authkey(house.dora, "me", KeyDraft(), raw=raw)
    with pytest.raises(SaveFailed):
        authkeys.create_authkey(house.dora, "me", KeyDraft(), raw="short")
