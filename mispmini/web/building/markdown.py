"""Markdown of event reports as safe HTML: no raw HTML, no images from elsewhere, links that vouch for nothing."""

import re
from collections.abc import MutableMapping, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup

MOST_RENDERED = 100_000
_WEB = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
_DEEPEST = 20
Env = MutableMapping[str, object]


def rendered(text: str) -> Markup | None:
    """Safe HTML of Markdown; None for a text of more than MOST_RENDERED characters, which is shown as it is.

    `@[attribute](uuid)` and `@[object](uuid)`, MISP's references, become links to the element.
    """
    return None if len(text) > MOST_RENDERED else Markup(_markdown().render(text))  # noqa: S704


@cache
def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "maxNesting": _DEEPEST}).enable(["table", "strikethrough"])
    made.validateLink = _may_link  # type: ignore[method-assign]
    made.add_render_rule("link_open", _link_open)
    made.add_render_rule("image", _image)
    made.add_render_rule("heading_open", _lower_heading)
    made.add_render_rule("heading_close", _lower_heading)
    return made


def _may_link(url: str) -> bool:
    return bool(_WEB.match(url) or _UUID.match(url))


def _link_open(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, _env: Env) -> str:
    token = tokens[index]
    target = str(token.attrs.get("href", ""))
    if _UUID.match(target):
        kind = "objects" if tokens[index + 1].content.strip().lower() == "object" else "attributes"
        token.attrs["href"] = f"/{kind}/view/{target.lower()}"
    else:
        token.attrs["rel"] = "nofollow noopener noreferrer"
    return self.renderToken(tokens, index, options, _env)


def _image(_self: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: Env) -> str:
    """An image's text and address: looking at a report calls nobody."""
    token = tokens[index]
    shown = " ".join(part for part in (token.content, str(token.attrs.get("src", ""))) if part)
    return f"<code>{_escaped(shown)}</code>"


def _lower_heading(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env) -> str:
    """The page's own title is the only heading of its first level."""
    token = tokens[index]
    if token.tag != "h6" and not token.meta.get("lowered"):
        token.tag, token.meta["lowered"] = f"h{int(token.tag[1]) + 1}", True
    return self.renderToken(tokens, index, options, env)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
