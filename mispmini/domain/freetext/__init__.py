"""Free text to candidates for attributes: refanged, split, recognised (MODEL §7.17)."""

from collections.abc import Iterator

from mispmini.domain.freetext.candidates import Candidate
from mispmini.domain.freetext.cleaning import refang_text, stripped
from mispmini.domain.freetext.recognising import recognise
from mispmini.domain.freetext.splitting import pieces_of, without_label

__all__ = ["Candidate", "find_candidates", "refang_text"]


def find_candidates(text: str) -> list[Candidate]:
    """What a text holds that could be an attribute, in order of first appearance, each value once.

    Takes time linear in the length of the text, whatever it says.
    """
    found: dict[str, Candidate] = {}
    for word in refang_text(text).split():
        for candidate in _in_word(word):
            found.setdefault(candidate.value, candidate)
    return list(found.values())


def _in_word(word: str) -> Iterator[Candidate]:
    """A word as a whole, or else each of its parts."""
    whole = _read(stripped(word))
    if whole is not None:
        yield whole
        return
    for piece in pieces_of(word):
        if (candidate := _read(stripped(piece))) is not None:
            yield candidate


def _read(piece: str) -> Candidate | None:
    """What a piece is, or what stands behind a label such as `ip:` or `href=`."""
    found = recognise(piece)
    if found is None and (rest := stripped(without_label(piece))) != piece:
        found = recognise(rest)
    return found
