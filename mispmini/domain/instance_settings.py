"""What admins may change while running: each setting with type, default, one sentence and MISP's name (CLIENTS.md)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from mispmini.domain.distribution import Distribution

_DAYS = 3650


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a sentence for translation; pages translate it where it is shown."""
    return message


class Kind(StrEnum):
    """What a value is."""

    YES_NO = "boolean"
    NUMBER = "numeric"
    CHOICE = "choice"
    TEXT = "string"
    URL = "url"
    URLS = "urls"
    NUMBERS = "numbers"
    ORGANISATION = "organisation"
    VERSION = "version"
    SECRET = "secret"  # noqa: S105 - a word for a kind


class Group(StrEnum):
    """Where a setting stands on the admin's page, in this order."""

    IDENTITY = "identity"
    EVENTS = "events"
    PARTNERS = "partners"
    CORRELATION = "correlation"
    ACCOUNTS = "accounts"
    ORGANISATIONS = "organisations"
    LOGS = "logs"
    FEED = "feed"
    MAIL = "mail"


@dataclass(frozen=True, slots=True)
class Spec:
    """One setting. `choices` are values with their sentence; `misp` is its name over REST, empty for one of ours."""

    name: str
    kind: Kind
    default: Any
    sentence: str
    group: Group
    misp: str
    choices: tuple[tuple[int | str, str], ...] = ()
    least: int = 0
    most: int = 0
    is_internal: bool = False


def _setting(default: Any, group: Group, sentence: str, misp: str = "", **more: Any) -> Any:
    kind = more.pop("kind", Kind.YES_NO if isinstance(default, bool) else Kind.TEXT)
    return field(
        default=default, metadata={"group": group, "sentence": sentence, "misp": misp, "kind": kind, "more": more}
    )


def _number(default: int, group: Group, sentence: str, misp: str = "", *, least: int = 0, most: int = _DAYS) -> Any:
    return _setting(default, group, sentence, misp, kind=Kind.NUMBER, least=least, most=most)


def _choice(default: int | str, group: Group, sentence: str, misp: str, choices: Mapping[Any, str]) -> Any:
    return _setting(default, group, sentence, misp, kind=Kind.CHOICE, choices=tuple(choices.items()))


_LEVELS: Mapping[int, str] = {
    int(Distribution.ORGANISATION): N_("Your organisation only"),
    int(Distribution.COMMUNITY): N_("This community only"),
    int(Distribution.CONNECTED): N_("Connected communities"),
    int(Distribution.ALL): N_("All communities"),
}
_THREATS: Mapping[int, str] = {1: N_("High"), 2: N_("Medium"), 3: N_("Low"), 4: N_("Undefined")}
_SIGHTINGS: Mapping[int, str] = {
    0: N_("The event's owner sees all sightings, others their own."),
    1: N_("Who has added a sighting to the event sees all of them."),
    2: N_("Whoever sees the event sees all of them."),
    3: N_("Whoever sees the event sees those of this server's own organisation."),
}
_UPDATERS: Mapping[str, str] = {
    "link": N_("The link that delivered it, and its creator."),
    "any": N_("Any link that brings a newer version."),
}


_GUARDED: Mapping[str, str] = {
    "": N_("None: what TLP says is only warned about."),
    "red": N_("TLP:RED"),
    "amber+strict": N_("TLP:RED and TLP:AMBER+STRICT"),
}

_MAIL_SECURITY: Mapping[str, str] = {
    "starttls": N_("STARTTLS, and nothing is sent without it."),
    "tls": N_("TLS from the first byte."),
    "none": N_("None: for a mail server on this machine."),
}


