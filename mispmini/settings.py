"""What file, environment and flags say about this server, as one frozen dataclass."""

import shlex
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from ipaddress import ip_address, ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import SplitResult, urlsplit

CONFIG_FILE = "config.toml"
DEFAULT_DATA = Path("mispmini-data")
SERVICE_DATA = Path("/var/lib/mispmini")
LANGUAGES = ("pt_BR", "en")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")

STRANGERS_BYTES = 64 * 1024  # the largest request of somebody who has not signed in: no setting, as a form is enough

Reader = Callable[[object], object]

_PREFIX = "MISPMINI_"
# Read by the test suite, which hands its environment on to the servers it starts.
_NOT_SETTINGS = frozenset({"MISPMINI_REQUIRE_WIRE"})
_MIB = 1024 * 1024
_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off"})


class SettingsError(ValueError):
    """A setting is unknown or has an impossible value; the text names the key and where it stands."""


class Source(StrEnum):
    """Where a setting's value came from; anything but DEFAULT is shown locked on the admin's pages."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    FLAG = "flag"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything fixed for the life of the process; what admins change while running is a table in the store.

    `allow_internal` holds CIDR ranges that outbound calls may reach although they are internal (TRUST §2.4).
    `backup_folder` and `backup_command` are where backups go a second time; a file's path is the command's last word.
    `trusted_proxy` is the one address whose X-Forwarded-* headers count, empty for none. Sizes are bytes.
    `instance` are settings of the instance that were given here, which locks them; `sources` tells of both.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 8080
    base_url: str = ""
    allow_internal: tuple[str, ...] = ()
    threads: int = 8
    trusted_proxy: str = ""
    max_body_bytes: int = 50 * _MIB
    max_inflated_bytes: int = 200 * _MIB
    language: str = "pt_BR"
    log_level: str = "INFO"
    scheduler: bool = True
    retry_base: int = 30
    backup_folder: str = ""
    backup_command: tuple[str, ...] = ()
    take_libraries: bool = True
    sources: Mapping[str, Source] = field(default_factory=lambda: MappingProxyType({}), compare=False)
    instance: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}), compare=False)

    @property
    def locked(self) -> Mapping[str, object]:
        """What admins could otherwise change while running: `instance`, and the base URL where one was given."""
        given = self.sources.get("base_url", Source.DEFAULT) is not Source.DEFAULT and self.base_url
        return {**self.instance, "base_url": self.effective_base_url} if given else self.instance

    @property
    def effective_base_url(self) -> str:
        """The URL partners know us by: `base_url` in normal form, else http://host:port; no trailing slash."""
        parts = urlsplit(self.base_url or f"http://{_in_brackets(self.host)}:{self.port}")
        return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """Host names without port that a request's Host header may carry: the base URL's and the loopback names."""
        own = _in_brackets(urlsplit(self.effective_base_url).hostname or "")
        return tuple(dict.fromkeys((own, *LOOPBACK_HOSTS)))

    def shown(self, name: str) -> object:
        """A setting as people may see it: of a command the program alone, since its arguments may hold secrets."""
        value = getattr(self, name)
        return tuple(("…" if at else word) for at, word in enumerate(value[:2])) if name == "backup_command" else value

    @property
    def database_path(self) -> Path:
        """The SQLite file."""
        return self.data / "mispmini.db"

    @property
    def attachments_dir(self) -> Path:
        """Folder of attachment bodies, by hash."""
        return self.data / "attachments"

    @property
    def locks_dir(self) -> Path:
        """Folder of the lock files that processes on one data folder share."""
        return self.data / "locks"


def load_settings(
    *,
    data: Path | None,
    overrides: Mapping[str, object],
    environ: Mapping[str, str],
    instance: Mapping[str, Reader] | None = None,
) -> Settings:
    """Read the settings: flags before MISPMINI_* variables before `<data>/config.toml` before defaults.

    `data` is the --data flag; `overrides` are the other flags by field name, None meaning "not given". An empty
    variable counts as not set. `instance` reads the further settings that may stand there, by name; a name that is
    in neither is an error. Raises SettingsError.
    """
    readers = {**(instance or {}), **_READERS}
    folder, data_source = _data_folder(data, environ)
    layers = (
        (Source.FILE, _from_file(folder / CONFIG_FILE, readers)),
        (Source.ENVIRONMENT, _from_environment(environ, readers)),
        (Source.FLAG, _from_flags(overrides, readers)),
    )
    values: dict[str, Any] = {}
    sources = dict.fromkeys(OWN_NAMES, Source.DEFAULT) | {"data": data_source}
    for source, layer in layers:
        values |= layer
        sources |= dict.fromkeys(layer, source)
    given = MappingProxyType({name: values.pop(name) for name in readers.keys() - OWN_NAMES & values.keys()})
    return _consistent(Settings(data=folder, sources=MappingProxyType(sources), instance=given, **values))


OWN_NAMES = frozenset(item.name for item in fields(Settings)) - {"sources", "instance"}


def _data_folder(flag: Path | None, environ: Mapping[str, str]) -> tuple[Path, Source]:
    if flag is not None:
        return flag.expanduser().absolute(), Source.FLAG
    if environ.get("MISPMINI_DATA"):
        return Path(environ["MISPMINI_DATA"]).expanduser().absolute(), Source.ENVIRONMENT
    serves_here = not DEFAULT_DATA.exists() and SERVICE_DATA.is_dir()
    return (SERVICE_DATA if serves_here else DEFAULT_DATA.absolute()), Source.DEFAULT


