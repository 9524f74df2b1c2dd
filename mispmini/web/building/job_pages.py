"""What the pages of jobs and schedules are given: sentences for people, and what became of each event."""

import re
from collections.abc import Callable, Sequence

from mispmini.domain import clock
from mispmini.domain.feeds import FeedVerb
from mispmini.domain.ids import is_row_number
from mispmini.services import deliveries, feeds, servers
from mispmini.services.deliveries import Direction, LedgerEntry
from mispmini.services.jobs import JobKind, JobRecord, JobState
from mispmini.services.libraries import Library
from mispmini.services.servers import Standing
from mispmini.web import pages
from mispmini.web.building.connection_pages import advice_for_text
from mispmini.web.building.link_health import pull_state
from mispmini.web.building.receipts import receipt_sentence
from mispmini.web.building.sentences import for_people
from mispmini.web.i18n import _, ngettext

_MINUTE = 60
_OTHERS = frozenset({JobKind.FEED, JobKind.MAIL, JobKind.LIBRARY})  # those that are about no server
_MOST_ITEMS = 200
_COUNT = re.compile(r"\d+")
_FAILED = re.compile(r"Error: Connection to the server has failed\. ?(?P<told>.*)", re.DOTALL)


def index_page(
    links: Sequence[Standing], found: Sequence[JobRecord], is_running: Callable[[int], bool]
) -> pages.JobsPage:
    """Each partner's schedule, and the newest jobs."""
    return pages.JobsPage(
        schedule=tuple(_schedule_row(link, running=is_running(link.server.id)) for link in links),
        jobs=tuple(_job_row(job) for job in found),
    )


def view_page(job: JobRecord) -> pages.JobPage:
    """One job."""
    server_id = _server_id(job)
    return pages.JobPage(
        id=job.id,
        title=_title(job),
        state=job.state.value,
        done=job.done,
        total=job.total or 0,
        message=_message(job),
        started=job.started,
        finished=job.finished,
        items=_items(job, server_id),
        advice=_advice(job),
        may_cancel=not job.ended and not job.wants_cancel,
        back=_back(job),
        back_label=_back_label(job),
    )


def _schedule_row(link: Standing, *, running: bool) -> pages.ScheduleRow:
    server = link.server
    return pages.ScheduleRow(
        id=server.id,
        name=server.name,
        state="running" if running else pull_state(server),
        interval=-(-(server.pull_interval or 0) // _MINUTE),
        last=server.last_pull,
        tried=server.last_pull_try,
        result=for_people(server.last_pull_result) if server.last_pull_result else "",
        next=server.next_pull if pull_state(server) == "waiting" else None,
        may_run=server.pull and not running,
    )


def _job_row(job: JobRecord) -> pages.JobRow:
    return pages.JobRow(
        id=job.id,
        title=_title(job),
        state=job.state.value,
        message=_message(job),
        at=job.finished or job.started or job.created,
    )


def _back(job: JobRecord) -> str:
    if job.kind is JobKind.LIBRARY:
        return f"/{job.subject}/index"
    if job.kind in _OTHERS:
        return f"/feeds/view/{_server_id(job)}" if job.kind is JobKind.FEED else "/events/index"
    return f"/servers/view/{_server_id(job)}"


def _back_label(job: JobRecord) -> str:
    if job.kind is JobKind.LIBRARY:
        return _library(job)
    if job.kind in _OTHERS:
        return feeds.name_of(_server_id(job)) if job.kind is JobKind.FEED else _("Events")
    return servers.name_of(_server_id(job))


def _title_of_another(job: JobRecord) -> str:
    """A feed's job, one that takes over a package, or one that sends e-mail."""
    if job.kind is JobKind.LIBRARY:
        return _("Take over from the installed package: %(name)s", name=_library(job))
    if job.kind is JobKind.MAIL:
        return _("Send e-mail")
    name = feeds.name_of(_server_id(job))
    if job.subject.endswith(FeedVerb.CACHE):
        return _("Cache the feed %(name)s", name=name)
    return _("Fetch the feed %(name)s", name=name)


def _library(job: JobRecord) -> str:
    return _("Galaxies") if job.subject == Library.GALAXIES else _("Warninglists")


def _title(job: JobRecord) -> str:
    """What is done, with whom, and of what."""
    if job.kind in _OTHERS:
        return _title_of_another(job)
    name, technique = servers.name_of(_server_id(job)), job.subject.partition(" ")[2]
    if job.kind is JobKind.CACHE:
        return _("Look at what %(name)s holds", name=name)
    if job.kind is JobKind.COMPARE:
        return _("Compare with %(name)s", name=name)
    if technique == "again":
        return _("Read again what %(name)s was still writing", name=name)
    if technique not in ("", "full", "update", "incremental"):
        return (
            _("Pull one event from %(name)s", name=name)
            if job.kind is JobKind.PULL
            else _("Push one event to %(name)s", name=name)
        )
    if job.kind is JobKind.PUSH:
        return _("Push to %(name)s", name=name)
    if job.user_id is None:
        return _("Scheduled pull from %(name)s", name=name)
    return _("Pull from %(name)s", name=name)


def _server_id(job: JobRecord) -> int:
    first = job.subject.partition(" ")[0]
    return int(first) if is_row_number(first) else 0


def _message(job: JobRecord) -> str:
    if job.kind is JobKind.LIBRARY and job.state is JobState.DONE:
        return _news(job)
    return for_people(_told(job)) if job.message else ""


def _news(job: JobRecord) -> str:
    found = _COUNT.search(job.message)
    count = int(found[0]) if found else 0
    if not count:
        return _("All are up to date.")
    if job.subject == Library.GALAXIES:
        return ngettext("%(num)d galaxy is new or newer.", "%(num)d galaxies are new or newer.", count)
    return ngettext("%(num)d warninglist is new or newer.", "%(num)d warninglists are new or newer.", count)


def _told(job: JobRecord) -> str:
    """What went wrong, without the frame that programs know it by."""
    found = _FAILED.match(job.message)
    return (found["told"] or job.message) if found else job.message


def _advice(job: JobRecord) -> str:
    return advice_for_text(_told(job)) if job.state is JobState.FAILED else ""


def _items(job: JobRecord, server_id: int) -> tuple[pages.JobItem, ...]:
    """What the ledger says of events since the job began: the newest outcome of each."""
    if job.started is None or job.kind in _OTHERS:
        return ()
    direction = Direction.PULL if job.kind is JobKind.PULL else Direction.PUSH
    until = job.finished or clock.now()
    found = deliveries.judged_between(server_id, direction, job.started, until, limit=_MOST_ITEMS)
    return tuple(_item(entry) for entry in found)


def _item(entry: LedgerEntry) -> pages.JobItem:
    return pages.JobItem(
        label=entry.event_info or entry.event_uuid,
        event_id=entry.event_id,
        direction=entry.direction.value,
        state=entry.receipt.state.value,
        reason=receipt_sentence(entry.receipt),
    )
