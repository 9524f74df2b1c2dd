"""Settings: which source wins, what is refused and in which words, and what is derived."""

from collections.abc import Mapping
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from mispmini.assets import AssetsMissing, find_assets, static_dir, templates_dir
from mispmini.settings import Settings, SettingsError, Source, load_settings


def load(
    data: Path, file: str = "", environ: Mapping[str, str] | None = None, flags: Mapping[str, object] | None = None
) -> Settings:
    """Settings of a data folder whose config.toml holds `file`."""
    (data / "config.toml").write_text(file, encoding="utf-8")
    return load_settings(data=data, overrides=flags or {}, environ=environ or {})


def test_an_empty_folder_needs_no_configuration(tmp_path: Path) -> None:
    settings = load_settings(data=tmp_path, overrides={}, environ={})
    assert (settings.host, settings.port, settings.language) == ("127.0.0.1", 8080, "pt_BR")
    assert settings.allow_internal == ()
    assert settings.effective_base_url == "http://127.0.0.1:8080"
    assert set(settings.sources) == {item.name for item in fields(Settings)} - {"sources", "instance"}


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    with pytest.raises(FrozenInstanceError):
        load(tmp_path).port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("file", "environ", "flags", "port", "source"),
    [
        pytest.param("", {}, {}, 8080, Source.DEFAULT, id="default"),
        pytest.param("port = 1", {}, {}, 1, Source.FILE, id="file before default"),
        pytest.param("port = 1", {"MISPMINI_PORT": "2"}, {}, 2, Source.ENVIRONMENT, id="environment before file"),
        pytest.param("port = 1", {"MISPMINI_PORT": "2"}, {"port": 3}, 3, Source.FLAG, id="flag before environment"),
        pytest.param(
            "port = 1", {"MISPMINI_PORT": ""}, {"port": None}, 1, Source.FILE, id="empty and None are not given"
        ),
    ],
)
def test_the_nearest_source_wins_and_is_named(
    tmp_path: Path, file: str, environ: dict[str, str], flags: dict[str, object], port: int, source: Source
) -> None:
    settings = load(tmp_path, file, environ, flags)
    assert (settings.port, settings.sources["port"]) == (port, source)


