"""The shape of a JSON text, counted on its bytes before anything is made of them (TRUST §2.2 rows 12, 13)."""

from dataclasses import dataclass
from itertools import accumulate

from mispmini.domain.errors import BadRequest, TooLarge

STRETCH = 1024 * 1024
_ALL_BUT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_STEPS = tuple((byte in b"[{") - (byte in b"]}") for byte in range(256))
_ESCAPED = 6  # bytes that \u0041 takes for one


@dataclass(frozen=True, slots=True)
class Limits:
    """What a JSON text may hold: levels of nesting; bytes, keys and values, and records of the whole; bytes of a text.

    An attachment's base64 may be longer than other texts.
    """

    depth: int = 32
    size: int = 32 * 1024 * 1024
    values: int = 1_500_000
    records: int = 1_500_000
    text_bytes: int = 1024 * 1024
    attachment_bytes: int = 50 * 1024 * 1024


ALL_BUT_EVENTS = Limits()
WHOLE_EVENT = Limits(values=25_000_000, records=2_000_000)
ONE_ELEMENT = Limits(size=64 * 1024 * 1024, values=1_000_000)


@dataclass(slots=True)
class Shape:
    """What was counted of a JSON text so far; `longest` is the text with most bytes, as it was sent.

    Text that is no JSON may be miscounted, but only behind the place where every parser stops.
    """

    size: int = 0
    values: int = 0
    records: int = 0
    depth: int = 0
    longest: int = 0
    longest_wide: int = 0
    _level: int = 0
    _in_text: bool = False
    _begun: int = 0
    _wide: bool = False
    _held: bytes = b""

    def add(self, stretch: bytes) -> None:
        """Count the next stretch: about a megabyte, as the pieces of it take ten times its size."""
        self.size += len(stretch)
        pieces = self._without_escapes(stretch).split(b'"')
        starts_in_text = self._in_text
        self._in_text = starts_in_text ^ (len(pieces) % 2 == 0)
        self._count(b"".join(pieces[starts_in_text::2]))
        if texts := pieces[not starts_in_text :: 2]:
            self._measure(texts)

    def add_within(self, limits: Limits, body: bytes) -> None:
        """Count all of a body, unless it is beyond the limits: raises as refuse_beyond() does."""
        for start in range(0, len(body), STRETCH):
            self.add(body[start : start + STRETCH])
            self.refuse_beyond(limits)

    def refuse_beyond(self, limits: Limits) -> None:
        """Raise BadRequest for what is nested too deep, TooLarge for all else."""
        if self.depth > limits.depth:
            raise BadRequest(f"The JSON input is nested deeper than {limits.depth} levels.")
        if self.size > limits.size:
            raise TooLarge(f"The JSON input is larger than {limits.size} bytes.")
        if self.values > limits.values:
            raise TooLarge(f"The JSON input holds more than {limits.values} keys and values.")
        if self.records > limits.records:
            raise TooLarge(f"The JSON input holds more than {limits.records} records.")
        if self.longest > limits.attachment_bytes or self.longest_wide > _ESCAPED * limits.text_bytes:
            raise TooLarge(f"A text in the JSON input is longer than {limits.text_bytes} bytes.")

    def _without_escapes(self, stretch: bytes) -> bytes:
        """Of the same length; a last backslash waits for what it escapes."""
        plain, self._held = self._held + stretch, b""
        if b"\\" in plain:
            plain = plain.replace(b"\\\\", b"..").replace(b'\\"', b"..")
            if plain.endswith(b"\\"):
                plain, self._held = plain[:-1], b"\\"
        return plain

    def _count(self, outside: bytes) -> None:
        records = outside.count(b"{")
        self.records += records
        self.values += records + outside.count(b"[") + outside.count(b",") + outside.count(b":")
        levels = list(
            accumulate(map(_STEPS.__getitem__, outside.translate(None, _ALL_BUT_BRACKETS)), initial=self._level)
        )
        self._level, self.depth = levels[-1], max(self.depth, max(levels))

    def _measure(self, texts: list[bytes]) -> None:
        """The first may have begun before and the last may go on: what is very long is always seen as one of them."""
        first = self._begun + len(texts[0])
        self._wide |= not texts[0].isascii()
        self.longest = max(self.longest, first, *map(len, texts))
        self.longest_wide = max(self.longest_wide, first if self._wide else 0)
        if not self._in_text:
            self._begun, self._wide = 0, False
        elif len(texts) == 1:
            self._begun = first
        else:
            self._begun, self._wide = len(texts[-1]), not texts[-1].isascii()
