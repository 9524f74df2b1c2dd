"""Markdown that strangers wrote becomes HTML that cannot act, call anybody, or run long."""

import re

import pytest

from mispmini.web.building.markdown import MOST_RENDERED, rendered

UUID = "0b8e5c1e-5f8e-4a53-8f3e-2f9d3a1b7c11"


def html(text: str) -> str:
    """What becomes of a text."""
    made = rendered(text)
    assert made is not None
    return made


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src="https://spy.example/x.png">',
        "![spy](https://spy.example/x.png)",
        '![x"onerror="alert(1)](https://spy.example/"onerror="alert(1))',
        "[go](javascript:alert(1))",
        "[go](JaVaScRiPt&#58;alert(1))",
        "[go](data:text/html,<script>alert(1)</script>)",
        "[go](//spy.example/)",
        "[go](/events/delete/1)",
        "<javascript:alert(1)>",
        '[go](https://a.example/ "x\\" onclick=\\"alert(1)")',
        "[a]: javascript:alert(1)\n\n[a]",
        '```x" onload="alert(1)\ncode\n```',
        "&lt;script&gt;",
        '# x <svg onload="alert(1)">',
        "| a |\n|---|\n| <b onclick=x> |",
    ],
)
def test_nothing_of_it_acts_or_calls(text: str) -> None:
    tags = re.findall(r"<[^>]*>", html(text))
    for tag in tags:
        assert re.match(r"</?(p|a|code|pre|h2|table|thead|tbody|tr|th|td)\b", tag), tag
        assert not re.search(r"\son\w+=", re.sub(r'"[^"]*"', "", tag)), tag
    assert not [link for link in re.findall(r'href="([^"]*)"', html(text)) if not link.startswith("https://")]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("# One", "<h2>One</h2>\n"),
        ("###### Six", "<h6>Six</h6>\n"),
        ("~~gone~~", "<p><s>gone</s></p>\n"),
        ("a <b> & c", "<p>a &lt;b&gt; &amp; c</p>\n"),
        (
            "[out](https://out.example/?a=1&b=2)",
            '<p><a href="https://out.example/?a=1&amp;b=2" rel="nofollow noopener noreferrer">out</a></p>\n',
        ),
        (f"@[attribute]({UUID})", f'<p>@<a href="/attributes/view/{UUID}">attribute</a></p>\n'),
        (f"@[object]({UUID})", f'<p>@<a href="/objects/view/{UUID}">object</a></p>\n'),
        ("", ""),
    ],
)
def test_what_it_says_is_laid_out(text: str, made: str) -> None:
    assert html(text) == made


def test_the_same_text_is_laid_out_alike_twice() -> None:
    assert html("# One\n\n## Two") == html("# One\n\n## Two") == "<h2>One</h2>\n<h3>Two</h3>\n"


def test_a_text_too_long_to_be_laid_out_at_once_is_not() -> None:
    assert rendered("word " * (MOST_RENDERED // 5)) is not None
    assert rendered("x" * (MOST_RENDERED + 1)) is None
