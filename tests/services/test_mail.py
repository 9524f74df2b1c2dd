"""E-mail: who hears of a published event, what stands in it, and what happens when it cannot be sent."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mispmini.domain import clock
from mispmini.domain.alert_filters import lets_through
from mispmini.domain.drafts import AttributeDraft, EventDraft, TagDraft
from mispmini.domain.errors import NotFound, SaveFailed
from mispmini.domain.origin import Origin, Way
from mispmini.domain.people import UserDraft
from mispmini.domain.viewer import KeyInUse
from mispmini.services import accounts, alerts, mail
from mispmini.services.authentication import viewer_of_user
from mispmini.services.events import add_event
from mispmini.services.instance_settings import Standing, change_setting, find_setting
from mispmini.services.passwords import hash_password
from mispmini.services.publishing import publish_event
from mispmini.store import mail as store
from mispmini.store import people, sql
from mispmini.store.database import writing
from mispmini.store.jobs import JobKind, JobState, claim_job, finish_job, list_any_jobs
from mispmini.store.user_settings import save_setting_of
from mispmini.sync.links import go_on
from tests.live import PASSWORD
from tests.smtp import Mailbox, mailbox_of
from tests.sync.ground import THEIR_ORG, Ground, break_ground, leave_ground

VALUE = "phish.example.org"


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """One instance in this process."""
    yield break_ground(tmp_path)
    leave_ground()


@pytest.fixture
def box(ground: Ground) -> Iterator[Mailbox]:
    """A mail server that the instance is set to."""
    with mailbox_of(ground.admin) as server:
        yield server


def a_user(ground: Ground, email: str, *, org_id: int | None = None, **columns: object) -> int:
    """An account that wants alerts."""
    fixed = {"email": email, "org": org_id or ground.admin.org_id, "role": 3, "password_hash": None}
    with writing():
        return people.insert_user({"autoalert": True, **fixed, "created": 1, "modified": 1, **columns})


def their_org() -> int:
    return int(sql.scalar("SELECT id FROM organisation WHERE uuid = ?", (THEIR_ORG.uuid,)))


def an_event(ground: Ground, **more: object) -> int:
    known = {"info": "Phishing of bank X", "distribution": 1, "tags": (TagDraft("tlp:amber"),),
             "attributes": (AttributeDraft(type="domain", value=VALUE),)}  # fmt: skip
    return add_event(ground.admin, EventDraft(**{**known, **more})).event_id  # type: ignore[arg-type]


def send() -> str:
    return mail.send_due(go_on)


def test_an_alert_reaches_those_who_want_it_and_see_the_event(ground: Ground, box: Mailbox) -> None:
    a_user(ground, "alice@a.test")
    a_user(ground, "quiet@a.test", autoalert=False)
    a_user(ground, "gone@a.test", disabled=True)
    a_user(ground, "bob@b.test", org_id=their_org())
    own = an_event(ground, distribution=0)
    published, job_id = alerts.alert(ground.admin, str(own))
    assert published.event_id == own
    assert job_id is not None
    assert send() == "1 sent."
    assert [message["To"] for message in box.messages] == ["alice@a.test"]
    alerts.alert(ground.admin, str(an_event(ground)))
    assert send() == "2 sent."
    assert len(box.to("bob@b.test")) == 1


def test_an_alert_names_no_value_and_the_title_only_on_wish(ground: Ground, box: Mailbox) -> None:
    a_user(ground, "alice@a.test")
    alerts.alert(ground.admin, str(an_event(ground)))
    send()
    change_setting(ground.admin, "mail_shows_info", True)
    alerts.alert(ground.admin, str(an_event(ground)))
    send()
    first, second = (message.as_string() for message in box.messages)
    assert VALUE not in first + second
    assert "bank X" not in first
    assert "Title: Phishing of bank X" in second
    assert "TLP: amber" in first
    assert "http://127.0.0.1:8201/events/view/" in first
    assert box.messages[0]["From"] == "misp@a.test"


def test_an_alert_counts_what_its_reader_may_read(ground: Ground, box: Mailbox) -> None:
    a_user(ground, "alice@a.test")
    a_user(ground, "bob@b.test", org_id=their_org())
    own = AttributeDraft(type="domain", value=f"own.{VALUE}", distribution=0)
    alerts.alert(ground.admin, str(an_event(ground, attributes=(own, AttributeDraft(type="domain", value=VALUE)))))
    assert send() == "2 sent."
    counts = [[line for line in box.to(to)[0].get_content().splitlines() if line.startswith("Attributes")]
              for to in ("alice@a.test", "bob@b.test")]  # fmt: skip
    assert counts == [["Attributes: 2"], ["Attributes: 1"]]


@pytest.mark.parametrize("key", [None, KeyInUse(7, read_only=False, expiration=None)], ids=["session", "key"])
def test_whose_password_or_address_changes_is_told_at_the_address_they_had(
    ground: Ground, box: Mailbox, key: KeyInUse | None
) -> None:
    user_id = a_user(ground, "alice@a.test", password_hash=hash_password(PASSWORD))
    viewer = viewer_of_user(user_id, "192.0.2.1")
    assert viewer is not None
    alice = replace(viewer, key=key)
    accounts.edit_own_account(alice, UserDraft(autoalert=False), current_password="")
    accounts.change_password(alice, f"{PASSWORD}!", current_password=PASSWORD)
    accounts.edit_own_account(alice, UserDraft(email="new@a.test"), current_password=f"{PASSWORD}!")
    assert send() == "2 sent."
    told = [message.get_content() for message in box.to("alice@a.test")]
    means = "in a browser" if key is None else "with the authkey 7"
    assert [f"{what} of your account alice@a.test was changed {means}, from 192.0.2.1" in text
            for what, text in zip(("password", "e-mail address"), told, strict=True)] == [True, True]  # fmt: skip
    assert PASSWORD not in "".join(told)


def test_publishing_without_an_alert_sends_nothing(ground: Ground, box: Mailbox) -> None:
    a_user(ground, "alice@a.test")
    publish_event(ground.admin, str(an_event(ground)))
    assert store.count_waiting() == 0


def test_while_mail_is_off_nothing_is_queued(ground: Ground) -> None:
    a_user(ground, "alice@a.test")
    published, job_id = alerts.alert(ground.admin, str(an_event(ground)))
    assert (job_id, store.count_waiting(), list_any_jobs(5)) == (None, 0, [])
    assert alerts.contact(ground.admin, str(published.event_id), "Hello") == 0


def test_a_filter_of_ones_own_is_honoured(ground: Ground, box: Mailbox) -> None:
    user_id = a_user(ground, "alice@a.test")
    with writing():
        save_setting_of(user_id, "publish_alert_filter", {"Tag.name": "wanted"})
    alerts.alert(ground.admin, str(an_event(ground)))
    alerts.alert(ground.admin, str(an_event(ground, tags=(TagDraft("tlp:amber"), TagDraft("wanted")))))
    assert send() == "1 sent."
    assert len(box.messages) == 1


@pytest.mark.parametrize(
    ("wish", "passes"),
    [
        (None, True), ({}, True), ("nonsense", True),
        ({"Tag.name": ["a", "tlp:red"]}, True), ({"Tag.name": "%:red"}, True), ({"Tag.name": "tlp:%"}, True),
        ({"Tag.name": "tlp:amber"}, False), ({"NOT": {"Tag.name": "tlp:red"}}, False),
        ({"OR": [{"Orgc.name": "X"}, {"Tag.name": "tlp:red"}]}, True),
        ({"AND": {"Orgc.name": "X", "Tag.name": "tlp:red"}}, False), ({"Unknown.field": "x"}, True),
    ],
    ids=str,
)  # fmt: skip
def test_a_filter_lets_through_what_it_names(wish: object, passes: bool) -> None:
    assert lets_through(wish, {"Tag.name": ("TLP:RED",), "Orgc.name": ("ORG_A",)}) is passes


def test_a_pushed_event_alerts_only_where_that_is_wished_and_the_link_lets_it(ground: Ground, box: Mailbox) -> None:
    a_user(ground, "alice@a.test")
    link = ground.links("http://127.0.0.1:9")
    pushed = Origin(Way.PUSH, ground.admin.org_id, link_org_id=link.remote_org_id)
    add_event(ground.admin, _published("One"), pushed)
    assert store.count_waiting() == 0
    change_setting(ground.admin, "mail_on_push", True)
    add_event(ground.admin, _published("Two"), pushed)
    add_event(ground.admin, _published("Pulled"), Origin(Way.PULL, 1, link_org_id=link.remote_org_id))
    assert store.count_waiting() == 1
    with writing():
        sql.execute("UPDATE server SET publish_without_email = TRUE")
    add_event(ground.admin, _published("Three"), pushed)
    assert store.count_waiting() == 1


def _published(info: str) -> EventDraft:
    attributes = (AttributeDraft(type="domain", value=VALUE),)
    return EventDraft(info=info, distribution=1, published=True, attributes=attributes)


def test_a_message_goes_to_the_reporter_with_the_writers_address(ground: Ground, box: Mailbox) -> None:
    a_user(ground, "desk@a.test", contactalert=True, autoalert=False)
    event_id = an_event(ground)
    assert alerts.contact(ground.admin, str(event_id), "Is that still so?") == 2
    assert send() == "2 sent."
    message = box.to("desk@a.test")[0]
    assert message["Reply-To"] == ground.admin.email
    assert "Is that still so?" in message.get_content()
    assert VALUE not in message.as_string()


@pytest.mark.parametrize("text", ["", "  ", "x" * 5001], ids=["empty", "blank", "too long"])
def test_a_message_has_to_say_something(ground: Ground, box: Mailbox, text: str) -> None:
    with pytest.raises(SaveFailed):
        alerts.contact(ground.admin, str(an_event(ground)), text)


def test_nobody_writes_about_what_they_do_not_see(ground: Ground, box: Mailbox) -> None:
    with pytest.raises(NotFound):
        alerts.contact(ground.admin, "4711", "Hello")


def test_what_is_refused_waits_and_the_others_go(ground: Ground, box: Mailbox) -> None:
    a_user(ground, "alice@a.test")
    a_user(ground, "bad@a.test")
    box.refuses.add("bad@a.test")
    alerts.alert(ground.admin, str(an_event(ground)))
    with pytest.raises(SaveFailed) as failure:
        send()
    assert failure.value.errors == (
        "1 sent, 1 could not be sent and are tried again: the mail server refused the recipient (550)"
    )
    assert store.count_waiting() == 1
    assert send() == "0 sent."  # not before its time


@pytest.mark.parametrize("email", ["a@[", ":a@b;x", "a.@b,c@"])
def test_an_address_that_is_none_keeps_no_other_message_back(ground: Ground, box: Mailbox, email: str) -> None:
    a_user(ground, email)
    a_user(ground, "alice@a.test")
    alerts.alert(ground.admin, str(an_event(ground)))
    with pytest.raises(SaveFailed) as failure:
        send()
    assert str(failure.value.errors).startswith("1 sent, 1 could not be sent")


def test_a_mail_server_that_is_away_costs_nothing(ground: Ground, box: Mailbox) -> None:
    a_user(ground, "alice@a.test")
    port = box.port
    change_setting(ground.admin, "mail_port", 1)
    alerts.alert(ground.admin, str(an_event(ground)))
    with pytest.raises(SaveFailed, match="send Mail"):
        send()
    with writing():
        job = claim_job()
        assert job is not None
        assert job.kind is JobKind.MAIL
        finish_job(job.id, JobState.FAILED, "away")
        sql.execute("UPDATE mail SET next_try = 0")
    change_setting(ground.admin, "mail_port", port)
    mail.start_due()
    mail.start_due()
    assert [job.kind for job in list_any_jobs(5) if job.state is JobState.WAITING] == [JobKind.MAIL]
    assert send() == "1 sent."


def test_a_message_is_given_up_after_six_tries(ground: Ground, box: Mailbox) -> None:
    a_user(ground, "bad@a.test")
    box.refuses.add("bad@a.test")
    alerts.alert(ground.admin, str(an_event(ground)))
    for _ in range(mail.MOST_TRIES):
        with writing():
            sql.execute("UPDATE mail SET next_try = 0")
        with pytest.raises(SaveFailed):
            send()
    assert store.count_waiting() == 0


def test_nothing_is_sent_unprotected_where_protection_is_asked_for(ground: Ground, box: Mailbox) -> None:
    a_user(ground, "alice@a.test")
    change_setting(ground.admin, "mail_security", "starttls")
    alerts.alert(ground.admin, str(an_event(ground)))
    with pytest.raises(SaveFailed):
        send()
    assert box.messages == []


def test_the_password_is_sealed_and_told_nowhere(ground: Ground, box: Mailbox) -> None:
    a_user(ground, "alice@a.test")
    change_setting(ground.admin, "mail_user", "misp")
    change_setting(ground.admin, "mail_password", "hunter2")
    box.needs_login = base64.b64encode(b"\0misp\0hunter2").decode()
    alerts.alert(ground.admin, str(an_event(ground)))
    assert send() == "1 sent."
    found = find_setting(ground.admin, "mail_password")
    assert isinstance(found, Standing)
    assert found.value == "********"
    change_setting(ground.admin, "mail_password", "********")  # as a form or a client that read it sends it back
    box.needs_login = "another"
    alerts.alert(ground.admin, str(an_event(ground)))
    with pytest.raises(SaveFailed) as failure:
        send()
    assert box.logins[-1] == base64.b64encode(b"\0misp\0hunter2").decode()
    rows = [sql.rows(f"SELECT * FROM {table}") for table in ("setting", "audit", "job", "mail")]
    assert "hunter2" not in json.dumps(rows) + str(failure.value.errors)


def test_what_was_stopped_waits_for_the_next_job(ground: Ground, box: Mailbox) -> None:
    for number in range(3):
        a_user(ground, f"user{number}@a.test")
    alerts.alert(ground.admin, str(an_event(ground)))
    assert mail.send_due(lambda _done, _total: False) == "1 sent."
    assert send() == "2 sent."


def test_two_jobs_at_a_time_send_nothing_twice(ground: Ground, box: Mailbox) -> None:
    for number in range(3):
        a_user(ground, f"user{number}@a.test")
    alerts.alert(ground.admin, str(an_event(ground)))
    with writing():
        first = store.claim_due(clock.now(), clock.now() + 60, 2)
    assert send() == "1 sent."
    assert [message.recipient for message in first] == ["user0@a.test", "user1@a.test"]
    assert [message["To"] for message in box.messages] == ["user2@a.test"]
