"""What the pages show of sightings."""

from mispmini.web.pages.showing import shown


@shown
class SeenBox:
    """How often an attribute was seen, as far as the viewer is told."""

    seen: int = 0
    false_positives: int = 0
    expired: bool = False
    last: int | None = None  # when it was last seen
    may_add: bool = False


NOTHING_SEEN = SeenBox()
