"""Files that are sent to become attributes: the JSON of events/upload_sample (API §9.3)."""

from collections.abc import Mapping

from mispmini.domain import sentences
from mispmini.domain.distribution import is_event_level
from mispmini.domain.drafts import UploadDraft, UploadedFile
from mispmini.domain.errors import Invalid
from mispmini.wire.attribute_in import base64_bytes
from mispmini.wire.scalars import Fields, as_record

MOST_FILES = 100


def read_upload(body: object) -> UploadDraft:
    """`{"files": [{"filename", "data"}], …}`, under `request` or bare. Raises Invalid by field."""
    outer = as_record(body) or {}
    record = as_record(outer.get("request")) or outer
    listed = record.get("files")
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_FILES:
        raise Invalid({"files": [sentences.LIST]})
    return with_options(record, tuple(map(_file, listed)))


def with_options(options: Mapping[str, object], files: tuple[UploadedFile, ...]) -> UploadDraft:
    """Files with what is said of all of them, in JSON or in a form's fields. Raises Invalid by field."""
    fields = Fields(options)
    if any("\0" in file.name for file in files):
        fields.refuse("files", sentences.TEXT)
    draft = UploadDraft(
        files=files,
        category=fields.text("category") or None,
        comment=fields.text("comment"),
        to_ids=fields.flag("to_ids"),
        distribution=fields.choice("distribution", is_event_level, sentence=sentences.EVENT_DISTRIBUTION),
        threat_level_id=fields.choice("threat_level_id", range(1, 5).__contains__, sentence=sentences.THREAT_LEVEL),
        info=fields.text("info") or None,
    )
    fields.check()
    return draft


def _file(item: object) -> UploadedFile:
    record = as_record(item)
    if record is None:
        raise Invalid({"files": [sentences.RECORD]})
    fields = Fields(record)
    name = fields.text("filename") or ""
    if not name.strip():
        fields.refuse("filename", sentences.NOT_EMPTY)
    content = base64_bytes(fields, "data", fields.text("data") or "")
    fields.check()
    return UploadedFile(name, content or b"")
