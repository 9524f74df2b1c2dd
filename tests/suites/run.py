"""Runs PyMISP's live suites unchanged; exit code 1 when a test fails that is not named here with its reason.

`python -m tests.suites.run [comprehensive] [sync] [-k EXPRESSION]`
"""

import os
import subprocess
import sys
import tempfile
import warnings
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import click

from tests.live import live_server, pymisp_suite_birth
from tests.suites.expected import MISSES, SYNC_MISSES
from tests.suites.front import tls_front
from tests.suites.sdist import unpack_into

SUITES = ("comprehensive", "sync")
_SYNC_PORTS = (8643, 8644, 8645)
_SYNC_KEY = "eYQdGTEWZJ8C2lm9EpnMqxQGwGiPNyoR75JvLdlE"
_TRUSTS = ('allow_internal = ["127.0.0.0/8"]', 'trusted_proxy = "127.0.0.1"')
_RUNNER = """
from testlive_sync import *
import testlive_sync
for instance in testlive_sync.misp_instances:
    instance["external_baseurl"] = instance["url"]
"""


@click.command()
@click.argument("suites", nargs=-1, type=click.Choice(SUITES))
@click.option("-k", "expression", help="Which tests, as pytest takes it.")
def main(suites: Sequence[str], expression: str | None) -> None:
    """PyMISP's own live suites against fresh instances."""
    warnings.simplefilter("ignore")
    chosen = ["-k", expression] if expression else []
    flawed = False
    for suite in suites or SUITES:
        with tempfile.TemporaryDirectory(prefix="mispmini-suite-") as name:
            results = {"comprehensive": _comprehensive, "sync": _sync}[suite](Path(name), chosen)
        flawed |= _tell(suite, results, MISSES if suite == "comprehensive" else SYNC_MISSES)
    sys.exit(flawed)


def _comprehensive(folder: Path, chosen: Sequence[str]) -> dict[str, str]:
    tests = unpack_into(folder)
    with live_server(pymisp_suite_birth()) as server:
        (tests / "keys.py").write_text(f'url = "{server.url}"\nkey = "{server.birth.key}"\n', encoding="ascii")
        return _pytest(tests, "testlive_comprehensive.py", chosen)


def _sync(folder: Path, chosen: Sequence[str]) -> dict[str, str]:
    tests = unpack_into(folder)
    (tests / "test_sync_here.py").write_text(_RUNNER, encoding="ascii")
    with ExitStack() as stack:
        for port in _SYNC_PORTS:
            birth = replace(pymisp_suite_birth(), key=_SYNC_KEY, settings=_TRUSTS)
            server = stack.enter_context(live_server(birth))
            stack.enter_context(tls_front(folder / f"front-{port}", port=port, upstream=server.url))
        return _pytest(tests, "test_sync_here.py", chosen)


def _pytest(tests: Path, file: str, chosen: Sequence[str]) -> dict[str, str]:
    """What became of each test: "passed", "skipped", or the first line of its failure."""
    report = tests / "report.xml"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--junitxml={report}",
        f"tests/{file}",
        *chosen,
    ]
    subprocess.run([*command, "--tb=short"], cwd=tests.parent, env={**os.environ, "PYTHONPATH": "tests"}, check=False)
    if not report.exists():
        sys.exit("The suite did not run.")
    return {case.attrib["name"]: _outcome(case) for case in ElementTree.parse(report).iter("testcase")}


def _outcome(case: ElementTree.Element) -> str:
    for kind in ("failure", "error"):
        if (flaw := case.find(kind)) is not None:
            return flaw.attrib.get("message", kind).splitlines()[0]
    return "passed" if case.find("skipped") is None else "skipped"


def _tell(suite: str, results: dict[str, str], misses: dict[str, str]) -> bool:
    """Print the outcome; whether something failed that is not named."""
    unnamed = {name: text for name, text in results.items() if text not in {"passed", "skipped"} and name not in misses}
    passed = sum(outcome == "passed" for outcome in results.values())
    click.echo(f"{suite}: {passed} of {len(results)} passed")
    for name, reason in misses.items():
        if results.get(name) == "passed":
            click.echo(f"  {name} passes now, and is still named as a miss")
        elif name in results:
            click.echo(f"  {name}: {results[name]}; {reason}")
    for name, text in unnamed.items():
        click.echo(f"  NOT NAMED {name}: {text[:200]}")
    return bool(unnamed) or not results


if __name__ == "__main__":
    main()
