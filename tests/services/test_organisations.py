"""Organisations: the uuid is the identity, names never merge, what is in use stays (MODEL §7.11, TRUST §2.2)."""

from collections.abc import Iterator

import pytest

from mispmini.domain.drafts import EventDraft, OrganisationDraft
from mispmini.domain.errors import Forbidden, NotFound, SaveFailed
from mispmini.domain.ids import new_uuid
from mispmini.domain.people import OrganisationForm
from mispmini.domain.servers import ServerDraft
from mispmini.services import accounts, organisations
from mispmini.services.events import add_event, delete_event, restore_event
from mispmini.services.organisations import Scope
from mispmini.services.servers import add_server
from mispmini.store.database import writing
from mispmini.store.settings import save_setting
from tests.services.founding import ORG_ADMIN, PUBLISHER, READ_ONLY, SYNC_USER, USER, House, founded_house

TAKEN = new_uuid()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with founded_house(tmp_path_factory.mktemp("house")) as built:
        organisations.add_organisation(built.dora, OrganisationForm(name="Taken Name", uuid=TAKEN))
        yield built


def captured(uuid: str | None, name: str) -> str:
    with writing():
        return organisations.capture_organisation(None, OrganisationDraft(uuid, name)).name


@pytest.mark.parametrize(
    ("form", "errors"),
    [
        pytest.param(OrganisationForm(), {"name": [organisations.NO_NAME]}, id="no name"),
        pytest.param(OrganisationForm(name="  "), {"name": [organisations.NO_NAME]}, id="blank name"),
        pytest.param(OrganisationForm(name="x" * 256), {"name": [organisations.LONG_NAME]}, id="long name"),
        pytest.param(
            OrganisationForm(name="TAKEN name"), {"name": [organisations.NAME_TAKEN]}, id="name in other case"
        ),
        pytest.param(
            OrganisationForm(name="New", uuid="no-uuid"),
            {"uuid": ["Please provide a valid RFC 4122 UUID"]},
            id="no uuid",
        ),
        pytest.param(
            OrganisationForm(name="New", uuid=TAKEN.upper()),
            {"uuid": ["An organisation with this UUID already exists: Taken Name."]},
            id="uuid in other case",
        ),
    ],
)
def test_a_form_that_does_not_fit_is_refused_by_field(
    house: House, form: OrganisationForm, errors: dict[str, list[str]]
) -> None:
    with pytest.raises(SaveFailed) as refusal:
        organisations.add_organisation(house.dora, form)
    assert (refusal.value.sentence, refusal.value.errors) == ("Could not add Organisation", errors)


def test_an_added_organisation_is_local_and_gets_a_uuid(house: House) -> None:
    added = organisations.add_organisation(house.dora, OrganisationForm(name=" Fresh "))
    assert (added.name, added.local, added.created_by) == ("Fresh", True, house.dora.user_id)
    assert organisations.view_organisation(house.dora, added.uuid).id == added.id


@pytest.mark.parametrize("role", [ORG_ADMIN, USER, SYNC_USER, READ_ONLY])
def test_only_site_admins_write_organisations(house: House, role: int) -> None:
    viewer = house.hire(role)
    ref = str(house.bravo.id)
    with pytest.raises(Forbidden):
        organisations.add_organisation(viewer, OrganisationForm(name="Mine"))
    with pytest.raises(Forbidden):
        organisations.edit_organisation(viewer, ref, OrganisationForm(name="Mine"))
    with pytest.raises(Forbidden):
        organisations.delete_organisation(viewer, ref)
    assert organisations.view_organisation(viewer, ref).name == house.bravo.name


def test_an_edit_changes_what_is_given_and_nothing_else(house: House) -> None:
    uuid = new_uuid()
    added = organisations.add_organisation(house.dora, OrganisationForm(name="Before", sector="Bank"))
    edited = organisations.edit_organisation(
        house.dora, str(added.id), OrganisationForm(uuid=uuid.upper(), local=False)
    )
    assert (edited.name, edited.sector, edited.uuid, edited.local) == ("Before", "Bank", uuid, False)


def test_the_scopes_divide_what_is_ours_from_what_came(house: House) -> None:
    captured(new_uuid(), "From Elsewhere")
    names = {scope: [record.name for record in organisations.list_organisations(house.dora, scope)] for scope in Scope}
    assert "From Elsewhere" in names[Scope.EXTERNAL]
    assert "From Elsewhere" not in names[Scope.LOCAL]
    assert "CSIRT Alfa" in names[Scope.LOCAL]
    assert sorted(names[Scope.ALL]) == sorted(names[Scope.LOCAL] + names[Scope.EXTERNAL])


