"""The demo: two servers that know each other; one event is pushed, another is pulled on schedule (FEATURES row 2)."""

import json
import signal
import socket
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import click

from mispmini.cli.starting import DemoWish
from mispmini.demo.half import DemoFailed, Half

PATIENCE_SECONDS = 45.0
PULL_EVERY_SECONDS = 5
_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Travel:
    """An event that went from one half to the other, and how long that took."""

    uuid: str
    source: Half
    target: Half
    seconds: float

    def report(self) -> dict[str, object]:
        """As the JSON report tells it."""
        return {
            "uuid": self.uuid,
            "from": self.source.url,
            "to": self.target.url,
            "seconds": round(self.seconds, 2),
            "url": f"{self.target.url}/events/view/{self.uuid}",
        }


def demo(wish: DemoWish) -> None:
    """Show an event pushed and one pulled by the scheduler, then stay until Ctrl-C unless `once`. Raises DemoFailed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as running, suppress(KeyboardInterrupt):
        folder = wish.data or Path(running.enter_context(tempfile.TemporaryDirectory(prefix="mispmini-demo-")))
        alfa, beta = _halves(folder, wish.port)
        _introduce(alfa, beta)
        for half in (alfa, beta):
            running.enter_context(half.serving())
            click.echo(f"{half.org_name} serves on {half.url}")
        travels = {"pushed": _push(alfa, beta), "pulled": _pull(alfa, beta)}
        if wish.report:
            wish.report.write_text(json.dumps(_report(travels, alfa, beta), indent=2) + "\n", encoding="utf-8")
        click.echo(_how_to_look(alfa, beta, travels["pushed"]))
        if not wish.once:
            click.echo(f"\nBoth serve from {folder} until Ctrl-C.")
            signal.pause()


def _halves(folder: Path, port: int | None) -> tuple[Half, Half]:
    if folder.exists() and any(folder.iterdir()):
        raise DemoFailed(f"{folder} is not empty. Name another folder, or `serve --data {folder}/alfa` what is there.")
    ports = (port, port + 1) if port else _free_ports()
    return (
        Half(org_name="CSIRT Alfa", email="admin@alfa.example", data=folder / "alfa", port=ports[0]),
        Half(org_name="CSIRT Beta", email="admin@beta.example", data=folder / "beta", port=ports[1]),
    )


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def _introduce(alfa: Half, beta: Half) -> None:
    """Two organisations with an admin each; Alfa pushes to Beta and pulls from it."""
    for half in (alfa, beta):
        click.echo(f"Setting up {half.org_name} in {half.data}")
        half.set_up()
    alfa.lets_in(beta)
    key = beta.lets_in(alfa)
    alfa.connects_to(beta, key, "--push", "--pull", "--every", str(PULL_EVERY_SECONDS))
    click.echo(f"{alfa.org_name} pushes to {beta.org_name}, and pulls from it every {PULL_EVERY_SECONDS} seconds")


def _push(alfa: Half, beta: Half) -> Travel:
    uuid = alfa.adds_published_event("Phishing against Demo Bank, written on Alfa")
    travel = _await(uuid, alfa, beta)
    click.echo(f"Pushed: an event published on {alfa.org_name} was on {beta.org_name} after {travel.seconds:.1f} s")
    return travel


def _pull(alfa: Half, beta: Half) -> Travel:
    uuid = beta.adds_published_event("Fake invoices, written on Beta")
    travel = _await(uuid, beta, alfa)
    click.echo(f"Pulled: an event published on {beta.org_name} was on {alfa.org_name} after {travel.seconds:.1f} s")
    return travel


def _await(uuid: str, source: Half, target: Half) -> Travel:
    started = time.monotonic()
    while not target.has(uuid):
        if time.monotonic() - started > PATIENCE_SECONDS / 2:
            raise DemoFailed(f"{target.org_name} did not get the event {uuid} from {source.org_name} in time.")
        time.sleep(_LOOK_SECONDS)
    return Travel(uuid, source, target, time.monotonic() - started)


def _report(travels: Mapping[str, Travel], *halves: Half) -> dict[str, object]:
    servers = [
        {
            "name": half.org_name,
            "uuid": half.org_uuid,
            "url": half.url,
            "data": str(half.data),
            "email": half.email,
            "password": half.password,
            "authkey": half.key,
        }
        for half in halves
    ]
    return {name: travel.report() for name, travel in travels.items()} | {"servers": servers}


def _how_to_look(alfa: Half, beta: Half, pushed: Travel) -> str:
    logins = "\n".join(
        f"  {half.org_name}  {half.url}\n    login {half.email}  password {half.password}\n    authkey {half.key}"
        for half in (alfa, beta)
    )
    return f"""
{logins}

The pushed event as {beta.org_name} has it:
  browser  {pushed.target.url}/events/view/{pushed.uuid}
  curl     curl -H 'Authorization: {beta.key}' -H 'Accept: application/json' {beta.url}/events/view/{pushed.uuid}
  PyMISP   from pymisp import PyMISP
           misp = PyMISP("{beta.url}", "{beta.key}")
           print(misp.get_event("{pushed.uuid}", pythonify=True).info)"""
