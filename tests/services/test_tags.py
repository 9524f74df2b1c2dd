"""Tags and taxonomies: made, changed, kept for somebody, attached and taken off (MODEL §7.5, RULES §8)."""

import pytest

from mispmini.domain import clock
from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import AttributeDraft, EventDraft, TagDraft
from mispmini.domain.errors import Forbidden, NotFound, Refused, SaveFailed
from mispmini.domain.ids import new_uuid
from mispmini.domain.servers import ServerDraft
from mispmini.domain.tag_forms import TagForm
from mispmini.services import link_rules, servers, tags, taxonomies
from mispmini.services.events import add_event
from mispmini.services.publishing import publish_event
from mispmini.store.database import writing
from mispmini.store.graphs import Parts, load_event
from mispmini.store.keeping_tidy import forget_what_ran_out
from mispmini.store.sql import execute, scalar
from mispmini.store.tags import TOMBSTONE_SECONDS
from tests.services.conftest import Household as House

WITH_TOMBSTONES = Parts(all_tags=True, tombstones=True)


def an_event(house: House, *held: TagDraft) -> str:
    """The uuid of a fresh event of Alice's with one attribute; both have these tags."""
    attribute = AttributeDraft(type="domain", value=f"{new_uuid()}.example", tags=held)
    draft = EventDraft(info="tags", distribution=int(Distribution.ALL), tags=held, attributes=(attribute,))
    return add_event(house.alice, draft).uuid


def fresh(prefix: str = "fresh") -> str:
    """A name that no tag has."""
    return f"{prefix}:{new_uuid()}"


def test_a_fresh_instance_has_the_usual_taxonomies_with_their_tags(house: House) -> None:
    listed = {found.taxonomy.namespace: found for found in taxonomies.list_taxonomies()}
    enabled = {name for name, found in listed.items() if found.taxonomy.enabled}
    usual = {"tlp", "PAP", "rsit", "admiralty-scale", "workflow", "false-positive", "estimative-language"}
    assert enabled == usual
    assert all(listed[name].current == listed[name].total > 0 for name in usual)
    assert not any(found.taxonomy.required for found in listed.values())
    red = tags.find_tag("tlp:red")
    assert red
    assert red.colour == "#FF2B2B"


def test_enabling_makes_the_tags_and_disabling_takes_them_out_of_the_picker(house: House) -> None:
    name = "kill-chain:Reconnaissance"
    assert tags.find_tag(name) is None
    taxonomies.enable(house.dora, "kill-chain")
    assert name in {tag.name for tag in tags.offered_tags(house.alice)}
    taxonomies.disable(house.dora, "kill-chain")
    assert tags.find_tag(name)
    assert name not in {tag.name for tag in tags.offered_tags(house.alice)}


def test_a_hidden_tag_is_not_offered_until_it_is_asked_for_again(house: House) -> None:
    name = 'false-positive:risk="low"'
    taxonomies.hide_its_tags(house.dora, "false-positive", [name])
    assert name not in {tag.name for tag in tags.offered_tags(house.alice)}
    taxonomies.make_tags(house.dora, "false-positive", [name])
    assert name in {tag.name for tag in tags.offered_tags(house.alice)}
    with pytest.raises(SaveFailed):
        taxonomies.make_tags(house.dora, "veris")
    with pytest.raises(NotFound):
        taxonomies.enable(house.dora, "no-such")
    assert taxonomies.update(house.dora) == 0


def test_a_tag_of_one_organisation_or_user_is_nobody_elses(house: House) -> None:
    uuid = an_event(house)
    bravo = tags.add_tag(house.dora, TagForm(fresh(), org_id=house.beta.id))
    bobs = tags.add_tag(house.dora, TagForm(fresh(), user_id=house.bob.user_id))
    tagged = tags.event_target(house.alice, uuid)
    with pytest.raises(SaveFailed) as organisation:
        tags.attach(house.alice, tagged, bravo.name)
    with pytest.raises(SaveFailed) as user:
        tags.attach(house.alice, tagged, str(bobs.id))
    assert (organisation.value.errors, user.value.errors) == (
        tags.NOT_ATTACHED + tags.OTHER_ORGANISATIONS,
        tags.NOT_ATTACHED + tags.OTHER_USERS,
    )
    assert {bravo.name, bobs.name}.isdisjoint(tag.name for tag in tags.offered_tags(house.alice))
    assert {bravo.name, bobs.name} <= {tag.name for tag in tags.offered_tags(house.bob)}
    freed = tags.edit_tag(house.dora, str(bravo.id), TagForm(org_id=0))
    assert tags.attach(house.alice, tagged, freed.name).id == bravo.id


def test_an_edit_keeps_what_it_leaves_out_and_takes_no_other_tags_name(house: House) -> None:
    tag = tags.add_tag(house.dora, TagForm(fresh(), colour="#112233", numerical_value=7))
    other = tags.add_tag(house.dora, TagForm(fresh()))
    edited = tags.edit_tag(house.dora, str(tag.id), TagForm(name='misp-galaxy:tool="x"', hide_tag=True))
    assert (edited.colour, edited.numerical_value, edited.hide_tag, edited.is_galaxy) == ("#112233", 7, True, True)
    assert tags.edit_tag(house.dora, str(tag.id), TagForm(forgets_number=True)).numerical_value is None
    with pytest.raises(SaveFailed):
        tags.edit_tag(house.dora, str(tag.id), TagForm(name=other.name.upper()))
    assert tags.add_tag(house.alice, TagForm(other.name.upper())).id == other.id


