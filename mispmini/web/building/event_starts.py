"""What a new event may begin as: the usual incidents of a CSIRT, each with its class of RSIT (FEATURES row 46)."""

from collections.abc import Mapping

from mispmini.domain.taxonomies import find_entry
from mispmini.domain.viewer import Viewer
from mispmini.web import pages
from mispmini.web.building.tag_pages import tag_choices
from mispmini.web.i18n import N_, gettext

_RSIT = "rsit:"
_USUAL_TLP = "tlp:amber"
_STARTS: Mapping[str, tuple[str, str]] = {
    "phishing": (N_("Phishing"), 'rsit:fraud="phishing"'),
    "ransomware": (N_("Ransomware"), 'rsit:information-content-security="unauthorised-information-modification"'),
    "ddos": (N_("DDoS"), 'rsit:availability="ddos"'),
    "leak": (N_("Data leak"), 'rsit:information-content-security="data-leak"'),
}


def is_incident_class(name: str) -> bool:
    """Whether it is a tag of the Reference Security Incident Taxonomy."""
    return name.startswith(_RSIT) and find_entry(name) is not None


def incident_classes(viewer: Viewer) -> tuple[pages.Choice, ...]:
    """The classes of incidents that the viewer may choose, none first; empty where the taxonomy is off."""
    offered = [pages.Choice(one.value, one.label) for one in tag_choices(viewer) if is_incident_class(one.value)]
    return (pages.Choice("", gettext("none yet")), *offered) if offered else ()


def starts(classes: tuple[pages.Choice, ...]) -> tuple[pages.Choice, ...]:
    """The incidents whose class is offered, by their name in the address of the form."""
    offered = {one.value for one in classes}
    return tuple(pages.Choice(name, gettext(label)) for name, (label, tag) in _STARTS.items() if tag in offered)


def first_values(start: str) -> dict[str, str]:
    """What the form of a new event holds at first, where it begins as one of these incidents."""
    if start not in _STARTS:
        return {}
    label, tag = _STARTS[start]
    return {"info": f"{gettext(label).upper()}: ", "rsit": tag, "tlp": _USUAL_TLP}
