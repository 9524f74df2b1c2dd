"""Whether values are known: a text comes in, and each value of it is looked up among what the viewer reads (WEB)."""

from flask import Blueprint, url_for

from mispmini.services import freetext
from mispmini.services.freetext import Found
from mispmini.web import pages
from mispmini.web.answer import Answer, action_url, answer, page_answer
from mispmini.web.asking import asked
from mispmini.web.errors import if_refused
from mispmini.web.needs import needs_login
from mispmini.web.pages.freetext import LookupPage, LookupRow
from mispmini.web.saving import saving
from mispmini.web.turns import searches
from mispmini.web.who import current_viewer
from mispmini.wire.freetext_in import read_freetext
from mispmini.wire.freetext_out import told_candidate
from mispmini.wire.replies import api_description

bp = Blueprint("lookup", __name__)
TEMPLATE = "events/lookup.html"
_MOST_ROWS = 1_000


@bp.get("/lookup")
@needs_login
def ask() -> Answer:
    """Where values are pasted; for programs what to send."""
    sentence = "POST a text to learn in how many events each of its values is."
    return answer(
        lambda: api_description(action_url(), sentence, mandatory=("value",)),
        page=lambda: _page(pages.Form(), None),
        template=TEMPLATE,
    )


@bp.post("/lookup")
@needs_login
@searches
def look_up() -> Answer:
    """Tell which values of a text are in events, and in how many."""
    if_refused(lambda form, status: page_answer(TEMPLATE, _page(form, None), status=status))
    with saving("read", "Attribute"):
        text = read_freetext(asked().parameters()).text
    found = freetext.preview(current_viewer(), text)
    return answer(
        lambda: [
            told_candidate(one.candidate, to_ids=one.to_ids, known=one.known, warninglists=one.warninglists)
            for one in found
        ],
        page=lambda: _page(pages.Form({"value": text}), found),
        template=TEMPLATE,
    )


def _page(form: pages.Form, found: list[Found] | None) -> LookupPage:
    rows = (found or [])[:_MOST_ROWS]
    return LookupPage(
        form=form,
        asked=found is not None,
        known=tuple(_row(one) for one in rows if one.known),
        unknown="\n".join(one.candidate.value for one in rows if not one.known),
        count=len(rows),
        left_out=len(found or ()) - len(rows),
    )


def _row(one: Found) -> LookupRow:
    value = one.candidate.value
    events = url_for("events.index", q=value)
    return LookupRow(value, one.candidate.default_type, one.known, events, one.warninglists)
