"""Whether an event is fit to be published: required taxonomies, TLP, and hints (RULES §9, §10.4; FEATURES 47)."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import AttributeDraft, EventDraft, TagDraft
from mispmini.domain.errors import NotFound
from mispmini.domain.ids import new_uuid
from mispmini.domain.tlp import Guard
from mispmini.domain.viewer import Viewer
from mispmini.services import taxonomies
from mispmini.services.audience import audience_of
from mispmini.services.events import add_event, edit_event
from mispmini.services.fitness import Hint, Noted, Unfit, hints_of
from mispmini.services.publishing import publish
from mispmini.store.database import writing
from mispmini.store.graphs import Parts, load_event
from mispmini.store.settings import forget_setting, save_setting
from tests.services.conftest import Household as House

D = Distribution
ALL_TAGS = Parts(all_tags=True)


def an_event(
    viewer: Viewer, *tags: str, level: Distribution = D.CONNECTED, published: bool = False, uuid: str | None = None
) -> str:
    """The uuid of a fresh event with these tags."""
    draft = EventDraft(
        info="fit?",
        uuid=uuid,
        distribution=int(level),
        tags=tuple(TagDraft(name) for name in tags),
        attributes=(AttributeDraft(type="domain", value=f"{new_uuid()}.example"),),
        published=published,
    )
    return add_event(viewer, draft).uuid


@contextmanager
def required(house: House, *namespaces: str) -> Iterator[None]:
    """These taxonomies are required until the block ends."""
    for namespace in namespaces:
        taxonomies.set_required(house.dora, namespace, required=True)
    yield
    for namespace in namespaces:
        taxonomies.set_required(house.dora, namespace, required=False)


def test_a_required_taxonomy_refuses_publishing_and_names_all_that_are_missing(house: House) -> None:
    with required(house, "PAP", "tlp"):
        uuid = an_event(house.alice, "tlp:green")
        with pytest.raises(Unfit) as refusal:
            publish(house.alice, uuid)
        assert refusal.value.fitness.missing == ("PAP",)
        assert "Missing: PAP." in str(refusal.value.errors)
        assert not load_event(house.alice, uuid).event.published
        publish(house.alice, an_event(house.alice, "TLP:GREEN", "pap:green"))


def test_a_required_taxonomy_that_is_disabled_asks_for_nothing(house: House) -> None:
    with required(house, "PAP"):
        taxonomies.disable(house.dora, "pap")
        uuid = an_event(house.alice, "tlp:green")
        publish(house.alice, uuid)
        assert load_event(house.alice, uuid).event.published
        taxonomies.enable(house.dora, "pap")


def test_what_a_partner_sends_needs_nothing_of_ours(house: House) -> None:
    with required(house, "PAP", "tlp"):
        uuid = an_event(house.sam, "tlp:red", level=D.ALL, published=True)
        assert load_event(house.sam, uuid).event.published


def test_an_author_cannot_add_or_edit_to_published_what_may_not_be_published(house: House) -> None:
    uuid = new_uuid()
    full = an_event(house.alice, "tlp:red", level=D.ALL)
    with pytest.raises(Unfit):
        an_event(house.alice, "tlp:red", level=D.ALL, published=True, uuid=uuid)
    with pytest.raises(NotFound):
        load_event(house.dora, uuid)
    with pytest.raises(Unfit):
        edit_event(house.alice, full, EventDraft(published=True))
    assert not load_event(house.alice, full).event.published


@pytest.mark.parametrize(
    ("tags", "level", "warned", "has_tlp"),
    [
        ((), D.CONNECTED, True, False),
        (("tlp:amber",), D.ALL, True, True),
        (("tlp:amber+strict",), D.COMMUNITY, True, True),
        (("tlp:amber",), D.CONNECTED, False, True),
        (("tlp:red",), D.ORGANISATION, False, True),
        (("tlp:green",), D.ALL, False, True),
    ],
    ids=["none", "amber to all", "strict here", "amber", "red at home", "green"],
)
def test_a_program_publishes_with_a_warning_what_a_page_asks_about(
    house: House, tags: tuple[str, ...], level: Distribution, warned: bool, has_tlp: bool
) -> None:
    published = publish(house.alice, an_event(house.alice, *tags, level=level))
    assert (bool(published.warnings), published.has_tlp) == (warned, has_tlp)


@pytest.mark.parametrize("tags", [("tlp:red",), ("tlp:amber+strict", "tlp:green"), ("TLP:RED", "tlp:clear")], ids=str)
def test_the_strictest_tlp_keeps_an_event_from_leaving(house: House, tags: tuple[str, ...]) -> None:
    with pytest.raises(Unfit, match="publish"):
        publish(house.alice, an_event(house.alice, *tags))


def test_a_setting_makes_a_tlp_tag_necessary_and_another_turns_the_guard_off(house: House) -> None:
    with writing():
        save_setting("tlp_required", True, user_id=None)
        save_setting("tlp_guard", "", user_id=None)
    with pytest.raises(Unfit):
        publish(house.alice, an_event(house.alice))
    assert publish(house.alice, an_event(house.alice, "tlp:red")).warnings
    with writing():
        forget_setting("tlp_required")
        forget_setting("tlp_guard")


def test_hints_tell_what_to_mend_before_publishing(house: House) -> None:
    def element(value: str, **more: object) -> AttributeDraft:
        return AttributeDraft(type="ip-dst", value=value, tags=(TagDraft("seen:often"), *_red(more)), **more)  # type: ignore[arg-type]

    def _red(more: dict[str, object]) -> tuple[TagDraft, ...]:
        return (TagDraft("tlp:red"),) if more.get("comment") == "secret" else ()

    draft = EventDraft(
        info="hints",
        distribution=int(D.CONNECTED),
        tags=(TagDraft("tlp:green"), TagDraft("tlp:amber")),
        attributes=(
            element("10.1.2.3", to_ids=True),
            element("10.1.2.4", to_ids=False),
            element("8.8.8.8", to_ids=True, distribution=int(D.ALL)),
            element("9.9.9.9", to_ids=False, comment="secret"),
        ),
    )
    uuid = add_event(house.dora, draft).uuid
    assert hints_of(load_event(house.dora, uuid, ALL_TAGS), Guard()) == [
        Noted(Hint.CONFLICTING_TAGS, 2, "tlp:green, tlp:amber"),
        Noted(Hint.HELD_BACK_BY_TLP, 1),
        Noted(Hint.PRIVATE_ADDRESS, 1),
        Noted(Hint.WIDER_THAN_EVENT, 1),
        Noted(Hint.REPEATED_TAG, 4, "seen:often"),
    ]
    assert audience_of(house.dora, uuid).fitness.tlp == "amber"
