"""A long list that takes little room: its items stand as JSON text, and are made anew whenever it is gone through."""

import json
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

_BATCH = 100


class Packed(Collection[object]):
    """The items of a JSON list, given as JSON texts that were parsed once."""

    def __init__(self, items: Iterable[str]) -> None:
        texts = iter(items)
        self._batches: list[bytes] = []
        self._length = 0
        while batch := list(islice(texts, _BATCH)):
            self._batches.append(f"[{','.join(batch)}]".encode())
            self._length += len(batch)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[object]:
        for batch in self._batches:
            yield from json.loads(batch)

    def __contains__(self, item: object) -> bool:
        return any(item == one for one in self)
