"""Taxonomies are the package's files: every one reads, and names fall apart into the right parts."""

import subprocess
import sys

import pytest

from mispmini.domain import taxonomies
from mispmini.domain.taxonomies import conflicts, find_entry, namespace_of, predicate_of


def test_every_taxonomy_of_the_package_reads() -> None:
    outlines = taxonomies.outlines()
    assert len(outlines) > 100
    assert all(taxonomies.extent_of(outline.namespace).tags > 0 for outline in outlines)
    assert {outline.namespace for outline in outlines} >= set(taxonomies.ENABLED_BY_DEFAULT)


def test_the_package_itself_is_never_imported() -> None:
    code = (
        "import sys; from mispmini.domain.taxonomies import find_taxonomy; find_taxonomy('tlp');"
        " sys.exit('pytaxonomies' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("tag", "namespace", "predicate"),
    [
        ("tlp:amber+strict", "tlp", "amber+strict"),
        ("tlp:ex:chr", "tlp", "ex:chr"),
        ('admiralty-scale:source-reliability="a"', "admiralty-scale", "source-reliability"),
        ('misp-galaxy:threat-actor="A=B"', "misp-galaxy", "threat-actor"),
        ("plain", None, None),
        ("also = plain", None, None),
    ],
)
def test_a_triple_tag_falls_apart(tag: str, namespace: str | None, predicate: str | None) -> None:
    assert (namespace_of(tag), predicate_of(tag)) == (namespace, predicate)


def test_a_tag_is_found_in_any_case_with_its_number() -> None:
    found = find_entry('ESTIMATIVE-language:likelihood-probability="ALMOST-CERTAIN"')
    assert found
    assert (found[1].numerical_value, found[1].predicate.exclusive) == (95, True)
    assert find_entry("tlp:purple") is None
    assert find_entry("no-such-taxonomy:at=all") is None


def test_tags_of_an_exclusive_taxonomy_or_predicate_clash() -> None:
    tags = ["TLP:RED", "tlp:amber", 'workflow:state="draft"', 'workflow:state="complete"', "free", "pap:red"]
    assert conflicts(tags) == [
        ("tlp", ("TLP:RED", "tlp:amber")),
        ("workflow:state", ('workflow:state="draft"', 'workflow:state="complete"')),
    ]
    assert conflicts(["tlp:red", "TLP:Red", 'workflow:todo="review"', 'workflow:todo="expansion"']) == []
