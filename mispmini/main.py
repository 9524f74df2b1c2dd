"""Hands the command line what serves. Imports wait until they are needed: most verbs need no web."""

import gc

from mispmini import cli, program
from mispmini.cli.starting import DemoWish, Starters
from mispmini.settings import Settings

_OBJECTS_A_COLLECTION = 50_000  # what a start makes stays, and graphs and drafts have no cycles


def main() -> None:
    """The command `mispmini`."""
    program.find_packages_beside()
    cli.run(Starters(serve=serve, demo=demo))


def serve(settings: Settings, as_json: bool) -> None:
    """Serve pages, API and jobs until a signal comes."""
    gc.set_threshold(_OBJECTS_A_COLLECTION)
    from mispmini import serving
    from mispmini.application import create_app
    from mispmini.jobs import start_jobs

    serving.serve(settings, serving.Parts(make_app=create_app, start_jobs=start_jobs), as_json=as_json)


def demo(wish: DemoWish) -> None:
    """Two servers that exchange events."""
    from mispmini.demo import demo as run_demo

    run_demo(wish)
