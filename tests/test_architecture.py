"""The floors of docs/architecture.md: nothing imports upward, drivers stay in their room, no module cycle.

And what the house asks of each module: SQL in the store, calls of other machines in few hands, one clock.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WORDS = {"domain", "settings", "assets", "program"}
MAY_IMPORT: dict[str, set[str]] = {
    "web": {"services", "sync", "wire", *WORDS},
    "jobs": {"sync", "services", "store", *WORDS},
    "cli": {"services", "sync", "store", *WORDS},
    "sync": {"services", "store", "wire", "domain"},
    "services": {"store", "domain"},
    "store": {"domain"},
    "wire": {"domain"},
    "domain": set(),
    "settings": set(),
    "assets": set(),
    "program": set(),
}
HANDED_TO_CLI = {"cli", "services", "store", *WORDS}  # main hands them to the command line
MAY_IMPORT["hearing"] = {"settings"}
MAY_IMPORT["demo"] = HANDED_TO_CLI
MAY_IMPORT["serving"] = {*HANDED_TO_CLI, "hearing"}
MAY_IMPORT["application"] = {"web", "services", "store", *WORDS}
MAY_IMPORT["main"] = {*MAY_IMPORT}
MAY_IMPORT["__main__"] = {"main"}
NOT_IN_WEB: dict[str, tuple[str, ...]] = {  # what a room of web may not import: views show, building builds, pages hold
    "mispmini.web.pages": ("mispmini.web.",),
    "mispmini.web.building": ("mispmini.web.views",),
}
EXCEPTIONS = {("mispmini.services.bodies", "wire"), ("mispmini.services.bodies.ready", "wire")}
ROOM_OF_DRIVER: dict[str, set[str]] = {
    "peewee": {"store"},
    "playhouse": {"store"},
    "requests": {"sync"},
    "urllib3": {"sync"},
    "flask": {"web", "application"},
    "flask_login": {"web", "application"},
    "flask_wtf": {"web", "application"},
    "limits": {"web", "application"},
    "re2": {"domain"},
    "pymisp": set(),  # only its data files are read: importing it is slow
    "pytaxonomies": set(),
    "pymispgalaxies": set(),
    "pymispwarninglists": set(),
}


HANDS = {
    "requests": {"sync.remote", "sync.certificates"},
    "urllib3": {"sync.remote", "sync.addresses"},
    "urllib.request": set(),
    "http.client": {"demo.half"},
    "smtplib": {"services.mail"},
    "subprocess": {"services.converting", "services.second_places", "demo.half", "program"},
    "time.time": {"domain.clock", "jobs.clock"},  # the jobs' timer notices that the machine's clock was set back
    "datetime.now": {"domain.clock", "jobs.clock"},
    "uuid.uuid4": {"domain.ids"},
    # What runs what it reads: nobody's (TRUST S12; ruff's S rules forbid eval, exec and shells).
    **{key: set() for key in ("pickle", "marshal", "shelve", "yaml", "xml.etree", "xml.dom", "os.system", "os.popen")},
}
SHARED_FROM_SQL = {"in_batches"}
LONGEST_FUNCTION = 50
_SQL = re.compile(r"\b(SELECT [\w\W]+ FROM|INSERT (OR \w+ )?INTO|UPDATE \w+ SET|DELETE FROM) ")


@cache
def modules_under(root: Path) -> dict[str, ast.Module]:
    """Dotted name and syntax tree of each module of the package."""
    found = {}
    for path in sorted((root / "mispmini").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return found


def imports_of(tree: ast.Module, modules: dict[str, ast.Module]) -> Iterator[str]:
    """Dotted names that a module imports, also inside functions; `from package import module` gives the module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in modules else str(node.module) for name in whole)


def floor(module: str) -> str:
    """The part of the package a module belongs to, empty for the package itself."""
    return [*module.split("."), ""][1]


def offences(root: Path) -> list[str]:
    """Each import that the house forbids, as `importer -> imported`; a cycle as its modules."""
    modules = modules_under(root)
    graph = {name: set(imports_of(tree, modules)) for name, tree in modules.items()}
    wrong = [f"{name} -> {used}" for name in graph for used in graph[name] if not _allowed(name, used)]
    try:
        TopologicalSorter({name: used & graph.keys() - {name} for name, used in graph.items()}).prepare()
    except CycleError as error:
        wrong.append(" -> ".join(error.args[1]))
    return wrong


