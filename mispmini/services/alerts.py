"""Who is told of a published event by e-mail, and messages to whoever reported one: metadata only, never a value."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from mispmini.domain.alert_filters import lets_through
from mispmini.domain.errors import NotFound, SaveFailed
from mispmini.domain.graphs import EventGraph
from mispmini.domain.origin import Origin, Way
from mispmini.domain.tlp_guard import tlp_of_event
from mispmini.domain.viewer import Viewer
from mispmini.services import mail, publishing
from mispmini.services.addresses import base_url
from mispmini.services.audit import record
from mispmini.services.authentication import viewer_of_user
from mispmini.services.publishing import Published
from mispmini.store import mail as store
from mispmini.store.database import writing
from mispmini.store.graphs import Parts, load_event
from mispmini.store.servers import servers_of_organisation
from mispmini.store.settings import load_settings
from mispmini.store.user_settings import list_settings

MOST_LETTERS = 5_000
NO_MESSAGE = "Please write a message of at most 5,000 characters."
_FILTER = "publish_alert_filter"
_HEAD = Parts(elements=False)


def alert(viewer: Viewer, ref: str) -> tuple[Published, int | None]:
    """Publish an event and tell those who want to hear of it; the mail job's id. Raises NotFound, Refused, Unfit."""
    with writing():
        published = publishing.publish(viewer, ref)
        return published, queue_alert(published.event_id, user_id=viewer.user_id)


def queue_alert(event_id: int, *, user_id: int | None) -> int | None:
    """Queue an alert for everybody who wants one, sees the event and does not filter it out, inside a writing()."""
    if not mail.is_on():
        return None
    graph = load_event(Viewer.everything(), str(event_id), _HEAD)
    messages = [(email, None, *_alert_of(seen)) for email, seen in _wanting(graph)]
    return mail.queue(messages, user_id=user_id, about=f"alert {event_id}")


def queue_for_push(event_id: int, origin: Origin) -> None:
    """What a partner pushed and published alerts people only where that is wished, and its link does not forbid it.

    What is pulled never does (GUIDE, pain 22).
    """
    if origin.way is not Way.PUSH or not load_settings().mail_on_push:
        return
    links = servers_of_organisation(origin.link_org_id) if origin.link_org_id else []
    if not any(link.publish_without_email for link in links):
        queue_alert(event_id, user_id=None)


def contact(viewer: Viewer, ref: str, message: str) -> int:
    """Send a message to whoever reported an event; to how many. Raises NotFound, SaveFailed for no message."""
    text = message.strip()
    with writing():
        graph = load_event(viewer, ref, _HEAD)
        event = graph.event
        if not text or len(text) > MOST_LETTERS:
            raise SaveFailed("contact", "Event", {"message": [NO_MESSAGE]}, subject_id=event.id)
        people = store.contact_recipients(event.orgc_id, event.user_id if event.orgc_id == event.org_id else None)
        subject = f"[mispmini] A message about event {event.id}"
        body = _contact_body(viewer, event.id, text)
        queued = mail.queue(
            [(email, viewer.email, subject, body) for _id, email in people],
            user_id=viewer.user_id,
            about=f"contact {event.id}",
        )
        record(viewer, "contact", "Event", event.id, f"{len(people)} recipients")
        return len(people) if queued is not None else 0


def _wanting(graph: EventGraph) -> Iterator[tuple[str, EventGraph]]:
    """Addresses, and the event as each of them may know it."""
    filters = {row.user_id: row.value for row in list_settings(Viewer.everything(), name=_FILTER)}
    for user_id, email in store.alert_recipients():
        viewer = viewer_of_user(user_id, "")
        if viewer is not None and lets_through(filters.get(user_id), _facts(graph)):
            with suppress(NotFound):
                yield email, load_event(viewer, str(graph.event.id), _HEAD)


def _facts(graph: EventGraph) -> Mapping[str, tuple[str, ...]]:
    """What a filter may ask about, by MISP's names."""
    tags = tuple(tag.name for tag in graph.tags if not tag.deleted)
    event = graph.event
    return {
        "Tag.name": tags,
        "EventTag": tags,
        "Orgc.name": (graph.orgc.name,),
        "Orgc.uuid": (graph.orgc.uuid,),
        "Event.info": (event.info,),
        "Event.threat_level_id": (str(event.threat_level_id),),
        "Event.analysis": (str(event.analysis),),
        "Event.distribution": (str(event.distribution),),
    }


def _alert_of(graph: EventGraph) -> tuple[str, str]:
    event, tlp = graph.event, tlp_of_event(graph)
    lines = [
        f"Event {event.id} was published.",
        "",
        f"Address: {_address(event.id)}",
        f"Created by: {graph.orgc.name}",
        f"Date: {event.date}",
        f"TLP: {tlp or 'none'}",
        f"Attributes: {event.attribute_count}",
    ]
    if load_settings().mail_shows_info:
        lines.insert(3, f"Title: {_one_line(event.info)}")
    lines += ["", "What the event holds is not sent by e-mail. You get this because your account asks for alerts."]
    return f"[mispmini] Event {event.id} was published", "\n".join(lines)


def _contact_body(viewer: Viewer, event_id: int, text: str) -> str:
    return "\n".join([
        f"{viewer.email} ({viewer.org_name}) writes to you about event {event_id}.",
        f"Address: {_address(event_id)}",
        "",
        text,
        "",
        f"Answer to {viewer.email}.",
    ])  # fmt: skip


def _address(event_id: int) -> str:
    return f"{base_url()}/events/view/{event_id}"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]
