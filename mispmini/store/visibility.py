"""Who may read: the one place (MODEL §6; ADR 0002). Predicates, so that views, lists, counts and search share them.

Table aliases are given by the caller; `event` is the events' alias unless said otherwise.
"""

from mispmini.domain.distribution import ELEMENT_SEEN_BY_ALL_HERE, SEEN_BY_ALL_HERE, Distribution
from mispmini.domain.opinions import SightingPolicy
from mispmini.domain.permissions import Permission
from mispmini.domain.rules import PushRules
from mispmini.domain.viewer import Viewer
from mispmini.store.settings import load_settings
from mispmini.store.sql import TRUE, Predicate, marks, scalar
from mispmini.store.tlp_guard import guarded_elements, guarded_events


def _member_groups(org: str) -> str:
    return (
        "SELECT sharing_group_id FROM sharing_group_server WHERE server_id IS NULL AND all_orgs"
        f" UNION SELECT sharing_group_id FROM sharing_group_org WHERE org_id = {org}"
    )


_MEMBER_GROUPS = _member_groups("?")


def _levels(levels: tuple[Distribution, ...]) -> str:
    return ", ".join(str(int(level)) for level in levels)


def event_visible_to(viewer: Viewer, event: str = "event") -> Predicate:
    """Events that the viewer sees. A trashed event is seen by nobody (RULES §2)."""
    alive = f"{event}.trashed IS NULL"
    if viewer.is_site_admin:
        return Predicate(alive)
    return Predicate(alive) & _event_reaches(viewer, event)


def _event_reaches(viewer: Viewer, event: str) -> Predicate:
    settings = load_settings()
    reached = _event_distributed(viewer, event, only_published=settings.unpublished_private)
    if not settings.delegation:
        return reached
    offered = f"{event}.id IN (SELECT event_id FROM event_delegation WHERE org_id = ?)"
    return Predicate(f"{reached.text} OR {offered}", (*reached.params, viewer.org_id))


def _event_distributed(viewer: Viewer, event: str, *, only_published: bool) -> Predicate:
    published = f" AND {event}.published" if only_published else ""
    return Predicate(
        f"{event}.org_id = ?"
        f" OR ({event}.distribution IN ({_levels(SEEN_BY_ALL_HERE)}){published})"
        f" OR ({event}.distribution = {int(Distribution.SHARING_GROUP)}"
        f" AND {event}.sharing_group_id IN ({_MEMBER_GROUPS}){published})",
        (viewer.org_id, viewer.org_id),
    )


def link_rules_of(viewer: Viewer) -> PushRules:
    """The push rules of the link that a partner's account belongs to: they limit what it reads too (RULES §10.3)."""
    if viewer.linked_server_id is None or viewer.is_site_admin:
        return PushRules()
    return PushRules.from_text(scalar("SELECT push_rules FROM server WHERE id = ?", (viewer.linked_server_id,)))


def event_readable_by(viewer: Viewer, event: str = "event") -> Predicate:
    """Events that the viewer reads: visible, and let through by its link and the TLP guard.

    Verbs judge by `event_visible_to` alone.
    """
    rules, readable = link_rules_of(viewer), event_visible_to(viewer, event)
    if (guarded := guarded_events(viewer, event)) is not TRUE:
        readable &= guarded
    for is_wanted, tag_ids in ((True, rules.tags_or), (False, rules.tags_not)):
        if tag_ids:
            readable &= _tagged("event", f"{event}.id", tag_ids, is_wanted=is_wanted)
    for operator, org_ids in (("IN", rules.orgs_or), ("NOT IN", rules.orgs_not)):
        if org_ids:
            readable &= Predicate(f"{event}.orgc_id {operator} ({marks(tuple(org_ids))})", tuple(org_ids))
    return readable


def reads_every_element(viewer: Viewer, *, event_id: int, org_id: int, restricted: bool) -> bool:
    """Whether a reader of an event of this organisation reads all its live elements with their groups, as everybody
    does who reads all.

    `restricted` says that some element is not for everybody here.
    """
    if _is_limited(viewer):
        return False
    if not restricted or viewer.is_site_admin:
        return True
    return viewer.org_id == org_id and not _holds_strange_groups(viewer, event_id)


