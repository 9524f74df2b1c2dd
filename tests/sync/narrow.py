"""A partner that behaves as a MISP 2.5.1 whose database is utf8mb3 (RULES §11): it takes events in, edits by MISP's
rules of what is newer, and loses what it cannot store the way that one does."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.sync.hostile import HostileServer, Received, answer
from tests.sync.recorded import body_of, played
from tests.sync.taking import GET_VERSION, VERSION

Json = dict[str, Any]
NOT_NEWER = {"saved": False, "errors": "Event could not be saved: Event in the request not newer than the local copy."}
STUMBLE = answer({"name": "An Internal Error Has Occurred."}, "500 Internal Server Error")
_WIDE = re.compile("[\U00010000-\U0010ffff]")


@dataclass
class NarrowMisp:
    """One such partner. `wide` is what it becomes with utf8mb4; at a type in `stops` it drops what follows.

    With `hangs` it goes on after its client left, and writes attributes when `goes_on` says so.
    """

    wide: bool = False
    stops: frozenset[str] = frozenset()
    hangs: bool = False
    refuses_groups: bool = False
    held: dict[str, Json] = field(default_factory=dict)
    unwritten: list[tuple[str, Json]] = field(default_factory=list)
    partner: HostileServer | None = None

    @contextmanager
    def listening(self, **rules: object) -> Iterator[HostileServer]:
        """It, on a port."""
        known = {
            GET_VERSION: VERSION,
            "GET /eventReports/add": {"name": "add", "description": "POST a report"},
            "HEAD /events/view/": lambda r: answer(b"", "200 OK" if _named(r) in self.held else "404 Not Found"),
            "GET /events/view/": lambda r: answer({"Event": self.shown(_named(r))}),
            "POST /events/index": lambda r: answer(
                [self.told(u) for u in body_of(r).get("eventid", self.held) if u in self.held]
            ),
            "POST /events/filterEventIdsForPush": lambda r: answer(
                [e["Event"]["uuid"] for e in body_of(r) if self._wants(e["Event"])]
            ),
            "POST /events/add": self.add,
            "POST /events/edit/": self.edit,
        }
        with played({**rules, **{k: v for k, v in known.items() if k not in rules}}) as self.partner:
            yield self.partner

    @property
    def sent(self) -> list[Json]:
        """What it was sent, in order."""
        assert self.partner is not None
        posted = (r for r in self.partner.requests if r.target.startswith(("/events/add", "/events/edit")))
        return [body_of(r)["Event"] for r in posted]

    def add(self, request: Received) -> bytes:
        """A new event."""
        event = body_of(request)["Event"]
        if event["uuid"] in self.held:
            return answer({"name": "Event already exists"}, "404 Not Found", Location=f"/events/{event['uuid']}")
        if self._breaks_over(event):
            return STUMBLE
        self.held[event["uuid"]] = {**event, "Attribute": {}, "Object": {}, "EventReport": {}}
        return self._write(event)

    def edit(self, request: Received) -> bytes:
        """A newer version."""
        event = body_of(request)["Event"]
        mine = self.held.get(event["uuid"])
        if mine is None:
            return answer({"name": "Invalid event"}, "404 Not Found")
        if int(event["timestamp"]) <= int(mine["timestamp"]):
            return answer(NOT_NEWER, "403 Forbidden")
        if self._breaks_over(event):
            return STUMBLE
        tags = {tag["name"]: tag for tag in [*mine.get("Tag", []), *event.get("Tag", [])]}
        parts = {name: mine[name] for name in ("Attribute", "Object", "EventReport")}
        self.held[event["uuid"]] = {**event, **parts, "Tag": list(tags.values())}
        return self._write(event)

    def shown(self, uuid: str) -> Json:
        """Its copy, as a view."""
        mine = self.held[uuid]
        attributes, inside = list(mine["Attribute"].values()), []
        for item in mine["Object"].values():
            inside.append({**item, "Attribute": [a for a in attributes if a.get("in") == item["uuid"]]})
        loose = [a for a in attributes if "in" not in a]
        return {**mine, "Attribute": loose, "Object": inside, "EventReport": list(mine["EventReport"].values())}

    def told(self, uuid: str) -> Json:
        """Its copy, as the index and the answer to an add tell of it."""
        mine = self.held[uuid]
        count = str(len(mine["Attribute"]))
        left_out = ("Attribute", "Object", "EventReport")
        refused = {"distribution": "0", "sharing_group_id": "0"} if self.refuses_groups else {}
        return {**{k: v for k, v in mine.items() if k not in left_out}, "id": "7", "attribute_count": count, **refused}

    def values(self, uuid: str) -> set[str]:
        """The values that it holds."""
        return {a["value"] for a in self.held[uuid]["Attribute"].values()}

    def goes_on(self, count: int) -> None:
        """Write some more attributes of what it was sent when its client left."""
        for uuid, attribute in self.unwritten[:count]:
            self.held[uuid]["Attribute"][attribute["uuid"]] = attribute
        del self.unwritten[:count]

    def _wants(self, offered: Json) -> bool:
        mine = self.held.get(offered["uuid"])
        return mine is None or int(mine["timestamp"]) < int(offered["timestamp"])

    def _write(self, event: Json) -> bytes:
        mine, written = self.held[event["uuid"]], self._storable(event)
        for item in event["Object"]:
            known = mine["Object"].get(item["uuid"])
            if known and int(item["timestamp"]) <= int(known["timestamp"]):
                written = [a for a in written if a.get("in") != item["uuid"]]
            else:
                mine["Object"][item["uuid"]] = {k: v for k, v in item.items() if k != "Attribute"}
        if self.hangs:
            self.unwritten += [(event["uuid"], a) for a in written]
            assert self.partner is not None
            self.partner.pause(30)
        for attribute in written:
            known = mine["Attribute"].get(attribute["uuid"])
            if not known or int(attribute["timestamp"]) > int(known["timestamp"]):
                mine["Attribute"][attribute["uuid"]] = attribute
        for report in event.get("EventReport", []):
            known = mine["EventReport"].get(report["uuid"])
            if not known or int(report["timestamp"]) > int(known["timestamp"]):
                if self._is_lost(report["name"]):
                    return STUMBLE
                mine["EventReport"][report["uuid"]] = report
        return answer({"Event": self.told(event["uuid"])})

    def _storable(self, event: Json) -> list[Json]:
        """Those that get as far as the database."""
        inside = [{**a, "in": o["uuid"]} for o in event["Object"] for a in o["Attribute"]]
        attributes = [a for a in [*event["Attribute"], *inside] if not a["deleted"]]
        texts = [a["comment"] for a in [*attributes, *event["Object"]]]
        if any(self._is_lost(text) for text in texts):
            return []
        stop = next((at for at, a in enumerate(attributes) if a["type"] in self.stops), len(attributes))
        return attributes[:stop]

    def _breaks_over(self, event: Json) -> bool:
        held = [event, *event["Attribute"], *(a for o in event["Object"] for a in o["Attribute"])]
        names = [tag["name"] for part in held for tag in part.get("Tag", [])]
        return any(self._is_lost(text) for text in (event["info"], *names))

    def _is_lost(self, text: str) -> bool:
        return not self.wide and _WIDE.search(text) is not None


def _named(request: Received) -> str:
    return request.target.split("/")[3]
