"""Places of notes that claimed another kind than what has the uuid; elements that not everybody sees, counted anew."""

_THINGS = (
    ("Event", "SELECT id, NULL, NULL, NULL FROM event WHERE uuid = ?", False),
    ("Attribute", "SELECT event_id, id, NULL, NULL FROM attribute WHERE uuid = ?", True),
    ("Object", "SELECT event_id, NULL, id, NULL FROM object WHERE uuid = ?", True),
    ("EventReport", "SELECT event_id, NULL, NULL, id FROM event_report WHERE uuid = ?", False),
)
_PLACE = "UPDATE analyst_item SET " + ", ".join(
    f"{name} = coalesce({name}, ?)" for name in ("event_id", "attribute_id", "object_id", "report_id")
)
_NARROW = "(SELECT count(*) FROM {} AS part WHERE part.event_id = event.id AND part.distribution NOT IN (1, 2, 3, 5))"

def up(migrator, db):
    """Find the places, count the elements."""
    for item, uuid, claimed in db.execute_sql("SELECT id, object_uuid, object_type FROM analyst_item").fetchall():
        for kind, query, is_blob in _THINGS:
            # What has the kind that is claimed is placed already, or is not the author's to read.
            key = bytes.fromhex(uuid.replace("-", "")) if is_blob else uuid
            if kind != claimed and (place := db.execute_sql(query, (key,)).fetchone()) is not None:
                db.execute_sql(f"{_PLACE} WHERE id = ?", (*place, item))
    counts = " + ".join(_NARROW.format(table) for table in ("attribute", "object", "event_report"))
    db.execute_sql(f"UPDATE event SET restricted = {counts} WHERE restricted > 0")