def _holds_strange_groups(viewer: Viewer, event_id: int) -> bool:
    """Whether an element of an event is for a sharing group whose data the viewer does not see."""
    strange = " UNION ALL ".join(
        f"SELECT 1 FROM {table} WHERE event_id = ? AND distribution = {int(Distribution.SHARING_GROUP)}"
        f" AND sharing_group_id NOT IN ({_MEMBER_GROUPS})"
        for table in ("attribute", "object", "event_report")
    )
    return bool(scalar(f"SELECT EXISTS ({strange})", (event_id, viewer.org_id) * 3))


def attribute_readable_by(
    viewer: Viewer, attribute: str = "attribute", event: str = "event", *, with_group: bool = False
) -> Predicate:
    """Attributes that the viewer reads, given that it reads their event: none with a tag that its link leaves out,
    none that the TLP guard keeps."""
    readable = attribute_visible_to(viewer, attribute, event, with_group=with_group)
    unwanted = link_rules_of(viewer).tags_not
    if (guarded := guarded_elements(viewer, "attribute", attribute, event)) is not TRUE:
        readable &= guarded
    if unwanted:
        readable &= _tagged("attribute", f"{attribute}.id", unwanted, is_wanted=False)
    return readable


def report_readable_by(viewer: Viewer, *, with_group: bool = False) -> Predicate:
    """On `event_report`: reports that the viewer reads, given that it reads their event."""
    visible, guarded = (
        element_visible_to(viewer, "event_report", with_group=with_group),
        guarded_elements(viewer, "event_report", "event_report"),
    )
    return visible if guarded is TRUE else visible & guarded


def _tagged(target: str, column: str, tag_ids: frozenset[int], *, is_wanted: bool) -> Predicate:
    ids = tuple(sorted(tag_ids))
    tagged = f"SELECT {target}_id FROM {target}_tag WHERE tag_id IN ({marks(ids)}) AND NOT deleted"
    return Predicate(f"{column} {'IN' if is_wanted else 'NOT IN'} ({tagged})", ids)


def reference_visible_to(viewer: Viewer) -> Predicate:
    """On `object_reference`: its target is an attribute or object that the viewer sees, deleted or not."""
    if viewer.is_site_admin:
        return TRUE
    attribute, obj = attribute_readable_by(viewer), element_visible_to(viewer, "target")
    return Predicate(
        "(object_reference.referenced_type = 0 AND EXISTS (SELECT 1 FROM attribute"
        " JOIN event ON event.id = attribute.event_id"
        f" WHERE attribute.id = object_reference.referenced_id AND ({attribute.text})))"
        " OR (object_reference.referenced_type = 1 AND EXISTS (SELECT 1 FROM object AS target"
        " JOIN event ON event.id = target.event_id"
        f" WHERE target.id = object_reference.referenced_id AND ({obj.text})))",
        attribute.params + obj.params,
    )


def element_visible_to(viewer: Viewer, element: str, event: str = "event", *, with_group: bool = False) -> Predicate:
    """Objects, reports, and attributes outside of objects, given that their event is visible.

    `with_group` is for where the sharing group comes along: then not even the owner gets those of a group that it is
    not in (MODEL §6.3, owner exception).
    """
    if viewer.is_site_admin:
        return TRUE
    owned = f" AND {element}.distribution != {int(Distribution.SHARING_GROUP)}" if with_group else ""
    return Predicate(
        f"({event}.org_id = ?{owned}) OR {element}.distribution IN ({_levels(ELEMENT_SEEN_BY_ALL_HERE)})"
        f" OR ({element}.distribution = {int(Distribution.SHARING_GROUP)}"
        f" AND {element}.sharing_group_id IN ({_MEMBER_GROUPS}))",
        (viewer.org_id, viewer.org_id),
    )


