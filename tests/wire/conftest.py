"""The recordings of real MISP traffic, where the checkout has them beside it."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

WIRE = Path(__file__).resolve().parents[3] / "shared" / "wire"


@dataclass(frozen=True)
class Recordings:
    """Samples (one call and its answer) and transcripts (a conversation of two servers)."""

    root: Path

    def sample(self, name: str) -> Any:
        """One sample by the beginning of its file's name."""
        return json.loads(next(self.root.glob(f"samples/{name}*.json")).read_text(encoding="utf-8"))

    def answer(self, name: str) -> Any:
        """The body a sample's call was answered with."""
        return self.sample(name)["response"]["body"]

    def events(self, kind: str, pattern: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every event in the bodies of the matching files, with where it stood."""
        for path in sorted(self.root.glob(f"{kind}/{pattern}.json")):
            recording = json.loads(path.read_text(encoding="utf-8"))
            yield from ((path.stem, event) for event in _events(recording.get("exchanges", recording)))


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