def _allowed(name: str, used: str) -> bool:
    here, package = floor(name), used.split(".")[0]
    if package != "mispmini":
        return here in ROOM_OF_DRIVER.get(package, {here})
    there = floor(used)
    room = name.rpartition(".")[0]
    if room in NOT_IN_WEB and used.startswith(NOT_IN_WEB[room]) and not used.startswith(room):
        return False
    return there in {here, ""} or there in MAY_IMPORT.get(here, set()) or (name, there) in EXCEPTIONS


def test_every_import_goes_down() -> None:
    assert offences(ROOT) == []


def test_every_module_stands_on_a_floor() -> None:
    assert {floor(name) for name in modules_under(ROOT)} <= {"", *MAY_IMPORT}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("store/events.py", "from mispmini.services import publishing"),
        ("services/events.py", "def later() -> None:\n    import mispmini.sync.push"),
        ("services/events.py", "from mispmini.wire import event_out"),
        ("web/views/events.py", "from mispmini import jobs"),
        ("web/views/events.py", "from mispmini.store import events"),
        ("web/building/event_pages.py", "from mispmini.web.views import events"),
        ("web/pages/events.py", "from mispmini.web.building import words"),
        ("settings.py", "from mispmini.domain.errors import Invalid"),
        ("services/events.py", "from peewee import fn"),
        ("web/views/servers.py", "import requests"),
        ("services/accounts.py", "from flask import g"),
        ("domain/types.py", "import pymisp"),
        ("domain/viewer.py", "from mispmini.domain.errors import NotFound"),
    ],
)
def test_a_step_upstairs_is_noticed(tmp_path: Path, path: str, line: str) -> None:
    others = {"jobs/__init__.py": "", "domain/errors.py": "import mispmini.domain.viewer", "domain/viewer.py": ""}
    for name, text in (others | {path: line}).items():
        (tmp_path / "mispmini" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mispmini" / name).write_text(text, encoding="utf-8")
    assert len(offences(tmp_path)) == 1


def in_wrong_hands(name: str, tree: ast.Module) -> Iterator[str]:
    """What a module imports or calls that only other modules may."""
    calls = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for used in {*imports_of(tree, modules_under(ROOT)), *calls}:
        for driver, hands in HANDS.items():
            if f"{used}.".startswith(f"{driver}.") and name.removeprefix("mispmini.") not in hands:
                yield f"{name} uses {used}"


def sql_in(name: str, tree: ast.Module) -> Iterator[str]:
    """Statements, and what runs them, outside the store."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "mispmini.store.sql":
            yield from (f"{name} imports {one.name}" for one in node.names if one.name not in SHARED_FROM_SQL)
        if isinstance(node, ast.ImportFrom) and node.module == "mispmini.store":
            yield from (f"{name} imports all of it" for one in node.names if one.name == "sql")
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL.search(node.value):
            yield f"{name}:{node.lineno} {node.value}"


@pytest.mark.parametrize("name", ["subprocess", "requests", "time.time", "uuid.uuid4", "pickle", "os.system"])
def test_what_few_may_use_is_noticed(name: str) -> None:
    assert list(in_wrong_hands("mispmini.web.views.events", ast.parse(f"import {name}")))
    assert list(in_wrong_hands("mispmini.web.views.events", ast.parse(f"{name}.call()")))


def test_calls_to_machines_and_clocks_are_in_few_hands() -> None:
    assert [told for name, tree in modules_under(ROOT).items() for told in in_wrong_hands(name, tree)] == []


def test_sql_is_written_in_the_store_alone() -> None:
    assert list(sql_in("web", ast.parse('row("SELECT 1 FROM event")'))) == ["web:1 SELECT 1 FROM event"]
    outside = {name: tree for name, tree in modules_under(ROOT).items() if floor(name) != "store"}
    assert [told for name, tree in outside.items() for told in sql_in(name, tree)] == []


def test_every_module_says_what_it_is_for_and_every_function_is_short() -> None:
    assert [name for name, tree in modules_under(ROOT).items() if tree.body and not ast.get_docstring(tree)] == []
    functions = {
        f"{name}.{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for name, tree in modules_under(ROOT).items()
        if ".migrations." not in name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    }
    assert {name: lines for name, lines in functions.items() if lines > LONGEST_FUNCTION} == {}
