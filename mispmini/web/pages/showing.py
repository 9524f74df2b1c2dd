"""How the classes that templates are given are made: they are many, and most of a start would go into them."""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(field,))
def shown(cls: type[T]) -> type[T]:
    """A dataclass that nobody compares or prints; that nobody changes it is left to the check of types."""
    return dataclass(eq=False, repr=False)(cls)
