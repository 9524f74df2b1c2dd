"""The jobs of a serving process make backups where its settings say."""

from dataclasses import replace
from pathlib import Path

import pytest

from mispmini import jobs
from mispmini.settings import Settings
from mispmini.store.backups import list_backups
from tests.jobs.waiting import eventually


def test_a_server_backs_up_here_and_in_its_second_places(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "FIRST_BACKUP_SECONDS", 0)
    second, third = tmp_path / "second", tmp_path / "third"
    second.mkdir()
    third.mkdir()
    command = ("/bin/cp", "--target-directory", str(third))
    running = jobs.start_jobs(replace(settings, backup_folder=str(second), backup_command=command))
    try:
        eventually(lambda: all(list_backups(folder) for folder in (settings.data / "backups", second, third)))
    finally:
        running.stop()
