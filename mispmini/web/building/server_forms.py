"""The form of a link: its fields as text, and what it offers to choose from (GUIDE, Add Server)."""

from collections.abc import Mapping, Sequence

from mispmini.domain.records import OrganisationRecord
from mispmini.domain.rules import RuleNames
from mispmini.domain.servers import LinkedServer
from mispmini.services.gone import policy_of
from mispmini.services.link_rules import pull_names_of, push_names_of, trusted_names_of, types_are_filtered
from mispmini.services.link_secrets import proxy_hint
from mispmini.web import pages
from mispmini.web.i18n import _

_MINUTE = 60
_FLAGS = (
    "push", "pull", "push_sightings", "unpublish_event", "publish_without_email", "internal", "skip_proxy", "paused",
    "push_galaxy_clusters", "pull_galaxy_clusters", "push_analyst_data", "pull_analyst_data", "caching_enabled",
    "remove_missing_tags",
)  # fmt: skip
OF_A_NEW_ONE: Mapping[str, str] = {"pull_interval": "60", "own_name_policy": "accept", "gone_policy": "mark"}


def form_of(server: LinkedServer) -> pages.Form:
    """The form of a link that is here; its key and files are never shown."""
    return pages.Form(
        {
            "url": server.url,
            "name": server.name,
            "remote_org_id": str(server.remote_org_id),
            "pull_interval": str(-(-(server.pull_interval or 0) // _MINUTE)),
            "priority": str(server.priority),
            "allow_internal": "\n".join(server.allow_internal),
            "proxy": proxy_hint(server),
            "default_local_tag": server.default_local_tag or "",
            "trusted_orgs": "\n".join(trusted_names_of(server)),
            "own_name_policy": server.own_name_policy,
            "gone_policy": policy_of(server.gone_policy).value,
            **{name: "1" if getattr(server, name) else "0" for name in _FLAGS},
            **_lines("push", push_names_of(server)),
            **_lines("pull", pull_names_of(server)),
        }
    )


def form_page(
    server: LinkedServer | None, form: pages.Form, known: Sequence[OrganisationRecord]
) -> pages.ServerFormPage:
    """The form of a new link (None) or of one that is here."""
    choices = tuple(pages.Choice(str(record.id), record.name) for record in known)
    return pages.ServerFormPage(
        id=server.id if server else None,
        form=form,
        organisations=(pages.Choice("", _("A new organisation")), *choices),
        policies=(
            pages.Choice("accept", _("take them, and mark them")),
            pages.Choice("review", _("take them for our organisation only, until somebody looked")),
            pages.Choice("refuse", _("refuse them")),
        ),
        gone_policies=(
            pages.Choice("mark", _("mark it, and leave it out of exports")),
            pages.Choice("delete", _("delete it here, too")),
            pages.Choice("ignore", _("keep it as it is")),
        ),
        has_cert=bool(server and server.cert_file),
        has_client_cert=bool(server and server.client_cert_file),
        filters_types=types_are_filtered(),
    )


def _lines(way: str, names: RuleNames) -> dict[str, str]:
    parts = ("tags_or", "tags_not", "orgs_or", "orgs_not", "types_not", "templates_not")
    fields = {f"{way}_{part}": "\n".join(getattr(names, part)) for part in parts}
    return fields | ({"pull_url_params": names.url_params} if way == "pull" else {})