@dataclass(frozen=True, slots=True)
class InstanceSettings:
    """Every setting with its type and default; the sentence says what it does."""

    instance_uuid: str = _setting(
        "", Group.IDENTITY, N_("Identity of this server, made once."), "MISP.uuid", is_internal=True
    )
    host_org_id: int | None = _setting(
        None, Group.IDENTITY, N_("The organisation that runs this server."), "MISP.host_org_id", kind=Kind.ORGANISATION
    )
    base_url: str = _setting(
        "", Group.IDENTITY, N_("The URL of this server; empty for the one it was started with."), "MISP.baseurl",
        kind=Kind.URL,
    )  # fmt: skip
    external_baseurl: str = _setting(
        "", Group.IDENTITY, N_("The URL by which partners know this server, if it is not the base URL."),
        "MISP.external_baseurl", kind=Kind.URL,
    )  # fmt: skip
    contact: str = _setting(
        "", Group.IDENTITY, N_("Whom users of this server ask: an e-mail address, shown on the help page."),
        "MISP.contact",
    )  # fmt: skip
    url_aliases: tuple[str, ...] = _setting(
        (), Group.IDENTITY, N_("Further URLs of this server that sharing groups may name."), kind=Kind.URLS
    )
    announced_version: str = _setting(
        "2.5.1", Group.IDENTITY, N_("The MISP version that partners are told; always 2.5.n."), kind=Kind.VERSION
    )
    live: bool = _setting(True, Group.IDENTITY, N_("Off: only site admins get in, for maintenance."), "MISP.live")

    default_event_distribution: int = _choice(
        1, Group.EVENTS, N_("Distribution of an event added without one."), "MISP.default_event_distribution", _LEVELS
    )
    default_attribute_distribution: int = _choice(
        int(Distribution.INHERIT), Group.EVENTS, N_("Distribution of an element added here without one."),
        "MISP.default_attribute_distribution", {**_LEVELS, int(Distribution.INHERIT): N_("Inherit event")},
    )  # fmt: skip
    default_event_threat_level: int = _choice(
        4, Group.EVENTS, N_("Threat level of an event without one."), "MISP.default_event_threat_level", _THREATS
    )
    unpublished_private: bool = _setting(
        False, Group.EVENTS, N_("Unpublished events are seen by their owner only."), "MISP.unpublishedprivate"
    )
    delegation: bool = _setting(
        False, Group.EVENTS, N_("An organisation may ask another one to publish an event in its place."),
        "MISP.delegation",
    )  # fmt: skip
    event_blocklist: bool = _setting(
        True, Group.EVENTS, N_("Blocked event uuids are refused."), "MISP.enableEventBlocklisting"
    )
    org_blocklist: bool = _setting(
        True, Group.EVENTS, N_("Events of blocked organisations are refused."), "MISP.enableOrgBlocklisting"
    )
    blocked_tags: str = _setting(
        "", Group.EVENTS, N_("New events with one of these tags are refused; several tags are separated by commas.")
    )
    sightings_policy: int = _choice(
        0, Group.EVENTS, N_("Who sees the sightings of an event."), "Plugin.Sightings_policy", _SIGHTINGS
    )
    sightings_anonymise: bool = _setting(
        False, Group.EVENTS, N_("Others' sightings are shown without their organisation."), "Plugin.Sightings_anonymise"
    )

    proposals_block_attributes: bool = _setting(
        False, Group.EVENTS,
        N_("Detection exports leave out attributes that somebody proposes to delete or to take out of detection."),
        "MISP.proposals_block_attributes",
    )  # fmt: skip
    most_attachment_bytes: int = _number(
        35 * 2**20, Group.EVENTS, N_("Most bytes of one attached file."), least=1, most=2**31
    )
    search_seconds: int = _number(
        20, Group.EVENTS,
        N_("Seconds that a search may read before its first results, and then for each batch of them."),
        least=1, most=3600,
    )  # fmt: skip

    update_policy: str = _choice("link", Group.PARTNERS, N_("Who may update a received event."), "", _UPDATERS)
    filter_types_on_sync: bool = _setting(
        False, Group.PARTNERS, N_("Type and object rules of links are applied."),
        "MISP.enable_synchronisation_filtering_on_type",
    )  # fmt: skip
    give_up_after_days: int = _number(
        7, Group.PARTNERS, N_("Days after which an unreachable partner's delivery is given up."), least=1
    )
    tlp_guard: str = _choice(
        "amber+strict",
        Group.PARTNERS,
        N_("Which TLP keeps an event from leaving farther than it allows."),
        "",
        _GUARDED,
    )
    tlp_guard_on_pull: bool = _setting(
        False, Group.PARTNERS, N_("What TLP keeps from leaving is absent for partners that read here, too.")
    )
    relay_amber: bool = _setting(
        True, Group.PARTNERS, N_("Others' events with TLP:AMBER are passed on as their distribution allows.")
    )
    tlp_required: bool = _setting(
        False, Group.PARTNERS, N_("An event of this server's organisations needs a TLP tag before it is published.")
    )
    background_jobs: bool = _setting(
        True, Group.PARTNERS, N_("Long pulls and pushes go on as a job; off: the request waits for their end."),
        "MISP.background_jobs",
    )  # fmt: skip

    correlation_limit: int = _number(
        20, Group.CORRELATION, N_("Occurrences of a value above which only a count and the newest are shown."),
        "MISP.correlation_limit", least=1, most=10_000,
    )  # fmt: skip
    correlate_warned: bool = _setting(
        False, Group.CORRELATION,
        N_("Relate events also by values that stand on enabled warninglists of false positives."),
    )  # fmt: skip
    max_correlations_per_event: int = _number(
        5000, Group.CORRELATION, N_("Most related events that an event lists, the newest first."),
        "MISP.max_correlations_per_event", least=1, most=1_000_000,
    )  # fmt: skip

    self_registration: bool = _setting(
        False, Group.ACCOUNTS, N_("Visitors may ask for an account; an admin decides."),
        "Security.allow_self_registration",
    )  # fmt: skip
    otp_disabled: bool = _setting(
        False, Group.ACCOUNTS, N_("No one-time password is asked for, even of those who turned it on."),
        "Security.otp_disabled",
    )  # fmt: skip
    disable_user_login_change: bool = _setting(
        False, Group.ACCOUNTS, N_("Users may not change their own e-mail address; admins may."),
        "MISP.disable_user_login_change",
    )  # fmt: skip
    disable_user_password_change: bool = _setting(
        False, Group.ACCOUNTS, N_("Users may not change their own password; admins may."),
        "MISP.disable_user_password_change",
    )  # fmt: skip
    disable_user_add: bool = _setting(
        False, Group.ACCOUNTS, N_("Nobody adds users on pages or over REST; the command line may."),
        "MISP.disable_user_add",
    )  # fmt: skip
    default_publish_alert: bool = _setting(
        False, Group.ACCOUNTS, N_("New users get alerts of published events."), "MISP.default_publish_alert"
    )
    key_validity_days: int = _number(
        0, Group.ACCOUNTS, N_("Longest validity of a new authkey in days; 0 is without end."),
        "Security.advanced_authkeys_validity",
    )  # fmt: skip
    key_needs_ips: bool = _setting(
        False, Group.ACCOUNTS, N_("A new authkey must name the addresses it may be used from."),
        "Security.mandate_ip_allowlist_advanced_authkeys",
    )  # fmt: skip
    key_needs_expiration: bool = _setting(False, Group.ACCOUNTS, N_("A new authkey must have an end to its validity."))
    username_in_response_header: bool = _setting(
        False, Group.ACCOUNTS, N_("Every answer names the user who asked in the header X-Username."),
        "Security.username_in_response_header",
    )  # fmt: skip

    hide_organisation_index: bool = _setting(
        False, Group.ORGANISATIONS, N_("Only admins see the list of organisations; others see those they meet."),
        "Security.hide_organisation_index_from_users",
    )  # fmt: skip
    hide_organisations_in_groups: bool = _setting(
        False, Group.ORGANISATIONS, N_("Only a group's owner and site admins see which organisations are in it."),
        "Security.hide_organisations_in_sharing_groups",
    )  # fmt: skip

    backup_hours: int = _number(
        24, Group.LOGS, N_("Hours between two backups that the server makes by itself; 0 for none."), most=24 * 365
    )
    second_backup_hours: int = _number(
        24, Group.LOGS, N_("Hours between two backups that go to backup_folder and backup_command; 0 for none."),
        most=24 * 365,
    )  # fmt: skip
    backups_kept: int = _number(7, Group.LOGS, N_("How many backups are kept in one folder."), least=1, most=1000)
    audit_days: int = _number(180, Group.LOGS, N_("Days that the audit log is kept; 0 is for ever."))
    audit_changes: bool = _setting(
        True, Group.LOGS, N_("The audit log keeps what was there before and after each change."), "MISP.log_new_audit"
    )
    log_addresses: bool = _setting(
        True, Group.LOGS, N_("The audit log keeps the address that a request came from."), "MISP.log_user_ips"
    )
    log_requests: bool = _setting(
        False, Group.LOGS, N_("Every request is logged, reads too: for the time of an investigation."),
        "MISP.log_paranoid",
    )  # fmt: skip
    log_requests_skip_database: bool = _setting(
        False, Group.LOGS, N_("Logged requests go to the process's own log only, not to the audit log."),
        "MISP.log_paranoid_skip_db",
    )  # fmt: skip
    log_request_bodies: bool = _setting(
        False, Group.LOGS, N_("Logged requests keep what was sent, without its secrets."),
        "MISP.log_paranoid_include_post_body",
    )  # fmt: skip
    monitoring: bool = _setting(
        False, Group.LOGS, N_("The requests of monitored users are logged."), "Security.user_monitoring_enabled"
    )
    monitored_users: tuple[int, ...] = _setting(
        (), Group.LOGS, N_("Ids of the users whose requests are logged."), kind=Kind.NUMBERS
    )

    public_feed: bool = _setting(
        False, Group.FEED,
        N_("Anybody may read /feed: what was published here for all communities with TLP:CLEAR."),
    )  # fmt: skip

    mail_enabled: bool = _setting(False, Group.MAIL, N_("E-mail is sent: alerts of published events, and messages."))
    mail_host: str = _setting("localhost", Group.MAIL, N_("The mail server that takes e-mail from here."))
    mail_port: int = _number(25, Group.MAIL, N_("The port of the mail server."), least=1, most=65_535)
    mail_security: str = _choice(
        "starttls", Group.MAIL, N_("How the connection to the mail server is kept private."), "", _MAIL_SECURITY
    )
    mail_user: str = _setting("", Group.MAIL, N_("The account at the mail server; empty for none."))
    mail_password: str = _setting(
        "", Group.MAIL, N_("The password of that account; kept apart, and never shown again."), kind=Kind.SECRET
    )
    mail_from: str = _setting("", Group.MAIL, N_("The address that e-mail comes from."), "MISP.email")
    mail_shows_info: bool = _setting(
        False, Group.MAIL, N_("Alerts name the event's title. Values never stand in an e-mail.")
    )
    mail_on_push: bool = _setting(
        False, Group.MAIL,
        N_("Published events that partners push cause alerts, too, unless the link says otherwise."),
    )  # fmt: skip


