"""What the documents say is true: dependencies, links, commands, settings, decisions, glossary."""

import re
import tomllib
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from mispmini.settings import OWN_NAMES, Settings

ROOT = Path(__file__).resolve().parent.parent
ADRS = sorted((ROOT / "docs" / "adr").glob("*.md"))
PAGES = [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")


def name_of(path: Path) -> str:
    """The file's name inside the repository, as a test id."""
    return path.relative_to(ROOT).as_posix()


def pyproject() -> dict[str, Any]:
    """The project table of pyproject.toml."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


def table_rows(text: str) -> list[list[str]]:
    """Cells of each row of the Markdown tables in a text, without headings and rulers."""
    blocks = re.findall(r"^\|.*\|\n\|[ :|-]+\|\n((?:\|.*\|\n)*)", text, re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split("|")] for block in blocks for line in block.splitlines()]


def test_the_script_header_equals_pyproject() -> None:
    block = re.search(r"^# /// script$\n((?:^#.*$\n)+?)^# ///$", (ROOT / "app.py").read_text(), re.MULTILINE)
    assert block is not None
    header = tomllib.loads("".join(line[2:] for line in block[1].splitlines(keepends=True)))
    assert header == {key: pyproject()[key] for key in ("requires-python", "dependencies")}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    local = [unquote(target.partition("#")[0]) for target in targets if not re.match(r"[a-z]+:|#", target)]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_every_command_that_the_readme_claims_something_with_is_run_in_ci() -> None:
    named = set(re.findall(r"(?:^ *\$? *|`)make ([\w-]+)", README, re.MULTILINE))
    assert named == {"demo", "check", "suites", "chaos", "pyz"}
    runs = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert [command for command in sorted(named) if not re.search(rf"^make {command}\b", runs, re.MULTILINE)] == []


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 120


def test_every_setting_is_told_with_its_default() -> None:
    told = {row[0].strip("`"): row[1].strip("`") for row in table_rows(SETTINGS)}
    expected = {item.name: _as_toml(item.default) for item in fields(Settings) if item.name in OWN_NAMES - {"data"}}
    assert {name: value for name, value in told.items() if name != "data"} == expected
    assert "data" in told


def _as_toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value).replace("()", "[]")


def test_decisions_are_numbered_without_gaps() -> None:
    assert [path.name[:5] for path in ADRS] == [f"{number:04}-" for number in range(1, len(ADRS) + 1)]


@pytest.mark.parametrize("adr", ADRS, ids=name_of)
def test_a_decision_has_its_three_parts_on_one_page(adr: Path) -> None:
    lines = adr.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith(f"# {int(adr.name[:4])}. ")
    assert [line for line in lines if line.startswith("## ")] == ["## Context", "## Decision", "## Consequences"]
    assert len(lines) <= 60


@pytest.mark.parametrize(("column", "language"), [(0, "English"), (1, "Portuguese")], ids=["English", "Portuguese"])
def test_a_glossary_term_is_explained_once(column: int, language: str) -> None:
    rows = table_rows((ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"))
    terms = [re.match(r"\*\*(.+?)\*\*: \S", row[column]) for row in rows]
    assert all(terms), f"a {language} cell does not begin with **term**: explanation"
    counted = Counter(term[1].lower() for term in terms if term)
    assert counted
    assert [term for term, times in counted.items() if times > 1] == []