def attribute_visible_to(
    viewer: Viewer, attribute: str = "attribute", event: str = "event", *, with_group: bool = False
) -> Predicate:
    """Attributes, given that their event is visible: inside an object the object must be visible too."""
    if viewer.is_site_admin:
        return TRUE
    holder = element_visible_to(viewer, "holder", event, with_group=with_group)
    return element_visible_to(viewer, attribute, event, with_group=with_group) & Predicate(
        f"{attribute}.object_id IS NULL OR EXISTS (SELECT 1 FROM object AS holder"
        f" WHERE holder.id = {attribute}.object_id AND ({holder.text}))",
        holder.params,
    )


def attribute_count_for(viewer: Viewer) -> Predicate:
    """On `event`, a number: how many of its live attributes the viewer reads, given that it reads the event.

    That is the stored count where nobody who reads the event reads less of it, for the owner, and for the link that
    delivered it, which compares it with what it sent (RULES §3).
    """
    return _of_live_attributes(viewer, "event.attribute_count", "SELECT count(*)")


def holds_attributes_for(viewer: Viewer) -> Predicate:
    """On `event`, given that the viewer reads it: whether that count is more than nothing."""
    return _of_live_attributes(viewer, "event.attribute_count > 0", "SELECT EXISTS (SELECT 1", ")")


def _of_live_attributes(viewer: Viewer, stored: str, counted: str, end: str = "") -> Predicate:
    if viewer.is_site_admin:
        return Predicate(stored)
    readable, whole = attribute_readable_by(viewer), _reads_all_attributes(viewer)
    return Predicate(
        f"CASE WHEN {whole.text} THEN {stored} ELSE ({counted} FROM attribute"
        f" WHERE attribute.event_id = event.id AND NOT attribute.deleted AND ({readable.text}){end}) END",
        whole.params + readable.params,
    )


def _reads_all_attributes(viewer: Viewer) -> Predicate:
    """On `event`, for the cheapest of reasons; where it says no, they have to be looked at."""
    whole = f"event.restricted = 0 AND {_NOT_TAGGED}" if _is_limited(viewer) else "event.restricted = 0"
    told = Predicate(f"{whole} OR event.org_id = ?", (viewer.org_id,))
    if not viewer.is_partner:
        return told
    return Predicate(f"{told.text} OR event.received_from = ?", (*told.params, viewer.org_id))


_NOT_TAGGED = "NOT EXISTS (SELECT 1 FROM attribute_tag WHERE attribute_tag.event_id = event.id)"


def _is_limited(viewer: Viewer) -> bool:
    """Whether a tag may keep an attribute from the viewer: by its link's rules, or the TLP guard."""
    return attribute_readable_by(viewer) != attribute_visible_to(viewer)


def sighting_visible_to(viewer: Viewer, sighting: str = "sighting", event: str = "event") -> Predicate:
    """Sightings, given that their attribute is visible: by the policy of this instance (MODEL §7.7)."""
    settings = load_settings()
    policy = settings.sightings_policy
    if viewer.is_site_admin or policy == SightingPolicy.EVERYONE:
        return TRUE
    owner = f"{event}.org_id = ?"
    if policy == SightingPolicy.REPORTERS:
        own = f"SELECT 1 FROM sighting AS own WHERE own.event_id = {event}.id AND own.org_id = ?"
        return Predicate(f"{owner} OR EXISTS ({own})", (viewer.org_id, viewer.org_id))
    shown: tuple[int, ...] = (viewer.org_id,)
    if policy == SightingPolicy.OWNER_AND_HOST and settings.host_org_id is not None:
        shown = (*shown, settings.host_org_id)
    return Predicate(f"{owner} OR {sighting}.org_id IN ({marks(shown)})", (viewer.org_id, *shown))


def proposal_visible_to(viewer: Viewer, proposal: str = "proposal", event: str = "event") -> Predicate:
    """Proposals, given that their event is readable: the attribute they are about is readable too (MODEL §6.3)."""
    target = attribute_readable_by(viewer, "target", event)
    return Predicate(
        f"{proposal}.old_id IS NULL OR EXISTS (SELECT 1 FROM attribute AS target"
        f" WHERE target.id = {proposal}.old_id AND ({target.text}))",
        target.params,
    )


