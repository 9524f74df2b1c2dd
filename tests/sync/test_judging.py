"""That “not newer” is not "delivered": and what each answer of a partner means (RULES §3)."""

import pytest

from mispmini.domain.receipts import LedgerState, Trouble
from mispmini.sync.judging import (
    NOT_NEWER,
    Sent,
    Stored,
    Then,
    degraded,
    flaw_of,
    is_not_newer,
    missing_in,
    next_step,
    partial,
    refusal,
    stored_in,
)

UUIDS = ("00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b")
SENT = Sent("00000000-0000-4000-8000-000000000001", 100, 3, frozenset(UUIDS))
IN_GROUP = Sent(SENT.uuid, 100, 4, SENT.attributes)


@pytest.mark.parametrize(
    ("sent", "stored", "flaw"),
    [
        (SENT, Stored(100, 3, False, 2), None),
        (SENT, Stored(100, 3, False, 3), None),
        (SENT, Stored(101, 3, False, 2), Trouble.NEWER_THERE),
        (SENT, Stored(99, 3, False, 2), Trouble.OLDER_THERE),
        (SENT, Stored(100, 1, False, 2), Trouble.NARROWER_THERE),
        (SENT, Stored(100, 0, False, 2), Trouble.NARROWER_THERE),
        (SENT, Stored(100, 3, False, 1), Trouble.ELEMENTS_MISSING),
        (IN_GROUP, Stored(100, 4, True, 2), None),
        (IN_GROUP, Stored(100, 0, False, 2), Trouble.GROUP_NOT_ACCEPTED),
        (IN_GROUP, Stored(100, 4, False, 2), Trouble.GROUP_NOT_ACCEPTED),
    ],
    ids=[
        "as sent", "more than sent", "newer", "older", "narrower", "organisation only", "fewer attributes",
        "in the group", "group refused", "group lost",
    ],
)  # fmt: skip
def test_what_is_stored_is_compared_with_what_was_sent(sent: Sent, stored: Stored, flaw: Trouble | None) -> None:
    assert flaw_of(sent, stored) is flaw


@pytest.mark.parametrize(
    ("told", "stored"),
    [
        (
            {"timestamp": "100", "distribution": "3", "sharing_group_id": "0", "attribute_count": "2"},
            Stored(100, 3, False, 2),
        ),
        ({"timestamp": 100, "distribution": 4, "sharing_group_id": 7, "attribute_count": 2}, Stored(100, 4, True, 2)),
        ({"timestamp": "100", "distribution": "3", "attribute_count": "2"}, Stored(100, 3, False, 2)),
        ({"timestamp": "100", "distribution": "9", "attribute_count": "2"}, None),
        ({"timestamp": "soon", "distribution": "3", "attribute_count": "2"}, None),
        ({"timestamp": True, "distribution": "3", "attribute_count": "2"}, None),
        ({"timestamp": "100", "distribution": "3"}, None),
        ({}, None),
    ],
    ids=["texts", "numbers", "no group", "no level", "no time", "a bool", "no count", "nothing"],
)
def test_a_partners_word_is_read_only_where_it_makes_sense(told: dict[str, object], stored: Stored | None) -> None:
    assert stored_in(told) == stored


@pytest.mark.parametrize(
    ("status", "then"),
    [
        (401, Then.PARK),
        (403, Then.PARK),
        (405, Then.PARK),
        (400, Then.RETRY_THEN_PARK),
        (404, Then.RETRY_THEN_PARK),
        (413, Then.RETRY_THEN_PARK),
        (408, Then.RETRY),
        (429, Then.RETRY),
        (500, Then.RETRY),
        (503, Then.RETRY),
    ],
)
def test_a_status_says_what_becomes_of_the_promise(status: int, then: Then) -> None:
    assert next_step(status) is then


@pytest.mark.parametrize(
    ("status", "document", "is_it"),
    [
        (403, {"errors": NOT_NEWER}, True),
        (403, {"errors": "Event could not be saved: The user used to edit the event is not authorised."}, False),
        (403, {"errors": {"Event": NOT_NEWER}}, False),
        (500, {"errors": NOT_NEWER}, False),
        (403, None, False),
    ],
    ids=["the words", "other words", "elsewhere", "other status", "no JSON"],
)
def test_only_the_exact_refusal_is_not_newer(status: int, document: object, is_it: bool) -> None:
    assert is_not_newer(status, document) is is_it


def test_missing_attributes_are_found_by_uuid_also_in_objects_and_not_among_the_deleted() -> None:
    view = {"Attribute": [{"uuid": UUIDS[1], "deleted": True}], "Object": [{"Attribute": [{"uuid": UUIDS[0].upper()}]}]}
    assert missing_in(SENT, view) == {UUIDS[1]}


def test_a_partial_delivery_names_some_and_counts_all() -> None:
    receipt = partial([f"00000000-0000-4000-8000-0000000000{number:02d}" for number in range(12)])
    assert receipt.state is LedgerState.PARTIAL
    assert receipt.detail is not None
    assert receipt.detail.startswith("12 attributes are missing there")
    assert receipt.detail.endswith("and 2 more")


def test_a_degraded_delivery_says_from_what_to_what() -> None:
    receipt = degraded(IN_GROUP, Trouble.GROUP_NOT_ACCEPTED, Stored(100, 0, False, 2))
    assert receipt.detail == "sent as sharing_group, stored there as organisation"


@pytest.mark.parametrize(("status", "reason"), [(403, Trouble.REFUSED), (502, Trouble.SERVER_ERROR)])
def test_a_refusal_is_told_apart_from_a_stumble(status: int, reason: Trouble) -> None:
    assert refusal(status, "why").reason is reason
