"""A link to a partner with all its columns, and the draft it is made from (PROTOCOL §3.16; GUIDE, Add Server)."""

from dataclasses import dataclass, field, replace

from mispmini.domain.drafts import OrganisationDraft
from mispmini.domain.records import ServerRecord
from mispmini.domain.rules import RuleNames


@dataclass(frozen=True, slots=True)
class LinkedServer(ServerRecord):
    """MISP's columns and ours. Times are epoch seconds, `pull_interval` seconds, None for "by hand only".

    `authkey_ref` and `proxy` name what is sealed; `user_id` saved the link and creates what it pulls by itself;
    `allow_internal` are the networks opened for it. `trusted_orgs` are uuids of creators whose to_ids is kept, none
    meaning everybody. `last_pull` and `last_push` are those that worked, the tries beside them the last of any kind;
    `down_since` is when the partner was first not reached, `down_error` how that last showed.
    """

    authkey_ref: str = ""
    user_id: int | None = None
    pinned_sha256: str | None = None
    proxy: str | None = None
    allow_internal: tuple[str, ...] = ()
    paused: bool = False
    pull_interval: int | None = None
    next_pull: int | None = None
    last_pull: int | None = None
    last_pull_result: str | None = None
    last_push: int | None = None
    index_etag: str | None = None
    breaker_until: int | None = None
    default_local_tag: str | None = None
    own_name_policy: str = "accept"
    trusted_orgs: tuple[str, ...] = ()
    created: int = 0
    clock_skew: int | None = None  # seconds that its clock was ahead of ours
    gone_policy: str | None = None  # mark, delete or ignore what the source no longer shows; None marks
    last_compared: int | None = None
    last_pull_try: int | None = None
    last_push_try: int | None = None
    down_since: int | None = None
    down_error: str | None = None
    unstorable: tuple[str, ...] = ()  # what the partner showed that it cannot store: words of domain/unstorable.py

    def asked_by(self, user_id: int | None) -> "LinkedServer":
        """The link, pulled by somebody, who creates then what comes (recording 30); None for nobody in particular."""
        return self if user_id is None else replace(self, user_id=user_id)


@dataclass(frozen=True, slots=True)
class ServerDraft:
    """What an admin said about a link; None means "not given". `remote_org` is an id or uuid.

    `new_org` is an organisation that is not here yet: name and uuid, made with the link. Rules come as JSON text or,
    from the form, as names. `ca_pem` and `client_pem` are PEM text, "" taking the file away; so does "" as `proxy` and
    `default_local_tag`. `trusted_orgs` are names or uuids.
    """

    name: str | None = None
    url: str | None = None
    authkey: str | None = None
    remote_org: str | None = None
    new_org: OrganisationDraft | None = None
    push: bool | None = None
    pull: bool | None = None
    push_sightings: bool | None = None
    push_galaxy_clusters: bool | None = None
    pull_galaxy_clusters: bool | None = None
    push_analyst_data: bool | None = None
    pull_analyst_data: bool | None = None
    publish_without_email: bool | None = None
    unpublish_event: bool | None = None
    self_signed: bool | None = None
    internal: bool | None = None
    skip_proxy: bool | None = None
    remove_missing_tags: bool | None = None
    caching_enabled: bool | None = None
    push_rules: str | None = None
    pull_rules: str | None = None
    pinned_sha256: str | None = None
    push_names: RuleNames | None = None
    pull_names: RuleNames | None = None
    ca_pem: str | None = field(default=None, repr=False)
    client_pem: str | None = field(default=None, repr=False)
    proxy: str | None = field(default=None, repr=False)
    default_local_tag: str | None = None
    trusted_orgs: tuple[str, ...] | None = None
    allow_internal: tuple[str, ...] | None = None
    priority: int | None = None
    paused: bool | None = None
    pull_interval: int | None = None
    own_name_policy: str | None = None
    gone_policy: str | None = None