def analyst_item_visible_to(viewer: Viewer, item: str = "item", event: str = "event") -> Predicate:
    """Notes, opinions and relationships, on a row left-joined to the event it is about (MODEL §6.3).

    One's own always; others by their distribution, if the viewer reads all that has the uuid of what they are about,
    whatever kind they claim, and each note between. What is about something that is not here, or that its author cannot
    see, is judged by its distribution alone: else who reads neither would hear from it that there is something.
    """
    alive = Predicate(f"{item}.event_id IS NULL OR {event}.trashed IS NULL")
    if viewer.is_site_admin:
        return alive
    reach = _analyst_reach(viewer, item) & analyst_place_told_to(viewer, item) & _analyst_chain(viewer, item)
    return alive & Predicate(f"{item}.org_id = ? OR ({reach.text})", (viewer.org_id, *reach.params))


def _analyst_reach(viewer: Viewer, item: str) -> Predicate:
    """By distribution; what inherits has to be about something that is here."""
    return Predicate(
        f"{item}.distribution IN ({_levels(SEEN_BY_ALL_HERE)})"
        f" OR ({item}.distribution = {int(Distribution.INHERIT)} AND {item}.event_id IS NOT NULL)"
        f" OR ({item}.distribution = {int(Distribution.SHARING_GROUP)}"
        f" AND {item}.sharing_group_id IN ({_MEMBER_GROUPS}))",
        (viewer.org_id,),
    )


def analyst_place_told_to(viewer: Viewer, item: str = "item") -> Predicate:
    """Of these the ones whose place here the viewer may know: one's own may be about what one does not read."""
    if viewer.is_site_admin:
        return TRUE
    return _analyst_place_read(viewer, item) & _analyst_target_read(viewer, item)


def _analyst_place_read(viewer: Viewer, item: str) -> Predicate:
    home = event_readable_by(viewer, "home")
    readable = _unless_absent(f"{item}.event_id", "event AS home", "home.id", home)
    for table, column, element in (
        ("attribute", "attribute_id", attribute_readable_by(viewer, "target", "home")),
        ("object", "object_id", element_visible_to(viewer, "target", "home")),
        ("event_report", "report_id", element_visible_to(viewer, "target", "home")),
    ):
        shown = home & element & deleted_visible_to(viewer, "target", "home")
        source = f"{table} AS target JOIN event AS home ON home.id = target.event_id"
        readable &= _unless_absent(f"{item}.{column}", source, "target.id", shown)
    return readable


def _analyst_target_read(viewer: Viewer, item: str, *lower: str) -> Predicate:
    """What is in no event: the viewer sees it, or an author of the item, or of one below it, does not know of it."""
    group, cluster = group_visible_to(viewer, "about"), cluster_visible_to(viewer, "about")
    readable = TRUE
    for table, number, shown in (("sharing_group", "id", group), ("galaxy_cluster", "sharing_group_id", cluster)):
        known = "".join(
            f" AND (about.org_id = {one}.org_id OR about.{number} IN ({_member_groups(f'{one}.org_id')}))"
            for one in (item, *lower)
        )
        hidden = f"about.uuid = {item}.object_uuid AND NOT ({shown.text}){known}"
        readable &= Predicate(f"NOT EXISTS (SELECT 1 FROM {table} AS about WHERE {hidden})", shown.params)
    return readable


def _unless_absent(column: str, source: str, key: str, shown: Predicate) -> Predicate:
    found = f"SELECT 1 FROM {source} WHERE {key} = {column} AND ({shown.text})"
    return Predicate(f"{column} IS NULL OR EXISTS ({found})", shown.params)


