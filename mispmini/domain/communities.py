"""The sharing communities that a new instance may ask to join (API §9.6): CERT.br's and CIRCL's public ones."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Community:
    """One community: who runs it, where it tells about itself, and where to ask for access."""

    id: int
    name: str
    description: str
    org_name: str
    url: str
    email: str


COMMUNITIES = (
    Community(
        1,
        "CIRCL Private Sector Information Sharing Community - aka MISPPRIV",
        "Run by CIRCL for organisations of the private sector and for CSIRTs.",
        "CIRCL",
        "https://www.circl.lu/services/misp-malware-information-sharing-platform/",
        "info@circl.lu",
    ),
    Community(
        2,
        "CIRCL n/g CSIRT information sharing community - aka MISP",
        "Run by CIRCL for national and governmental CSIRTs.",
        "CIRCL",
        "https://www.circl.lu/services/misp-malware-information-sharing-platform/",
        "info@circl.lu",
    ),
    Community(
        3,
        "CERT.br MISP",
        "Run by CERT.br for CSIRTs of organisations in Brazil.",
        "CERT.br",
        "https://cert.br/misp/",
        "cert@cert.br",
    ),
)


@dataclass(frozen=True, slots=True)
class AccessWish:
    """What a request to join says of the one who asks; what is empty is filled in from account and instance."""

    email: str = ""
    gpgkey: str = ""
    org_name: str = ""
    org_uuid: str = ""
    org_description: str = ""
    message: str = ""
    sync: bool = False
    anonymise: bool = False


def find_community(ref: str) -> Community | None:
    """One by its number."""
    return next((community for community in COMMUNITIES if str(community.id) == ref), None)
