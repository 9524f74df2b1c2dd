"""Who may call a view: everybody signed in, holders of a permission, or anybody at all (MODEL §5.3)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import request

from mispmini.domain.errors import Forbidden, Refused
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.web.who import current_viewer

P = ParamSpec("P")
R = TypeVar("R")
View = Callable[P, R]

NOT_ALLOWED = "You do not have permission to use this functionality."


@dataclass(frozen=True, slots=True)
class Need:
    """What a view asks of its caller, for those who describe it: all of these permissions, or one of them."""

    permissions: tuple[Permission, ...] = ()
    any_of_them: bool = False

    def allows(self, viewer: Viewer) -> bool:
        """Whether this viewer holds what is asked for; a site admin passes."""
        held = (viewer.can(permission) for permission in self.permissions)
        return viewer.is_site_admin or not self.permissions or (any(held) if self.any_of_them else all(held))


def needs(*permissions: Permission) -> Callable[[View[P, R]], View[P, R]]:
    """Only for viewers who hold all of `permissions`; a site admin passes. Raises Forbidden."""
    need = Need(permissions)
    return _only_for(need.allows, need)


def needs_any(*permissions: Permission) -> Callable[[View[P, R]], View[P, R]]:
    """Only for viewers who hold one of `permissions`; a site admin passes. Raises Forbidden."""
    need = Need(permissions, any_of_them=True)
    return _only_for(need.allows, need)


def needs_login(view: View[P, R]) -> View[P, R]:
    """Only for whoever is signed in: what holds for every view that is not public, said where it is the whole rule."""
    return _only_for(Need().allows, Need())(view)


def needs_writing(view: View[P, R]) -> View[P, R]:
    """Signed in, and not by a key that only reads: for changes that no permission names (MODEL §5.6)."""
    return _only_for(lambda viewer: viewer.key is None or not viewer.key.read_only, Need())(view)


def public(view: View[P, R]) -> View[P, R]:
    """For anybody: no login is asked for."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def for_monitoring(view: View[P, R]) -> View[P, R]:
    """For programs that are no MISP clients: who brings no good key gets 401, and `Bearer <key>` is a key too."""
    view.is_for_monitoring = True  # type: ignore[attr-defined]
    return view


def is_lure() -> bool:
    """Of verbs that clients ask by GET as well: HEAD never writes (TRUST S9), and a link that somebody in a browser is
    lured to starts nothing."""
    asked_by = request.environ["REQUEST_METHOD"]  # as it came: a view is asked by GET when HEAD came
    return asked_by == "HEAD" or (asked_by == "GET" and current_viewer().key is None)


def refuse_lure() -> None:
    """Refuse what only looks like such a verb. Raises Refused."""
    if is_lure():
        raise Refused("This takes a POST.")


def need_of(view: object) -> Need | None:
    """What `view` asks of its caller; None where nobody need sign in."""
    if getattr(view, "is_public", False):
        return None
    need: Need = getattr(view, "need", Need())
    return need


def _only_for(may: Callable[[Viewer], bool], need: Need) -> Callable[[View[P, R]], View[P, R]]:
    def guard(view: View[P, R]) -> View[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            viewer = current_viewer()
            if not (viewer.is_site_admin or may(viewer)):
                raise Forbidden(NOT_ALLOWED)
            return view(*args, **kwargs)

        guarded.need = need  # type: ignore[attr-defined]
        return guarded

    return guard
