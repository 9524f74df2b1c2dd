"""Rules for sensors are read by a parser of such rules, and by Suricata itself where it is installed (API §8.6)."""

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from mispmini.domain.ids import new_uuid
from tests.contract.conftest import Instance
from tests.contract.test_exports import TRICKY
from tests.wire.test_exports import FREE_TEXT, HOSTILE

FORMATS = ("suricata", "snort")
# A process of its own: the parser brings much along, of which some warns when it is imported.
READ = "import sys, surinort_ast\nfor rule in sys.stdin.read().splitlines(): surinort_ast.parse_rule(rule)"


@pytest.fixture(scope="module")
def rules(instance_a: Instance) -> dict[str, list[str]]:
    """By format, the rules of an event whose values are hard to write into one."""
    values = [*TRICKY.items(), *((kind, value) for value in HOSTILE.values() for kind in FREE_TEXT)]
    attributes = [{"type": kind, "value": value, "to_ids": True} for kind, value in values]
    tag = [{"name": f'say:"{new_uuid()}; x"'}]
    wanted = {"info": "Rules", "distribution": "0", "published": True, "Attribute": attributes, "Tag": tag}
    event = instance_a.admin.post("/events/add", {"Event": wanted}).json()["Event"]

    def alerts(name: str) -> list[str]:
        answer = instance_a.admin.post("/events/restSearch", {"returnFormat": name, "eventid": event["id"]})
        return [line for line in answer.text.splitlines() if line.startswith("alert")]

    found = {name: alerts(name) for name in FORMATS}
    instance_a.admin.deletes(event)
    return found


@pytest.mark.parametrize("name", FORMATS)
def test_a_parser_reads_every_rule(rules: dict[str, list[str]], name: str) -> None:
    if find_spec("surinort_ast") is None:
        pytest.skip("surinort-ast is not installed")
    assert len(rules[name]) > 3 * len(HOSTILE)
    done = subprocess.run([sys.executable, "-c", READ], input="\n".join(rules[name]), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_suricata_takes_every_rule(rules: dict[str, list[str]], tmp_path: Path) -> None:
    if (suricata := shutil.which("suricata")) is None:
        pytest.skip("suricata is not on the PATH")
    path = tmp_path / "misp.rules"
    path.write_text("\n".join(rules["suricata"]) + "\n", encoding="utf-8")
    command = [suricata, "-T", "-v", "-S", str(path), "-l", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    assert f"{len(rules['suricata'])} rules successfully loaded, 0 rules failed" in told, told
