"""What an event's page is given of galaxies."""

from mispmini.web.pages.showing import shown


@shown
class ClusterBadge:
    """A cluster that a tag on an event names."""

    cluster_id: int
    galaxy: str
    value: str
    tag_id: int
    local: bool
    may_remove: bool