def _spec(item: Any) -> Spec:
    told = item.metadata
    return Spec(
        item.name, told["kind"], item.default, told["sentence"], told["group"], told["misp"], **dict(told["more"])
    )


SPECS: Mapping[str, Spec] = MappingProxyType({item.name: _spec(item) for item in fields(InstanceSettings)})
BY_MISP_NAME: Mapping[str, Spec] = MappingProxyType({spec.misp: spec for spec in SPECS.values() if spec.misp})


@dataclass(frozen=True, slots=True)
class Fact:
    """What a client may ask of a MISP and is decided here for good."""

    name: str
    value: bool
    sentence: str


FACTS: Mapping[str, Fact] = MappingProxyType({
    fact.name: fact
    for fact in (
        Fact("MISP.enable_advanced_correlations", False, N_("Equal values correlate; ranges and fuzzy hashes do not.")),
        Fact("MISP.completely_disable_correlation", False, N_("Equal values correlate, but for those on the list.")),
        Fact("MISP.showorg", True, N_("Every event shows its organisations.")),
        Fact("MISP.block_publishing_for_same_creator", False, N_("Who created an event may publish it.")),
        Fact("MISP.disablerestalert", False, N_("What is published over REST is told by e-mail, too.")),
        Fact("MISP.sanitise_attribute_on_delete", False, N_("A deleted attribute keeps its value.")),
        Fact("MISP.incoming_tags_disabled_by_default", False, N_("Tags that come in can be used at once.")),
        Fact("Security.advanced_authkeys", True, N_("Every key has its own expiry, addresses and comment.")),
        Fact("Security.authkey_keep_session", False, N_("A request with an authkey never begins a session.")),
    )
})  # fmt: skip


def find_spec(name: str) -> Spec | None:
    """A setting by our name or by MISP's."""
    return SPECS.get(name) or BY_MISP_NAME.get(name)
