"""Hands the command line what serves. Imports wait until they are needed: most verbs need no web."""

from mispmini import cli
from mispmini.cli.starting import DemoWish, Starters
from mispmini.settings import Settings


def main() -> None:
    """The command `mispmini`."""
    cli.run(Starters(serve=serve, demo=demo))


def serve(settings: Settings, as_json: bool) -> None:
    """Serve pages, API and jobs until a signal comes."""
    from mispmini import serving
    from mispmini.application import create_app
    from mispmini.jobs import start_jobs

    serving.serve(settings, serving.Parts(make_app=create_app, start_jobs=start_jobs), as_json=as_json)


def demo(wish: DemoWish) -> None:
    """Two servers that exchange events."""
    from mispmini.demo import demo as run_demo

    run_demo(wish)
