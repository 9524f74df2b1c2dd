"""What may be wrong with a link that an admin describes, field by field."""

import re
from collections.abc import Callable
from ipaddress import ip_network
from typing import TypeVar
from urllib.parse import urlsplit

from mispmini.domain import ids, sentences
from mispmini.domain.rules import can_be_read
from mispmini.domain.servers import ServerDraft
from mispmini.services.gone import GonePolicy

KEY_FORM = "The authkey has to be exactly 40 characters long and consist of alphanumeric characters."
URL_FORM = "Please enter a valid base-url."
RULES_FORM = "The rules have to be a JSON object of tags and organisations, OR and NOT, as MISP has them."
PUSH_RULES_FORM = (
    "Push rules have to be a JSON object of tags and organisations, OR and NOT, by their ids on this server."
)
PARAMS_FORM = 'The parameters have to be a JSON object like {"timestamp": "7d"}.'
PIN_FORM = "A pin is the SHA-256 fingerprint of a certificate: 64 hexadecimal digits."
PROXY_FORM = "Please enter a proxy like http://proxy.example.org:3128."
TAG_FORM = "A tag has at most 255 bytes."
NETWORK_FORM = "Please enter networks like 10.1.2.0/24."
INTERVAL_FORM = "Please enter a number of seconds, or 0 for none."
POLICY_FORM = "Options : accept, review, refuse"
GONE_FORM = "Options : mark, delete, ignore"
_FINGERPRINT = re.compile(r"(?:[0-9a-fA-F]{64}|(?:[0-9a-fA-F]{2}:){31}[0-9a-fA-F]{2})?\Z")
_MOST_TAG_BYTES = 255
_POLICIES = ("accept", "review", "refuse")
T = TypeVar("T")


def flaws_of(draft: ServerDraft, *, added: bool) -> dict[str, list[str]]:
    """The sentence for each field that does not fit; `added` says that the link is new (API §9.7)."""
    checks = {
        "name": _wrong(draft.name, lambda name: bool(name.strip()), sentences.NOT_EMPTY, required=added),
        "url": _wrong(draft.url, _is_base_url, URL_FORM, required=added),
        "authkey": _wrong(draft.authkey or None, ids.is_authkey, KEY_FORM, required=added),
        "push_rules": _wrong(draft.push_rules, lambda text: can_be_read(text, by_ids=True), PUSH_RULES_FORM),
        _place_of_pull_rules(draft): _wrong(
            draft.pull_rules, lambda text: can_be_read(text, by_ids=False), _pull_sentence(draft)
        ),
        "pinned_sha256": _wrong(draft.pinned_sha256, lambda text: bool(_FINGERPRINT.match(text)), PIN_FORM),
        "proxy": _wrong(draft.proxy or None, _is_proxy, PROXY_FORM),
        "default_local_tag": _wrong(
            draft.default_local_tag, lambda name: len(name.strip().encode()) <= _MOST_TAG_BYTES, TAG_FORM
        ),
        "allow_internal": _wrong(draft.allow_internal, _are_networks, NETWORK_FORM),
        "pull_interval": _wrong(draft.pull_interval, lambda seconds: seconds >= 0, INTERVAL_FORM),
        "own_name_policy": _wrong(draft.own_name_policy, _POLICIES.__contains__, POLICY_FORM),
        "gone_policy": _wrong(draft.gone_policy, list(GonePolicy).__contains__, GONE_FORM),
        **_organisation_flaws(draft),
    }
    return {name: [sentence] for name, sentence in checks.items() if sentence}


def _wrong(value: T | None, fits: Callable[[T], bool], sentence: str, *, required: bool = False) -> str | None:
    if value is None:
        return sentence if required else None
    return None if fits(value) else sentence


def _organisation_flaws(draft: ServerDraft) -> dict[str, str | None]:
    if draft.new_org is None:
        return {}
    return {
        "remote_org_name": None if draft.new_org.name.strip() else sentences.NOT_EMPTY,
        "remote_org_uuid": None if ids.canonical_uuid(draft.new_org.uuid or "") else sentences.UUID,
    }


def _is_base_url(url: str) -> bool:
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        return False
    bare = not (parts.query or parts.fragment or "@" in parts.netloc) and url.strip().isprintable()
    return parts.scheme in ("http", "https") and bool(parts.hostname) and bare


def _is_proxy(proxy: str) -> bool:
    try:
        parts = urlsplit(proxy.strip())
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme == "http" and bool(parts.hostname) and parts.path in ("", "/") and proxy.strip().isprintable()


def _place_of_pull_rules(draft: ServerDraft) -> str:
    """Of the form's pull rules only the free parameters can be wrong."""
    return "pull_rules" if draft.pull_names is None else "pull_url_params"


def _pull_sentence(draft: ServerDraft) -> str:
    return RULES_FORM if draft.pull_names is None else PARAMS_FORM


def _are_networks(texts: tuple[str, ...]) -> bool:
    try:
        return bool([ip_network(text, strict=False) for text in texts]) or not texts
    except ValueError:
        return False
