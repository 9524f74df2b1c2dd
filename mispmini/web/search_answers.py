"""What every restSearch has in common, whatever it searches for (API §8.1, PROTOCOL §1.3)."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from flask import request

from mispmini.domain.errors import BadRequest
from mispmini.web.asking import asked
from mispmini.wire.search_places import named_in_path

_NO_PARAMETERS = (
    "Restsearch queries using GET and no parameters are not allowed. If you have passed parameters via a JSON body,"
    " make sure you use POST requests."
)
_BLOCK = 64 * 1024


def asked_search() -> dict[str, object]:
    """What a restSearch asks in its query or body, and over it what its path names."""
    ask = asked()
    return {**ask.parameters(), **named_in_path(ask.path.named)}


def refuse_bare_get(given: Mapping[str, object]) -> None:
    """Raises BadRequest for a GET that asks for nothing in particular."""
    if request.method == "GET" and not given:
        raise BadRequest(_NO_PARAMETERS)


def result_headers(count: int, module: str = "json", kind: str = "json", *, skipped: int = 0) -> dict[str, str]:
    """How many were found, by which export, of what kind, and how many were left out."""
    return {
        "X-Result-Count": str(count),
        "X-Export-Module-Used": module,
        "X-Response-Format": kind,
        "X-Skipped-Elements-Count": str(skipped),
    }


def framed(head: str, texts: Iterable[str], tail: str) -> Iterator[str]:
    """JSON texts with commas between them, inside a frame."""
    return chain((head,), _with_commas(texts), (tail,))


def _with_commas(texts: Iterable[str]) -> Iterator[str]:
    before = ""
    for text in texts:
        yield before + text
        before = ","


def in_blocks(pieces: Iterable[str]) -> Iterator[str]:
    """The same text in pieces that are worth sending: a line at a time costs more than the line."""
    held: list[str] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _BLOCK:
            yield "".join(held)
            held, size = [], 0
    yield "".join(held)
