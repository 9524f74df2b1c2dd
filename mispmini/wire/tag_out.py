"""A tag on its own (API §9.6)."""

from mispmini.domain.records import TagRecord
from mispmini.wire.replies import Reply


def tag_columns(tag: TagRecord) -> Reply:
    """A tag's columns as tags/view, index and add answer them."""
    return {
        "id": str(tag.id),
        "name": tag.name,
        "colour": tag.colour,
        "exportable": tag.exportable,
        "org_id": str(tag.org_id or 0),
        "user_id": str(tag.user_id or 0),
        "hide_tag": tag.hide_tag,
        "numerical_value": None if tag.numerical_value is None else str(tag.numerical_value),
        "is_galaxy": tag.is_galaxy,
        "is_custom_galaxy": tag.is_custom_galaxy,
        "local_only": tag.local_only,
    }
