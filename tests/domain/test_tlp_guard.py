"""The matrix of RULES §9, cell by cell, and what leaves of an event with stricter elements."""

from itertools import pairwise, product

import pytest

from mispmini.domain.distribution import EVENT_LEVELS, Distribution, effective
from mispmini.domain.tlp import Guard, Tlp, names_of, strictest, tlp_of
from mispmini.domain.tlp_guard import Verdict, judge, refused_levels, refused_pairs

D, V = Distribution, Verdict
REACH = (D.ORGANISATION, D.SHARING_GROUP, D.COMMUNITY, D.CONNECTED, D.ALL)
OURS: dict[str, tuple[Verdict, ...]] = {
    "tlp:red": (V.PASS, V.PASS, V.REFUSE, V.REFUSE, V.REFUSE),
    "tlp:amber+strict": (V.PASS, V.PASS, V.WARN, V.REFUSE, V.REFUSE),
    "tlp:amber": (V.PASS, V.PASS, V.PASS, V.PASS, V.ASK),
    "tlp:ex:chr": (V.PASS, V.PASS, V.PASS, V.PASS, V.ASK),
    "tlp:green": (V.PASS,) * 5,
    "tlp:clear": (V.PASS,) * 5,
    "tlp:white": (V.PASS,) * 5,
    "tlp:white___test": (V.ASK,) * 5,
}
FOREIGN: dict[str, Verdict] = {
    "tlp:red": V.REFUSE,
    "tlp:amber+strict": V.REFUSE,
    "tlp:amber": V.PASS,
    "tlp:ex:chr": V.PASS,
    "tlp:green": V.PASS,
    "tlp:clear": V.PASS,
    "tlp:white": V.PASS,
    "tlp:white___test": V.PASS,
}
CELLS = [
    pytest.param(tag, level, verdict, id=f"{tag} at {level.name.lower()}")
    for tag, verdicts in OURS.items()
    for level, verdict in zip(REACH, verdicts, strict=True)
]


@pytest.mark.parametrize(("tag", "level", "verdict"), CELLS)
def test_an_event_of_ours_leaves_as_the_matrix_says(tag: str, level: Distribution, verdict: Verdict) -> None:
    assert judge(tlp_of(tag.upper()), level, ours=True, guard=Guard()) is verdict


@pytest.mark.parametrize(("tag", "level"), list(product(FOREIGN, REACH)))
def test_an_event_of_others_leaves_as_the_matrix_says(tag: str, level: Distribution) -> None:
    assert judge(tlp_of(tag), level, ours=False, guard=Guard()) is FOREIGN[tag]


def test_what_the_guard_does_not_enforce_is_asked_about_or_warned_about() -> None:
    milder = Guard(mildest=Tlp.RED)
    assert judge(Tlp.AMBER_STRICT, D.ALL, ours=True, guard=milder) is V.ASK
    assert judge(Tlp.AMBER_STRICT, D.ALL, ours=False, guard=milder) is V.WARN
    assert judge(Tlp.RED, D.ALL, ours=True, guard=milder) is V.REFUSE
    assert judge(Tlp.RED, D.ALL, ours=True, guard=Guard(mildest=None)) is V.ASK


def test_two_settings_make_it_stricter() -> None:
    assert judge(Tlp.AMBER, D.ALL, ours=False, guard=Guard(relay_amber=False)) is V.REFUSE
    assert judge(None, D.ALL, ours=True, guard=Guard(needs_tlp=True)) is V.REFUSE
    assert judge(None, D.ALL, ours=False, guard=Guard(needs_tlp=True)) is V.PASS


@pytest.mark.parametrize("guard", [Guard(), Guard(None), Guard(Tlp.RED), Guard(Tlp.RED, relay_amber=False)], ids=str)
@pytest.mark.parametrize("ours", [True, False], ids=["ours", "foreign"])
def test_a_stricter_tlp_refuses_all_that_a_milder_one_refuses(guard: Guard, ours: bool) -> None:
    for strict, mild in pairwise(Tlp):
        refused = (set(refused_levels(tlp, ours=ours, guard=guard)) for tlp in (strict, mild))
        assert next(refused) >= next(refused)


def test_two_tlp_tags_count_as_the_strictest_and_every_name_says_one_level() -> None:
    assert strictest(["tlp:clear", "TLP:Amber+Strict", "tlp:amber", "pap:red"]) is Tlp.AMBER_STRICT
    assert {tlp_of(name) for tlp in Tlp for name in names_of(tlp)} == set(Tlp)


def test_an_element_goes_as_far_as_the_narrower_of_the_two() -> None:
    assert effective(D.INHERIT, D.ALL) == D.ALL
    assert effective(D.SHARING_GROUP, D.ALL) == D.SHARING_GROUP
    assert effective(D.ALL, D.COMMUNITY) == D.COMMUNITY
    pairs = refused_pairs(Tlp.RED, ours=True, guard=Guard())
    assert (D.ALL, D.INHERIT) in pairs
    assert (D.ALL, D.SHARING_GROUP) not in pairs
    assert {event for event, _element in pairs} <= EVENT_LEVELS
