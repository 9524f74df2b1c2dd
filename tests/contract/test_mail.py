"""An alert on its way through a serving process: asked for over REST, sent by a job, its failure shown."""

from tests.cast import Actor, add_actor, admin_of
from tests.live import eventually, live_server
from tests.smtp import mail_server

VALUE = {"type": "domain", "value": "phish.example.org"}


def test_an_alert_is_sent_by_a_job_and_a_failure_is_seen() -> None:
    with mail_server() as box, live_server() as server:
        dora = admin_of(server)
        alice = add_actor(dora, "Alice", org_name=dora.org_name, org_uuid=dora.org_uuid)
        dora.post(f"/admin/users/edit/{alice.user_id}", {"autoalert": True})
        for name, value in (
            ("mail_enabled", True), ("mail_host", "127.0.0.1"), ("mail_port", box.port),
            ("mail_security", "none"), ("MISP.email", "misp@alfa.example"),
        ):  # fmt: skip
            assert dora.post(f"/servers/serverSettingsEdit/{name}", {"value": value}).status_code == 200
        event = alice.adds_event("Phishing of bank X", attributes=[VALUE])
        assert alice.post(f"/events/alert/{event['id']}").json()["message"] == "Job queued"
        message = eventually(lambda: box.to(alice.email))[0]
        assert event["id"] in message["Subject"]
        assert "phish.example.org" not in message.as_string()
        assert alice.views(event)["published"]
        box.refuses.add(alice.email)
        alice.post(f"/events/contact/{event['id']}", {"message": "Is that so?"})
        failed = eventually(lambda: [job for job in _jobs(dora) if job["status"] == "failed"])[0]
        assert "could not be sent and are tried again" in failed["message"]


def _jobs(dora: Actor) -> list[dict[str, str]]:
    return [item["Job"] for item in dora.get("/jobs/index").json()]
