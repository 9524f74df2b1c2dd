"""`sbom`: every package that this installation runs on, as CycloneDX (FEATURES row 11)."""

import json
import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution

import click

from mispmini.cli.frame import json_option, refusals
from mispmini.cli.texts import _
from mispmini.domain.errors import Unusable

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_EXTRA = re.compile(r";.*\bextra\s*==")
_LICENCE = "License :: "
_LONGEST_LICENCE = 100  # some packages put the whole text there

Json = dict[str, object]


@click.command("sbom")
@json_option
def sbom(as_json: bool) -> None:
    """List every package that runs here, with version and licence, as a CycloneDX document."""
    with refusals(as_json=as_json):
        click.echo(json.dumps(bill_of_materials(), indent=None if as_json else 2))


def bill_of_materials() -> Json:
    """The installation as CycloneDX 1.5. Raises Unusable where the program runs from a checkout."""
    try:
        own = distribution("mispmini")
    except PackageNotFoundError:
        raise Unusable(_("This runs from a checkout: install it first, for instance with `pip install .`.")) from None
    parts = sorted(_needed_by(own, {}).values(), key=_canonical_name)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": _component(own, "application")},
        "components": [_component(part, "library") for part in parts],
    }


def _needed_by(package: Distribution, found: dict[str, Distribution]) -> dict[str, Distribution]:
    """What it needs and is installed, and what that needs in turn."""
    for name in _requirements(package):
        try:
            part = distribution(name)
        except PackageNotFoundError:  # needed on another system or an older Python
            continue
        if _canonical_name(part) not in found:
            found[_canonical_name(part)] = part
            _needed_by(part, found)
    return found


def _requirements(package: Distribution) -> Iterator[str]:
    for line in package.requires or ():
        if not _EXTRA.search(line) and (name := _NAME.match(line)):
            yield name[0]


def _component(package: Distribution, kind: str) -> Json:
    name, version = _canonical_name(package), package.version
    told: Json = {"type": kind, "name": name, "version": version, "purl": f"pkg:pypi/{name}@{version}"}
    licence = _licence(package)
    return {**told, "licenses": [{"license": {"name": licence}}]} if licence else told


def _canonical_name(package: Distribution) -> str:
    return re.sub(r"[-_.]+", "-", package.metadata["Name"]).lower()


def _licence(package: Distribution) -> str:
    """The expression, else the classifiers, else the field of old."""
    of = package.metadata.get_all
    classifiers = [line.rpartition(" :: ")[2] for line in of("Classifier", ()) if line.startswith(_LICENCE)]
    named = (*of("License-Expression", ()), ", ".join(classifiers), *of("License", ()), "")
    return next((line for line in named if line), "").partition("\n")[0][:_LONGEST_LICENCE]
