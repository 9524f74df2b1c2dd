"""`server`: links to partners."""

from collections.abc import Callable
from pathlib import Path

import click

from mispmini.cli.frame import Console, Record, found_by, on_folder, secret_from_stdin
from mispmini.cli.organisations import organisation_called
from mispmini.cli.texts import _
from mispmini.domain import clock
from mispmini.domain.servers import ServerDraft
from mispmini.domain.viewer import Viewer
from mispmini.services import servers
from mispmini.services.servers import Standing

_PEM = click.Path(path_type=Path, exists=True, dir_okay=False)
_FORGOTTEN = {"ca": "ca_pem", "client-cert": "client_pem", "pin": "pinned_sha256"}


@click.group()
def server() -> None:
    """Partners' servers: where events are pushed to and pulled from."""


def _with_certificates(verb: Callable[..., None]) -> Callable[..., None]:
    """The options by which a link's certificates are trusted and shown."""
    options = (
        click.option("--ca-file", type=_PEM, help="PEM certificate of the partner's own authority."),
        click.option("--client-cert", type=_PEM, help="PEM file with our certificate and its key, if they ask for it."),
        click.option("--pin", metavar="SHA256", help="Trust this one certificate alone, by its fingerprint."),
        click.option("--allow-internal", multiple=True, metavar="CIDR", help="Open an internal range; repeatable."),
    )
    for option in reversed(options):
        verb = option(verb)
    return verb


@server.command()
@click.option("--name", required=True)
@click.option("--url", required=True, help="The partner's base URL.")
@click.option("--org", required=True, help="The partner's organisation: its id, uuid or name here.")
@click.option("--push", is_flag=True, help="Send it what is published here.")
@click.option("--pull", is_flag=True, help="Fetch from it.")
@click.option("--every", type=click.IntRange(0), default=0, help="Seconds between scheduled pulls; 0 for none.")
@click.option("--self-signed", is_flag=True, help="Its certificate is its own; trust it on its test page, or pin it.")
@_with_certificates
@on_folder
def add(
    console: Console,
    name: str,
    url: str,
    org: str,
    push: bool,
    pull: bool,
    every: int,
    self_signed: bool,
    ca_file: Path | None,
    client_cert: Path | None,
    pin: str | None,
    allow_internal: tuple[str, ...],
) -> None:
    """Add a partner's server; the key it gave is asked for, or read from standard input."""
    draft = ServerDraft(
        name=name,
        url=url,
        remote_org=organisation_called(org).uuid,
        authkey=secret_from_stdin("The key they gave you"),
        push=push,
        pull=pull,
        pull_interval=every,
        self_signed=self_signed,
        ca_pem=_text_of(ca_file),
        client_pem=_text_of(client_cert),
        pinned_sha256=pin,
        allow_internal=allow_internal,
    )
    viewer = Viewer.everything()
    added = servers.view_server(viewer, servers.add_server(viewer, draft).id)
    console.tell(_record(added), _("Added %(name)s with the id %(id)d.", name=added.server.name, id=added.server.id))


@server.command()
@click.argument("server_ref", metavar="SERVER")
@click.option("--name")
@click.option("--url", help="The partner's base URL.")
@click.option("--push/--no-push", default=None, help="Send it what is published here.")
@click.option("--pull/--no-pull", default=None, help="Fetch from it.")
@click.option("--every", type=click.IntRange(0), help="Seconds between scheduled pulls; 0 for none.")
@click.option("--pause/--resume", "paused", default=None, help="Send and fetch nothing by itself; the queue is kept.")
@click.option("--new-key", is_flag=True, help="Ask for a new key, or read it from standard input.")
@click.option("--forget", multiple=True, type=click.Choice(list(_FORGOTTEN)), help="Trust or show it no more.")
@_with_certificates
@on_folder
def edit(
    console: Console,
    server_ref: str,
    new_key: bool,
    forget: tuple[str, ...],
    every: int | None,
    ca_file: Path | None,
    client_cert: Path | None,
    pin: str | None,
    allow_internal: tuple[str, ...],
    **given: str | bool | None,
) -> None:
    """Change a partner's server, named by its id or name; what is not given stays."""
    certificates = {
        "ca_pem": _text_of(ca_file),
        "client_pem": _text_of(client_cert),
        "pinned_sha256": pin,
        **{_FORGOTTEN[word]: "" for word in forget},
    }
    viewer = Viewer.everything()
    with found_by(server_ref, "server", "server list"):
        known = servers.find_server_by_ref(viewer, server_ref)
    key = secret_from_stdin("The key they gave you") if new_key else None
    internal = allow_internal or None
    draft = ServerDraft(authkey=key, pull_interval=every, allow_internal=internal, **certificates, **given)  # type: ignore[arg-type]
    servers.edit_server(viewer, known.id, draft)
    changed = servers.view_server(viewer, known.id)
    console.tell(_record(changed), _("Changed %(name)s.", name=changed.server.name))


def _text_of(path: Path | None) -> str | None:
    """A file's text for the link's checks, which refuse what is no PEM."""
    return None if path is None else path.read_text(encoding="ascii", errors="replace")


@server.command("list")
@on_folder
def list_all(console: Console) -> None:
    """List the servers, what waits for them and when they were last pulled."""
    console.tell_all([_record(standing) for standing in servers.list_servers(Viewer.everything())])


def _record(standing: Standing) -> Record:
    link = standing.server
    return {
        "id": link.id,
        "name": link.name,
        "url": link.url,
        "org": standing.remote.name,
        "push": link.push,
        "pull": link.pull,
        "every": link.pull_interval,
        "pin": link.pinned_sha256,
        "waiting": standing.queue.waiting,
        "parked": standing.queue.parked,
        "last_pull": clock.datetime_text(link.last_pull) if link.last_pull else None,
        "last_try": clock.datetime_text(link.last_pull_try) if link.last_pull_try else None,
        "result": link.last_pull_result,
        "down_since": clock.datetime_text(link.down_since) if link.down_since else None,
    }
