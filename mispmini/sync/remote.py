"""RemoteServer: HTTP to one partner. Every rule for what leaves this instance lives here (TRUST §2.3, §2.4, §6)."""

import gzip
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self
from urllib.parse import SplitResult, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import exceptions as u3
from urllib3.util import parse_url

from mispmini.sync.addresses import (
    CONNECT_SECONDS,
    Deadline,
    Gate,
    GuardedConnection,
    GuardedTlsConnection,
    TimedTlsSocket,
    networks,
)
from mispmini.sync.answers import (
    Answer,
    Download,
    between,
    epoch_of,
    is_login_page,
    json_text,
    kind_of,
    parse_json,
    read_body,
    told_in,
)
from mispmini.sync.failures import Cause, RemoteFailure

__all__ = ["Answer", "Cause", "Download", "Link", "RemoteFailure", "RemoteServer", "json_text", "leaf_fingerprint"]

MAX_BYTES = 250 * 1024 * 1024
MAX_TEXT = 500
GZIP_ABOVE = 1024
_READ_BYTES = 64 * 1024
_TELLING = ("WWW-Authenticate", "Proxy-Authenticate", "Server", "Via")
_ASKING = re.compile(r"/\w+/(index|filter|restSearch|postTest)")  # POSTs that change nothing there


