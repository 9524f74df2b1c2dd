"""What an export is: text made line by line from found attributes, in flat memory."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mispmini.domain import validation
from mispmini.domain.filters import Scope, SearchOptions
from mispmini.domain.graphs import EventGraph, FoundAttribute

NIDS_SID = 4_000_000
TEXT_TYPE = "text/plain; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class ExportContext:
    """What an export may need besides the attributes: `now` in epoch seconds, `count` as in X-Result-Count.

    `sid` is where the asker's rules begin to be numbered; `parameters` are those of the request that a format knows.
    """

    scope: Scope
    base_url: str
    now: int
    count: int = 0
    sid: int = NIDS_SID
    options: SearchOptions = field(default_factory=SearchOptions)
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Export:
    """A format of restSearch. `types` narrows the search to what it can show.

    `of_values` makes the same of whole values alone, which are read faster; a format that needs more has none.
    `kind` is X-Response-Format and the ending of a file's name; MISP has another one for text in a search for events.
    """

    name: str
    pieces: Callable[[Iterable[FoundAttribute], ExportContext], Iterator[str]]
    content_type: str = TEXT_TYPE
    kind: str = "txt"
    types: frozenset[str] | None = None
    kind_of_events: str | None = None
    of_values: Callable[[Iterable[str], ExportContext], Iterator[str]] | None = None

    def kind_in(self, scope: Scope) -> str:
        """The word for this format in one scope."""
        return (self.kind_of_events or self.kind) if scope is Scope.EVENTS else self.kind


@dataclass(frozen=True, slots=True)
class WholeEventsExport:
    """A format of whole events, which may have no attribute."""

    name: str
    pieces: Callable[[Iterable[EventGraph], ExportContext], Iterator[str]]
    content_type: str = TEXT_TYPE
    kind: str = "txt"

    def kind_in(self, _scope: Scope) -> str:
        """The word for this format."""
        return self.kind


def fits_its_type(found: FoundAttribute) -> bool:
    """Whether a value is what its type says: where it stands bare in another program's syntax, nothing else may."""
    return validation.check(found.attribute.type, found.attribute.value) is None


def halves(found: FoundAttribute) -> tuple[str, str]:
    """Both parts of a value; the second is empty for a simple one."""
    return found.attribute.value1, found.attribute.value2 or ""
