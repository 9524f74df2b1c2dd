"""The limit program: what sqlite3 and json need for the same work on the same tables, behind a bare socket (SPEED §5).

No web server, no accounts, no validation, no visibility, no audit: what no Python program on SQLite can undercut by
much. It imports nothing of the product. `python -m tests.bench.limit DATABASE` prints its port and serves one client:
frames of 4 bytes length, then a verb's letter and its argument; answers are frames of length and JSON text.
"""

import json
import re
import socket
import sqlite3
import struct
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import count, groupby, islice
from json.encoder import encode_basestring as quoted
from operator import itemgetter
from pathlib import Path
from typing import Any

FRAME = struct.Struct(">I")
_PRAGMAS = (
    "journal_mode=wal", "synchronous=full", "temp_store=memory", "cache_size=-8192", "mmap_size=0", "secure_delete=0",
    "wal_autocheckpoint=0", "busy_timeout=10000", "foreign_keys=1",
)  # fmt: skip
_BOOL = ("false", "true")
_NUMERIC = re.compile(r"-?\d+(\.\d+)?", re.ASCII).fullmatch
_COMPOSITES = frozenset({"filename|sha256", "ip-dst|port", "domain|ip"})
_RELATED_BY_ONE_VALUE = 20
_NOT_CORRELATING = frozenset({"comment"})
_FIRST_VALUE_ONLY = frozenset({"ip-dst|port"})
_EVENT = (
    "INSERT INTO event (id, uuid, org_id, orgc_id, date, info, timestamp, published, publish_timestamp,"
    " sighting_timestamp, threat_level_id, analysis, distribution, attribute_count, locked, disable_correlation,"
    " extends_uuid, review, in_our_name, restricted, rev)"
    " VALUES (?, ?, 1, 1, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?, 0, 0, '', 0, 0, ?, ?)"
)
_ATTRIBUTE = (
    "INSERT INTO attribute (id, event_id, object_id, object_relation, type_id, category_id, value1, value2, to_ids,"
    " uuid, timestamp, distribution, comment, deleted, gone_at_source, disable_correlation, first_seen)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, ?)"
)
_OBJECT = (
    "INSERT INTO object (id, event_id, uuid, name, meta_category, description, template_uuid, template_version,"
    " timestamp, distribution, comment, deleted, gone_at_source) VALUES (?, ?, ?, ?, ?, '', ?, ?, ?, ?, '', 0, 0)"
)
_HASH = "INSERT OR IGNORE INTO value_hash (h, event_id, attribute_id) VALUES (?, ?, ?)"
_EVENT_TAG = "INSERT INTO event_tag (event_id, tag_id, local, deleted) VALUES (?, ?, 0, 0)"
_ATTRIBUTE_TAG = "INSERT INTO attribute_tag (attribute_id, event_id, tag_id, local, deleted) VALUES (?, ?, ?, 0, 0)"
_VIEW = (
    "SELECT id, object_id, object_relation, type_id, category_id, value1, value2, to_ids, uuid, timestamp,"
    " distribution, comment, first_seen FROM attribute WHERE event_id = ? AND NOT deleted ORDER BY id"
)
_HEAD = (
    "SELECT event.id, event.uuid, date, info, timestamp, published, threat_level_id, analysis, distribution,"
    " attribute_count, organisation.name, organisation.uuid FROM event JOIN organisation ON organisation.id = orgc_id"
)
_SHARING = "SELECT DISTINCT h, event_id FROM value_hash WHERE event_id != ? AND h IN"
_FOUND = (
    "SELECT attribute.id, type_id, category_id, value1, value2, attribute.uuid, attribute.timestamp, comment,"
    " event.id, event.info, event.uuid FROM value_hash JOIN attribute ON attribute.id = attribute_id"
    " JOIN event ON event.id = attribute.event_id"
    " WHERE h = ? AND (lower(value1) = ? OR lower(value2) = ?) AND NOT attribute.deleted"
)

_EXPORTED = (
    "SELECT attribute.id, type_id, category_id, value1, value2, to_ids, attribute.uuid, attribute.timestamp, comment,"
    " object_id, object_relation, attribute.distribution, first_seen, event.id, event.info, event.uuid"
    " FROM attribute JOIN event ON event.id = attribute.event_id WHERE NOT attribute.deleted"
    " ORDER BY attribute.id LIMIT 10000"
)
_CSV_HEAD = (
    "uuid,event_id,category,type,value,comment,to_ids,date,object_relation,attribute_tag,object_uuid,object_name,"
    "object_meta_category\n"
)

