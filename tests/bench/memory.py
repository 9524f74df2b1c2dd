"""How much memory an export of everything takes: it must not grow with the number of rows (SPEED §3).

`python -m tests.bench.memory [--attributes 250000]`; exit code 1 when an export makes the server hold more than it may.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import click

from tests.bench.base import Base, build
from tests.bench.contenders import Product

MOST_MEGABYTES = 60
FORMATS = ("csv", "text", "json", "xml", "openioc")
_MEGABYTE = 1024 * 1024
_KILOBYTE = 1024


@click.command()
@click.option("--attributes", default=250_000, help="Attributes in the instance.")
def main(attributes: int) -> None:
    """Each format, of attributes and of events, from a server that has just started."""
    with tempfile.TemporaryDirectory(prefix="mispmini-memory-") as name:
        base = build(Path(name) / "base", attributes, [1_000])
        click.echo(f"{base.attributes:,} attributes\n{'':<22}{'answer':>12}{'growth':>10}")
        asked = [(scope, form) for scope in ("attributes", "events") for form in FORMATS]
        grown = [_grown(base, Path(name) / f"{scope}-{form}", scope, form) for scope, form in asked]
    sys.exit(max(grown) > MOST_MEGABYTES)


def _grown(base: Base, folder: Path, scope: str, form: str) -> float:
    """Megabytes that a fresh server held at most beyond what it held when it was idle."""
    wanted = json.dumps({"returnFormat": form, "published": [0, 1], "to_ids": [0, 1]}).encode()
    product = Product(base, folder)
    try:
        size = len(product.ask("POST", f"/{scope}/restSearch", wanted, {"Accept-Encoding": "gzip"}))
        growth = (_most_bytes(product.pid) - product.idle_bytes) / _MEGABYTE
    finally:
        product.close()
        shutil.rmtree(folder)
    click.echo(f"{scope:<12}{form:<10}{size / _MEGABYTE:>9.1f} MB{growth:>7.0f} MB")
    return growth


def _most_bytes(pid: int) -> int:
    """The most memory that a process ever held."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * _KILOBYTE


if __name__ == "__main__":
    main()
