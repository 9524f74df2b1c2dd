"""The verbs that start something, and `config`, which tells what they would start with."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import click

from mispmini.cli.frame import Console, data_option, json_option, read_settings, refusals
from mispmini.domain.instance_settings import SPECS, Kind
from mispmini.settings import OWN_NAMES, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoWish:
    """What `demo` was asked for: where, on which two ports, until when, and where to write the report."""

    data: Path | None = None
    port: int | None = None
    once: bool = False
    report: Path | None = None


@dataclass(frozen=True, slots=True)
class Starters:
    """The two verbs that need the doors this floor may not import; main hands them in."""

    serve: Callable[[Settings, bool], None]
    demo: Callable[[DemoWish], None]


@click.command()
@data_option
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="Port to listen on; 0 lets the system choose.")
@click.option("--base-url", help="The address partners know this server by.")
@json_option
@click.pass_obj
def serve(starters: Starters, /, data: Path | None, as_json: bool, **flags: object) -> None:
    """Serve pages and API until Ctrl-C or SIGTERM."""
    settings = read_settings(data, **flags)
    with refusals(as_json=as_json):
        starters.serve(settings, as_json)


@click.command()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Keep the two servers in this folder.")
@click.option("--port", type=click.IntRange(1, 65534), help="Port of the first server; the second takes the next one.")
@click.option("--once", is_flag=True, help="Stop when one event was pushed and one pulled; exit 1 if not in time.")
@click.option("--json", "report", type=click.Path(path_type=Path, dir_okay=False), help="Write a report to this file.")
@click.pass_obj
def demo(starters: Starters, data: Path | None, port: int | None, once: bool, report: Path | None) -> None:
    """Start two servers that exchange an event each way, in a temporary folder."""
    with refusals(as_json=False):
        starters.demo(DemoWish(data=data, port=port, once=once, report=report))


@click.command()
@data_option
@json_option
def config(data: Path | None, as_json: bool) -> None:
    """Tell each fixed setting, its value, and where the value comes from."""
    settings = read_settings(data)
    names = [*(item.name for item in fields(Settings) if item.name in OWN_NAMES), *sorted(settings.instance)]
    console = Console(settings, as_json)
    console.tell_all([_explained(settings, name) for name in names])


def _explained(settings: Settings, name: str) -> dict[str, object]:
    value = settings.shown(name) if name in OWN_NAMES else settings.instance[name]
    shown = str(value) if isinstance(value, Path) else list(value) if isinstance(value, tuple) else value
    if name in SPECS and SPECS[name].kind is Kind.SECRET:
        shown = "********" if value else ""
    return {"setting": name, "value": shown, "source": str(settings.sources[name])}
