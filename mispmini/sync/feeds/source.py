"""One feed in use: what stands at its address, asked for under the rules for everything that is called (TRUST §2.3)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from mispmini.domain.feeds import FeedRecord, ManifestEntry
from mispmini.services.feeds import headers_of
from mispmini.sync.answers import parse_json
from mispmini.sync.links import Outbound, user_agent
from mispmini.sync.remote import Cause, Link, RemoteFailure, RemoteServer
from mispmini.wire.feed_in import read_manifest

MANIFEST = "manifest.json"
HASHES = "hashes.csv"
_MOST_BYTES = 64 * 1024 * 1024
_NOT_FOUND = (404, 410)


@dataclass(frozen=True, slots=True)
class FeedSource:
    """A feed's address with a connection that is kept. Every method raises RemoteFailure."""

    feed: FeedRecord
    remote: RemoteServer

    def text(self) -> str:
        """The list that a feed of values is."""
        parts = urlsplit(self.feed.url)
        return _decoded(self._body(_escaped(parts.path or "/") + (f"?{parts.query}" if parts.query else "")))

    def manifest(self) -> list[ManifestEntry]:
        """The events of a MISP feed."""
        try:
            return read_manifest(self._json(MANIFEST))
        except ValueError as error:
            raise RemoteFailure(Cause.NOT_JSON, str(error)) from None

    def event(self, uuid: str) -> Any:
        """One event's document."""
        return self._json(f"{uuid}.json")

    def hashes(self) -> str | None:
        """The lines of hashes.csv; None if the feed has none."""
        answer = self.remote.download(self._path(HASHES))
        return None if answer.status in _NOT_FOUND else _decoded(_checked(answer.status, answer.body, answer.text))

    def _json(self, name: str) -> Any:
        body = self._body(self._path(name))
        try:
            return parse_json(body)
        except ValueError as error:
            raise RemoteFailure(Cause.NOT_JSON, f"{name} is no JSON: {str(error)[:200]}") from None

    def _path(self, name: str) -> str:
        folder = urlsplit(self.feed.url).path.removesuffix(f"/{MANIFEST}").rstrip("/")
        return f"{_escaped(folder)}/{name}"

    def _body(self, path: str) -> bytes:
        answer = self.remote.download(path)
        return _checked(answer.status, answer.body, answer.text)


@contextmanager
def open_feed(feed: FeedRecord, outbound: Outbound) -> Iterator[FeedSource]:
    """A feed for one thread. Raises RemoteFailure for an address that cannot be used."""
    parts = urlsplit(feed.url)
    link = Link(
        url=f"{parts.scheme}://{parts.netloc}",
        authkey="",
        allow_internal=outbound.allow_internal + feed.allow_internal,
        headers=(("Accept", "*/*"), *headers_of(feed)),
    )
    with RemoteServer(link, user_agent=user_agent(), deadline=outbound.deadline, max_bytes=_MOST_BYTES) as remote:
        yield FeedSource(feed, remote)


def _checked(status: int, body: bytes, beginning: str) -> bytes:
    if status != 200:
        raise RemoteFailure(Cause.HTTP, f"status {status}: {beginning}")
    return body


def _decoded(body: bytes) -> str:
    return body.decode("utf-8-sig", errors="replace")


def _escaped(path: str) -> str:
    return quote(path, safe="/:;,[]+@!$&'()*=~%")