@pytest.mark.parametrize("search", ["elf_100%", "ELF_100%", TAKEN[:13]], ids=["part", "case", "uuid"])
def test_a_search_takes_its_signs_literally(house: House, search: str) -> None:
    captured(TAKEN, "Taken Name")
    captured("1bc7f0a2-93ff-4a61-9c0b-4f1e52f0a7d1", "Shelf_100%")
    found = organisations.list_organisations(house.dora, Scope.ALL, search=search)
    assert len(found) == 1


def test_capture_finds_by_uuid_and_overwrites_nothing(house: House) -> None:
    uuid = new_uuid()
    assert captured(uuid, "Partner") == "Partner"
    assert captured(uuid, "Partner Renamed") == "Partner"
    known = organisations.view_organisation(house.dora, uuid)
    assert (known.name, known.local) == ("Partner", False)


def test_capture_never_merges_by_name(house: House) -> None:
    uuid = new_uuid()
    newcomer = captured(uuid, "csirt ALFA")
    assert newcomer.startswith("csirt ALFA_")
    assert newcomer.removeprefix("csirt ALFA_").isdecimal()
    assert organisations.view_organisation(house.dora, uuid).id != house.alfa.id


def test_without_a_uuid_the_name_finds(house: House) -> None:
    first = captured(None, "Nameless Uuid")
    assert captured(None, "nameless uuid") == first


def test_an_organisation_in_use_is_not_deleted(house: House) -> None:
    house.hire(USER, house.bravo)
    with pytest.raises(SaveFailed) as refusal:
        organisations.delete_organisation(house.dora, str(house.bravo.id))
    assert refusal.value.errors == "It is still in use by users."


def test_what_lies_in_the_trash_goes_with_its_organisation(house: House) -> None:
    org = organisations.add_organisation(house.dora, OrganisationForm(name="Leaving"))
    author = house.hire(PUBLISHER, org)
    event = add_event(author, EventDraft(info="deleted"))
    delete_event(house.dora, event.uuid)
    with pytest.raises(SaveFailed) as refusal:
        organisations.delete_organisation(house.dora, org.uuid)
    assert refusal.value.errors == "It is still in use by users."
    accounts.delete_user(house.dora, str(author.user_id))
    organisations.delete_organisation(house.dora, org.uuid)
    with pytest.raises(NotFound):
        restore_event(house.dora, event.uuid)


def test_the_host_organisation_is_not_deleted(house: House) -> None:
    with pytest.raises(SaveFailed) as refusal:
        organisations.delete_organisation(house.dora, house.alfa.uuid)
    assert refusal.value.errors == organisations.IS_HOST


def test_a_partners_organisation_stays_known_while_it_is_linked(house: House) -> None:
    org = organisations.add_organisation(house.dora, OrganisationForm(name="Linked"))
    add_server(house.dora, ServerDraft(name="Its", url="https://its.example", authkey="k" * 40, remote_org=org.uuid))
    assert organisations.delete_organisation(house.dora, org.uuid).stays_known
    assert not organisations.view_organisation(house.dora, org.uuid).local
    with pytest.raises(SaveFailed) as refusal:
        organisations.delete_organisation(house.dora, org.uuid)
    assert refusal.value.errors == "It is still in use by linked servers."


def test_the_instance_passes_to_the_organisation_of_who_deletes_its_last_one(house: House) -> None:
    org = organisations.add_organisation(house.dora, OrganisationForm(name="Runs it"))
    with writing():
        save_setting("host_org_id", org.id, user_id=None)
    organisations.delete_organisation(house.dora, org.uuid)
    assert organisations.host_organisation_id() == house.dora.org_id


def test_a_deleted_organisation_is_gone_and_its_id_is_not_reused(house: House) -> None:
    first = organisations.add_organisation(house.dora, OrganisationForm(name="Short-lived"))
    organisations.delete_organisation(house.dora, str(first.id))
    with pytest.raises(NotFound):
        organisations.view_organisation(house.dora, first.uuid)
    assert organisations.add_organisation(house.dora, OrganisationForm(name="Short-lived")).id > first.id
