"""Attaching and taking off tags, as events and attributes share it: MISP's ajax answers, HTTP 200 always (API §9.2)."""

from collections.abc import Callable

from mispmini.domain.errors import MispminiError, SaveFailed
from mispmini.domain.viewer import Viewer
from mispmini.services import tags
from mispmini.services.tags import Tagged
from mispmini.web.answer import Answer, done, reply, wants_json
from mispmini.web.asking import parameter
from mispmini.web.audience import clash_sentence
from mispmini.web.i18n import _
from mispmini.wire import replies
from mispmini.wire.scalars import flag

Find = Callable[[Viewer], Tagged]
PageOf = Callable[[Tagged], str]


def add(viewer: Viewer, find: Find, tag: str, *, page: PageOf) -> Answer:
    """Attach the tag named in the path or body."""
    if wants_json():
        return _told(lambda: _attach(viewer, find(viewer), tag), "Tag added.")
    tagged = _attach(viewer, find(viewer), tag)
    clashes = " ".join(clash_sentence(", ".join(names)) for names in tags.clashes_on(tagged))
    told, kind = _("Tag added."), "warning" if clashes else "success"
    return done(None, go_to=page(tagged), notice=f"{told} {clashes}".rstrip(), kind=kind)


def remove(viewer: Viewer, find: Find, tag: str, *, page: PageOf) -> Answer:
    """Take off the tag named in the path or body."""
    if wants_json():
        return _told(lambda: _detach(viewer, find(viewer), tag), "Tag removed.")
    return done(None, go_to=page(_detach(viewer, find(viewer), tag)), notice=_("Tag removed."))


def _attach(viewer: Viewer, tagged: Tagged, tag: str) -> Tagged:
    tags.attach(viewer, tagged, _named(tag), local=flag(parameter("local")) is True)
    return tagged


def _detach(viewer: Viewer, tagged: Tagged, tag: str) -> Tagged:
    tags.detach(viewer, tagged, _named(tag))
    return tagged


def _named(tag: str) -> str:
    return tag or str(parameter("tag", ""))


def _told(verb: Callable[[], Tagged], message: str) -> Answer:
    try:
        verb()
    except MispminiError as refusal:
        text = refusal.errors if isinstance(refusal, SaveFailed) else refusal.sentence
        return reply(replies.ajax_failed(str(text)))
    return reply(replies.ajax_saved(message, check_publish=True))
