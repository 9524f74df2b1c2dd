"""The bodies of answers about an action, and how any answer becomes JSON text (PROTOCOL §1.4, §1.7, §2.1, §2.2)."""

import json
from collections.abc import Mapping, Sequence

from mispmini.domain.errors import Messages
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer

Reply = dict[str, object]
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#039;"})


def dump(value: object, *, pretty: bool) -> str:
    """JSON text, unicode and slashes as they are; pretty is four blanks a level, as MISP answers people (§1.2)."""
    if pretty:
        return json.dumps(value, ensure_ascii=False, indent=4)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def reindent(text: str) -> str:
    """The pretty form of compact JSON text."""
    return dump(json.loads(text), pretty=True)


def saved(message: str, url: str, *, subject_id: int | None = None, data: object = None) -> Reply:
    """Save-success; `url` is /<controller>/<action>[/<id>]."""
    reply: Reply = {"saved": True, "success": True, "name": message, "message": message, "url": url}
    return _with_subject(reply, subject_id, data)


def save_failed(
    sentence: str, url: str, errors: Messages, *, subject_id: int | None = None, data: object = None
) -> Reply:
    """Save-failure, always sent with 403; `sentence` is "Could not <action> <Model>"."""
    reply: Reply = {"saved": False, "name": sentence, "message": sentence, "url": url, "errors": errors}
    return _with_subject(reply, subject_id, data)


def exception(sentence: str, url: str, *, errors: Messages | None = None) -> Reply:
    """An exception's body: the sentence HTML-escaped as PHP does; `url` is the path asked for."""
    escaped = sentence.translate(_HTML)
    reply: Reply = {"name": escaped, "message": escaped, "url": url}
    return reply if errors is None else {**reply, "errors": errors}


def message(sentence: str) -> Reply:
    """A string result."""
    return {"message": sentence}


def ajax_saved(sentence: str, *, check_publish: bool = False) -> Reply:
    """The success of addTag and its kin, sent with 200."""
    reply: Reply = {"saved": True, "success": sentence}
    return {**reply, "check_publish": True} if check_publish else reply


def ajax_failed(errors: str) -> Reply:
    """The failure of addTag and its kin, sent with 200 too."""
    return {"saved": False, "errors": errors}


def api_description(
    url: str, description: str, *, mandatory: Sequence[str] = (), optional: Sequence[str] = ()
) -> Reply:
    """What a GET of an action that takes a POST answers; for event reports it is a partner's probe (§3.9)."""
    return {
        "name": f"{url} API description",
        "description": description,
        "mandatory_fields": list(mandatory),
        "optional_fields": list(optional),
        "url": url,
    }


def version_document(
    viewer: Viewer,
    *,
    announced_version: str,
    server_version: str,
    instance_uuid: str,
    takes_clusters: bool = False,
) -> Reply:
    """getVersion; what this instance does not take is announced as not permitted (§2.1, RULES §7)."""
    may_sync = viewer.can(Permission.SYNC)
    return {
        "version": announced_version,
        "pymisp_recommended_version": announced_version,
        "perm_sync": may_sync,
        "perm_sighting": viewer.can(Permission.SIGHTING),
        "perm_galaxy_editor": takes_clusters and viewer.can(Permission.GALAXY_EDITOR),
        "perm_analyst_data": viewer.can(Permission.ANALYST_DATA),
        "uuid": instance_uuid if may_sync else "-",
        "request_encoding": ["gzip"],
        "filter_sightings": True,
        "server": "mispmini",
        "server_version": server_version,
    }


def post_test(test_string: object, headers: Mapping[str, str]) -> Reply:
    """postTest: what arrived, so that the partner can compare; 0 for a header that did not (§2.2)."""
    return {
        "body": {"testString": test_string},
        "headers": {
            "Content-type": headers.get("Content-Type") or 0,
            "Accept": headers.get("Accept") or 0,
            "Authorization": "OK",
        },
    }


def _with_subject(reply: Reply, subject_id: int | None, data: object) -> Reply:
    if subject_id is not None:
        reply["id"] = str(subject_id)
    if data is not None:
        reply["data"] = data
    return reply
