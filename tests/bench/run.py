"""Runs the items, product and limit program in turn, and checks the gates; exit code 1 on a breach (SPEED §5).

`python -m tests.bench.run [--base 100k] [--only "add 10"] [--quick] [--long] [--profile]`
"""

import json
import os
import platform
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import click

from tests.bench import gen, profile
from tests.bench.base import Base, build
from tests.bench.contenders import Limit, Product, cpu_seconds
from tests.bench.items import ITEMS, WARM_UP, Item
from tests.bench.yardstick import slowness
from tests.live import ROOT

ROUNDS = 3
BASES = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000}
RESULTS = ROOT / "bench-results"
_SIZES = (10, 1_000)
_MEGABYTE = 1024 * 1024

Ask = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Result:
    """One item: CPU milliseconds a call, medians of the rounds, and the median of the rounds' ratios.

    `most_ms` is what a call may take, by the empty route that was measured in the same run.
    """

    name: str
    product_ms: float
    limit_ms: float
    ratio: float
    ratios: tuple[float, ...]
    gate: float | None
    most_ms: float | None

    @property
    def breached(self) -> bool:
        """Whether the product took more than it may."""
        over_ratio = self.gate is not None and self.ratio > self.gate
        return over_ratio or (self.most_ms is not None and self.product_ms > self.most_ms)

    @property
    def verdict(self) -> str:
        """The gate and whether it held; empty where there is none."""
        gates = [f"<= {self.gate:g}"] if self.gate is not None else []
        gates += [f"<= {self.most_ms:.2f} ms"] if self.most_ms is not None else []
        return f"{', '.join(gates)} {'BREACHED' if self.breached else 'ok'}" if gates else ""


@dataclass(frozen=True, slots=True)
class Ground:
    """What else is worth knowing of a server that has just started."""

    base_attributes: int
    bytes_an_attribute: float
    start_seconds: float
    start_cpu_seconds: float
    idle_megabytes: float
    slowness: float


@click.command()
@click.option("--base", "base_name", type=click.Choice(list(BASES)), help="Attributes in the instance. Default: 100k.")
@click.option("--only", multiple=True, help="An item's name; may be repeated.")
@click.option("--quick", is_flag=True, help="On 10k attributes, with a third of the repetitions.")
@click.option("--long", "with_long", is_flag=True, help="With events of 5,000 and 50,000 attributes.")
@click.option("--profile", "with_profile", is_flag=True, help="Tell instead where the time of the services goes.")
def main(base_name: str | None, only: Sequence[str], quick: bool, with_long: bool, with_profile: bool) -> None:
    """The product beside a bare program doing the same work."""
    if gen.fingerprint() != gen.PINNED:
        sys.exit("The generated events are not those that were pinned: figures would not compare.")
    items = _wanted(only, with_long=with_long)
    attributes = BASES[base_name or ("10k" if quick else "100k")]
    sizes = sorted({*_SIZES, *(item.size for item in items if item.size is not None)})
    with tempfile.TemporaryDirectory(prefix="mispmini-bench-") as name:
        folder = Path(name)
        base = _built(folder / "base", attributes, sizes)
        if with_profile:
            profile.report(base, folder / "profiled")
            return
        results, ground = _measured(base, folder, items, repeats_divisor=3 if quick else 1)
    _tell_ground(ground)
    click.echo(f"Written to {_write(results, ground).relative_to(ROOT)}")
    sys.exit(any(result.breached for result in results))


def _wanted(only: Sequence[str], *, with_long: bool) -> list[Item]:
    names = {item.name for item in ITEMS}
    if unknown := set(only) - names:
        raise click.UsageError(f"No item {', '.join(sorted(unknown))}; there are {', '.join(sorted(names))}.")
    return [item for item in ITEMS if (item.name in only if only else with_long or not item.long)]


def _built(folder: Path, attributes: int, sizes: Sequence[int]) -> Base:
    began, began_cpu = time.perf_counter(), time.process_time()
    base = build(folder, attributes, sizes)
    seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    click.echo(f"Base of {base.attributes:,} attributes built in {seconds:.1f} s ({cpu:.1f} s CPU)")
    return base


