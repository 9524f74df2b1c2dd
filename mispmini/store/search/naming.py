"""Names in a filter become ids: organisations and tags (API §8.2, §8.4)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from mispmini.domain.filters import SearchFilters, Terms, is_pattern
from mispmini.domain.viewer import Viewer
from mispmini.store.organisations import fold as fold_organisation
from mispmini.store.search.matching import all_of, any_of, contains, like, numbers, one_of
from mispmini.store.sql import Predicate, rows
from mispmini.store.tags import fold as fold_tag
from mispmini.store.visibility import cluster_visible_to

Find = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True, slots=True)
class Named:
    """The ids that the terms of a filter name; None where a part was not asked, so that an empty tuple is a miss.

    `all` has the ids of each term on its own.
    """

    any: tuple[int, ...] | None
    all: tuple[tuple[int, ...], ...]
    none: tuple[int, ...]


def named(terms: Terms, find: Find) -> Named:
    """Ids by the terms: an unknown wanted name is a miss, an unknown unwanted one is ignored."""
    return Named(
        any=tuple(find(terms.any)) if terms.any else None,
        all=tuple(tuple(find([term])) for term in terms.all),
        none=tuple(find(terms.none)) if terms.none else (),
    )


def find_organisation_ids(terms: Sequence[str]) -> list[int]:
    """Organisations by id, uuid or name in this very case, or by a pattern of the name."""
    by_name = [one_of("name", _whole(terms)), *(like("name", term) for term in terms if is_pattern(term))]
    return _ids("organisation", [*_by_identity(terms), *by_name])


def find_organisation_ids_in_any_case(terms: Sequence[str]) -> list[int]:
    """Organisations by id, uuid or name in any case, as the event index asks (PROTOCOL §4.3)."""
    return _ids("organisation", [*_by_identity(terms), one_of("folded_name", [fold_organisation(t) for t in terms])])


def find_tag_ids(terms: Sequence[str]) -> list[int]:
    """Tags by id or name in this very case, or by a pattern of the name."""
    by_name = [one_of("name", _whole(terms)), *(like("name", term) for term in terms if is_pattern(term))]
    return _ids("tag", [one_of("id", numbers(terms)), *by_name])


def tags_asked_for(viewer: Viewer, filters: SearchFilters) -> list[Named]:
    """What a search wants of tags on events and attributes alike: by name, and by the words of their clusters."""
    by_word = [named(terms, partial(_find_tags_of_clusters, viewer, key)) for key, terms in filters.galaxy]
    return [named(filters.tags, find_tag_ids), *by_word]


def _find_tags_of_clusters(viewer: Viewer, key: str, terms: Sequence[str]) -> list[int]:
    """Tags of the visible clusters with one of these words under a key, in any case, or one like a pattern."""
    whole = one_of("lower(element.value)", [term.lower() for term in _whole(terms)])
    like_one = [like("element.value", term) for term in terms if is_pattern(term)]
    wanted = all_of(
        [Predicate("lower(element.key) = ?", (key.lower(),)), any_of([whole, *like_one]), cluster_visible_to(viewer)]
    )
    return [
        r[0]
        for r in rows(
            "SELECT DISTINCT tag.id FROM galaxy_element AS element"
            " JOIN galaxy_cluster AS cluster ON cluster.id = element.cluster_id AND NOT cluster.deleted"
            f" JOIN tag ON tag.folded_name = cluster.folded_tag WHERE {wanted.text} ORDER BY tag.id",
            wanted.params,
        )
    ]


def find_tag_ids_in_any_case(terms: Sequence[str]) -> list[int]:
    """Tags by id or name in any case, as the event index asks."""
    return _ids("tag", [one_of("id", numbers(terms)), one_of("folded_name", [fold_tag(term) for term in terms])])


def find_tag_ids_containing(part: str) -> list[int]:
    """Tags with this text in their name, in any case."""
    return _ids("tag", [contains("name", part)])


def _by_identity(terms: Sequence[str]) -> list[Predicate]:
    return [one_of("id", numbers(terms)), one_of("uuid", [term.lower() for term in terms])]


def _whole(terms: Iterable[str]) -> list[str]:
    return [term for term in terms if not is_pattern(term)]


def _ids(table: str, conditions: Iterable[Predicate]) -> list[int]:
    wanted = any_of(conditions)
    return [r[0] for r in rows(f"SELECT id FROM {table} WHERE {wanted.text} ORDER BY id", wanted.params)]
