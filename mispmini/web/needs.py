"""Who may call a view: everybody signed in, holders of a permission, or anybody at all (MODEL §5.3)."""

from collections.abc import Callable
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


def needs(*permissions: Permission) -> Callable[[View[P, R]], View[P, R]]:
    """Only for viewers who hold all of `permissions`; a site admin passes. Raises Forbidden."""
    return _only_for(lambda viewer: all(viewer.can(permission) for permission in permissions))


def needs_any(*permissions: Permission) -> Callable[[View[P, R]], View[P, R]]:
    """Only for viewers who hold one of `permissions`; a site admin passes. Raises Forbidden."""
    return _only_for(lambda viewer: any(viewer.can(permission) for permission in permissions))


def needs_login(view: View[P, R]) -> View[P, R]:
    """Only for whoever is signed in: what holds for every view that is not public, said where it is the whole rule."""
    return _only_for(lambda _viewer: True)(view)


def public(view: View[P, R]) -> View[P, R]:
    """For anybody: no login is asked for."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def _only_for(may: Callable[[Viewer], bool]) -> Callable[[View[P, R]], View[P, R]]:
    def guard(view: View[P, R]) -> View[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            viewer = current_viewer()
            if not (viewer.is_site_admin or may(viewer)):
                raise Forbidden(NOT_ALLOWED)
            return view(*args, **kwargs)

        return guarded

    return guard
