"""Which part of a list is shown, and the ways to the others."""

import pytest

from mispmini.web.paging import asked_slice, paging
from tests.web.conftest import Site


@pytest.mark.parametrize(
    ("query", "total", "shown", "previous", "following"),
    [
        pytest.param("", 0, (0, 0), None, None, id="empty"),
        pytest.param("", 50, (1, 50), None, None, id="one-page"),
        pytest.param("", 51, (1, 50), None, "/events/index?page=2", id="first"),
        pytest.param("q=a%26b&page=2", 120, (51, 100), "?q=a%26b&page=1", "?q=a%26b&page=3", id="filters-are-kept"),
        pytest.param("page=3", 120, (101, 120), "?page=2", None, id="last"),
        pytest.param("page=9", 120, (0, 0), "?page=8", None, id="beyond"),
        pytest.param("page=-1", 51, (1, 50), None, "?page=2", id="negative"),
        pytest.param("page=x", 51, (1, 50), None, "?page=2", id="no-number"),
        pytest.param("page=" + "9" * 400, 51, (1, 50), None, "?page=2", id="a-number-too-far"),
    ],
)
def test_where_a_page_stands(
    site: Site, query: str, total: int, shown: tuple[int, int], previous: str | None, following: str | None
) -> None:
    with site.app.test_request_context(f"/events/index?{query}"):
        told = paging(asked_slice(), total)
    assert (told.total, told.first, told.last) == (total, *shown)
    for link, expected in ((told.previous, previous), (told.next, following)):
        assert (link is None) == (expected is None)
        assert (link or "").endswith(expected or "")
