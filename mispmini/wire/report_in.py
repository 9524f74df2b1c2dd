"""Event reports as they come in (MODEL §7.4)."""

from mispmini.domain import sentences
from mispmini.domain.distribution import is_element_level
from mispmini.domain.drafts import Dropped, ReportDraft
from mispmini.domain.errors import Invalid
from mispmini.domain.graphs import ReportRow
from mispmini.wire.analyst_data_in import embedded_items
from mispmini.wire.door import unwrap
from mispmini.wire.scalars import Fields, as_record
from mispmini.wire.sharing_group_in import embedded_group
from mispmini.wire.tag_in import read_tags


def read_report(body: object, *, stored: ReportRow | None = None, dropped: list[Dropped] | None = None) -> ReportDraft:
    """A report, bare or wrapped; an edit passes the stored one, whose name and content stand for missing ones.

    Tags that cannot be read go to `dropped`.
    """
    record = as_record(unwrap(body, "EventReport"))
    if record is None:
        raise Invalid({"EventReport": [sentences.RECORD]})
    fields = Fields(record)
    name, content = fields.text("name"), fields.text("content")
    if stored is not None:
        name, content = stored.name if name is None else name, stored.content if content is None else content
    if not (name or "").strip():
        fields.refuse("name", sentences.NOT_EMPTY)
    uuid = fields.uuid("uuid")
    draft = ReportDraft(
        name=name or "",
        content=content or "",
        uuid=uuid,
        distribution=fields.choice("distribution", is_element_level, sentence=sentences.ELEMENT_DISTRIBUTION),
        sharing_group_id=fields.reference_id("sharing_group_id"),
        sharing_group=embedded_group(fields),
        timestamp=fields.epoch("timestamp"),
        deleted=fields.flag("deleted") or False,
        tags=read_tags(record, "EventReportTag", [] if dropped is None else dropped),
        analyst_data=embedded_items(record, "EventReport", uuid),
    )
    fields.check()
    return draft
