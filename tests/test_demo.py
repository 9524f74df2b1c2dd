"""The demo keeps its word: one event pushed, one pulled by the scheduler, and both servers gone afterwards."""

import json
import socket
import time
from pathlib import Path

import pytest

from tests.live import run_verb


@pytest.mark.slow
def test_the_demo_shows_a_push_and_a_scheduled_pull_within_a_minute(tmp_path: Path) -> None:
    report_file = tmp_path / "report.json"
    began = time.monotonic()
    done = run_verb("demo", "--once", "--json", str(report_file))
    assert time.monotonic() - began < 60
    report = json.loads(report_file.read_text(encoding="utf-8"))
    alfa, beta = report["servers"]
    assert (report["pushed"]["from"], report["pushed"]["to"]) == (alfa["url"], beta["url"])
    assert (report["pulled"]["from"], report["pulled"]["to"]) == (beta["url"], alfa["url"])
    for server in (alfa, beta):
        for name in ("url", "email", "password", "authkey"):
            assert server[name] in done.stdout
        assert not Path(server["data"]).exists()
        with socket.socket() as caller:
            assert caller.connect_ex(("127.0.0.1", int(server["url"].rpartition(":")[2]))) != 0


def test_the_demo_does_not_touch_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    assert "is not empty" in run_verb("demo", "--once", "--data", str(tmp_path), expect=1).stderr
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
