"""The Flask application, assembled from its doors."""

import os
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask
from werkzeug.routing import BaseConverter, Rule

from mispmini.assets import static_dir, templates_dir
from mispmini.domain.ids import is_row_number
from mispmini.services import addresses
from mispmini.settings import STRANGERS_BYTES, Settings
from mispmini.store import database
from mispmini.store.settings import fix_settings
from mispmini.store.settings import load_settings as load_instance_settings
from mispmini.web import (
    answer,
    asking,
    auditing,
    bodies_in,
    csrf,
    errors,
    headers,
    i18n,
    limits,
    maintenance,
    other_methods,
    room,
    turns,
    who,
)
from mispmini.web.asking import MispPaths
from mispmini.web.sessions import CookieSessions
from mispmini.web.views import (
    allowedlists,
    analyst_data,
    arrivals,
    attachments,
    attributes,
    auth_keys,
    blocklists,
    communities,
    contact,
    correlation_exclusions,
    decaying,
    delegations,
    event_receipts,
    event_reports,
    events,
    exchanges,
    favourite_tags,
    feed_output,
    feeds,
    freetext,
    galaxies,
    galaxy_clusters,
    guide,
    handshake,
    health,
    home,
    instance,
    jobs,
    login,
    logs,
    lookup,
    not_here,
    noticelists,
    object_references,
    object_templates,
    objects,
    openapi,
    organisation_lists,
    organisations,
    previews,
    registrations,
    rest_search,
    retractions,
    roles,
    samples,
    second_factor,
    security_txt,
    servers,
    setting_up,
    shadow_attributes,
    sharing_groups,
    sightings,
    statement,
    statistics,
    stix_documents,
    sync_configs,
    tags,
    taxonomies,
    user_settings,
    users,
    warninglists,
)
from mispmini.web.views import settings as setting_views

BLUEPRINTS: tuple[Blueprint, ...] = tuple(
    module.bp
    for module in (
        home, guide, login, second_factor, setting_up, openapi, users, registrations, statistics, user_settings,
        auth_keys, roles, organisation_lists, organisations, events, attributes, objects,
        object_references, object_templates, lookup,
        attachments, freetext, retractions, event_receipts, event_reports, shadow_attributes, sightings, analyst_data,
        delegations, correlation_exclusions, rest_search, samples,
        stix_documents, tags, favourite_tags, taxonomies, sharing_groups,
        servers, statement, sync_configs, exchanges, previews, handshake, arrivals, blocklists, jobs, setting_views,
        instance, logs,
        health, security_txt, contact, feeds, feed_output,
        galaxies, galaxy_clusters, warninglists, noticelists, allowedlists, decaying, communities, not_here,
    )
)  # fmt: skip

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class _RowNumber(BaseConverter):
    """A number in a path that a table could hold; of anything else 0, which no row has, so that the view says so."""

    def to_python(self, value: str) -> int:
        return int(value) if is_row_number(value) else 0


class _Route(Rule):
    """A rule that learns to write its own address when it is first asked for it.

    Few ever are, and compiling that for all of them is a sixth of the start.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        return lambda route, **values: route.builders[append_unknown](route, **values)

    @cached_property
    def builders(self) -> tuple[Callable[..., tuple[str, str]], ...]:
        """What writes the address alone, and what appends unknown values as its query."""
        return super()._compile_builder(False), super()._compile_builder(True)


def create_app(settings: Settings) -> Flask:
    """The web application on an open database (store.database.open_database), without server or jobs."""
    app = Flask(
        "mispmini", static_url_path="/static", static_folder=str(static_dir()), template_folder=str(templates_dir())
    )
    app.url_map.converters["int"] = _RowNumber
    app.url_rule_class = _Route
    app.request_class = bodies_in.BoundedRequest
    secret_key = _secret_key(settings.data / "web.key")
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=secret_key,
        MAX_CONTENT_LENGTH=min(settings.max_body_bytes, STRANGERS_BYTES),
        MAX_FORM_MEMORY_SIZE=min(settings.max_body_bytes, bodies_in.MOST_FORM_BYTES),
        REMEMBER_COOKIE_NAME="mispmini-remembers-nobody",
    )
    addresses.announce(settings.effective_base_url)
    fix_settings(settings.locked, settings.sources)
    app.session_interface = CookieSessions(settings, load_instance_settings().instance_uuid, secret_key)
    i18n.prepare_templates(app.jinja_env)
    _open_doors(app, settings)
    app.wsgi_app = _connected(MispPaths(app.wsgi_app, app.url_map))  # type: ignore[method-assign, assignment]
    return app


def _open_doors(app: Flask, settings: Settings) -> None:
    """The order of the checks of a request: host name, set-up, who asks, own form; answers are finished last."""
    app.before_request(asking.take_head_for_get)
    other_methods.init(app)
    app.before_request(who.speak_to_viewer)
    headers.init(app, settings)
    errors.init(app)
    setting_up.init(app)
    auditing.init(app)
    turns.init(app, settings.threads)
    who.init(app)
    room.init(app)
    maintenance.init(app)
    csrf.init(app)
    limits.init(app)
    answer.init(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)


def _connected(wsgi_app: WsgiApp) -> WsgiApp:
    """Each thread of the server connects at its first request and stays connected."""

    def call(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        database.connect()
        return wsgi_app(environ, start_response)

    return call


def _secret_key(path: Path) -> str:
    """What signs forms and visitors' cookies, made once; losing it only makes open forms stale."""
    with suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
    return path.read_text(encoding="ascii")