def test_a_deleted_tag_goes_from_whatever_it_was_on(house: House) -> None:
    name = fresh()
    tags.add_tag(house.dora, TagForm(name))
    uuid = an_event(house, TagDraft(name))
    tag = tags.delete_tag(house.dora, str(tags.search_tags(name, strict=True)[0].id))
    event = load_event(house.alice, uuid, WITH_TOMBSTONES)
    assert not event.tags
    assert not any(event.attribute_tags.values())
    with pytest.raises(Refused):
        tags.delete_tag(house.dora, str(tag.id))


def test_a_tag_that_push_rules_name_stays(house: House) -> None:
    tag = tags.add_tag(house.dora, TagForm(fresh()))
    rules = link_rules.as_text({"tags": {"OR": [], "NOT": [tag.id]}, "orgs": {"OR": [], "NOT": []}})
    draft = ServerDraft(
        name="ruled", url="https://ruled.example", authkey="k" * 40, push_rules=rules, remote_org=str(house.beta.id)
    )
    link = servers.add_server(house.dora, draft)
    with pytest.raises(Refused, match="push rules"):
        tags.delete_tag(house.dora, str(tag.id))
    servers.edit_server(house.dora, link.id, ServerDraft(push_rules=link_rules.PUSH_RULES))
    assert tags.delete_tag(house.dora, str(tag.id)).id == tag.id


@pytest.mark.parametrize("on_attribute", [False, True], ids=["event", "attribute"])
def test_a_global_tag_that_goes_leaves_a_tombstone_and_a_newer_target(house: House, on_attribute: bool) -> None:
    uuid = an_event(house, TagDraft("tlp:green"), TagDraft("workflow:local", local=True))
    publish_event(house.alice, uuid)
    before = load_event(house.alice, uuid)
    ref = before.attributes[0].uuid if on_attribute else uuid
    target = tags.find_target(house.alice, ref)
    assert tags.detach(house.alice, target, "TLP:GREEN")[1] is False
    after = load_event(house.alice, uuid, WITH_TOMBSTONES)
    held = after.attribute_tags[after.attributes[0].id] if on_attribute else after.tags
    assert [(tag.name, tag.deleted) for tag in held if not tag.local] == [("tlp:green", True)]
    assert after.event.timestamp > before.event.timestamp
    assert (after.attributes[0].timestamp > before.attributes[0].timestamp) == on_attribute
    with pytest.raises(NotFound):
        tags.detach(house.alice, target, "tlp:green")


def test_a_local_tag_changes_nothing_that_travels(house: House) -> None:
    uuid = an_event(house)
    before = load_event(house.alice, uuid).event.timestamp
    target = tags.event_target(house.alice, uuid)
    tags.attach(house.alice, target, "tlp:amber", local=True)
    assert tags.detach(house.alice, target, "tlp:amber")[1] is True
    after = load_event(house.alice, uuid, WITH_TOMBSTONES)
    assert (after.event.timestamp, list(after.tags)) == (before, [])


def test_a_tag_for_local_use_only_is_not_set_globally(house: House) -> None:
    tag = tags.add_tag(house.dora, TagForm(fresh(), local_only=True))
    target = tags.event_target(house.alice, an_event(house))
    with pytest.raises(Forbidden):
        tags.attach(house.alice, target, tag.name)
    assert tags.attach(house.alice, target, tag.name, local=True) == tag


def test_clashing_tags_are_told_of_and_favourites_come_first(house: House) -> None:
    uuid = an_event(house, TagDraft("tlp:green"))
    target = tags.event_target(house.alice, uuid)
    assert tags.clashes_on(target) == []
    tags.attach(house.alice, target, "tlp:red")
    assert [set(names) for names in tags.clashes_on(target)] == [{"tlp:green", "tlp:red"}]
    tag = tags.add_tag(house.dora, TagForm(fresh("zebra")))
    assert tags.set_favourite(house.alice, str(tag.id)) is True
    assert tags.offered_tags(house.alice)[0].name == tag.name
    assert tags.set_favourite(house.alice, str(tag.id)) is False


def test_statistics_count_only_what_the_viewer_reads(house: House) -> None:
    name = fresh("counted")
    tags.add_tag(house.dora, TagForm(name))
    draft = EventDraft(info="own", distribution=int(Distribution.ORGANISATION), tags=(TagDraft(name),))
    add_event(house.alice, draft)
    assert tags.statistics(house.alice).tags[name] == 1
    assert name not in tags.statistics(house.bob).tags
    assert tags.statistics(house.alice).taxonomies["tlp"] >= 1


def test_what_was_taken_off_a_year_ago_is_forgotten_by_the_sweep(house: House) -> None:
    old, kept = (an_event(house, TagDraft("tlp:green")) for _ in range(2))
    for event in (old, kept):
        tags.detach(house.alice, tags.event_target(house.alice, event), "tlp:green")
    with writing():
        execute(
            "UPDATE event_tag SET removed = ? WHERE event_id = (SELECT id FROM event WHERE uuid = ?)",
            (clock.now() - TOMBSTONE_SECONDS, old),
        )
    forget_what_ran_out()
    left = "SELECT count(*) FROM event_tag JOIN event ON event.id = event_tag.event_id WHERE event.uuid = ?"
    assert (scalar(left, (old,)), scalar(left, (kept,))) == (0, 1)
