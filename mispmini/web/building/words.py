"""What MISP's numbers are called on pages, with the sentence that explains each choice (GUIDE, distribution help)."""

from collections.abc import Iterable

from mispmini.domain.distribution import Distribution
from mispmini.domain.graphs import SharingGroup
from mispmini.web.i18n import N_, gettext
from mispmini.web.pages import Choice

_LEVELS = {
    Distribution.ORGANISATION: (
        N_("Your organisation only"),
        N_("Only members of your organisation on this server. It is sent to nobody."),
    ),
    Distribution.COMMUNITY: (
        N_("This community only"),
        N_("Every organisation on this server. It is not pushed; a partner that pulls it keeps it to itself."),
    ),
    Distribution.CONNECTED: (
        N_("Connected communities"),
        N_("This server and the partners connected to it, where it then is “This community only”."),
    ),
    Distribution.ALL: (N_("All communities"), N_("Passed on freely from server to server.")),
    Distribution.SHARING_GROUP: (
        N_("Sharing group"),
        N_("Only the organisations and servers of one group, chosen below."),
    ),
    Distribution.INHERIT: (N_("As the event"), N_("Whoever sees the event sees this too.")),
}
TLP_TAGS = ("tlp:clear", "tlp:green", "tlp:amber", "tlp:amber+strict", "tlp:red")
_THREAT_LEVELS = {1: N_("High"), 2: N_("Medium"), 3: N_("Low"), 4: N_("Undefined")}
_ANALYSES = {0: N_("Initial"), 1: N_("Ongoing"), 2: N_("Completed")}


def distribution_name(level: int) -> str:
    """A level's name, translated."""
    return gettext(_LEVELS[Distribution(level)][0])


def event_levels(*, with_groups: bool) -> tuple[Choice, ...]:
    """The levels of an event, narrowest first."""
    unwanted = {Distribution.INHERIT} if with_groups else {Distribution.INHERIT, Distribution.SHARING_GROUP}
    return _choices(level for level in Distribution if level not in unwanted)


def element_levels(*, with_groups: bool) -> tuple[Choice, ...]:
    """The levels of an attribute, "as the event" first."""
    return (*_choices([Distribution.INHERIT]), *event_levels(with_groups=with_groups))


def inherit() -> str:
    """The value of "as the event" in a form."""
    return str(int(Distribution.INHERIT))


def tlp_choices() -> tuple[Choice, ...]:
    """The TLP tags that the form of a new event offers, none first."""
    return (Choice("", gettext("none yet")), *(Choice(name, name) for name in TLP_TAGS))


def group_choices(groups: Iterable[SharingGroup]) -> tuple[Choice, ...]:
    """Sharing groups to choose from, none first; empty if there are none."""
    named = tuple(Choice(str(group.id), group.name) for group in groups)
    return (Choice("", "–"), *named) if named else ()


def threat_level(number: int) -> str:
    """A threat level's name, translated; the number itself if MISP has no name for it."""
    return gettext(_THREAT_LEVELS[number]) if number in _THREAT_LEVELS else str(number)


def threat_levels() -> tuple[Choice, ...]:
    """All threat levels."""
    return tuple(Choice(str(number), gettext(name)) for number, name in _THREAT_LEVELS.items())


def analysis(number: int) -> str:
    """The name of a state of analysis, translated; the number itself if MISP has no name for it."""
    return gettext(_ANALYSES[number]) if number in _ANALYSES else str(number)


def analyses() -> tuple[Choice, ...]:
    """All states of analysis."""
    return tuple(Choice(str(number), gettext(name)) for number, name in _ANALYSES.items())


def _choices(levels: Iterable[Distribution]) -> tuple[Choice, ...]:
    return tuple(Choice(str(int(level)), gettext(_LEVELS[level][0]), gettext(_LEVELS[level][1])) for level in levels)
