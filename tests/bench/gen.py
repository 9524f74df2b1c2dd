"""Events to measure with: the same ones in every run, of values that belong to nobody (SPEED §5).

`python -m tests.bench.gen` prints the SHA-256 of a sample; PINNED is what it must be. When the generator is changed on
purpose, older results cannot be compared any more.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from itertools import islice
from random import Random
from typing import Any

SEED = 7
PINNED = "cc8b0b8253b4887ecc46d8b6c37d2677f7e06a7502c65295d4cce3e7c1a12f16"
_SIZE = (2.6, 1.25)
_LARGEST = 5_000
_OLDEST = 1_700_000_000
_SHARED = 5_000
_SHARED_SHARE = 0.04
_HELD_BY_OBJECTS = 10
_TYPES: Mapping[str, int] = {
    "ip-dst": 18, "ip-src": 6, "domain": 16, "hostname": 6, "url": 14, "md5": 7, "sha1": 5, "sha256": 12,
    "filename": 4, "filename|sha256": 3, "email-src": 3, "email-subject": 1, "ip-dst|port": 2, "domain|ip": 1,
    "comment": 1, "text": 1,
}  # fmt: skip
_KINDS, _WEIGHTS = list(_TYPES), list(_TYPES.values())
_WORDS = ("invoice", "update", "portal", "cdn", "mail", "secure", "login", "static", "report", "files", "push", "news")
_ENDINGS = ("example", "example.com", "example.net", "example.org", "test", "invalid")
_COMMENTS = ("seen in the wild", "second stage", "from the mail's attachment", "C2 – configuração extraída")
_TAGS = (
    "tlp:green", "tlp:amber", "tlp:clear", "type:osint", 'workflow:state="complete"',
    *(f'bench:campaign="{number}"' for number in range(40)),
)  # fmt: skip
_FILE = ("file", "file", "688c46fb-5edb-40a3-8273-1af7923e2215", 24)
_FILE_PARTS = {"filename": "filename", "md5": "md5", "sha256": "sha256", "size-in-bytes": "size-in-bytes"}

Json = dict[str, Any]
Content = tuple[str, str]


def mixed_events(stream: str) -> Iterator[Json]:
    """Endless events of the sizes that instances hold: lognormal, about 29 attributes on average."""
    writer = _Writer(stream)
    while True:
        yield writer.event(min(_LARGEST, max(1, round(writer.dice.lognormvariate(*_SIZE)))))


def sized_events(size: int, stream: str) -> Iterator[Json]:
    """Endless events of `size` attributes each."""
    writer = _Writer(f"{stream} {size}")
    while True:
        yield writer.event(size)


def as_body(event: Json) -> bytes:
    """The event as a client posts it."""
    return json.dumps({"Event": event}, separators=(",", ":")).encode()


def fingerprint() -> str:
    """The SHA-256 of a sample of both kinds."""
    digest = sha256()
    for event in (
        *islice(mixed_events("pin"), 100),
        *islice(sized_events(10, "pin"), 10),
        *islice(sized_events(1_000, "pin"), 1),
    ):
        digest.update(as_body(event))
    return digest.hexdigest()


class _Writer:
    """Writes events with one stream's dice; what all streams share makes events related."""

    def __init__(self, stream: str) -> None:
        self.dice = Random(f"{SEED} {stream}")

    def event(self, size: int) -> Json:
        """An event with exactly `size` different attributes, every tenth of them in an object."""
        dice, seen = self.dice, set[Content]()
        at = _OLDEST + dice.randrange(50_000_000)
        objects = size // (_HELD_BY_OBJECTS * len(_FILE_PARTS))
        return {
            "uuid": self._uuid(),
            "info": f"{dice.choice(_WORDS).title()} campaign {dice.getrandbits(24):06x}",
            "date": f"20{dice.randrange(24, 27)}-{dice.randrange(1, 13):02d}-{dice.randrange(1, 29):02d}",
            "timestamp": str(at),
            "threat_level_id": str(dice.randrange(1, 5)),
            "analysis": str(dice.randrange(3)),
            "distribution": str(dice.choice((0, 1, 1, 2, 3, 3))),
            "published": dice.random() < 0.7,
            "Tag": [{"name": name} for name in dice.sample(_TAGS, dice.randrange(5))],
            "Attribute": [self._loose(at, seen) for _ in range(size - objects * len(_FILE_PARTS))],
            "Object": [self._file(at) for _ in range(objects)],
        }

    def _uuid(self) -> str:
        h = f"{self.dice.getrandbits(128):032x}"
        return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}"

    def _loose(self, at: int, seen: set[Content]) -> Json:
        kind, value = self._content()
        while (kind, value) in seen:
            kind, value = self._content()
        seen.add((kind, value))
        return self._attribute(kind, value, at)

    def _content(self) -> Content:
        """A few of the shared values are much more common than the others."""
        dice = self.dice
        if dice.random() < _SHARED_SHARE:
            return _shared_contents()[int(_SHARED * dice.random() ** 1.5)]
        return _new_content(dice)

    def _attribute(self, kind: str, value: str, at: int) -> Json:
        dice = self.dice
        attribute: Json = {
            "uuid": self._uuid(),
            "type": kind,
            "value": value,
            "timestamp": str(at - dice.randrange(86_400)),
            "distribution": "5" if dice.random() < 0.97 else "1",
            "comment": dice.choice(_COMMENTS) if dice.random() < 0.3 else "",
            "to_ids": dice.random() < 0.7,
        }
        if dice.random() < 0.05:
            attribute["first_seen"] = f"2025-{dice.randrange(1, 13):02d}-11T08:00:00.000000+00:00"
        if dice.random() < 0.1:
            attribute["Tag"] = [{"name": name} for name in dice.sample(_TAGS, 1 + (dice.random() < 0.2))]
        return attribute

    def _file(self, at: int) -> Json:
        name, meta_category, template, version = _FILE
        return {
            "uuid": self._uuid(),
            "name": name,
            "meta-category": meta_category,
            "template_uuid": template,
            "template_version": str(version),
            "timestamp": str(at),
            "distribution": "5",
            "Attribute": [
                {**self._attribute(kind, _VALUES[kind](self.dice), at), "object_relation": relation}
                for relation, kind in _FILE_PARTS.items()
            ],
        }


