"""Tables that say which test shows what: a pointer is `folder/file.py::function`, and must lead somewhere."""

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent


@cache
def functions_of(file: str) -> frozenset[str]:
    """The names of a file's tests; none for a file that is not there."""
    path = TESTS / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def leading_nowhere(pointers: Iterable[str]) -> list[str]:
    """The pointers to tests that there are not."""
    return [
        pointer for pointer in pointers if pointer.rpartition("::")[2] not in functions_of(pointer.partition("::")[0])
    ]
