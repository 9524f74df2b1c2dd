"""Which part of a list a page shows, and the ways to the parts before and after it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask import request

from mispmini.web.asking import asked, parameter
from mispmini.web.pages import Paging

ROWS = 50
_MOST_PAGES = 1_000_000


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows `offset` to `offset + limit` of a list; `page` counts from 1."""

    page: int
    limit: int

    @property
    def offset(self) -> int:
        """How many rows come before."""
        return (self.page - 1) * self.limit


def asked_slice(limit: int = ROWS) -> Slice:
    """The slice that this request asks for by `page`; nonsense counts as 1."""
    text = str(parameter("page", "1"))
    return Slice(min(max(int(text), 1), _MOST_PAGES) if text.isdecimal() and len(text) < 10 else 1, limit)


def paging(part: Slice, total: int) -> Paging:
    """What a page says about where it stands; the links keep the filters of this request."""
    first = part.offset + 1 if part.offset < total else 0
    last = min(part.offset + part.limit, total)
    return Paging(
        total=total,
        first=first,
        last=last if first else 0,
        previous=_link(part.page - 1) if part.page > 1 else None,
        next=_link(part.page + 1) if last < total else None,
    )


def paging_at(path: str, kept: Mapping[str, str], part: Slice, total: int) -> Paging:
    """The same for a list that is elsewhere than this request's path, as after a form was refused."""
    stand = paging(part, total)
    before, after = (f"{path}?{urlencode({**kept, 'page': page})}" for page in (part.page - 1, part.page + 1))
    return replace(stand, previous=before if stand.previous else None, next=after if stand.next else None)


def _link(page: int) -> str:
    kept = {name: value for name, value in asked().query.items() if name != "page"}
    return f"{request.path}?{urlencode({**kept, 'page': page})}"
