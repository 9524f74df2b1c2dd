"""What the help page is given."""

from dataclasses import dataclass


@dataclass(frozen=True)
class GuideLink:
    """Where a step is done."""

    label: str  # translated
    href: str


@dataclass(frozen=True)
class GuideStep:
    """One step of the guide."""

    number: int  # from 1
    title: str  # translated
    sentences: tuple[str, ...]  # translated
    links: tuple[GuideLink, ...]  # only what the viewer may open


@dataclass(frozen=True)
class GuideCall:
    """A call that works as it stands once the variable AUTHKEY is set."""

    id: str  # of the element that holds it
    label: str  # what it asks for, translated
    command: str  # for a POSIX shell


@dataclass(frozen=True)
class GuideLevel:
    """What a distribution becomes on its way to a partner; the names are translated."""

    name: str
    pushed: str
    pulled: str


@dataclass(frozen=True)
class HelpPage:
    """help.html"""

    steps: tuple[GuideStep, ...]
    calls: tuple[GuideCall, ...]
    levels: tuple[GuideLevel, ...]
    contact: str  # whom users of this server ask; "" where nobody is named