def _measured(base: Base, folder: Path, items: Sequence[Item], *, repeats_divisor: int) -> tuple[list[Result], Ground]:
    slow = slowness()
    with _contenders(base, folder) as (product, limit):
        ground = Ground(
            base.attributes,
            base.bytes / base.attributes,
            product.start_seconds,
            product.start_cpu_seconds,
            product.idle_bytes / _MEGABYTE,
            slow,
        )
        click.echo(f"\n{'CPU ms a call':<18}{'product':>10}{'limit':>10}{'ratio':>8}   rounds               gate")
        results: list[Result] = []
        for item in items:
            repeats = max(1, item.repeats // repeats_divisor)
            result = _compared(item, repeats, base, product, limit, empty=_empty(results))
            _tell(result)
            if result.breached:
                click.echo("measured once more, as others may have used the machine:")
                result = _compared(item, repeats, base, product, limit, empty=_empty(results), first=ROUNDS)
                _tell(result)
            results.append(result)
    return results, ground


def _empty(results: Iterable[Result]) -> float | None:
    """CPU milliseconds of the empty route in this run, once it was measured."""
    return next((one.product_ms for one in results if one.name == "empty route"), None)


@contextmanager
def _contenders(base: Base, folder: Path) -> Iterator[tuple[Product, Limit]]:
    with ExitStack() as running:
        product = Product(base, folder / "product")
        running.callback(product.close)
        limit = Limit(base, folder / "limit")
        running.callback(limit.close)
        yield product, limit


def _compared(
    item: Item, repeats: int, base: Base, product: Product, limit: Limit, *, empty: float | None, first: int = 0
) -> Result:
    """Three rounds, product and limit program in turn: what else runs on the machine then meets both."""
    products, limits = [], []
    ask_product, ask_limit = partial(item.ask, product), partial(limit.ask, item.verb)
    for number in range(first, first + ROUNDS):
        arguments = list(item.arguments(base, f"{item.name} {number}", WARM_UP + repeats))
        _warm_up(item, arguments[:WARM_UP], ask_product, ask_limit)
        measured = arguments[WARM_UP:]
        products.append(_cpu_ms(product.pid, ask_product, measured, product.settle if item.writes else None))
        limits.append(_cpu_ms(limit.pid, ask_limit, measured, limit.settle if item.writes else None))
    ratios = tuple(p / q for p, q in zip(products, limits, strict=True))
    median = statistics.median
    most_ms = None if item.most_empty is None or empty is None else item.most_empty * empty
    return Result(item.name, median(products), median(limits), median(ratios), ratios, item.gate, most_ms)


def _warm_up(item: Item, arguments: Iterable[bytes], *contenders: Ask) -> None:
    for argument in arguments:
        ours, theirs = (item.essence(item.parse(ask(argument))) for ask in contenders)
        if ours != theirs:
            sys.exit(f"{item.name}: the two programs do not answer the same for {argument[:100]!r}")


def _cpu_ms(pid: int, ask: Ask, arguments: Sequence[bytes], settle: Callable[[], object] | None) -> float:
    """CPU milliseconds a call, with what the calls leave to be done later."""
    began = cpu_seconds(pid)
    for argument in arguments:
        ask(argument)
    if settle is not None:
        settle()
    return (cpu_seconds(pid) - began) * 1_000 / len(arguments)


def _tell(result: Result) -> None:
    rounds = "  ".join(f"{ratio:.2f}" for ratio in result.ratios)
    figures = f"{result.product_ms:>10.2f}{result.limit_ms:>10.2f}{result.ratio:>8.2f}"
    click.echo(f"{result.name:<18}{figures}   {rounds:<21}{result.verdict}")


def _tell_ground(ground: Ground) -> None:
    click.echo(
        f"\nStart to first answer {ground.start_seconds:.2f} s ({ground.start_cpu_seconds:.2f} s CPU);"
        f" idle {ground.idle_megabytes:.0f} MB; {ground.bytes_an_attribute:.0f} B an attribute\n"
        f"This machine takes {ground.slowness:.2f} times as long as the one that the milliseconds were set on."
    )


def _write(results: Iterable[Result], ground: Ground) -> Path:
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.json"
    machine = {
        "system": platform.platform(terse=True),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
    record = {"machine": machine, "ground": asdict(ground), "items": [asdict(result) for result in results]}
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    main()
