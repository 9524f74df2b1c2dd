"""What free text may become: a value, and the types that it could have."""

from dataclasses import dataclass

from mispmini.domain.attribute_types import categories_of, default_category, default_to_ids

BOTH_ADDRESSES = "ip-src/ip-dst"
"""MISP's word for two attributes, one a source and one a destination."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value with its possible types, the most likely one first; `to_ids` is what is ticked at first."""

    value: str
    types: tuple[str, ...]
    to_ids: bool

    @property
    def default_type(self) -> str:
        """The type that is chosen unless somebody chooses another one."""
        return self.types[0]

    @property
    def category(self) -> str:
        """The category of the default type."""
        return default_category(self.default_type)

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories that the default type may have."""
        return categories_of(self.default_type)


def candidate(value: str, *types: str, to_ids: bool | None = None) -> Candidate:
    """A candidate; unless said otherwise it is for detection where its default type is."""
    return Candidate(value, types, default_to_ids(types[0]) if to_ids is None else to_ids)


def types_saved_as(chosen: str) -> tuple[str, ...]:
    """The types of the attributes that a choice becomes: one, or two for `ip-src/ip-dst`."""
    return ("ip-src", "ip-dst") if chosen == BOTH_ADDRESSES else (chosen,)
