"""Attaching and taking off tags, as events and attributes share it: MISP's ajax answers, HTTP 200 always (API §9.2)."""

from collections.abc import Callable

from flask import Blueprint

from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services import tags
from mispmini.services.tags import Tagged
from mispmini.web.answer import Answer, done, wants_json
from mispmini.web.asking import asked_path, parameter
from mispmini.web.building.audience import clash_sentence
from mispmini.web.i18n import _
from mispmini.web.needs import needs
from mispmini.web.saving import told_by_ajax
from mispmini.web.who import current_viewer
from mispmini.wire.scalars import flag
from mispmini.wire.tag_in import read_names

Find = Callable[[Viewer, str], Tagged]
PageOf = Callable[[Tagged], str]


def offer(bp: Blueprint, noun: str, find: Find, page: PageOf) -> None:
    """Have addTag and removeTag among the routes of a noun, whose targets `find` finds by id or uuid."""

    @needs(Permission.TAGGER)
    def add_tag(ref: str = "", tag: str = "") -> Answer:
        """Attach a tag; refusals are HTTP 200 (API §9.2)."""
        return _add(current_viewer(), lambda viewer: find(viewer, _ref(ref, noun)), tag, page)

    @needs(Permission.TAGGER)
    def remove_tag(ref: str = "", tag: str = "") -> Answer:
        """Take a tag off; refusals are HTTP 200 (API §9.2)."""
        return _remove(current_viewer(), lambda viewer: find(viewer, _ref(ref, noun)), tag, page)

    for action, view in (("addTag", add_tag), ("removeTag", remove_tag)):
        for rule in (f"/{action}", f"/{action}/<ref>", f"/{action}/<ref>/<path:tag>"):
            bp.add_url_rule(rule, view_func=view, methods=["POST"])


def _add(viewer: Viewer, find: Callable[[Viewer], Tagged], tag: str, page: PageOf) -> Answer:
    """Attach the tag named in the path or body."""
    names, local = _named(tag), flag(parameter("local")) is True
    if wants_json():
        return told_by_ajax(lambda: tags.attach_each(viewer, find(viewer), names, local=local), "Tag added.")
    tagged = find(viewer)
    tags.attach_each(viewer, tagged, names, local=local)
    clashes = " ".join(clash_sentence(", ".join(names)) for names in tags.clashes_on(tagged))
    told, kind = _("Tag added."), "warning" if clashes else "success"
    return done(None, go_to=page(tagged), notice=f"{told} {clashes}".rstrip(), kind=kind)


def _remove(viewer: Viewer, find: Callable[[Viewer], Tagged], tag: str, page: PageOf) -> Answer:
    """Take off the tag named in the path or body."""
    names = _named(tag)
    if wants_json():
        return told_by_ajax(lambda: tags.detach_each(viewer, find(viewer), names), "Tag removed.")
    tagged = find(viewer)
    tags.detach_each(viewer, tagged, names)
    return done(None, go_to=page(tagged), notice=_("Tag removed."))


def _named(tag: str) -> list[str]:
    """The tag, or the list of tags, that path or body name."""
    return read_names(tag or parameter("tag") or tag_in_path()) or [""]


def tag_in_path() -> str:
    """The tag of a path where `tlp:green` is a parameter by MISP's grammar; empty if none stands there."""
    options = asked_path().named.items()
    return next((f"{name}:{value}" for name, value in options if name != "local" and isinstance(value, str)), "")


def _ref(ref: str, noun: str) -> str:
    """The event or attribute that the path names, else the body under its noun or `id`."""
    return ref or str(parameter(noun) or parameter("id", ""))
