"""Files of attributes and proposals: uploads, downloads (MODEL §7.3, API §9.3, TRUST S3). Nothing opens them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha1, sha256
from pathlib import Path

from mispmini.domain import clock, samples
from mispmini.domain.attribute_types import ATTACHMENT, MALWARE_SAMPLE, is_attachment
from mispmini.domain.drafts import AttributeDraft, EventDraft, UploadDraft, UploadedFile
from mispmini.domain.errors import Invalid, NotFound
from mispmini.domain.graphs import AttributeRow
from mispmini.domain.opinions import ProposalRow
from mispmini.domain.viewer import Viewer
from mispmini.services.attributes import Added, add_attributes
from mispmini.services.events import add_event
from mispmini.store.attachments import Holder, path_of_file
from mispmini.store.attributes import find_readable_attribute_or_404
from mispmini.store.database import reading, writing
from mispmini.store.proposals import find_proposal

NO_FILE = "Attribute not an attachment or malware-sample"
NOT_HERE = "File not found"
_SAMPLE_CATEGORY = "Payload delivery"
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Download:
    """A file on its way to somebody: where it lies, and a name without anything that a path or a header could hold."""

    path: Path
    digest: str
    name: str
    event_id: int


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What became of uploaded files."""

    event_id: int
    added: Added


def download(viewer: Viewer, ref: str) -> Download:
    """The file of a readable attribute, by id or uuid. Raises NotFound."""
    with reading():
        return _found(find_readable_attribute_or_404(viewer, ref), Holder.ATTRIBUTE)


def download_proposed(viewer: Viewer, ref: str) -> Download:
    """The file of a visible proposal that is pending, by id or uuid. Raises NotFound."""
    with reading():
        return _found(find_proposal(viewer, ref), Holder.PROPOSAL)


def _found(held_by: AttributeRow | ProposalRow, holder: Holder) -> Download:
    if not is_attachment(held_by.type):
        raise NotFound(NO_FILE)
    found = path_of_file(held_by.id, holder)
    if found is None:
        raise NotFound(NOT_HERE)
    digest, path = found
    return Download(path, digest, safe_name(held_by), held_by.event_id)


def safe_name(held_by: AttributeRow | ProposalRow) -> str:
    """The name that a file is given out under."""
    is_sample = held_by.type == MALWARE_SAMPLE
    name = held_by.value1.replace("\\", "/").rpartition("/")[2]
    name = "".join(char for char in name if char.isprintable()).strip(". ")[:_LONGEST_NAME]
    return (name or "file") + (".zip" if is_sample else "")


def upload_samples(viewer: Viewer, event_ref: str | None, upload: UploadDraft) -> Uploaded:
    """Add malware samples with their hashes to an event; without one to an event made for them.

    Raises NotFound, Forbidden, SaveFailed; Invalid for an upload without files.
    """
    drafts = file_drafts(upload, are_samples=True)
    with writing():
        if event_ref is None:
            event_ref = str(add_event(viewer, _event_for(upload)).event_id)
        added = add_attributes(viewer, event_ref, drafts)
        return Uploaded(added.attributes[0].event_id, added)


def add_files(viewer: Viewer, event_ref: str, upload: UploadDraft, *, are_samples: bool) -> Uploaded:
    """Add files to an event, as attachments or as malware samples. Raises as upload_samples."""
    added = add_attributes(viewer, event_ref, file_drafts(upload, are_samples=are_samples))
    return Uploaded(added.attributes[0].event_id, added)


def _event_for(upload: UploadDraft) -> EventDraft:
    info = upload.info or f"Malware samples of {clock.today()}"
    return EventDraft(info=info, distribution=upload.distribution, threat_level_id=upload.threat_level_id)


def file_drafts(upload: UploadDraft, *, are_samples: bool, with_hashes: bool = True) -> list[AttributeDraft]:
    """The attributes that files become, those of samples packed and with their hashes. Raises Invalid for no file."""
    if not upload.files:
        raise Invalid({"files": ["valueNotEmpty"]})
    common = AttributeDraft(category=upload.category, comment=upload.comment, to_ids=upload.to_ids)
    if not are_samples:
        return [replace(common, type=ATTACHMENT, value=file.name, data=file.content) for file in upload.files]
    made = [_sample_and_hashes(file, common) for file in upload.files]
    return [draft for drafts in made for draft in (drafts if with_hashes else drafts[:1])]


def _sample_and_hashes(file: UploadedFile, common: AttributeDraft) -> Sequence[AttributeDraft]:
    common = replace(common, category=common.category or _SAMPLE_CATEGORY)
    packed = samples.pack(file.content, file.name)
    hashes = {
        "filename|sha1": sha1(file.content, usedforsecurity=False).hexdigest(),
        "filename|sha256": sha256(file.content).hexdigest(),
    }
    return (
        replace(common, type=MALWARE_SAMPLE, value=packed.value, data=packed.archive),
        *(replace(common, type=kind, value=f"{file.name}|{digest}") for kind, digest in hashes.items()),
    )