@pytest.mark.parametrize(
    ("flag", "environ", "folder", "source"),
    [
        pytest.param("flag", {"MISPMINI_DATA": "env"}, "flag", Source.FLAG, id="flag"),
        pytest.param(None, {"MISPMINI_DATA": "env"}, "env", Source.ENVIRONMENT, id="environment"),
        pytest.param(None, {"MISPMINI_DATA": ""}, "mispmini-data", Source.DEFAULT, id="default"),
    ],
)
def test_the_data_folder_is_absolute_and_holds_everything(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    flag: str | None,
    environ: dict[str, str],
    folder: str,
    source: Source,
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(data=Path(flag) if flag else None, overrides={}, environ=environ)
    assert (settings.data, settings.sources["data"]) == (tmp_path / folder, source)
    own = (settings.database_path, settings.attachments_dir, settings.locks_dir)
    assert {path.parent for path in own} == {tmp_path / folder}


@pytest.mark.parametrize(
    ("file", "environ", "flags", "named"),
    [
        pytest.param("prot = 1", {}, {}, "prot in ", id="unknown key in the file"),
        pytest.param('data = "x"', {}, {}, "data in ", id="the folder cannot be named in its own file"),
        pytest.param("", {"MISPMINI_PROT": "1"}, {}, "MISPMINI_PROT in the environment", id="unknown variable"),
        pytest.param("", {"MISPMINI_SOURCES": "1"}, {}, "MISPMINI_SOURCES", id="not a setting though a field"),
        pytest.param("", {}, {"log_levle": "INFO"}, "--log-levle in the command line", id="unknown flag"),
    ],
)
def test_an_unknown_key_is_an_error_that_names_it(
    tmp_path: Path, file: str, environ: dict[str, str], flags: dict[str, object], named: str
) -> None:
    with pytest.raises(SettingsError, match="is not a setting") as caught:
        load(tmp_path, file, environ, flags)
    assert str(caught.value).startswith(named)


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("port = 65536", "port .* whole number from 0 to 65535"),
        ("port = true", "port .* whole number"),
        ('port = "80a"', "port .* whole number"),
        ("threads = 0", "threads .* from 1 to 64"),
        ('scheduler = "maybe"', "scheduler .* true or false"),
        ('language = "fr"', "language .* one of pt_BR, en"),
        ('log_level = "LOUD"', "log_level .* one of DEBUG"),
        ("host = 1", "host .* must be text"),
        ('host = ""', "host .* host name or an address"),
        ('base_url = "misp.example.org"', "base_url .* must be like https://"),
        ('base_url = "ftp://misp.example.org"', "base_url .* must be like https://"),
        ('base_url = "https://a:b@misp.example.org"', "base_url .* must be like https://"),
        ('base_url = "https://[::1"', "base_url .* must be like https://"),
        ('base_url = "https://misp.example.org:99999"', "base_url .* must be like https://"),
        ("allow_internal = 10", "allow_internal .* list of CIDR"),
        ('allow_internal = ["10.0.0.1/8"]', "allow_internal .* host bits"),
        ('allow_internal = ["intranet"]', "allow_internal .* CIDR"),
        ('trusted_proxy = "*"', "trusted_proxy .* one IP address"),
        ("max_body_bytes = 4096\nmax_inflated_bytes = 2048", "max_inflated_bytes must not be smaller"),
        ("[server]\nport = 1", "server .* is not a setting"),
        ("port =", "config.toml cannot be read"),
    ],
)
def test_an_impossible_value_is_refused_in_a_sentence(tmp_path: Path, file: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        load(tmp_path, file)


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("MISPMINI_SCHEDULER", "off", "scheduler", False),
        ("MISPMINI_SCHEDULER", "1", "scheduler", True),
        (
            "MISPMINI_ALLOW_INTERNAL",
            "127.0.0.0/8, fd00::/8 10.1.2.3",
            "allow_internal",
            ("127.0.0.0/8", "fd00::/8", "10.1.2.3/32"),
        ),
        ("MISPMINI_LANGUAGE", "EN", "language", "en"),
        ("MISPMINI_LOG_LEVEL", "debug", "log_level", "DEBUG"),
        ("MISPMINI_HOST", "[::1]", "host", "::1"),
        ("MISPMINI_TRUSTED_PROXY", "127.0.0.1", "trusted_proxy", "127.0.0.1"),
    ],
)
def test_variables_are_text_and_fields_are_typed(
    tmp_path: Path, variable: str, text: str, field: str, value: object
) -> None:
    assert getattr(load(tmp_path, environ={variable: text}), field) == value


def test_variables_of_others_and_the_test_switch_are_left_alone(tmp_path: Path) -> None:
    assert load(tmp_path, environ={"PORT": "1", "MISPMINI_REQUIRE_WIRE": "1"}) == load(tmp_path)


@pytest.mark.parametrize(
    ("flags", "url", "host"),
    [
        pytest.param({"host": "10.0.0.7", "port": 81}, "http://10.0.0.7:81", "10.0.0.7", id="from host and port"),
        pytest.param({"host": "::1"}, "http://[::1]:8080", "[::1]", id="IPv6 in brackets"),
        pytest.param(
            {"base_url": "HTTPS://MISP.Example.ORG/"}, "https://misp.example.org", "misp.example.org", id="lower"
        ),
        pytest.param(
            {"base_url": "https://a.example:8443/Misp/"}, "https://a.example:8443/Misp", "a.example", id="path"
        ),
    ],
)
def test_the_base_url_has_one_normal_form_and_its_host_is_allowed(
    tmp_path: Path, flags: dict[str, object], url: str, host: str
) -> None:
    settings = load(tmp_path, flags=flags)
    assert settings.effective_base_url == url
    assert settings.allowed_hosts[0] == host
    assert set(settings.allowed_hosts) == {host, "127.0.0.1", "localhost", "[::1]"}


def test_an_installed_package_brings_its_own_assets(tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    assert find_assets("static", package=tmp_path / "mispmini") == tmp_path / "static"
    (tmp_path / "mispmini" / "_static").mkdir(parents=True)
    assert find_assets("static", package=tmp_path / "mispmini") == tmp_path / "mispmini" / "_static"


def test_missing_assets_are_said_so(tmp_path: Path) -> None:
    with pytest.raises(AssetsMissing, match="templates/"):
        find_assets("templates", package=tmp_path / "mispmini")


def test_this_checkout_has_its_assets() -> None:
    assert (templates_dir().name, static_dir().name) == ("templates", "static")
