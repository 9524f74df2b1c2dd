"""What a file must be to become an attribute's, whichever door it came by (MODEL §7.3, TRUST S3)."""

from dataclasses import replace

from mispmini.domain import samples
from mispmini.domain.attribute_types import ATTACHMENT, MALWARE_SAMPLE, is_attachment
from mispmini.domain.drafts import AttributeDraft
from mispmini.domain.errors import Invalid
from mispmini.store.settings import load_settings

NO_FILE_TYPE = "Only attachments and malware samples have a file."
RAW_SAMPLE = 'A malware sample is sent with its type and file name, or as a zip under the password "infected".'
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".svg")


def check_file(kind: str | None, content: bytes) -> None:
    """Whether an attribute of this type may have this file. Raises Invalid."""
    if flaw := file_flaw(kind, content):
        raise Invalid({"data": [flaw]})


def file_flaw(kind: str | None, content: bytes) -> str:
    """Why an attribute of this type may not have this file, "" if it may (MODEL §7.3, TRUST S3)."""
    if kind is None or not is_attachment(kind):
        return NO_FILE_TYPE
    if kind == MALWARE_SAMPLE and not samples.is_packed(content):
        return RAW_SAMPLE
    most = load_settings().most_attachment_bytes
    return f"The file is larger than {most} bytes." if len(content) > most else ""


def without_stray_file(draft: AttributeDraft, kind: str | None) -> AttributeDraft:
    """A draft without a file that its type has not: over a link the file is passed over, not the attribute with it."""
    if draft.data is None or kind is None or is_attachment(kind):
        return draft
    return replace(draft, data=None)


def is_picture(draft: AttributeDraft) -> bool:
    """An attached image does not correlate unless its author says so: many are called alike (MODEL §7.3)."""
    name = (draft.value or "").lower()
    return draft.type == ATTACHMENT and draft.disable_correlation is None and name.endswith(_PICTURES)