Json = dict[str, Any]


class Program:
    """One open database and the verbs on it."""

    def __init__(self, path: Path) -> None:
        self.database = sqlite3.connect(path, isolation_level=None)
        for pragma in _PRAGMAS:
            self.database.execute(f"PRAGMA {pragma}")
        for (trigger,) in self.database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            self.database.execute(f"DROP TRIGGER {trigger}")
        self.types = self._names("attribute_type")
        self.categories = self._names("attribute_category")
        self.silent = {number for number, name in self.types.items() if name in _NOT_CORRELATING}
        self.first_only = {number for number, name in self.types.items() if name in _FIRST_VALUE_ONLY}
        self.type_ids = {name: number for number, name in self.types.items()}
        self.category_of = dict(self.database.execute("SELECT type_id, min(category_id) FROM attribute GROUP BY 1"))
        self.tags = {name: number for number, name in self._names("tag").items()}
        self.verbs: Mapping[bytes, Callable[[bytes], str]] = {
            b"a": self.add, b"v": self.view, b"i": self.index, b"x": self.find, b"c": self.checkpoint,
            b"f": lambda _: "{}", b"t": self.text, b"s": self.csv, b"j": self.json,
        }  # fmt: skip

    def _names(self, table: str) -> dict[int, str]:
        return dict(self.database.execute(f"SELECT id, name FROM {table}"))

    def add(self, body: bytes) -> str:
        """Store an event with all its parts, durably, and answer it as `view` does."""
        event = json.loads(body)["Event"]
        self.database.execute("BEGIN IMMEDIATE")
        event_id = self._take("event")
        self._insert(event_id, event)
        self.database.execute("COMMIT")
        return self.view(b"%d" % event_id)

    def checkpoint(self, _: bytes) -> str:
        """Move the write-ahead log into the file, which belongs to the price of adding."""
        self.database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        return "{}"

    def _take(self, counter: str, many: int = 1) -> int:
        self.database.execute("UPDATE counter SET value = value + ? WHERE name = ?", (many, counter))
        value = self.database.execute("SELECT value FROM counter WHERE name = ?", (counter,)).fetchone()[0]
        return int(value) - many + 1

    def _insert(self, event_id: int, event: Json) -> None:
        objects = event["Object"]
        object_id = self._take("object", len(objects)) if objects else 0
        held = [(number, obj["Attribute"]) for number, obj in enumerate(objects, object_id)]
        drafts: list[tuple[int | None, Json]] = [(None, draft) for draft in event["Attribute"]]
        drafts += [(number, draft) for number, inside in held for draft in inside]
        numbered = list(zip(count(self._take("attribute", len(drafts))), drafts, strict=False))
        rows = [self._row(event_id, number, holder, draft) for number, (holder, draft) in numbered]
        self._insert_head(event_id, event, rows)
        many = self.database.executemany
        many(_OBJECT, (_object_row(event_id, number, obj) for number, obj in enumerate(objects, object_id)))
        many(_ATTRIBUTE, rows)
        many(_HASH, ((_hash(part), event_id, row[0]) for row in rows for part in row[6:8] if part))
        many(_EVENT_TAG, ((event_id, self.tags[tag["name"]]) for tag in event["Tag"]))
        tagged = ((number, tag) for number, (_, draft) in numbered for tag in draft.get("Tag", ()))
        many(_ATTRIBUTE_TAG, ((number, event_id, self.tags[tag["name"]]) for number, tag in tagged))

    def _insert_head(self, event_id: int, event: Json, rows: list[tuple[Any, ...]]) -> None:
        self.database.execute(
            _EVENT,
            (
                event_id, event["uuid"], event["date"], event["info"], int(event["timestamp"]), event["published"],
                int(event["threat_level_id"]), int(event["analysis"]), int(event["distribution"]), len(rows),
                sum(row[11] != 5 for row in rows), 0,
            ),
        )  # fmt: skip

    def _row(self, event_id: int, number: int, holder: int | None, draft: Json) -> tuple[Any, ...]:
        value1, value2 = draft["value"], None
        if draft["type"] in _COMPOSITES:
            value1, _, value2 = value1.partition("|")
        type_id = self.type_ids[draft["type"]]
        return (
            number, event_id, holder, draft.get("object_relation"), type_id, self.category_of[type_id], value1, value2,
            draft["to_ids"], bytes.fromhex(draft["uuid"].replace("-", "")), int(draft["timestamp"]),
            int(draft["distribution"]), draft["comment"], _microseconds(draft.get("first_seen")),
        )  # fmt: skip

    def view(self, event_id: bytes) -> str:
        """An event with all its parts and the events that share a value with it."""
        number = int(event_id)
        head = self.database.execute(f"{_HEAD} WHERE event.id = ?", (number,)).fetchone()
        tags = self._tags("SELECT event_id, tag_id FROM event_tag WHERE event_id = ? AND NOT deleted", number)
        attributes = self._attribute_texts(number)
        objects = (
            self._object_text(row, attributes)
            for row in self.database.execute(
                "SELECT id, uuid, name, meta_category, template_uuid, template_version, timestamp, distribution"
                " FROM object WHERE event_id = ? AND NOT deleted ORDER BY id",
                (number,),
            )
        )
        return (
            f'{{"Event":{{{_head_text(head)},"Attribute":[{",".join(attributes.get(None, ()))}],'
            f'"ShadowAttribute":[],"Object":[{",".join(objects)}],"RelatedEvent":[{",".join(self._related_texts(number))}]'
            f"{tags.get(number, '')}}}}}"
        )

    def _related_texts(self, event_id: int) -> Iterator[str]:
        contents = self.database.execute(
            "SELECT type_id, value1, value2 FROM attribute WHERE event_id = ?", (event_id,)
        )
        parts = (
            (value1, None if kind in self.first_only else value2)
            for kind, value1, value2 in contents
            if kind not in self.silent
        )
        hashes = [_hash(part) for both in parts for part in both if part]
        others = {other for batch in _batches(hashes) for other in self._newest_sharing(batch, event_id)}
        heads = (row for batch in _batches(sorted(others)) for row in self._in(f"{_HEAD} WHERE event.id IN", batch))
        return (f'{{"Event":{{{_head_text(row)}}}}}' for row in heads)

    def _newest_sharing(self, hashes: Sequence[int], event_id: int) -> Iterator[int]:
        sharing = self.database.execute(
            f"{_SHARING} ({', '.join('?' * len(hashes))}) ORDER BY h, event_id DESC", (event_id, *hashes)
        )
        for _, events in groupby(sharing, itemgetter(0)):
            yield from (row[1] for row in islice(events, _RELATED_BY_ONE_VALUE))

    def _in(self, select: str, batch: Sequence[int], *before: int) -> sqlite3.Cursor:
        return self.database.execute(f"{select} ({', '.join('?' * len(batch))})", (*before, *batch))

    def _tags(self, select: str, event_id: int) -> dict[int, str]:
        """`,"Tag":[…]` by the element that has them."""
        definitions = {
            row[0]: f'{{"id":"{row[0]}","name":{quoted(row[1])},"colour":"{row[2]}","exportable":true,"local":false}}'
            for row in self.database.execute("SELECT id, name, colour FROM tag")
        }
        grouped: dict[int, list[str]] = {}
        for holder, tag_id in self.database.execute(select, (event_id,)):
            grouped.setdefault(holder, []).append(definitions[tag_id])
        return {holder: f',"Tag":[{",".join(texts)}]' for holder, texts in grouped.items()}

    def _attribute_texts(self, event_id: int) -> dict[int | None, list[str]]:
        tags = self._tags("SELECT attribute_id, tag_id FROM attribute_tag WHERE event_id = ? AND NOT deleted", event_id)
        types, categories = self.types, self.categories
        texts: dict[int | None, list[str]] = {}
        found = self.database.execute(_VIEW, (event_id,))
        for id_, obj, relation, kind, category, value1, value2, to_ids, uuid, at, level, comment, first in found:
            texts.setdefault(obj, []).append(
                f'{{"id":"{id_}","type":"{types[kind]}","category":"{categories[category]}","to_ids":{_BOOL[to_ids]},'
                f'"uuid":"{_dashed(uuid)}","event_id":"{event_id}","distribution":"{level}","timestamp":"{at}",'
                f'"comment":{quoted(comment)},"sharing_group_id":"0","deleted":false,"disable_correlation":false,'
                f'"object_id":"{obj or 0}","object_relation":{"null" if relation is None else quoted(relation)},'
                f'"first_seen":{"null" if first is None else _moment(first)},"last_seen":null,'
                f'"value":{quoted(value1 if value2 is None else f"{value1}|{value2}")},"Galaxy":[],'
                f'"ShadowAttribute":[]{tags.get(id_, "")}}}'
            )
        return texts

    @staticmethod
    def _object_text(row: tuple[Any, ...], attributes: Mapping[int | None, Iterable[str]]) -> str:
        id_, uuid, name, meta_category, template, version, at, level = row
        return (
            f'{{"id":"{id_}","name":{quoted(name)},"meta-category":{quoted(meta_category)},"description":"",'
            f'"template_uuid":"{template}","template_version":"{version}","uuid":"{_dashed(uuid)}","timestamp":"{at}",'
            f'"distribution":"{level}","deleted":false,"ObjectReference":[],'
            f'"Attribute":[{",".join(attributes.get(id_, ()))}]}}'
        )

    def index(self, _: bytes) -> str:
        """The newest 60 events with their tags."""
        found = self.database.execute(f"{_HEAD} ORDER BY event.id DESC LIMIT 60").fetchall()
        select = "SELECT event_id, tag.id, name, colour FROM event_tag JOIN tag ON tag.id = tag_id WHERE event_id IN"
        tagged = self._in(select, [row[0] for row in found])
        tags: dict[int, list[str]] = {}
        for event_id, *tag in tagged:
            text = f'{{"id":"{tag[0]}","name":{quoted(tag[1])},"colour":"{tag[2]}"}}'
            tags.setdefault(event_id, []).append(text)
        items = (f'{{{_head_text(row)},"EventTag":[{",".join(tags.get(row[0], ()))}]}}' for row in found)
        return f"[{','.join(items)}]"

    def find(self, value: bytes) -> str:
        """The attributes with a value part, whatever its case."""
        part = value.decode().lower()
        found = self.database.execute(_FOUND, (_hash(part), part, part))
        texts = (
            f'{{"id":"{r[0]}","type":"{self.types[r[1]]}","category":"{self.categories[r[2]]}",'
            f'"value":{quoted(r[3] if r[4] is None else f"{r[3]}|{r[4]}")},"uuid":"{_dashed(r[5])}",'
            f'"timestamp":"{r[6]}","comment":{quoted(r[7])},'
            f'"Event":{{"id":"{r[8]}","info":{quoted(r[9])},"uuid":"{r[10]}"}}}}'
            for r in found
        )
        return f'{{"response":{{"Attribute":[{",".join(texts)}]}}}}'

    def text(self, _: bytes) -> str:
        """Each value once, one a line."""
        found = self.database.execute(_EXPORTED)
        values = dict.fromkeys(r[3] if r[4] is None else f"{r[3]}|{r[4]}" for r in found)
        return "".join(f"{value}\n" for value in values)

    def csv(self, _: bytes) -> str:
        """A line an attribute, in the cells of restSearch."""
        found = self.database.execute(_EXPORTED).fetchall()
        tags = self._names_of_tags([r[0] for r in found])
        types, categories = self.types, self.categories
        lines = (
            f'"{_dashed(r[6])}",{r[13]},"{categories[r[2]]}","{types[r[1]]}",'
            f"{_cell(r[3] if r[4] is None else f'{r[3]}|{r[4]}')},{_cell(r[8])},{r[5]},{r[7]},"
            f'{_cell(r[10] or "")},{_cell(",".join(tags.get(r[0], ())))},"","",""\n'
            for r in found
        )
        return f"{_CSV_HEAD}{''.join(lines)}\n"

    def _names_of_tags(self, numbers: Sequence[int]) -> dict[int, list[str]]:
        names: dict[int, list[str]] = {}
        select = (
            "SELECT attribute_id, tag.name FROM attribute_tag JOIN tag ON tag.id = tag_id"
            " WHERE NOT deleted AND attribute_id IN"
        )
        for batch in _batches(numbers):
            for number, name in self._in(select, batch):
                names.setdefault(number, []).append(name)
        return names

    def json(self, _: bytes) -> str:
        """Attributes with their events and tags."""
        found = self.database.execute(_EXPORTED).fetchall()
        tags = self._names_of_tags([r[0] for r in found])
        types, categories = self.types, self.categories
        texts = (
            f'{{"id":"{r[0]}","event_id":"{r[13]}","object_id":"{r[9] or 0}",'
            f'"object_relation":{"null" if r[10] is None else quoted(r[10])},"category":"{categories[r[2]]}",'
            f'"type":"{types[r[1]]}","to_ids":{_BOOL[r[5]]},"uuid":"{_dashed(r[6])}","timestamp":"{r[7]}",'
            f'"distribution":"{r[11]}","sharing_group_id":"0","comment":{quoted(r[8])},"deleted":false,'
            f'"disable_correlation":false,"first_seen":{"null" if r[12] is None else _moment(r[12])},'
            f'"last_seen":null,"value":{quoted(r[3] if r[4] is None else f"{r[3]}|{r[4]}")},'
            f'"Event":{{"id":"{r[13]}","info":{quoted(r[14])},"uuid":"{r[15]}"}},'
            f'"Tag":[{",".join(map(_tag_text, tags.get(r[0], ())))}]}}'
            for r in found
        )
        return f'{{"response":{{"Attribute":[{",".join(texts)}]}}}}'


