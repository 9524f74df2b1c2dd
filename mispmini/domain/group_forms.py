"""What people and scripts say of a sharing group that they make or change here (MODEL §7.9, API §9.7)."""

from dataclasses import dataclass

from mispmini.domain.drafts import OrganisationDraft


@dataclass(frozen=True, slots=True)
class MemberForm:
    """An organisation named by id or uuid; `known_as` is what it is called if it is new here."""

    org: str
    extend: bool = False
    known_as: str = ""


@dataclass(frozen=True, slots=True)
class GroupServerForm:
    """A server named by id, "0" being this instance, or by its url."""

    server: str
    all_orgs: bool = False


@dataclass(frozen=True, slots=True)
class GroupForm:
    """A sharing group's fields; None is "not said", which an edit keeps. A list that is given is the whole list."""

    name: str | None = None
    releasability: str | None = None
    description: str | None = None
    uuid: str | None = None
    active: bool | None = None
    local: bool | None = None
    roaming: bool | None = None
    owner: OrganisationDraft | None = None
    orgs: tuple[MemberForm, ...] | None = None
    servers: tuple[GroupServerForm, ...] | None = None
