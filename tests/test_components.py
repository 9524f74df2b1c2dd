"""The list of what an installation is made of is the list of what is installed."""

import json
from importlib.metadata import version

import pytest
from click.testing import CliRunner

from mispmini.cli import commands
from mispmini.cli.components import bill_of_materials

DEVELOPMENT = {"pytest", "mypy", "ruff", "playwright"}


@pytest.fixture(scope="module")
def parts() -> dict[str, dict[str, object]]:
    """The components by name, as the verb tells them."""
    told = json.loads(CliRunner().invoke(commands, ["sbom", "--json"], catch_exceptions=False).output)
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.5")
    return {part["name"]: part for part in told["components"]}


def test_what_it_needs_is_listed_as_installed_with_what_that_needs(parts: dict[str, dict[str, object]]) -> None:
    assert {"flask", "peewee", "waitress", "requests", "pymisp", "apscheduler"} <= set(parts)
    assert {"urllib3", "markupsafe", "certifi"} <= set(parts)
    assert not DEVELOPMENT & set(parts)
    assert {name: part["version"] for name, part in parts.items()} == {name: version(name) for name in parts}


def test_each_part_tells_its_licence_and_where_it_is_from(parts: dict[str, dict[str, object]]) -> None:
    assert {name for name, part in parts.items() if "licenses" not in part} <= {"peewee"}  # it names none
    assert parts["flask"]["purl"] == f"pkg:pypi/flask@{version('flask')}"


def test_the_program_itself_is_what_the_list_is_about() -> None:
    about = bill_of_materials()["metadata"]
    assert isinstance(about, dict)
    assert about["component"]["name"] == "mispmini"
