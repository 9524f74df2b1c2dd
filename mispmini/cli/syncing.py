"""`pull` and `push`: work a link now, under the same lock as the serving process."""

import click

from mispmini.cli.frame import Console, found_by, on_folder
from mispmini.domain.servers import LinkedServer
from mispmini.domain.viewer import Viewer
from mispmini.services import servers
from mispmini.sync.links import Outbound
from mispmini.sync.pull import pull_from
from mispmini.sync.push_all import push_to


@click.command()
@click.argument("server")
@click.argument("technique", default="full", metavar="[full|update|ID]")
@on_folder
def pull(console: Console, server: str, technique: str) -> None:
    """Fetch from SERVER (its id or name): what is new, only what is here already, or one event by id or uuid."""
    link = _link(server)
    result = pull_from(link, technique, _outbound(console))
    console.tell({"message": result.sentence}, result.sentence)


@click.command()
@click.argument("server")
@click.argument("technique", default="full", metavar="[full|ID]")
@on_folder
def push(console: Console, server: str, technique: str) -> None:
    """Offer SERVER (its id or name) everything that may travel, or one event by id or uuid."""
    link = _link(server)
    result = push_to(link, technique, _outbound(console))
    console.tell({"message": result.sentence, "pushed": result.pushed, "failed": result.failed}, result.sentence)


def _link(ref: str) -> LinkedServer:
    with found_by(ref, "server", "server list"):
        return servers.find_server_by_ref(Viewer.everything(), ref)


def _outbound(console: Console) -> Outbound:
    return Outbound(allow_internal=console.settings.allow_internal)
