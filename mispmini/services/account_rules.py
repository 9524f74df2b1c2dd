"""What the instance's settings say about accounts: who may add them and change their own (CLIENTS.md)."""

from dataclasses import replace

from mispmini.domain.errors import Refused, SaveFailed
from mispmini.domain.instance_settings import N_
from mispmini.domain.people import UserDraft
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.store.settings import load_settings

NO_NEW_USERS = N_("Adding users has been disabled on this instance.")
NO_OWN_EMAIL = N_("Your e-mail address is changed by your administrator alone.")
NO_OWN_PASSWORD = N_("User password change has been disabled on this instance.")


def refuse_adding(viewer: Viewer) -> None:
    """Nobody but the command line adds users while that is switched off. Raises Refused."""
    if viewer.user_id is not None and load_settings().disable_user_add:
        raise Refused(NO_NEW_USERS)


def with_defaults(draft: UserDraft) -> UserDraft:
    """A new account as the settings fill it up."""
    return draft if draft.autoalert is not None else replace(draft, autoalert=load_settings().default_publish_alert)


def refuse_own_password(viewer: Viewer) -> None:
    """Users' passwords may be their administrators' to change. Raises Refused."""
    if not _is_admin(viewer) and load_settings().disable_user_password_change:
        raise Refused(NO_OWN_PASSWORD)


def own_draft(viewer: Viewer, draft: UserDraft, email: str) -> UserDraft:
    """What remains of a user's own draft. Raises Refused, SaveFailed.

    MISP: a program's new address is left out silently; people are told.
    """
    if draft.password is not None:
        refuse_own_password(viewer)
    is_new = draft.email is not None and draft.email.strip() != email
    if not is_new or _is_admin(viewer) or not load_settings().disable_user_login_change:
        return draft
    if viewer.key is None:
        raise SaveFailed("edit", "User", {"email": [NO_OWN_EMAIL]})
    return replace(draft, email=None)


def _is_admin(viewer: Viewer) -> bool:
    return viewer.is_site_admin or viewer.can(Permission.ADMIN)
