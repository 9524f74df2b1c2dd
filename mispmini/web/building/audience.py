"""Who will see this, in sentences: on this server and at each partner (GUIDE, explainer)."""

from mispmini.domain.distribution import Distribution
from mispmini.domain.graphs import EventGraph, EventRow, SharingGroup
from mispmini.domain.tlp import Tlp, strictest
from mispmini.domain.tlp_guard import Verdict
from mispmini.services.audience import Audience, Crossing
from mispmini.services.fitness import Fitness, Hint, Noted
from mispmini.services.link_health import Obstacle, wait_of
from mispmini.services.viewing import drafts_are_private
from mispmini.web.building.link_health import wait_sentence
from mispmini.web.building.receipts import reason_sentence
from mispmini.web.building.words import distribution_name
from mispmini.web.i18n import _, ngettext
from mispmini.web.pages import Recipient


def audience_sentence(graph: EventGraph) -> str:
    """Who can see an event, with what its being a draft means."""
    event = graph.event
    reach = reach_sentence(event, graph.org.name, graph.sharing_groups.get(event.sharing_group_id or 0))
    if event.published or event.distribution == Distribution.ORGANISATION:
        return reach
    return f"{reach} {_draft_sentence(event, graph.org.name)}".rstrip()


def reach_sentence(event: EventRow, owner: str, group: SharingGroup | None) -> str:
    """Who sees it once it is published, by its distribution."""
    level = Distribution(event.distribution)
    if level is Distribution.SHARING_GROUP:
        return _group_sentence(group)
    if level is Distribution.ORGANISATION:
        return _("Only %(organisation)s on this server sees it.", organisation=owner)
    return {
        Distribution.COMMUNITY: _("Every organisation on this server sees it. It is not sent further."),
        Distribution.CONNECTED: _("Every organisation on this server and on directly connected servers sees it."),
        Distribution.ALL: _("Every organisation on this server sees it, and it is passed on from server to server."),
    }[level]


def recipient(crossing: Crossing) -> Recipient:
    """A push server in the table of recipients."""
    if crossing.refusal is not None:
        return Recipient(crossing.server_name, False, reason_sentence(crossing.refusal))
    sentence = _("Arrives as: %(distribution)s.", distribution=distribution_name(crossing.level))
    if crossing.left_out:
        left = ngettext("%(num)d attribute stays here.", "%(num)d attributes stay here.", crossing.left_out)
        sentence = f"{sentence} {left}"
    if crossing.held_back:
        kept = _("TLP keeps %(num)d of them.", num=crossing.held_back)
        sentence = f"{sentence} {kept}"
    wait = wait_of(crossing.server)
    if wait.obstacle is not Obstacle.TURN:
        sentence = f"{sentence} {wait_sentence(wait)}"
    return Recipient(crossing.server_name, True, sentence)


def obstacles_to(fitness: Fitness) -> tuple[str, ...]:
    """Why an event may not be published as it is (RULES §9, §10.4)."""
    obstacles = []
    if fitness.missing:
        obstacles.append(
            _("Before it is published, it needs a tag of: %(taxonomies)s.", taxonomies=", ".join(fitness.missing))
        )
    if fitness.verdict is Verdict.REFUSE:
        obstacles.append(_tlp_obstacle(fitness))
    return tuple(obstacles)


def questions_before(fitness: Fitness) -> tuple[str, ...]:
    """What somebody must confirm before they publish (RULES §9)."""
    if fitness.verdict is not Verdict.ASK:
        return ()
    if fitness.tlp is None:
        return (_("It has no TLP tag: nobody is told how far they may pass it on."),)
    return (_("%(tlp)s allows less than its distribution.", tlp=_tlp_name(fitness.tlp)),)


def warnings_before(audience: Audience) -> tuple[str, ...]:
    """What somebody should know before they publish; nothing of it stops them (RULES §9, FEATURES 47)."""
    warnings = []
    if audience.fitness.verdict is Verdict.WARN and audience.fitness.tlp is not None:
        warnings.append(
            _(
                "%(tlp)s is for its organisation alone, and other organisations on this server see it.",
                tlp=_tlp_name(audience.fitness.tlp),
            )
        )
    if not audience.has_attributes:
        warnings.append(_("It has no attributes yet: there is nothing to search for or to detect."))
    return (*warnings, *(hint_sentence(noted) for noted in audience.hints))


def hint_sentence(noted: Noted) -> str:
    """A hint about an event's quality."""
    count, name = noted.count, noted.name
    if noted.hint is Hint.CONFLICTING_TAGS:
        return clash_sentence(name)
    if noted.hint is Hint.REPEATED_TAG:
        return _("Every attribute has the tag %(tag)s: said once, on the event, it says the same.", tag=name)
    if noted.hint is Hint.PRIVATE_ADDRESS:
        return ngettext(
            "%(num)d private address is marked for detection (IDS): it would match inside any network.",
            "%(num)d private addresses are marked for detection (IDS): they would match inside any network.",
            count,
        )
    if noted.hint is Hint.WIDER_THAN_EVENT:
        return ngettext(
            "%(num)d attribute has a wider distribution than the event, which counts.",
            "%(num)d attributes have a wider distribution than the event, which counts.",
            count,
        )
    return ngettext(
        "%(num)d attribute stays here: its TLP does not let it leave this far.",
        "%(num)d attributes stay here: their TLP does not let them leave this far.",
        count,
    )


def clash_sentence(names: str) -> str:
    """Tags of which an element should have only one."""
    if strictest(names.split(", ")):
        return _("There is more than one TLP tag, and the strictest counts: %(tags)s.", tags=names)
    return _("These tags exclude each other: %(tags)s.", tags=names)


def _tlp_obstacle(fitness: Fitness) -> str:
    if fitness.tlp is None:
        return _("Before it is published, it needs a TLP tag.")
    name = _tlp_name(fitness.tlp)
    if not fitness.is_ours:
        return _("%(tlp)s of another organisation is not passed on.", tlp=name)
    return _(
        "%(tlp)s does not leave its organisation or sharing group: choose one of these as its distribution.", tlp=name
    )


def _tlp_name(tlp: Tlp) -> str:
    return f"TLP:{tlp.upper()}"


def _draft_sentence(event: EventRow, owner: str) -> str:
    if drafts_are_private():
        return _("Until it is published only %(organisation)s sees it.", organisation=owner)
    if event.distribution == Distribution.COMMUNITY:
        return ""
    return _("Partners get it only when it is published.")


def _group_sentence(group: SharingGroup | None) -> str:
    if group is None or not group.told:
        return _("Only its sharing group sees it.")
    names = ", ".join(member.organisation.name for member in group.orgs) or "–"
    return _("Only the sharing group %(name)s sees it: %(members)s.", name=group.name, members=names)
