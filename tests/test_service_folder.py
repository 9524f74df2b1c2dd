"""Verbs find the service's folder, and root leaves no file of its own there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mispmini import settings
from mispmini.settings import load_settings
from tests.live import ROOT, clean_environment

SERVICE_UID = 61184


def test_without_a_word_about_it_the_service_s_folder_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(settings, "SERVICE_DATA", tmp_path / "service")

    def found() -> Path:
        return load_settings(data=None, overrides={}, environ={}).data

    assert found() == tmp_path / "mispmini-data"
    (tmp_path / "service").mkdir()
    assert found() == tmp_path / "service"
    (tmp_path / "mispmini-data").mkdir()
    assert found() == tmp_path / "mispmini-data"


def _is_open_to_others(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")
@pytest.mark.skipif(
    not (_is_open_to_others(ROOT) and _is_open_to_others(Path(sys.base_prefix))),
    reason="another account cannot read this checkout or its Python",
)
def test_root_becomes_the_owner_of_the_folder() -> None:
    """In /var/tmp: a folder below root's own cannot be reached by the account."""
    folder = Path("/var/tmp/mispmini-service-folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    os.chown(folder, SERVICE_UID, SERVICE_UID)
    try:
        words = ("init", "--org-name", "A", "--admin-email", "dora@a.example", "--data", str(folder))
        command = (sys.executable, "-m", "mispmini", *words)
        subprocess.run(command, check=True, cwd=ROOT, env=clean_environment(), input=b"", stdout=subprocess.DEVNULL)
        owners = {path.stat().st_uid for path in folder.rglob("*")}
        assert owners == {SERVICE_UID}
    finally:
        shutil.rmtree(folder)
