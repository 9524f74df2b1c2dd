"""What a partner tells about our account there, and about the names its rules can use (PROTOCOL §2.4)."""

from typing import Any

from mispmini.domain.errors import SaveFailed
from mispmini.domain.ids import is_authkey
from mispmini.domain.servers import LinkedServer
from mispmini.sync.links import LinkRefused, Outbound, open_remote
from mispmini.sync.remote import RemoteFailure

ME = "/users/view/me.json"
NOT_RESET = "The partner did not make a new key."
RESET = "/users/resetauthkey/me"
RULES = "/servers/getAvailableSyncFilteringRules"


def remote_user(server: LinkedServer, outbound: Outbound) -> dict[str, object]:
    """MISP's four lines about the account behind our key, or `error` with the status or what went wrong."""
    told, headers = _asked(server, outbound, ME)
    if "error" in told:
        return told
    user, role = (_record(told.get(name)) for name in ("User", "Role"))
    reply: dict[str, object] = {
        "User": user.get("email", ""),
        "Role name": role.get("name", ""),
        "Sync flag": "Yes" if role.get("perm_sync") else "No",
    }
    if expiration := headers.get("X-Auth-Key-Expiration"):
        reply["Auth key expiration"] = expiration
    return reply


def available_rules(server: LinkedServer, outbound: Outbound) -> dict[str, object]:
    """Names of organisations and tags at the partner, for the rules of a link."""
    told, _ = _asked(server, outbound, RULES)
    return told if "error" in told else {"error": "", "data": told}


def reset_remote_key(server: LinkedServer, outbound: Outbound) -> str:
    """Have the partner end our key and make a new one; the new key. Raises SaveFailed when there is none."""
    try:
        with open_remote(server, outbound) as remote:
            answer = remote.post_json(RESET, "[]")
    except (LinkRefused, RemoteFailure) as failure:
        raise SaveFailed("reset", "Server", str(failure), subject_id=server.id) from failure
    told = str(answer.json.get("message", "")) if answer.status == 200 and isinstance(answer.json, dict) else ""
    key = told.rpartition(" ")[2]
    if not is_authkey(key):
        raise SaveFailed("reset", "Server", NOT_RESET, subject_id=server.id)
    return key


def _asked(server: LinkedServer, outbound: Outbound, path: str) -> tuple[dict[str, Any], Any]:
    try:
        with open_remote(server, outbound) as remote:
            answer = remote.get_json(path)
    except (LinkRefused, RemoteFailure) as failure:
        return {"error": str(failure)}, {}
    if answer.status != 200 or not isinstance(answer.json, dict):
        return {"error": answer.status}, {}
    return answer.json, answer.headers


def _record(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
