"""Asking to join a sharing community: a letter to those who run it (API §9.6)."""

from typing import NamedTuple

from mispmini.domain.communities import AccessWish, Community
from mispmini.domain.errors import SaveFailed
from mispmini.domain.viewer import Viewer
from mispmini.services import mail
from mispmini.services.accounts import BAD_EMAIL, is_email
from mispmini.services.addresses import base_url
from mispmini.services.audit import record
from mispmini.store.database import writing

LONGEST_LETTER = 20_000
TOO_LONG = f"At most {LONGEST_LETTER} characters."


class Letter(NamedTuple):
    """What is sent, to whom, and where answers go."""

    to: str
    reply_to: str
    subject: str
    body: str


def letter_to(viewer: Viewer, community: Community, wish: AccessWish) -> Letter:
    """The letter that asks for access, of the own organisation where the wish names no other. Raises SaveFailed."""
    lines = [
        f"Community: {community.name}",
        f"Organisation: {wish.org_name or viewer.org_name}",
        f"Organisation's UUID: {wish.org_uuid or viewer.org_uuid}",
        f"Description: {wish.org_description}",
        f"E-mail: {wish.email or viewer.email}",
        f"Synchronisation wished: {'yes' if wish.sync else 'no'}",
        *([] if wish.anonymise else [f"Our server: {base_url()}"]),
        "",
        wish.message,
        *(["", wish.gpgkey] if wish.gpgkey else []),
    ]
    body = "\n".join(lines)
    if len(body) > LONGEST_LETTER:
        raise SaveFailed("requestAccess", "Community", {"message": [TOO_LONG]}, subject_id=community.id)
    if wish.email and not is_email(wish.email):
        raise SaveFailed("requestAccess", "Community", {"email": [BAD_EMAIL]}, subject_id=community.id)
    subject = f"[mispmini] Request for access to {community.name}"
    return Letter(community.email, wish.email or viewer.email, subject, body)


def send(viewer: Viewer, community: Community, letter: Letter) -> None:
    """Queue the letter. Raises SaveFailed where e-mail is off."""
    with writing():
        message = (letter.to, letter.reply_to, letter.subject, letter.body)
        if mail.queue([message], user_id=viewer.user_id, about=f"community {community.id}") is None:
            raise SaveFailed("requestAccess", "Community", mail.IS_OFF, subject_id=community.id)
        record(viewer, "requestAccess", "Community", community.id, community.name)