def _analyst_chain(viewer: Viewer, item: str) -> Predicate:
    """Every note or opinion that it hangs on, and that its author knows of, reaches the viewer too, as what that one is
    about does."""
    reach, place = _analyst_reach(viewer, "upper"), _analyst_place_read(viewer, "upper")
    target = _analyst_target_read(viewer, "upper", item)
    known_to_author = (
        f"{item}.event_id IS NOT NULL OR upper.org_id = {item}.org_id"
        f" OR upper.sharing_group_id IN ({_member_groups(f'{item}.org_id')})"
    )
    return Predicate(
        f"NOT EXISTS (WITH RECURSIVE above (uuid) AS (SELECT {item}.object_uuid UNION"
        " SELECT lower.object_uuid FROM above JOIN analyst_item AS lower ON lower.uuid = above.uuid)"
        " SELECT 1 FROM above JOIN analyst_item AS upper ON upper.uuid = above.uuid"
        f" WHERE (upper.org_id != ? AND NOT ({reach.text}) AND ({known_to_author}))"
        f" OR ({item}.event_id IS NOT NULL AND NOT ({place.text})) OR NOT ({target.text}))",
        (viewer.org_id, *reach.params, *place.params, *target.params),
    )


def known_at_partner(partner: Viewer, attribute: str = "attribute", event: str = "event") -> Predicate:
    """Attributes that a partner may know: those that anybody of its organisation sees, and those it sent itself."""
    seen = attribute_visible_to(partner, attribute, event)
    return Predicate(f"({seen.text}) OR {event}.received_from = ?", (*seen.params, partner.org_id))


def deleted_visible_to(viewer: Viewer, element: str, event: str = "event") -> Predicate:
    """Which soft-deleted elements may be shown to one who asks for them (MODEL §6.4, RULES §2: by the role)."""
    if viewer.gets_deleted_of_all:
        return TRUE
    return Predicate(f"NOT {element}.deleted OR {event}.org_id = ?", (viewer.org_id,))


def group_visible_to(viewer: Viewer, group: str = "sharing_group") -> Predicate:
    """Sharing groups whose data the viewer sees, or that its organisation owns (MODEL §6.2)."""
    if viewer.is_site_admin:
        return TRUE
    return Predicate(f"{group}.id IN ({_MEMBER_GROUPS}) OR {group}.org_id = ?", (viewer.org_id, viewer.org_id))


def cluster_visible_to(viewer: Viewer, cluster: str = "cluster") -> Predicate:
    """Galaxy clusters: one's own, those for everybody here, and those of one's groups (MODEL §6.3)."""
    if viewer.is_site_admin:
        return TRUE
    return Predicate(
        f"{cluster}.org_id = ? OR {cluster}.distribution IN ({_levels(SEEN_BY_ALL_HERE)})"
        f" OR ({cluster}.distribution = {int(Distribution.SHARING_GROUP)}"
        f" AND {cluster}.sharing_group_id IN ({_MEMBER_GROUPS}))",
        (viewer.org_id, viewer.org_id),
    )


def relation_visible_to(viewer: Viewer, relation: str = "relation", cluster: str = "cluster") -> Predicate:
    """Relations of galaxy clusters, given that the cluster they belong to is visible (MODEL §7.6)."""
    if viewer.is_site_admin:
        return TRUE
    return Predicate(
        f"{cluster}.org_id = ? OR {relation}.distribution IN ({_levels(SEEN_BY_ALL_HERE)})"
        f" OR ({relation}.distribution = {int(Distribution.SHARING_GROUP)}"
        f" AND {relation}.sharing_group_id IN ({_MEMBER_GROUPS}))",
        (viewer.org_id, viewer.org_id),
    )


def user_visible_to(viewer: Viewer, user: str = "user") -> Predicate:
    """Accounts: oneself; an organisation's admin sees its own; a site admin all (MODEL §6.3)."""
    if viewer.is_site_admin:
        return TRUE
    if viewer.can(Permission.ADMIN):
        return Predicate(f"{user}.org_id = ?", (viewer.org_id,))
    return Predicate(f"{user}.id = ?", (viewer.user_id or 0,))


def alarm_visible_to(viewer: Viewer) -> Predicate:
    """Alarms: all for site admins, for others those of their organisation."""
    return TRUE if viewer.is_site_admin else Predicate("org_id = ?", (viewer.org_id,))
