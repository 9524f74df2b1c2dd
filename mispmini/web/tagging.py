"""Attaching and taking off tags, as events and attributes share it: MISP's ajax answers, HTTP 200 always (API §9.2)."""

from collections.abc import Callable, Sequence

from mispmini.domain.errors import MispminiError, SaveFailed
from mispmini.domain.viewer import Viewer
from mispmini.services import tags
from mispmini.services.tags import Tagged
from mispmini.web.answer import Answer, done, reply, wants_json
from mispmini.web.asking import asked_path, parameter
from mispmini.web.building.audience import clash_sentence
from mispmini.web.i18n import _
from mispmini.wire import replies
from mispmini.wire.scalars import flag
from mispmini.wire.tag_in import read_names

Find = Callable[[Viewer], Tagged]
PageOf = Callable[[Tagged], str]


def add(viewer: Viewer, find: Find, tag: str, *, page: PageOf) -> Answer:
    """Attach the tag named in the path or body."""
    names = _named(tag)
    if wants_json():
        return _told(lambda: _attach(viewer, find(viewer), names), "Tag added.")
    tagged = _attach(viewer, find(viewer), names)
    clashes = " ".join(clash_sentence(", ".join(names)) for names in tags.clashes_on(tagged))
    told, kind = _("Tag added."), "warning" if clashes else "success"
    return done(None, go_to=page(tagged), notice=f"{told} {clashes}".rstrip(), kind=kind)


def remove(viewer: Viewer, find: Find, tag: str, *, page: PageOf) -> Answer:
    """Take off the tag named in the path or body."""
    names = _named(tag)
    if wants_json():
        return _told(lambda: _detach(viewer, find(viewer), names), "Tag removed.")
    return done(None, go_to=page(_detach(viewer, find(viewer), names)), notice=_("Tag removed."))


def _attach(viewer: Viewer, tagged: Tagged, names: Sequence[str]) -> Tagged:
    for name in names:
        tags.attach(viewer, tagged, name, local=flag(parameter("local")) is True)
    return tagged


def _detach(viewer: Viewer, tagged: Tagged, names: Sequence[str]) -> Tagged:
    for name in names:
        tags.detach(viewer, tagged, name)
    return tagged


def _named(tag: str) -> list[str]:
    """The tag, or the list of tags, that path or body name; by MISP's grammar `tlp:green` in a path is a parameter."""
    options = asked_path().named.items()
    in_path = next((f"{name}:{value}" for name, value in options if name != "local" and isinstance(value, str)), "")
    return read_names(tag or parameter("tag") or in_path) or [""]


def target_ref(ref: str, noun: str) -> str:
    """The event or attribute that the path names, else the body under its noun or `id`."""
    return ref or str(parameter(noun) or parameter("id", ""))


def _told(verb: Callable[[], Tagged], message: str) -> Answer:
    try:
        verb()
    except MispminiError as refusal:
        text = refusal.errors if isinstance(refusal, SaveFailed) else refusal.sentence
        return reply(replies.ajax_failed(str(text)))
    return reply(replies.ajax_saved(message, check_publish=True))