def _tag_text(name: str) -> str:
    return f'{{"name":{quoted(name)}}}'


def _cell(text: str) -> str:
    if _NUMERIC(text):
        return text
    quotes_doubled = text.replace('"', '""')
    return f'"{quotes_doubled}"'


def _batches(values: Sequence[int]) -> Iterator[Sequence[int]]:
    return (values[start : start + 500] for start in range(0, len(values), 500))


def _hash(part: str) -> int:
    return int.from_bytes(blake2b(part.lower().encode(), digest_size=8).digest(), "big", signed=True)


def _microseconds(text: str | None) -> int | None:
    return None if text is None else round(datetime.fromisoformat(text).timestamp() * 1_000_000)


def _moment(microseconds: int) -> str:
    return f'"{datetime.fromtimestamp(microseconds / 1_000_000, UTC).isoformat(timespec="microseconds")}"'


def _dashed(raw: bytes) -> str:
    h = raw.hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def _object_row(event_id: int, number: int, obj: Json) -> tuple[Any, ...]:
    return (
        number, event_id, bytes.fromhex(obj["uuid"].replace("-", "")), obj["name"], obj["meta-category"],
        obj["template_uuid"], int(obj["template_version"]), int(obj["timestamp"]), int(obj["distribution"]),
    )  # fmt: skip


