"""`server`: links to partners."""

import click

from mispmini.cli.frame import Console, Record, on_folder, secret_from_stdin
from mispmini.cli.organisations import organisation_called
from mispmini.domain import clock
from mispmini.domain.servers import ServerDraft
from mispmini.domain.viewer import Viewer
from mispmini.services import servers
from mispmini.services.servers import Standing


@click.group()
def server() -> None:
    """Partners' servers: where events are pushed to and pulled from."""


@server.command()
@click.option("--name", required=True)
@click.option("--url", required=True, help="The partner's base URL.")
@click.option("--org", required=True, help="The partner's organisation: its id, uuid or name here.")
@click.option("--push", is_flag=True, help="Send it what is published here.")
@click.option("--pull", is_flag=True, help="Fetch from it.")
@click.option("--every", type=click.IntRange(0), default=0, help="Seconds between scheduled pulls; 0 for none.")
@click.option("--self-signed", is_flag=True, help="Its certificate is its own; trust it on its test page.")
@click.option("--allow-internal", multiple=True, metavar="CIDR", help="Open an internal range to it; repeatable.")
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
        allow_internal=allow_internal,
    )
    viewer = Viewer.everything()
    added = servers.view_server(viewer, servers.add_server(viewer, draft).id)
    console.tell(_record(added), f"Added {added.server.name} with the id {added.server.id}.")


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
        "waiting": standing.queue.waiting,
        "parked": standing.queue.parked,
        "last_pull": clock.datetime_text(link.last_pull) if link.last_pull else None,
        "result": link.last_pull_result,
    }
