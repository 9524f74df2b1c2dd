"""A large JSON text read piece by piece: what stands in a list of elements is parsed one by one, and packed.

The whole of such a text as Python's values takes many times its size (SPEED §2.7).
"""

import codecs
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from json import JSONDecodeError
from typing import TypeVar

from mispmini.domain.errors import Malformed, TooLarge
from mispmini.wire import door
from mispmini.wire.attribute_in import MOST_ATTRIBUTES, refuse_so_many
from mispmini.wire.packed import Packed
from mispmini.wire.shape import ONE_ELEMENT, STRETCH, Limits, Shape

T = TypeVar("T")
_LISTS = frozenset({"Attribute", "Object"})
_INSIDE = {"": ("response", "request", "Event"), "response": ("request", "Event"), "request": ("Event",), "Event": ()}
_AT_THE_END = 16  # characters: the longest thing of JSON that may be cut in two, but for a text, is \ud83d\ude00
_SMALL = 64 * 1024
_MOST_MEMBERS = 10_000  # of an event, and of what is around it


def read_in_pieces(stretches: Iterable[bytes], shape: Shape) -> object:
    """The JSON value of a body as door.parse_json reads it, but that the lists of elements in it are Packed.

    `shape` is what was counted of the body. One element, and all that stands in no such list, may hold so much as
    ONE_ELEMENT says. Raises Malformed, BadRequest, TooLarge.
    """
    text = _Text(stretches, shape.longest, ONE_ELEMENT)
    if not text.peek():
        return {}
    value = _packed(text) if text.peek() == "[" else _record_or_value(text, "")
    if text.peek():
        raise Malformed(door.MALFORMED)
    return value


def _packed(text: "_Text") -> Packed:
    found = Packed(islice(text.items(_Text.value_text), MOST_ATTRIBUTES + 1))
    if len(found) > MOST_ATTRIBUTES:
        refuse_so_many()
    return found


def _record_or_value(text: "_Text", around: str) -> object:
    return door.unique_keys(list(_members(text, around))) if text.peek() == "{" else text.kept_value()


def _members(text: "_Text", around: str) -> Iterator[tuple[str, object]]:
    """The members of a record that stands under this key; an event is looked for where door.unwrap() finds it."""
    text.take("{")
    if text.peek() == "}":
        text.take("}")
        return
    for _ in range(_MOST_MEMBERS):
        key = text.key()
        text.take(":")
        yield key, _member(text, key, around)
        if text.take(",}") == "}":
            return
    raise TooLarge(f"A record in the JSON input has more than {_MOST_MEMBERS} keys.")


def _member(text: "_Text", key: str, around: str) -> object:
    if key in _LISTS and text.peek() == "[":
        return _packed(text)
    if key not in _INSIDE[around]:
        return text.kept_value()
    if text.peek() != "[":
        return _record_or_value(text, key)
    items = list(islice(text.items(lambda item: _record_or_value(item, key)), _MOST_MEMBERS + 1))
    if len(items) > _MOST_MEMBERS:
        raise TooLarge(f"A list in the JSON input has more than {_MOST_MEMBERS} items.")
    return items


class _Text:
    """A JSON text of which only the part that is being read stands in memory."""

    def __init__(self, stretches: Iterable[bytes], longest: int, limits: Limits) -> None:
        self._rest = codecs.iterdecode(stretches, "utf-8")
        self._longest, self._limits = longest, limits
        self._text, self._at, self._seen = "", 0, 0
        self._kept = Shape()

    def peek(self) -> str:
        """The next character that is not blank; "" at the end."""
        while True:
            self._at = door.skip_blanks(self._text, self._at)
            if self._at < len(self._text) or not self._read_on():
                return self._text[self._at : self._at + 1]

    def take(self, wanted: str) -> str:
        """Go past the next character, which has to be one of these. Raises Malformed."""
        char = self.peek()
        if not char or char not in wanted:
            raise Malformed(door.MALFORMED)
        self._at += 1
        return char

    def key(self) -> str:
        """The next key. Raises Malformed."""
        found = self.value() if self.peek() == '"' else None
        if not isinstance(found, str):
            raise Malformed(door.MALFORMED)
        return found

    def value(self) -> object:
        """The next value. Raises Malformed, BadRequest, TooLarge."""
        self.peek()
        while True:
            try:
                value, end = door.parse_at(self._text, self._at, self._longest, self._limits)
            except JSONDecodeError as error:
                if not (self._may_be_cut(error) and self._read_on()):
                    raise Malformed(door.MALFORMED) from error
            else:
                if end + _AT_THE_END < len(self._text) or not self._read_on():  # else a number may go on
                    self._seen, self._at = self._at, end
                    return value

    def value_text(self) -> str:
        """The text of the next value."""
        self.value()
        return self._text[self._seen : self._at]

    def kept_value(self) -> object:
        """The next value, of those that together stay within the limits."""
        value = self.value()
        self._kept.add_within(self._limits, self._text[self._seen : self._at].encode())
        return value

    def items(self, read: Callable[["_Text"], T]) -> Iterator[T]:
        """The items of the list that is next."""
        self.take("[")
        if self.peek() == "]":
            self.take("]")
            return
        after = ","
        while after == ",":
            yield read(self)
            after = self.take(",]")

    def _may_be_cut(self, error: JSONDecodeError) -> bool:
        return error.msg.startswith("Unterminated") or error.pos > len(self._text) - _AT_THE_END

    def _read_on(self) -> bool:
        """Read what follows: a stretch, or as much again as one value has already; False at the end."""
        begun = self._text[self._at :]
        shape, pieces = Shape(), [begun]
        if len(begun) > _SMALL:
            shape.add_within(self._limits, begun.encode())
        missing = max(STRETCH, len(begun), self._longest if len(begun) > STRETCH else 0)
        while missing > 0 and shape.values <= self._limits.values and (piece := self._next_piece()):
            pieces.append(piece)
            missing -= len(piece)
            if len(begun) > _SMALL:
                shape.add(piece.encode())
        if len(pieces) == 1:
            return False
        self._text, self._at = "".join(pieces), 0
        return True

    def _next_piece(self) -> str:
        try:
            return next(self._rest, "")
        except UnicodeError as error:
            raise Malformed(door.MALFORMED) from error