def _head_text(row: tuple[Any, ...]) -> str:
    id_, uuid, date, info, at, published, threat, analysis, level, attributes, org_name, org_uuid = row
    org = f'{{"id":"1","name":{quoted(org_name)},"uuid":"{org_uuid}"}}'
    return (
        f'"id":"{id_}","org_id":"1","orgc_id":"1","date":"{date}","threat_level_id":"{threat}","info":{quoted(info)},'
        f'"published":{_BOOL[published]},"uuid":"{uuid}","attribute_count":"{attributes}","analysis":"{analysis}",'
        f'"timestamp":"{at}","distribution":"{level}","Org":{org},"Orgc":{org}'
    )


def receive(client: socket.socket) -> bytes:
    """One frame's content; b"" when the other side has closed."""
    head = _exactly(client, FRAME.size)
    return _exactly(client, FRAME.unpack(head)[0]) if head else b""


def _exactly(client: socket.socket, size: int) -> bytes:
    whole = bytearray(size)
    view, got = memoryview(whole), 0
    while got < size:
        if not (more := client.recv_into(view[got:])):
            return b""
        got += more
    return bytes(whole)


def send(client: socket.socket, content: bytes) -> None:
    """One frame, in one sendall."""
    client.sendall(FRAME.pack(len(content)) + content)


def main(path: Path) -> None:
    """Serve one client until it goes."""
    program = Program(path)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        client, _ = listener.accept()
        with client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while frame := receive(client):
                send(client, program.verbs[frame[:1]](frame[1:]).encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
