"""What a link keeps sealed: the partner's key, and a proxy that may have a password (TRUST §2.3 rule 8)."""

from urllib.parse import urlsplit

from mispmini.domain.servers import LinkedServer, ServerDraft
from mispmini.store import sealing

_SEALED = ("authkey_ref", "proxy")


def secret_columns(draft: ServerDraft, old: LinkedServer | None) -> dict[str, object]:
    """Seal what was given anew; the columns that name it. A proxy as it is shown is one that nobody changed."""
    columns: dict[str, object] = {}
    if draft.authkey:
        columns["authkey_ref"] = sealing.seal("server", draft.authkey)
    if draft.proxy is not None and (old is None or draft.proxy.strip() != proxy_hint(old)):
        columns["proxy"] = sealing.seal("proxy", draft.proxy.strip()) if draft.proxy.strip() else None
    return columns


def forget_secrets(old: LinkedServer, new: LinkedServer | None) -> None:
    """Remove what a link had sealed and has no more, after the transaction."""
    for column in _SEALED:
        ref = getattr(old, column)
        if ref and (new is None or getattr(new, column) != ref):
            sealing.forget(ref)


def key_hint(server: LinkedServer) -> str:
    """First and last four characters of a partner's key; empty if the key file lacks it."""
    key = _unsealed(server.authkey_ref)
    return f"{key[:4]}…{key[-4:]}" if key else ""


def proxy_hint(server: LinkedServer) -> str:
    """The address of the link's proxy, its password blotted out; empty for none."""
    proxy = _unsealed(server.proxy) if server.proxy else ""
    password = urlsplit(proxy).password
    return proxy.replace(f":{password}@", ":****@", 1) if password else proxy


def _unsealed(ref: str) -> str:
    try:
        return sealing.unseal(ref)
    except KeyError:
        return ""
