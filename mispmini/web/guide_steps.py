"""The steps of CERT.br's guide in its order, each with where it is done here, and the step of each page (GUIDE)."""

from collections.abc import Mapping
from dataclasses import dataclass

from mispmini.web.i18n import N_


@dataclass(frozen=True, slots=True)
class Lead:
    """A page where a step is done; `{org}` in its address is the viewer's organisation."""

    label: str
    href: str
    for_admins: bool = True
    for_writers: bool = False  # of events


@dataclass(frozen=True, slots=True)
class Chapter:
    """One step: its title in the guide, what to do here, and where."""

    title: str
    sentences: tuple[str, ...]
    leads: tuple[Lead, ...] = ()


CHAPTERS = (
    Chapter(
        N_("First access"),
        (
            N_("When it first starts, the server prints a set-up link. It opens once and asks for your organisation, "
               "your e-mail and a password: no default login exists."),
            N_("An account that an admin makes can be told to change its password at the first sign-in."),
        ),
        (Lead(N_("My profile and keys"), "/users/view/me", for_admins=False),),
    ),
    Chapter(
        N_("Initial configuration"),
        (
            N_("Check the base URL that partners know, the contact address and the host organisation. Each setting "
               "takes effect at once."),
            N_("The health page tells what is missing, and what to do about it."),
        ),
        (Lead(N_("Settings"), "/servers/serverSettings/identity"), Lead(N_("Health"), "/health")),
    ),
    Chapter(
        N_("Advanced authkeys"),
        (
            N_("Nothing to do: they are always on. Every key has a comment, addresses, an expiration and a read-only "
               "switch of its own, is kept as a hash, and is shown once."),
        ),
        (
            Lead(N_("Auth keys"), "/auth_keys/index", for_admins=False),
            Lead(N_("Settings"), "/servers/serverSettings?q=advanced_authkeys"),
        ),
    ),
    Chapter(
        N_("Host organisation"),
        (
            N_("Its name and UUID are what partners know you by. Both were asked for at the set-up; change the UUID "
               "only before you share the first event."),
        ),
        (Lead(N_("Our organisation"), "/organisations/view/{org}", for_admins=False),),
    ),
    Chapter(
        N_("Events"),
        (
            N_("Add an event, then its attributes: paste several at a time, one a line. Choose a TLP tag and a "
               "distribution."),
            N_("Publish. Before anything leaves, the page says who will see it, here and at each partner."),
        ),
        (Lead(N_("Add Event"), "/events/add", for_admins=False, for_writers=True),
         Lead(N_("Events"), "/events/index", for_admins=False)),
    ),
    Chapter(
        N_("Organisations"),
        (
            N_("Make a local organisation for each partner, with the UUID that the partner gives you, never a new one: "
               "organisations are recognised by UUID."),
        ),
        (
            Lead(N_("Add Organisation"), "/admin/organisations/add"),
            Lead(N_("Organisations"), "/organisations/index", for_admins=False),
        ),
    ),
    Chapter(
        N_("Accounts and authkeys"),
        (
            N_("In the partner's organisation add a user with the role Sync user, without a password. Then add a key "
               "for it: comment, allowed IPs, expiration."),
            N_("For a partner that only pulls from you, tick read only: such a key fetches and changes nothing, and "
               "the partner's connection test rightly says that it may not push."),
            N_("The key is shown once. Hand it over by a safe way, with your URL, and the name and UUID of your "
               "organisation."),
        ),
        (
            Lead(N_("Add User"), "/admin/users/add"),
            Lead(N_("Add auth key"), "/auth_keys/add", for_admins=False),
            Lead(N_("Refused keys"), "/auth_keys/refusals"),
            Lead(N_("Statement for partners"), "/servers/statement"),
        ),
    ),
    Chapter(
        N_("Synchronisation of servers (push and pull)"),
        (
            N_("Add the partner's server with the key that you got, and tick push, pull or both."),
            N_("Test the connection: the page says what works, what does not, and what to do. Then push all or pull "
               "all once. From then on, what is published is sent by itself."),
        ),
        (Lead(N_("Add a server"), "/servers/add"), Lead(N_("Partners"), "/servers/index")),
    ),
    Chapter(
        N_("Scheduled pull"),
        (
            N_("Type an interval in minutes when you add or edit the server: no cron is needed."),
            N_("The schedule shows when each partner was pulled last, with what result, and when it is next."),
        ),
        (Lead(N_("Schedule and jobs"), "/jobs/index"),),
    ),
    Chapter(
        N_("Distribution"),
        (
            N_("The distribution says how far an event goes, and is lowered on its way to a partner as the table shows."
               " A sharing group names organisations and servers instead."),
        ),
        (
            Lead(N_("Sharing groups"), "/sharing_groups/index", for_admins=False),
            Lead(N_("Add sharing group"), "/sharing_groups/add"),
        ),
    ),
    Chapter(
        N_("API with curl"),
        (
            N_("Programs sign in with an authkey in the header Authorization. Type yours once in your terminal, then "
               "copy a line:"),
        ),
        (Lead(N_("Add auth key"), "/auth_keys/add", for_admins=False),),
    ),
)  # fmt: skip
SYNC_STEP, LEVEL_STEP = 8, 10
_BY_ENDPOINT: Mapping[str, int] = {"users.show_change_pw": 1, "health.index": 2, "users.view": 7}
_BY_BLUEPRINT: Mapping[str, int] = {
    "settings": 2,
    "events": 5,
    "attributes": 5,
    "attachments": 5,
    "objects": 5,
    "tags": 5,
    "organisations": 6,
    "organisation_lists": 6,
    "users": 7,
    "auth_keys": 7,
    "roles": 7,
    "servers": SYNC_STEP,
    "exchanges": SYNC_STEP,
    "previews": SYNC_STEP,
    "jobs": 9,
    "sharing_groups": LEVEL_STEP,
}


def step_of(endpoint: str | None) -> int | None:
    """Which step of the guide a page belongs to; None for none."""
    name = endpoint or ""
    return _BY_ENDPOINT.get(name) or _BY_BLUEPRINT.get(name.partition(".")[0])
