"""What the help page is given."""

from mispmini.web.pages.showing import shown


@shown
class GuideLink:
    """Where a step is done."""

    label: str  # translated
    href: str


@shown
class GuideStep:
    """One step of the guide."""

    number: int  # from 1
    title: str  # translated
    sentences: tuple[str, ...]  # translated
    links: tuple[GuideLink, ...]  # only what the viewer may open


@shown
class GuideCall:
    """A call that works as it stands once the variable AUTHKEY is set."""

    id: str  # of the element that holds it
    label: str  # what it asks for, translated
    command: str  # for a POSIX shell


@shown
class GuideLevel:
    """What a distribution becomes on its way to a partner; the names are translated."""

    name: str
    pushed: str
    pulled: str


@shown
class HelpPage:
    """help.html"""

    steps: tuple[GuideStep, ...]
    calls: tuple[GuideCall, ...]
    levels: tuple[GuideLevel, ...]
    contact: str  # whom users of this server ask; "" where nobody is named
