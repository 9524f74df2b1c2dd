"""A sync configuration as MISP writes and reads it (PROTOCOL §2.4, GUIDE)."""

from collections.abc import Mapping

from mispmini.domain.drafts import OrganisationDraft
from mispmini.domain.errors import Invalid
from mispmini.domain.json_texts import read_json
from mispmini.domain.servers import ServerDraft
from mispmini.wire.replies import Reply
from mispmini.wire.scalars import plain_text

NO_CONFIG = "This is no configuration of a server: it needs Server with url, authkey and Organisation."
_LONGEST = 65_536


def config_reply(url: str, instance_uuid: str, authkey: str, *, org_name: str, org_uuid: str) -> Reply:
    """What servers/createSync answers."""
    organisation = {"name": org_name, "uuid": org_uuid}
    return {"Server": {"url": url, "uuid": instance_uuid, "authkey": authkey, "Organisation": organisation}}


def read_config(parameters: Mapping[str, object]) -> ServerDraft:
    """The link of a configuration, given as it is or pasted as text in `json`; nothing is sent or fetched over it.

    What else it says is not taken: rules, flags and files are ours to set. Raises Invalid by field.
    """
    record = _server(parameters)
    organisation = record.get("Organisation") or record.get("RemoteOrg")
    if not isinstance(organisation, Mapping):
        raise Invalid({"json": [NO_CONFIG]})
    uuid = (plain_text(organisation.get("uuid")) or "").strip().lower()
    org_name = (plain_text(organisation.get("name")) or "").strip()
    url, authkey = plain_text(record.get("url")), plain_text(record.get("authkey"))
    if not (url and authkey and uuid and org_name):
        raise Invalid({"json": [NO_CONFIG]})
    return ServerDraft(
        name=plain_text(record.get("name")) or url,
        url=url,
        authkey=authkey,
        new_org=OrganisationDraft(uuid, org_name),
        push=False,
        pull=False,
        caching_enabled=False,
        self_signed=False,
    )


def _server(parameters: Mapping[str, object]) -> Mapping[str, object]:
    inner = parameters.get("Server")
    record = inner if isinstance(inner, Mapping) else parameters
    pasted = record.get("json")
    if pasted is None:
        return record
    return _server(_parsed(pasted)) if isinstance(pasted, str) else record


def _parsed(text: str) -> Mapping[str, object]:
    try:
        value = read_json(text[:_LONGEST])
    except ValueError:
        value = None
    inner = value.get("Server") if isinstance(value, dict) else None
    if not isinstance(value, dict) or "json" in value or (isinstance(inner, dict) and "json" in inner):
        raise Invalid({"json": [NO_CONFIG]})
    return value
