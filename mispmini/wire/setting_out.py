"""Settings and the state of the house as a MISP tells them (API §9.1)."""

from collections.abc import Iterable, Mapping

from mispmini.domain.instance_settings import Fact, Kind, Spec
from mispmini.domain.setting_values import wire_value

Reply = dict[str, object]
_QUEUES = ("cache", "default", "email", "prio", "scheduler", "update")
_TYPES = {Kind.YES_NO: "boolean", Kind.NUMBER: "numeric", Kind.ORGANISATION: "numeric"}


def setting_object(spec: Spec, value: object, *, locked: str | None) -> Reply:
    """One setting under the name that a client knows it by; `locked` is why it cannot be changed."""
    told: Reply = {
        "setting": spec.misp or spec.name,
        "value": wire_value(spec, value),
        "type": _TYPES.get(spec.kind, "string"),
        "description": spec.sentence,
        "level": 1,
        "default": wire_value(spec, spec.default),
        "locked": locked is not None,
        "errorMessage": locked or "",
    }
    return {**told, "options": _options(spec)} if spec.choices else told


def fact_object(fact: Fact) -> Reply:
    """What is decided here for good, in the same shape."""
    return {
        "setting": fact.name,
        "value": fact.value,
        "type": "boolean",
        "description": fact.sentence,
        "level": 2,
        "default": fact.value,
        "locked": True,
        "errorMessage": "",
    }


def settings_document(objects: Iterable[Reply], *, version: str) -> Reply:
    """serverSettings: the settings and what clients look for beside them."""
    return {
        "version": {"current": f"v{version}", "newest": f"v{version}", "upToDate": "same"},
        "phpSettings": {},
        "gpgStatus": 0,
        "proxyStatus": 0,
        "zmqStatus": 1,
        "finalSettings": list(objects),
        "workers": workers_document(),
    }


def workers_document() -> Reply:
    """The queues that clients wait for: the jobs here run inside the serving process (CLIENTS, wire habits)."""
    queues: Reply = {name: {"ok": True, "jobCount": 0, "workers": []} for name in _QUEUES}
    return {**queues, "proc_accessible": True, "controls": 0}


def schema_document(version: int, expected: int) -> Reply:
    """dbSchemaDiagnostic: whether the schema is the program's."""
    return {
        "dataSource": "SQLite",
        "actual_db_version": str(version),
        "expected_db_version": str(expected),
        "checked_table_column": [],
        "diagnostic": {},
        "diagnostic_index": {},
        "error": "",
        "update_locked": False,
    }


def _options(spec: Spec) -> Mapping[str, str]:
    return {str(wire_value(spec, value)): sentence for value, sentence in spec.choices}