def _from_file(path: Path, readers: Mapping[str, Reader]) -> dict[str, object]:
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise SettingsError(f"{path} cannot be read: {error}.") from error
    return {name: _read(readers, name, value, place=str(path), key=name) for name, value in rows.items()}


def _from_environment(environ: Mapping[str, str], readers: Mapping[str, Reader]) -> dict[str, object]:
    given = {
        name: value
        for name, value in environ.items()
        if name.startswith(_PREFIX) and value and name not in _NOT_SETTINGS and name != "MISPMINI_DATA"
    }
    return {
        _field_of(variable): _read(readers, _field_of(variable), value, place="the environment", key=variable)
        for variable, value in given.items()
    }


def _field_of(variable: str) -> str:
    return variable.removeprefix(_PREFIX).lower()


def _from_flags(overrides: Mapping[str, object], readers: Mapping[str, Reader]) -> dict[str, object]:
    given = {name: value for name, value in overrides.items() if value is not None}
    return {
        name: _read(readers, name, value, place="the command line", key=f"--{name.replace('_', '-')}")
        for name, value in given.items()
    }


def _read(readers: Mapping[str, Reader], name: str, value: object, *, place: str, key: str) -> object:
    if name not in readers:
        raise SettingsError(f"{key} in {place} is not a setting. Settings are: {', '.join(sorted(readers))}.")
    try:
        return readers[name](value)
    except ValueError as error:
        sentence = str(error).rstrip(".")
        between = " " if sentence.startswith("must") else ": "
        raise SettingsError(f"{key} in {place}{between}{sentence}.") from error


def _consistent(settings: Settings) -> Settings:
    if settings.max_inflated_bytes < settings.max_body_bytes:
        raise SettingsError("max_inflated_bytes must not be smaller than max_body_bytes.")
    return settings


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {value!r}")
    return value.strip()


def _host(value: object) -> str:
    host = _text(value).removeprefix("[").removesuffix("]").lower()
    if not host or set(host) & set(" /@?#"):
        raise ValueError(f"must be a host name or an address, not {value!r}")
    return host


def _base_url(value: object) -> str:
    url = _text(value)
    if url and not _is_plain_http(url):
        raise ValueError(f"must be like https://misp.example.org, without login, query or fragment, not {value!r}")
    return url


def _is_plain_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return _has_only_place(parts) and parts.port != 0
    except ValueError:  # what urlsplit and .port say to a broken IPv6 address or port
        return False


def _has_only_place(parts: SplitResult) -> bool:
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and not (parts.query or parts.fragment or "@" in parts.netloc)
    )


def _whole_number(least: int, most: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        text = value.strip() if isinstance(value, str) else value
        number = int(text) if isinstance(text, str) and text.isascii() and text.isdigit() else text
        if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= most:
            raise ValueError(f"must be a whole number from {least} to {most}, not {value!r}")
        return number

    return read


def _yes_or_no(value: object) -> bool:
    word = str(value).strip().lower()
    if word not in _YES | _NO:
        raise ValueError(f"must be true or false, not {value!r}")
    return word in _YES


def _one_of(choices: tuple[str, ...]) -> Callable[[object], str]:
    def read(value: object) -> str:
        for choice in choices:
            if _text(value).lower() == choice.lower():
                return choice
        raise ValueError(f"must be one of {', '.join(choices)}, not {value!r}")

    return read


def _ranges(value: object) -> tuple[str, ...]:
    items = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        raise ValueError(f"must be a list of CIDR ranges, not {value!r}")
    return tuple(_range(item) for item in items)


def _range(value: object) -> str:
    try:
        return str(ip_network(_text(value)))
    except ValueError as error:
        raise ValueError(f"must hold CIDR ranges like 10.0.0.0/8: {error}") from error


def _folder_or_nothing(value: object) -> str:
    text = _text(value)
    if text and not Path(text).is_absolute():
        raise ValueError(f"must be a whole path like /mnt/backups, not {value!r}")
    return text


def _words(value: object) -> tuple[str, ...]:
    """A command as a list, or as one text with the quotes of a shell, which never gets it."""
    words = shlex.split(value) if isinstance(value, str) else value
    if not isinstance(words, list | tuple) or not all(isinstance(word, str) and "\0" not in word for word in words):
        raise ValueError("must be a program and its arguments, as a list of texts")
    return tuple(words)


def _address_or_nothing(value: object) -> str:
    text = _text(value)
    try:
        return str(ip_address(text)) if text else ""
    except ValueError as error:
        raise ValueError(f"must be one IP address, not {value!r}") from error


def _in_brackets(host: str) -> str:
    return f"[{host}]" if ":" in host else host


_READERS: Mapping[str, Callable[[object], object]] = MappingProxyType(
    {
        "host": _host,
        "port": _whole_number(0, 65535),
        "base_url": _base_url,
        "allow_internal": _ranges,
        "threads": _whole_number(1, 64),
        "trusted_proxy": _address_or_nothing,
        "max_body_bytes": _whole_number(1024, 1024 * _MIB),
        "max_inflated_bytes": _whole_number(1024, 4096 * _MIB),
        "language": _one_of(LANGUAGES),
        "log_level": _one_of(LOG_LEVELS),
        "scheduler": _yes_or_no,
        "retry_base": _whole_number(1, 3600),
        "backup_folder": _folder_or_nothing,
        "backup_command": _words,
        "take_libraries": _yes_or_no,
    }
)