@dataclass(frozen=True, slots=True)
class Link:
    """How one partner is reached.

    `url` is the base address, with a sub-path if there is one, without credentials. `allow_internal` are the networks
    opened for this link by a site admin. `ca_file` replaces the public authorities; `client_cert` is a PEM file with
    certificate and key. `pinned_sha256` is the fingerprint of the leaf: then that certificate and no other is taken,
    whoever issued it and whatever name it bears. `proxy` is an http:// address, may hold credentials; with a proxy it
    is the proxy's address that must be public or opened, since the partner's is only known there.
    """

    url: str
    authkey: str = field(repr=False)
    allow_internal: tuple[str, ...] = ()
    ca_file: Path | None = None
    client_cert: Path | None = None
    pinned_sha256: str | None = None
    proxy: str | None = field(default=None, repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # a feed's own; without a key none is sent


class RemoteServer:
    """The client of one partner, for one thread at a time; a context manager that keeps its connection.

    A request ends by the rule of Deadline, from the look-up of the name to the last byte, and after `deadline` seconds
    if that is given; `max_bytes` bounds an answer after inflating.

    Raises RemoteFailure(BAD_URL, TLS_OTHER, TLS_PIN) for a link that cannot be used and ValueError for networks that
    are none.
    """

    def __init__(
        self, link: Link, *, user_agent: str, deadline: float | None = None, max_bytes: int = MAX_BYTES
    ) -> None:
        self._base = _checked_base(link.url)
        self._secrets = _secrets(link)
        self._has_proxy = bool(link.proxy)
        self._max_bytes = max_bytes
        self._deadline = Deadline(deadline)
        self._session = _session(link, user_agent, Gate(networks(link.allow_internal), self._deadline))
        self._template: requests.PreparedRequest | None = None
        self._was_answered = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._session.close()

    def get_json(self, path: str, *, etag: str | None = None, attributes: int = 0) -> Answer:
        """GET `path` (begins with a slash); `etag` is sent as it is, quotes included; of `attributes` it is waited for.

        Raises RemoteFailure.
        """
        return self._ask("GET", path, _if_none_match(etag), attributes=attributes)

    def post_json(
        self,
        path: str,
        body: str | bytes,
        *,
        etag: str | None = None,
        gzip_allowed: bool = False,
        max_bytes: int | None = None,
        attributes: int = 0,
    ) -> Answer:
        """POST JSON text. Compressed above 1024 bytes if the partner said it takes gzip (PROTOCOL §1.2).

        `max_bytes` is a tighter bound for this answer; the more `attributes` are sent, the longer it is waited for.

        Raises RemoteFailure; a partner's own answer of 4xx or 5xx is returned, for the caller to judge.
        """
        raw = body.encode() if isinstance(body, str) else body
        headers = _if_none_match(etag)
        if gzip_allowed and len(raw) > GZIP_ABOVE:
            raw, headers = gzip.compress(raw, 6, mtime=0), headers | {"Content-Encoding": "gzip"}
        return self._ask("POST", path, headers, raw, max_bytes, attributes)

    def head(self, path: str) -> int:
        """The status of a HEAD request. Raises RemoteFailure, for a redirect as well."""
        return self._ask("HEAD", path, {}).status

    def download(self, path: str, *, etag: str | None = None, max_bytes: int | None = None) -> Download:
        """GET whatever stands at `path` of a feed, under the same rules, as bytes. Raises RemoteFailure."""
        return self._downloaded("GET", path, _if_none_match(etag), max_bytes=max_bytes)

    def post_for_text(self, path: str, body: str) -> Download:
        """POST JSON text and take whatever comes, as bytes. Raises RemoteFailure."""
        return self._downloaded("POST", path, {}, body.encode())

    def _downloaded(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes | None = None,
        max_bytes: int | None = None,
    ) -> Download:
        with self._asked(method, path, headers, body) as response:
            encoding = response.headers.get("Content-Encoding", "").strip().lower()
            pieces = response.raw.stream(_READ_BYTES, decode_content=False)
            told = read_body(pieces, encoding, max_bytes or self._max_bytes)
            text = self._beginning(told, MAX_TEXT) if response.status_code >= 400 else ""
            kind = kind_of(response.headers)
            return Download(response.status_code, told, response.headers.get("ETag"), text, kind)

    def _ask(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes | None = None,
        max_bytes: int | None = None,
        attributes: int = 0,
    ) -> Answer:
        with self._asked(method, path, headers, body, attributes) as response:
            return self._answer(response, max_bytes or self._max_bytes)

    @contextmanager
    def _asked(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None = None, attributes: int = 0
    ) -> Iterator[requests.Response]:
        """The response to one request, its body not read yet; what goes wrong until it is read is named."""
        if not path.startswith("/"):
            raise RemoteFailure(Cause.BAD_URL, "a path must begin with a slash")
        self._deadline.restart(attributes)
        with (
            self._named_failures(),
            self._sent(self._prepared(method, path, headers, body), only_reads=_only_reads(method, path)) as response,
        ):
            self._was_answered = True
            self._refuse_redirect(response)
            yield response

    def _sent(self, request: requests.PreparedRequest, *, only_reads: bool) -> requests.Response:
        """The response. A partner may close a kept connection at the moment of the next request: what only reads is
        then asked once more (RFC 9112 §9.3.1)."""
        try:
            return self._sent_once(request)
        except requests.ConnectionError as error:
            closed = isinstance(_innermost(error), ConnectionResetError | BrokenPipeError)
            if not (closed and self._was_answered and only_reads):
                raise
        return self._sent_once(request)

    def _sent_once(self, request: requests.PreparedRequest) -> requests.Response:
        timeout = (CONNECT_SECONDS, self._deadline.silence)
        return self._session.send(request, allow_redirects=False, stream=True, timeout=timeout)

    def _prepared(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> requests.PreparedRequest:
        """What Session.request would make of it, with the session's share merged once: a pull asks a thousand times."""
        if self._template is None:
            self._template = self._session.prepare_request(requests.Request("GET", self._base))
        request = self._template.copy()
        request.method = method
        request.prepare_url(self._base + path, None)
        request.headers.update(headers)
        request.prepare_body(body, None)
        return request

    def _refuse_redirect(self, response: requests.Response) -> None:
        status = response.status_code
        if status < 200:
            raise RemoteFailure(Cause.HTTP, f"unexpected status {status}")
        if 300 <= status < 400 and status != 304:
            target = _without_query(response.headers.get("Location", ""))
            raise RemoteFailure(Cause.REDIRECT, self._mask(f"status {status} to {target}"))

    def _answer(self, response: requests.Response, max_bytes: int) -> Answer:
        headers, status = response.headers, response.status_code
        encoding = headers.get("Content-Encoding", "").strip().lower()
        body = read_body(response.raw.stream(_READ_BYTES, decode_content=False), encoding, max_bytes)
        bodiless = status == 304 or response.request.method == "HEAD"
        document = None if bodiless else self._json(response, body)
        if not bodiless and (cause := between(status, headers, document, body)):
            raise RemoteFailure(cause, self._looks(response, body), status)
        return Answer(
            status=status,
            headers=headers,
            json=document,
            text=self._mask(told_in(document))[:MAX_TEXT] or (self._beginning(body, MAX_TEXT) if status >= 400 else ""),
            date=epoch_of(headers.get("Date")),
            etag=headers.get("ETag"),
            location=headers.get("Location"),
            digest=sha256(body).hexdigest(),
        )

    def _json(self, response: requests.Response, body: bytes) -> Any:
        kind = kind_of(response.headers)
        try:
            if kind != "application/json" and (kind or body):
                raise ValueError(f"{kind or 'a body of no named kind'} came instead")
            return parse_json(body) if body else None
        except ValueError as error:
            if response.status_code >= 400:
                return None
            if is_login_page(body):
                raise RemoteFailure(Cause.LOGIN_PAGE, self._looks(response, body)) from None
            detail = f"no JSON: {self._mask(str(error))[:200]}; it begins: {self._beginning(body, 200)}"
            raise RemoteFailure(Cause.NOT_JSON, detail) from None

    def _looks(self, response: requests.Response, body: bytes) -> str:
        """How something shows itself that answered in the partner's place."""
        told = (f"{name}: {response.headers[name]}" for name in _TELLING if name in response.headers)
        named = self._mask("; ".join((f"status {response.status_code}", *told)))
        return f"{named}; it begins: {self._beginning(body, 200)}" if body else named

    @contextmanager
    def _named_failures(self) -> Iterator[None]:
        """Turn what requests and urllib3 raise into RemoteFailure; the cause is cut off, it may quote a header."""
        try:
            yield
        except RemoteFailure as failure:
            if self._has_proxy and failure.cause in (Cause.DNS, Cause.TCP):  # the only address that is called then
                raise RemoteFailure(Cause.OUR_PROXY, failure.detail) from None
            raise
        except (requests.exceptions.InvalidHeader, UnicodeEncodeError):
            raise RemoteFailure(Cause.HTTP, "a header of the request holds forbidden characters") from None
        except (requests.exceptions.SSLError, u3.SSLError) as error:
            self._fail(Cause.TLS_OTHER, error)
        except requests.exceptions.ProxyError as error:
            self._fail(Cause.OUR_PROXY, error)
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, u3.LocationParseError) as error:
            self._fail(Cause.BAD_URL, error)
        except u3.ProtocolError as error:
            self._fail(Cause.TRUNCATED, error)
        except requests.RequestException as error:
            lost = isinstance(_innermost(error), OSError)
            self._fail(Cause.TCP if lost else Cause.HTTP, error)
        except u3.HTTPError as error:
            self._fail(Cause.HTTP, error)

    def _fail(self, cause: Cause, error: BaseException) -> NoReturn:
        root = _innermost(error)
        raise RemoteFailure(cause, self._mask(f"{type(root).__name__}: {root}")) from None

    def _beginning(self, body: bytes, length: int) -> str:
        # Masking shortens a 40-letter key tenfold: this window never leaves half a key within `length`.
        return self._mask(body[: 16 * length].decode(errors="replace"))[:length]

    def _mask(self, text: str) -> str:
        """Printable text in which a partner's echo of our secrets is blotted out."""
        for secret in self._secrets:
            text = text.replace(secret, "****")
        return "".join(letter if letter.isprintable() else " " for letter in text)


def leaf_fingerprint(link: Link, timeout: float) -> str:
    """The SHA-256 of the partner's certificate (64 hex digits), for an admin to compare before it is pinned.

    Nothing is verified, and nothing sent beyond the handshake: no key, no client certificate. `timeout` in seconds.
    Raises RemoteFailure: bad_url for a link that is not https, else what connecting raises.
    """
    target = urlsplit(_checked_base(link.url))
    if target.scheme != "https" or not target.hostname:
        raise RemoteFailure(Cause.BAD_URL, "only https has a certificate")
    through = parse_url(_checked_proxy(link.proxy)) if link.proxy else None
    connection = GuardedTlsConnection(
        (through.host if through else None) or target.hostname,
        through.port or 80 if through else target.port,
        gate=Gate(networks(link.allow_internal), Deadline(timeout)),
        ssl_context=_context(verified=False),
        assert_hostname=False,
    )
    if through and link.proxy:
        connection.set_tunnel(target.hostname, target.port or 443, HTTPAdapter().proxy_headers(link.proxy), "http")
    try:
        connection.connect()
        return _leaf_sha256(connection)
    except OSError as error:
        raise RemoteFailure(Cause.TCP, f"{type(error).__name__}: {error}") from None
    finally:
        connection.close()


def _leaf_sha256(connection: GuardedTlsConnection) -> str:
    leaf = connection.sock.getpeercert(binary_form=True) if isinstance(connection.sock, ssl.SSLSocket) else None
    if leaf is None:
        raise RemoteFailure(Cause.TLS_OTHER, "no certificate was shown")
    return sha256(leaf).hexdigest()


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """Nowhere: even with allow_redirects=False, requests would read and inflate the whole body of a redirect."""
        return None


class _Adapter(HTTPAdapter):
    """Binds requests to guarded connections and to one TLS context; whatever `verify` and the environment say."""

    def __init__(self, gate: Gate, tls: dict[str, Any]) -> None:
        self._connections = {
            "http": partial(GuardedConnection, gate=gate),
            "https": partial(GuardedTlsConnection, gate=gate),
        }
        self._tls = tls
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **kwargs, **self._tls)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        return super().proxy_manager_for(proxy, **kwargs, **self._tls)

    def build_connection_pool_key_attributes(self, request: Any, *_: Any) -> tuple[Any, Any]:
        place, _tls = super().build_connection_pool_key_attributes(request, verify=True)
        return place, {}

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = self._connections[pool.scheme]
        return pool

    def cert_verify(self, *_: Any) -> None:
        """Nothing: the context holds the authorities or the pool holds the pin."""


