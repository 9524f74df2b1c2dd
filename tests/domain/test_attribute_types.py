"""Types, categories and defaults as MODEL §7.13 and §7.16 list them."""

import subprocess
import sys

import pytest

from mispmini.domain import attribute_types
from mispmini.domain.attribute_types import (
    CATEGORIES,
    FIRST_VALUE_ONLY,
    NON_CORRELATING,
    TYPES,
    category_allows,
    default_category,
    default_to_ids,
    describe_types,
    is_attachment,
    is_composite,
)

TYPES_BY_CATEGORY = {
    "Internal reference": 7,
    "Targeting data": 8,
    "Antivirus detection": 7,
    "Payload delivery": 98,
    "Artifacts dropped": 70,
    "Payload installation": 66,
    "Persistence mechanism": 8,
    "Network activity": 49,
    "Payload type": 4,
    "Attribution": 18,
    "External analysis": 58,
    "Financial fraud": 16,
    "Support Tool": 7,
    "Social network": 16,
    "Person": 33,
    "Other": 16,
}
NEWER_THAN_2_5_1 = {"edge-extension-id", "suricata", "uuid"}


def test_every_type_of_misp_2_5_1_is_known_and_three_newer_ones() -> None:
    assert len(TYPES - NEWER_THAN_2_5_1) == 191
    assert TYPES >= NEWER_THAN_2_5_1


def test_the_categories_come_in_the_order_of_the_forms() -> None:
    assert tuple(TYPES_BY_CATEGORY) == CATEGORIES


@pytest.mark.parametrize(("category", "count"), TYPES_BY_CATEGORY.items(), ids=TYPES_BY_CATEGORY)
def test_a_category_lists_as_many_types_as_misp_2_5_1(category: str, count: int) -> None:
    assert sum(category_allows(category, type) for type in TYPES - NEWER_THAN_2_5_1) == count


@pytest.mark.parametrize(
    ("type", "category", "to_ids"),
    [
        ("mutex", "Artifacts dropped", True),
        ("pdb", "Artifacts dropped", False),
        ("threat-actor", "Attribution", False),
        ("link", "External analysis", False),
        ("attachment", "External analysis", False),
        ("btc", "Financial fraud", True),
        ("git-commit-id", "Internal reference", False),
        ("AS", "Network activity", False),
        ("ip-dst", "Network activity", True),
        ("suricata", "Network activity", True),
        ("text", "Other", False),
        ("uuid", "Other", False),
        ("email-subject", "Payload delivery", False),
        ("malware-sample", "Payload delivery", True),
        ("edge-extension-id", "Payload delivery", True),
        ("yara", "Payload installation", True),
        ("regkey|value", "Persistence mechanism", True),
        ("gender", "Person", False),
        ("jabber-id", "Social network", False),
        ("email", "Social network", True),
        ("target-user", "Targeting data", False),
    ],
)
def test_a_type_has_its_default_category_and_to_ids(type: str, category: str, to_ids: bool) -> None:
    assert (default_category(type), default_to_ids(type)) == (category, to_ids)


def test_every_default_category_lists_its_type() -> None:
    assert [type for type in TYPES if not category_allows(default_category(type), type)] == []


def test_an_unknown_type_has_no_defaults() -> None:
    assert not default_to_ids("no-such-type")
    with pytest.raises(KeyError):
        default_category("no-such-type")


@pytest.mark.parametrize(
    ("category", "type"),
    [("Person", "ip-dst"), ("Network activity", "no-such-type"), ("No such category", "text")],
)
def test_a_category_refuses_what_it_does_not_list(category: str, type: str) -> None:
    assert not category_allows(category, type)


def test_twenty_four_types_with_a_bar_and_malware_samples_are_composite() -> None:
    composites = {type for type in TYPES if is_composite(type)}
    assert len(composites) == 25
    assert {type for type in composites if "|" not in type} == {"malware-sample"}
    assert not is_composite("unknown|pair")


def test_attachments_and_malware_samples_carry_files() -> None:
    assert {type for type in TYPES if is_attachment(type)} == {"attachment", "malware-sample"}


def test_the_types_that_never_or_only_half_correlate_exist() -> None:
    assert len(NON_CORRELATING) == 12
    assert NON_CORRELATING <= TYPES
    assert {type for type in TYPES if type.endswith("|port")} == FIRST_VALUE_ONLY


def test_the_endpoints_document_has_misps_four_parts() -> None:
    result = describe_types()["result"]
    assert set(result) == {"sane_defaults", "types", "categories", "category_type_mappings"}
    assert result["sane_defaults"]["md5"] == {"default_category": "Payload delivery", "to_ids": 1}


def test_a_name_the_module_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="TYPOS"):
        _ = attribute_types.TYPOS


def test_the_types_are_read_without_importing_pymisp() -> None:
    program = (
        "import sys; from mispmini.domain import attribute_types, validation;"
        "before = attribute_types._tables.cache_info().currsize;"
        "attribute_types.TYPES, attribute_types.describe_types();"
        "print(before, 'pymisp' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["0", "False"]
