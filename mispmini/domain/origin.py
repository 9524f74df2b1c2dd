"""Where a draft came from: an author here, a partner's push, our pull (RULES §4)."""

from dataclasses import dataclass
from enum import Enum

from mispmini.domain.viewer import Viewer


class Way(Enum):
    """How it came."""

    LOCAL = "local"
    PUSH = "push"
    PULL = "pull"


@dataclass(frozen=True, slots=True)
class Origin:
    """The way, and for a link the remote organisation it belongs to.

    `owner_org_id` owns what is added: the caller's organisation, or the pulling link's local one. What is `forced`
    somebody asked for by its name: the version that is here is merged once more (PROTOCOL §4.4).
    """

    way: Way
    owner_org_id: int
    link_org_id: int | None = None
    server_id: int | None = None
    internal: bool = False
    own_name_policy: str = "accept"
    forced: bool = False

    @property
    def is_link(self) -> bool:
        """Whether a partner stands behind it."""
        return self.way is not Way.LOCAL

    @classmethod
    def of(cls, viewer: Viewer) -> "Origin":
        """The origin of what a viewer sends over REST or a form."""
        if viewer.is_partner:
            return cls(Way.PUSH, viewer.org_id, link_org_id=viewer.org_id)
        return cls(Way.LOCAL, viewer.org_id)