def _session(link: Link, user_agent: str, gate: Gate) -> requests.Session:
    session = _Session()
    session.trust_env = False
    session.headers = CaseInsensitiveDict(
        {
            "Authorization": link.authkey,
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": user_agent,
            "Accept-Encoding": "gzip",
        }
    )
    if not link.authkey:
        del session.headers["Authorization"]
    session.headers.update(dict(link.headers))
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    if link.proxy:
        session.proxies = dict.fromkeys(("http", "https"), _checked_proxy(link.proxy))
    adapter = _Adapter(gate, _tls_options(link) if urlsplit(link.url).scheme == "https" else {})
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def _tls_options(link: Link) -> dict[str, Any]:
    """How urllib3 is told to verify: by the authorities, or by the pin of the leaf alone."""
    context = _context(verified=link.pinned_sha256 is None, ca_file=link.ca_file, client_cert=link.client_cert)
    options: dict[str, Any] = {"ssl_context": context, "cert_reqs": context.verify_mode}
    if link.pinned_sha256 is not None:
        options |= {"assert_fingerprint": _checked_pin(link.pinned_sha256), "assert_hostname": False}
    return options


def _context(*, verified: bool, ca_file: Path | None = None, client_cert: Path | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = TimedTlsSocket
    try:
        if verified:
            context.load_verify_locations(ca_file or DEFAULT_CA_BUNDLE_PATH)
        else:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if client_cert is not None:
            context.load_cert_chain(client_cert, password="")  # without one, an encrypted key would ask the terminal
    except OSError as error:
        raise RemoteFailure(Cause.TLS_OTHER, f"a certificate file of the link cannot be used: {error}") from None
    return context


def _checked_base(url: str) -> str:
    parts = _split(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise RemoteFailure(Cause.BAD_URL, "the address must be http:// or https:// and name a host")
    if "@" in parts.netloc or parts.query or parts.fragment or not url.isprintable():
        raise RemoteFailure(Cause.BAD_URL, "the address must not hold credentials, a query or a fragment")
    return url.rstrip("/")


def _checked_proxy(proxy: str) -> str:
    parts = _split(proxy)
    if parts.scheme != "http" or not parts.hostname:
        raise RemoteFailure(Cause.BAD_URL, "the proxy must be an http:// address")
    return proxy


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise RemoteFailure(Cause.BAD_URL, "the address cannot be read") from None
    return parts


def _checked_pin(pin: str) -> str:
    digits = pin.replace(":", "").lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise RemoteFailure(Cause.TLS_PIN, "a pin is the SHA-256 of a certificate: 64 hex digits")
    return digits


def _secrets(link: Link) -> tuple[str, ...]:
    proxy_password = _split(link.proxy).password if link.proxy else None
    own = (value for _name, value in link.headers)
    return tuple(secret for secret in (link.authkey, proxy_password, *own) if secret)


def _only_reads(method: str, path: str) -> bool:
    return method in ("GET", "HEAD") or _ASKING.match(path) is not None


def _if_none_match(etag: str | None) -> dict[str, str]:
    return {} if etag is None else {"If-None-Match": etag}


def _without_query(location: str) -> str:
    try:
        parts = urlsplit(location)
    except ValueError:
        return "an unreadable address"
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl() or "nowhere"


def _innermost(error: BaseException) -> BaseException:
    inner = next(
        (part for part in (getattr(error, "reason", None), *error.args) if isinstance(part, BaseException)), None
    )
    return error if inner is None else _innermost(inner)
