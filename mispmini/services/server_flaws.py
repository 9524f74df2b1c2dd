"""What may be wrong with a link that an admin describes, field by field."""

import json
from collections.abc import Callable
from ipaddress import ip_network
from typing import TypeVar
from urllib.parse import urlsplit

from mispmini.domain import ids, sentences
from mispmini.domain.servers import ServerDraft

KEY_FORM = "The authkey has to be exactly 40 characters long and consist of alphanumeric characters."
URL_FORM = "Please enter a valid base-url."
RULES_FORM = "The rules have to be a JSON object."
NETWORK_FORM = "Please enter networks like 10.1.2.0/24."
INTERVAL_FORM = "Please enter a number of seconds, or 0 for none."
POLICY_FORM = "Options : accept, review, refuse"
_POLICIES = ("accept", "review", "refuse")
T = TypeVar("T")


def flaws_of(draft: ServerDraft, *, added: bool) -> dict[str, list[str]]:
    """The sentence for each field that does not fit; `added` says that the link is new (API §9.7)."""
    checks = {
        "name": _wrong(draft.name, lambda name: bool(name.strip()), sentences.NOT_EMPTY, required=added),
        "url": _wrong(draft.url, _is_base_url, URL_FORM, required=added),
        "authkey": _wrong(draft.authkey or None, ids.is_authkey, KEY_FORM, required=added),
        "push_rules": _wrong(draft.push_rules, _is_json_object, RULES_FORM),
        "pull_rules": _wrong(draft.pull_rules, _is_json_object, RULES_FORM),
        "allow_internal": _wrong(draft.allow_internal, _are_networks, NETWORK_FORM),
        "pull_interval": _wrong(draft.pull_interval, lambda seconds: seconds >= 0, INTERVAL_FORM),
        "own_name_policy": _wrong(draft.own_name_policy, _POLICIES.__contains__, POLICY_FORM),
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


def _is_json_object(text: str) -> bool:
    """Whether a rule text can be read; empty and `[]` stand for none (PROTOCOL §3.10)."""
    if not text.strip():
        return True
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) or value == []


def _are_networks(texts: tuple[str, ...]) -> bool:
    try:
        return bool([ip_network(text, strict=False) for text in texts]) or not texts
    except ValueError:
        return False
