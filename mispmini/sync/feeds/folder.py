"""Our own feed as a folder of files, for any web server that serves files (WEB: own feed)."""

import json
import os
from pathlib import Path

from mispmini.services import feed_output
from mispmini.services.feed_output import Reader
from mispmini.sync.feeds.source import HASHES, MANIFEST
from mispmini.wire import feed_out
from mispmini.wire.replies import Reply


def write_feed(folder: Path, reader: Reader) -> int:
    """Write manifest.json, hashes.csv and a file for each event; returns how many events.

    Events come first and the manifest last, each file whole or not at all, so that who reads meanwhile finds what the
    manifest names. An event's file that the manifest names no more is removed. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    manifest: Reply = {}
    hashes: list[str] = []
    for graph in feed_output.events(reader):
        document = feed_out.event_document(feed_output.with_files(graph))
        _write(folder / f"{graph.event.uuid}.json", _text(document))
        manifest |= feed_out.manifest_of([graph])
        hashes += feed_out.hash_lines(graph)
    _write(folder / HASHES, "".join(hashes))
    _write(folder / MANIFEST, _text(manifest))
    _remove_others(folder, {f"{uuid}.json" for uuid in manifest})
    return len(manifest)


def _text(document: Reply) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _write(path: Path, text: str) -> None:
    """Beside its place first; world-readable, for a web server under another account."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(0o644)
    os.replace(fresh, path)


def _remove_others(folder: Path, named: set[str]) -> None:
    """Only files that are called like an event: whatever else lies there is somebody's own."""
    for path in folder.glob("????????-????-????-????-????????????.json"):
        if path.name not in named:
            path.unlink()
