"""The shape of a JSON text, counted on its bytes before anything is made of them (TRUST §2.2 rows 12, 13)."""

from dataclasses import dataclass
from itertools import accumulate

from mispmini.domain.errors import BadRequest, TooLarge

STRETCH = 1024 * 1024
_ALL_BUT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_ALL_BUT_MARKS = bytes(byte for byte in range(256) if byte not in b'[]{},:"')
_STEPS = tuple((byte in b"[{") - (byte in b"]}") for byte in range(256))
_ESCAPED = 6  # bytes that \u0041 takes for one


@dataclass(frozen=True, slots=True)
class Limits:
    """What a JSON text may hold: levels of nesting, bytes, keys and values together, and of these records and lists.

    An attachment's base64 may be longer than other texts.
    """

    depth: int = 32
    size: int = 32 * 1024 * 1024
    values: int = 1_500_000
    records: int = 1_500_000
    text_bytes: int = 1024 * 1024
    attachment_bytes: int = 50 * 1024 * 1024


ALL_BUT_EVENTS = Limits()
WHOLE_EVENT = Limits(values=25_000_000, records=4_000_000)
ONE_ELEMENT = Limits(size=64 * 1024 * 1024, values=1_000_000)


@dataclass(slots=True)
class Shape:
    """What was counted of a JSON text so far; `longest` are the bytes, as they were sent, of the longest text that goes
    over the end of a stretch, `longest_wide` of one that is not ASCII.

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
    _is_wide: bool = False
    _held: bytes = b""

    def add(self, stretch: bytes) -> None:
        """Count the next stretch, of at most STRETCH bytes."""
        self.size += len(stretch)
        plain, started_in_text = self._without_escapes(stretch), self._in_text
        pieces = plain.translate(None, _ALL_BUT_MARKS).replace(b'""', b"").split(b'"')
        self._in_text = started_in_text ^ (len(pieces) % 2 == 0)
        self._count(b"".join(pieces[started_in_text::2]))
        self._measure(plain, started_in_text=started_in_text)

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
            raise TooLarge(f"The JSON input holds more than {limits.records} records and lists.")
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
        records = outside.count(b"{") + outside.count(b"[")
        self.records += records
        self.values += records + outside.count(b",") + outside.count(b":")
        levels = list(
            accumulate(map(_STEPS.__getitem__, outside.translate(None, _ALL_BUT_BRACKETS)), initial=self._level)
        )
        self._level, self.depth = levels[-1], max(self.depth, max(levels))

    def _measure(self, plain: bytes, *, started_in_text: bool) -> None:
        """How long the text is that goes over the end of a stretch; every other is shorter than one."""
        first, last = plain.find(b'"'), plain.rfind(b'"')
        if started_in_text:
            self._go_on(plain if first < 0 else plain[:first])
        if first >= 0:
            self._begun, self._is_wide = 0, False
            self._go_on(plain[last + 1 :] if self._in_text else b"")

    def _go_on(self, text: bytes) -> None:
        self._begun += len(text)
        self._is_wide |= not text.isascii()
        self.longest = max(self.longest, self._begun)
        self.longest_wide = max(self.longest_wide, self._begun if self._is_wide else 0)
