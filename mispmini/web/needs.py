"""Who may call a view: everybody signed in, holders of a permission, or anybody at all (MODEL §5.3)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from mispmini.domain.errors import Forbidden
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


def needs(*permissions: Permission) -> Callable[[View[P, R]], View[P, R]]:
    """Only for viewers who hold all of `permissions`; a site admin passes. Raises Forbidden."""
    return _only_for(lambda viewer: all(viewer.can(permission) for permission in permissions), Need(permissions))


def needs_any(*permissions: Permission) -> Callable[[View[P, R]], View[P, R]]:
    """Only for viewers who hold one of `permissions`; a site admin passes. Raises Forbidden."""
    return _only_for(lambda viewer: any(viewer.can(permission) for permission in permissions), Need(permissions, True))


def needs_login(view: View[P, R]) -> View[P, R]:
    """Only for whoever is signed in: what holds for every view that is not public, said where it is the whole rule."""
    return _only_for(lambda _viewer: True, Need())(view)


def needs_writing(view: View[P, R]) -> View[P, R]:
    """Signed in, and not by a key that only reads: for changes that no permission names (MODEL §5.6)."""
    return _only_for(lambda viewer: viewer.key is None or not viewer.key.read_only, Need())(view)


def public(view: View[P, R]) -> View[P, R]:
    """For anybody: no login is asked for."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


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
