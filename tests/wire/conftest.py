"""The recordings beside the checkout, for the tests of the wire."""

from tests.wire_files import Recordings, recordings

__all__ = ["Recordings", "recordings"]
