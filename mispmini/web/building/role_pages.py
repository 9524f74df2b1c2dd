"""What the pages about roles show."""

from collections.abc import Mapping

from mispmini.domain.permissions import LEVEL_PERMISSIONS, Permission, permission_level
from mispmini.domain.records import RoleRecord
from mispmini.services import roles
from mispmini.web import pages
from mispmini.web.i18n import N_, gettext
from mispmini.web.who import current_viewer

P = Permission
_LEVELS = (N_("Read only"), N_("Manage own events"), N_("Manage the organisation's events"), N_("Manage and publish"))
_WORDS: Mapping[Permission, str] = {
    P.SITE_ADMIN: N_("Site admin: sees and may do everything"),
    P.ADMIN: N_("Administer the users of the own organisation"),
    P.SYNC: N_("Synchronise: a partner's server"),
    P.AUTH: N_("Use auth keys"),
    P.AUDIT: N_("Read the organisation's log"),
    P.DELEGATE: N_("Delegate events"),
    P.TAGGER: N_("Attach tags"),
    P.TAG_EDITOR: N_("Make tags"),
    P.SHARING_GROUP: N_("Make and edit sharing groups"),
    P.SIGHTING: N_("Add sightings"),
    P.ANALYST_DATA: N_("Add notes and opinions"),
    P.TEMPLATE: N_("Edit event templates"),
    P.OBJECT_TEMPLATE: N_("Edit object templates"),
    P.GALAXY_EDITOR: N_("Edit galaxy clusters"),
    P.WARNINGLIST: N_("Edit warninglists"),
    P.DECAYING: N_("Edit decaying models"),
    P.REGEXP_ACCESS: N_("Edit import rules"),
    P.VIEW_FEED_CORRELATIONS: N_("See matches with feeds"),
    P.PUBLISH_ZMQ: N_("Publish to ZMQ"),
    P.PUBLISH_KAFKA: N_("Publish to Kafka"),
    P.SKIP_OTP: N_("Sign in without a second factor"),
}


def index_page(found: list[RoleRecord]) -> pages.RolesPage:
    """All roles side by side."""
    may_edit = current_viewer().is_site_admin
    return pages.RolesPage(rows=tuple(_row(role, may_edit=may_edit) for role in found), may_edit=may_edit)


def form_page(role: RoleRecord | None, form: pages.Form) -> pages.RoleFormPage:
    """The form of a role, or of a new one."""
    return pages.RoleFormPage(
        id=None if role is None else role.id,
        form=form,
        levels=tuple(pages.Choice(str(number), gettext(word)) for number, word in enumerate(_LEVELS)),
        flags=tuple(pages.Choice(flag.value, gettext(word)) for flag, word in _WORDS.items()),
        users=0 if role is None else roles.count_users(current_viewer(), role),
        is_default=role is not None and role.default_role,
    )


def new_form() -> pages.Form:
    """What most roles may."""
    return pages.Form({"permission": "2", **{flag.value: "1" for flag in (P.AUTH, P.AUDIT, P.TAGGER, P.SIGHTING)}})


def form_of(role: RoleRecord) -> pages.Form:
    """What a role's form holds at first."""
    level, _name = permission_level(role.permissions)
    flags = {flag.value: "1" if flag in role.permissions else "0" for flag in _WORDS}
    restricted = "1" if role.restricted_to_site_admin else "0"
    return pages.Form({"name": role.name, "permission": str(level), "restricted_to_site_admin": restricted, **flags})


def _row(role: RoleRecord, *, may_edit: bool) -> pages.RoleRow:
    level, _name = permission_level(role.permissions)
    return pages.RoleRow(
        id=role.id,
        name=role.name,
        level=gettext(_LEVELS[level]),
        rights=tuple(
            gettext(word) for flag, word in _WORDS.items() if flag in role.permissions - set(LEVEL_PERMISSIONS)
        ),
        is_default=role.default_role,
        restricted=role.restricted_to_site_admin,
        users=roles.count_users(current_viewer(), role) if may_edit else None,
    )
