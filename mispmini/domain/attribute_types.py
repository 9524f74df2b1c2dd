"""Attribute types, categories and defaults, from the describeTypes.json of the pymisp package (MODEL §7.13)."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    TYPES: frozenset[str]
    CATEGORIES: tuple[str, ...]

NON_CORRELATING: Final = frozenset(
    {
        "comment",
        "http-method",
        "aba-rtn",
        "gender",
        "counter",
        "integer",
        "float",
        "port",
        "nationality",
        "cortex",
        "boolean",
        "anonymised",
    }
)
"""Types that never correlate (MODEL §7.16)."""

FIRST_VALUE_ONLY: Final = frozenset({"ip-src|port", "ip-dst|port", "hostname|port"})
"""Composite types of which only value1 correlates (MODEL §7.16)."""

ATTACHMENT: Final = "attachment"
MALWARE_SAMPLE: Final = "malware-sample"
_ATTACHMENTS: Final = frozenset({ATTACHMENT, MALWARE_SAMPLE})


@dataclass(frozen=True, slots=True)
class _TypeTables:
    """What the data file says, in the shapes that are asked for."""

    types: frozenset[str]
    categories: tuple[str, ...]
    composites: frozenset[str]
    default_categories: dict[str, str]
    to_ids: frozenset[str]
    types_of: dict[str, frozenset[str]]


def __getattr__(name: str) -> Any:
    """TYPES (all type names) and CATEGORIES (in the order of MISP's forms), read at first use."""
    if name == "TYPES":
        return _tables().types
    if name == "CATEGORIES":
        return _tables().categories
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def describe_types() -> dict[str, Any]:
    """The whole document of `GET /attributes/describeTypes`: `{"result": {...}}`; shared, so read it only.

    Raises FileNotFoundError if the pymisp package or its data file is not installed.
    """
    document: dict[str, Any] = json.loads(_data_file().read_text(encoding="utf-8"))
    return document


def default_category(type: str) -> str:
    """The category an attribute gets that names none; KeyError for an unknown type (MODEL §7.13)."""
    return _tables().default_categories[type]


def default_to_ids(type: str) -> bool:
    """The to_ids flag an attribute gets that brings none; False for an unknown type (MODEL §7.13)."""
    return type in _tables().to_ids


def category_allows(category: str, type: str) -> bool:
    """Whether `category` lists `type`; False if either is unknown (MODEL §7.13)."""
    return type in _tables().types_of.get(category, ())


def categories_of(type: str) -> tuple[str, ...]:
    """The categories that list `type`; none if it is unknown (MODEL §7.13)."""
    return tuple(name for name, types in _tables().types_of.items() if type in types)


def is_composite(type: str) -> bool:
    """Whether values of `type` are two values joined by a bar (MODEL §7.14)."""
    return type in _tables().composites


def is_attachment(type: str) -> bool:
    """Whether attributes of `type` carry a file (MODEL §7.3)."""
    return type in _ATTACHMENTS


@cache
def _tables() -> _TypeTables:
    result = describe_types()["result"]
    types = frozenset(result["types"])
    defaults = result["sane_defaults"]
    return _TypeTables(
        types=types,
        categories=tuple(result["categories"]),
        composites=frozenset(name for name in types if "|" in name) | {"malware-sample"},
        default_categories={name: default["default_category"] for name, default in defaults.items()},
        to_ids=frozenset(name for name, default in defaults.items() if default["to_ids"]),
        types_of={category: frozenset(listed) for category, listed in result["category_type_mappings"].items()},
    )


def _data_file() -> Path:
    # Importing pymisp costs a good part of a second; finding it does not run it.
    spec = find_spec("pymisp")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("The pymisp package, which brings the attribute types, is not installed.")
    return Path(spec.submodule_search_locations[0]) / "data" / "describeTypes.json"
