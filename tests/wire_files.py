"""The recordings of real MISP traffic, where the checkout has them beside it."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

WIRE = Path(__file__).resolve().parents[2] / "shared" / "wire"
Json = Any


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request that was sent to a MISP, and what it answered; `to` names the instance of a transcript."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Json
    status: int
    answer_headers: Mapping[str, str]
    answer: Json
    to: str = ""

    @classmethod
    def of(cls, recorded: Mapping[str, Any]) -> Self:
        """From its record in a file, whose headers are pairs in transcripts and objects in samples."""
        asked, told = recorded["request"], recorded["response"]
        return cls(
            method=asked["method"],
            path=asked["path"],
            headers=dict(asked["headers"]),
            body=asked["body"],
            status=told["status"],
            answer_headers=dict(told["headers"]),
            answer=told["body"],
            to=recorded.get("to", ""),
        )


@dataclass(frozen=True)
class Recordings:
    """Samples (one call and its answer) and transcripts (a conversation of two servers)."""

    root: Path

    def sample(self, name: str) -> Json:
        """One sample by its number, or by its number and name."""
        return self._read("samples", name)

    def answer(self, name: str) -> Json:
        """The body a sample's call was answered with."""
        return self.sample(name)["response"]["body"]

    def call(self, name: str) -> Exchange:
        """A sample as an exchange."""
        return Exchange.of(self.sample(name))

    def transcript(self, name: str) -> Json:
        """One transcript by its number, or by its number and name."""
        return self._read("transcripts", name)

    def exchanges(self, name: str) -> tuple[Exchange, ...]:
        """What went to and fro in a transcript."""
        return tuple(map(Exchange.of, self.transcript(name)["exchanges"]))

    def events(self, kind: str, pattern: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every event in the bodies of the matching files, with where it stood."""
        for path in sorted(self.root.glob(f"{kind}/{pattern}.json")):
            recording = json.loads(path.read_text(encoding="utf-8"))
            yield from ((path.stem, event) for event in _events(recording.get("exchanges", recording)))

    def path_of(self, kind: str, name: str) -> Path:
        """The file of a sample or transcript named by its number, or by its number and name."""
        patterns = (f"{kind}/{name}.json", f"{kind}/{name}-*.json", f"{kind}/{name}*.json")
        return next(path for pattern in patterns for path in sorted(self.root.glob(pattern)))

    def _read(self, kind: str, name: str) -> Json:
        return json.loads(self.path_of(kind, name).read_text(encoding="utf-8"))


def _events(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("Event"), dict) and "info" in value["Event"] and "Attribute" in value["Event"]:
            yield value["Event"]
        elif "Event" not in value or not isinstance(value["Event"], dict):
            for part in value.values():
                yield from _events(part)
    elif isinstance(value, list):
        for part in value:
            yield from _events(part)


@pytest.fixture(scope="session")
def recordings() -> Recordings:
    """The recordings; without them the test is skipped, or fails if MISPMINI_REQUIRE_WIRE is set."""
    if not WIRE.is_dir():
        if os.environ.get("MISPMINI_REQUIRE_WIRE"):
            pytest.fail(f"no recordings at {WIRE}")
        pytest.skip("no recordings of real MISP traffic beside this checkout")
    return Recordings(WIRE)
