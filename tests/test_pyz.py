"""The one file: the same bytes each time, small, whole, and at home on every Python that is promised."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests

from mispmini.domain.ids import new_uuid
from tests.live import ROOT, eventually
from tests.pythons import PROMISED, find_python

pytestmark = pytest.mark.slow
MOST_BYTES = 8 * 2**20


def build() -> Path:
    """Make it as `make pyz` does."""
    subprocess.run((sys.executable, ROOT / ".ci" / "pyz.py"), check=True, stdout=subprocess.DEVNULL)
    return ROOT / "dist" / "mispmini.pyz"


@pytest.fixture(scope="module")
def one_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file, carried alone to another folder."""
    alone = tmp_path_factory.mktemp("alone") / "mispmini.pyz"
    alone.write_bytes(build().read_bytes())
    return alone


@pytest.fixture(scope="module", params=PROMISED)
def python(request: pytest.FixtureRequest) -> Path:
    """Each Python that is here; those that are not are named by the skip."""
    found = find_python(request.param)
    if found is None:
        pytest.skip(f"Python {request.param} was not found")
    return found


class Bare:
    """A Python with nothing but the file: no packages, no variables, a home of its own."""

    def __init__(self, python: Path, file: Path, home: Path) -> None:
        self.words = (str(python), "-I", str(file))
        self.home = home
        self.environment = {"HOME": str(home), "PATH": os.defpath, "LANG": "C.UTF-8"}

    def run(self, *words: str, expect: int = 0, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        """A verb, from an empty folder."""
        done = subprocess.run(
            (*self.words, *words), cwd=self.home, env=self.environment, input=stdin, capture_output=True, text=True
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done

    def serve(self, data: Path) -> "subprocess.Popen[str]":
        """A serving process."""
        words = (*self.words, "serve", "--data", str(data), "--port", "0", "--json")
        return subprocess.Popen(
            words, cwd=self.home, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )


@pytest.fixture(scope="module")
def bare(python: Path, one_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Bare:
    """The file on one Python."""
    return Bare(python, one_file, tmp_path_factory.mktemp("home"))


def test_it_is_small_and_the_same_bytes_each_time(one_file: Path) -> None:
    assert one_file.stat().st_size <= MOST_BYTES
    assert build().read_bytes() == one_file.read_bytes()


def test_two_servers_exchange_an_event_each_way_from_nothing_but_the_file(bare: Bare) -> None:
    report = bare.home / "report.json"
    told = bare.run("demo", "--once", "--json", str(report)).stdout
    assert "Pushed: " in told
    assert "Pulled: " in told
    assert set(json.loads(report.read_text())) == {"pushed", "pulled", "servers"}


KEY = "k" * 40
ASKED = {"Authorization": KEY, "Accept": "application/json"}


@contextmanager
def served(bare: Bare, data: Path) -> Iterator[str]:
    """A set-up instance of the file, serving; its URL."""
    names = ("--org-name", "CSIRT Alfa", "--admin-email", "dora@alfa.example", "--authkey-stdin")
    bare.run("init", "--data", str(data), *names, stdin=f"{KEY}\n")
    with bare.serve(data) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()
            assert process.wait(timeout=30) == 0


def test_pages_pictures_texts_and_data_come_from_inside(bare: Bare, tmp_path: Path) -> None:
    with served(bare, tmp_path / "data") as url:
        types = requests.get(f"{url}/attributes/describeTypes", headers=ASKED, timeout=20).json()["result"]["types"]
        assert "domain|ip" in types
        for path in ("objectTemplates/index", "taxonomies/index"):
            assert len(requests.get(f"{url}/{path}", headers=ASKED, timeout=20).json()) > 100
        page = requests.get(f"{url}/users/login", headers={"Accept-Language": "pt-BR"}, timeout=20).text
        assert "Entrar" in page
        addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
        assert len(addresses) >= 2
        assert {requests.get(url + address, timeout=20).status_code for address in addresses} == {200}
        refused = requests.post(f"{url}/admin/allowedlists/add", headers=ASKED, json={"name": "/a+/"}, timeout=20)
        assert refused.status_code == 403
        assert "google-re2" in refused.text


def test_every_verb_tells_what_it_is_for_and_the_version_names_the_commit(bare: Bare) -> None:
    verbs = re.findall(r"^  ([a-z-]+) ", bare.run("--help").stdout.partition("Commands:")[2], re.MULTILINE)
    assert len(verbs) > 10
    for verb in verbs:
        assert "Usage: mispmini" in bare.run(verb, "--help").stdout
    assert re.match(r"mispmini \d+\.\d+\.\d+ \(commit [0-9a-f]{12}\)$", bare.run("--version").stdout.strip())


def test_saved_expressions_keep_it_from_starting_where_nothing_matches_them(bare: Bare, tmp_path: Path) -> None:
    data = tmp_path / "data"
    bare.run("init", "--data", str(data), "--org-name", "A", "--admin-email", "dora@a.example")
    with closing(sqlite3.connect(data / "mispmini.db", isolation_level=None)) as database:
        database.execute("INSERT INTO allowedlist (name) VALUES ('/^10/')")
    for verb in (("serve", "--port", "0"), ("export", "feed", str(tmp_path / "feed"))):
        refused = bare.run(*verb, "--data", str(data), expect=1).stderr
        assert "google-re2" in refused
        assert "Traceback" not in refused


def test_an_older_python_is_told_in_one_line(one_file: Path, tmp_path: Path) -> None:
    older = find_python("3.10")
    if older is None:
        pytest.skip("Python 3.10 was not found")
    told = Bare(older, one_file, tmp_path).run("--version", expect=1)
    assert told.stderr.splitlines() == ["mispmini needs Python 3.11 or newer; this is 3.10."]


def test_galaxies_of_a_package_beside_the_file_are_taken_over_at_the_first_start(
    one_file: Path, python: Path, tmp_path: Path
) -> None:
    """`mispmini-packages` beside the file holds what is too large, or compiled, for it."""
    package = tmp_path / "mispmini-packages" / "pymispgalaxies"
    name = {"name": "Own Sectors", "type": "own-sector", "uuid": new_uuid(), "version": 1, "description": "Ours"}
    cluster = {"value": "Banks", "uuid": new_uuid(), "description": "Those with money"}
    for folder, content in (("galaxies", name), ("clusters", {**name, "values": [cluster]})):
        path = package / "data" / "misp-galaxy" / folder / "own-sector.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(content))
    (package / "__init__.py").touch()
    (tmp_path / "mispmini.pyz").write_bytes(one_file.read_bytes())
    with served(Bare(python, tmp_path / "mispmini.pyz", tmp_path), tmp_path / "data") as url:
        found = eventually(lambda: requests.get(f"{url}/galaxies/index", headers=ASKED, timeout=20).json())
    assert [one["Galaxy"]["name"] for one in found] == ["Own Sectors"]
