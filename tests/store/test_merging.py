"""A merge forgets no column that names an organisation."""

from typing import Any

from mispmini.store.merging import references
from mispmini.store.tables import ALL_TABLES

_STAYS = {("audit", "org_id")}  # what was done stays in the name of who did it


def test_every_column_that_names_an_organisation_moves() -> None:
    moved = {(reference.table, reference.column) for reference in references()}
    named = {(meta.table_name, column) for meta in map(_meta, ALL_TABLES) for column in meta.columns if "org" in column}
    texts = {
        (table, column)
        for table, column in named
        if column.endswith("uuid") or column in {"event_orgc", "org_name", "analyst_data_orgc"}
    }
    others = {("server", "trusted_orgs"), ("sharing_group_server", "all_orgs")}  # a list of uuids, and a flag
    assert named - texts - others - _STAYS == {(table, column) for table, column in moved if column != "received_from"}


def test_rows_that_would_be_twice_are_known() -> None:
    unique = {(reference.table, reference.column): reference.beside for reference in references() if reference.beside}
    assert unique["sharing_group_org", "org_id"] == ("sharing_group_id",)
    assert unique["served", "org_id"] == ("event_uuid", "timestamp")


def _meta(model: Any) -> Any:
    return model._meta