@cache
def _shared_contents() -> list[Content]:
    dice = Random(f"{SEED} shared")
    return [_new_content(dice) for _ in range(_SHARED)]


def _new_content(dice: Random) -> Content:
    kind = dice.choices(_KINDS, _WEIGHTS)[0]
    return kind, _VALUES[kind](dice)


def _hex(digits: int) -> Callable[[Random], str]:
    return lambda dice: f"{dice.getrandbits(4 * digits):0{digits}x}"


def _ip(dice: Random) -> str:
    """Of the ranges kept for documentation; the IPv4 ones hold few, so that most are IPv6."""
    if dice.random() < 0.03:
        return f"{dice.choice(('192.0.2', '198.51.100', '203.0.113'))}.{dice.randrange(256)}"
    return f"2001:db8:{dice.randrange(1, 0xFFFF):x}:{dice.randrange(1, 0xFFFF):x}::{dice.randrange(1, 0xFFFF):x}"


def _domain(dice: Random) -> str:
    return f"{dice.choice(_WORDS)}-{dice.getrandbits(28):07x}.{dice.choice(_ENDINGS)}"


def _filename(dice: Random) -> str:
    return f"{dice.choice(_WORDS)}_{dice.getrandbits(24):06x}.{dice.choice(('exe', 'dll', 'docm', 'js', 'lnk'))}"


_VALUES: Mapping[str, Callable[[Random], str]] = {
    "ip-dst": _ip,
    "ip-src": _ip,
    "domain": _domain,
    "hostname": lambda dice: f"{dice.choice(_WORDS)}.{_domain(dice)}",
    "url": lambda dice: (
        f"https://{_domain(dice)}/{dice.choice(_WORDS)}/{dice.getrandbits(40):x}?id={dice.randrange(999)}"
    ),
    "md5": _hex(32),
    "sha1": _hex(40),
    "sha256": _hex(64),
    "filename": _filename,
    "filename|sha256": lambda dice: f"{_filename(dice)}|{dice.getrandbits(256):064x}",
    "email-src": lambda dice: f"{dice.choice(_WORDS)}{dice.randrange(10_000)}@{_domain(dice)}",
    "email-subject": lambda dice: f'Your "{dice.choice(_WORDS)}" no. {dice.getrandbits(32)}',
    "ip-dst|port": lambda dice: f"{_ip(dice)}|{dice.randrange(1, 65_536)}",
    "domain|ip": lambda dice: f"{_domain(dice)}|{_ip(dice)}",
    "comment": lambda dice: f"Observação {dice.getrandbits(32)}: {' '.join(dice.choices(_WORDS, k=8))}",
    "text": lambda dice: f"{' '.join(dice.choices(_WORDS, k=5))} {dice.getrandbits(32):08x}",
    "size-in-bytes": lambda dice: str(dice.randrange(100_000, 9_000_000)),
}


if __name__ == "__main__":
    print(fingerprint())
