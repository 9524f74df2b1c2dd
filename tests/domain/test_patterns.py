"""Regular expressions that people enter: they find what Python's own find, and never run away (API §8.5)."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mispmini.domain.patterns import compiled, is_pattern

_LEAVES = st.sampled_from(
    ["a", "b", "B", ".", r"\d", r"\.", "[ab]", "[^a]", "[A-B]", r"[^\d]", r"\b", r"\w", r"\W", "^", "$"]
)
_EXPRESSIONS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("(?:{}|{})".format, inner, inner),
        st.builds("(?:{}){}".format, inner, st.sampled_from(["*", "+", "?", "{1,2}", "{2}", "*?"])),
    ),
    max_leaves=6,
)


@given(_EXPRESSIONS.filter(is_pattern), st.text("abAB.1 ", max_size=6), st.booleans())
def test_what_is_found_is_what_the_language_says(expression: str, text: str, folds: bool) -> None:
    expected = re.search(expression, text, re.IGNORECASE if folds else 0) is not None
    assert compiled(f"/{expression}/{'i' if folds else ''}").found_in(text) is expected


@pytest.mark.parametrize(
    ("expression", "text", "is_found"),
    [
        (r"/^.*\.example\.org$/i", "WWW.Example.ORG", True), (r"/^.*\.example\.org$/i", "www.example.org.br", False),
        (r"10\.0\.\d{1,3}\.\d{1,3}", "10.0.3.4", True), (r"/^http:\/\/a\//", "http://a/b", True),
        ("(?i)ab", "AB", True), ("/é+/i", "É", True), ("/x{2,}$/", "xx", True), ("/^b$/im", "a\nB", True),
        ("/^(0|25[0-5])$/", "251", True), ("/a.b/", "a\nb", False), ("/a.b/su", "a\nb", True),
    ],
)  # fmt: skip
def test_expressions_as_people_write_them(expression: str, text: str, is_found: bool) -> None:
    assert compiled(expression).found_in(text) is is_found


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "//",
        "(",
        "[b-a]",
        "/x/e",
        "(?=a)b",
        "(?<!a)b",
        r"(a)\1",
        "(?>a)b",
        "a" * 501,
        "a{2000}",
        "((a?){900}){900}",
        "\ud800",
    ],
)
def test_what_is_no_expression_or_could_be_costly_is_refused(expression: str) -> None:
    assert not is_pattern(expression)


def test_a_refusal_says_why_in_words() -> None:
    with pytest.raises(ValueError, match=r"no expression: missing \): a\(b"):
        compiled("a(b")


@pytest.mark.parametrize(
    "expression",
    [r"(a+)+$", r"^(a|a)*$", r"^(a|aa)+$", r".*a.*a.*a.*b", r"(.*a){20}b", r"^(a*b*)*[c]"],
)
def test_a_costly_expression_costs_a_moment(expression: str) -> None:
    pattern, began = compiled(expression), time.process_time()
    assert not pattern.found_in("a" * 60_000 + "!")
    assert time.process_time() - began < 1
