"""`install-systemd`: the unit that runs this program as a service (FEATURES row 8, TRUST §5)."""

import shlex
from pathlib import Path

import click

from mispmini import program
from mispmini.cli.frame import json_option, refusals, tell
from mispmini.cli.texts import _

UNIT = Path("/etc/systemd/system/mispmini.service")
_TEMPLATE = Path(__file__).with_name("mispmini.service")


@click.command("install-systemd")
@click.option("--print", "only_print", is_flag=True, help="Show the unit and write nothing.")
@click.option(
    "--to", type=click.Path(path_type=Path, dir_okay=False), default=UNIT, show_default=True, help="File to write."
)
@json_option
def install_systemd(only_print: bool, to: Path, as_json: bool) -> None:
    """Write the systemd unit that serves /var/lib/mispmini with this installation."""
    unit = _TEMPLATE.read_text(encoding="utf-8").replace("@COMMAND@", shlex.join(program.command()))
    with refusals(as_json=as_json):
        if not only_print:
            to.write_text(unit, encoding="utf-8")
            to.chmod(0o644)
    wrote = _(
        "Wrote %(path)s. Start it with: %(command)s",
        path=to,
        command=f"systemctl daemon-reload && systemctl enable --now {to.stem}",
    )
    tell({"path": None if only_print else str(to), "unit": unit}, unit if only_print else wrote, as_json=as_json)
