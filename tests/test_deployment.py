"""docs/deployment.md to the letter: systemd judges the unit, the proxy's file serves real TLS (FEATURES rows 7, 8)."""

import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme

from mispmini.settings import Settings
from tests.calling import call
from tests.live import ROOT, Birth, LiveServer, eventually, live_server, run_verb
from tests.test_proxies import WRONG_ADDRESS, key_from

PAGE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
NAME = "misp.example.org"
FRAME = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; events {{ worker_connections 256; }}
http {{
access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
{server}
}}
"""


def block(language: str) -> str:
    """The page's one block in a language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def first_settings() -> tuple[str, ...]:
    """The lines of config.toml that the page writes before the first start."""
    found = re.search(r"^install .* /var/lib/mispmini/config.toml <<END\n((?:.+\n)*?)END$", PAGE, re.MULTILINE)
    assert found is not None
    return tuple(found[1].splitlines())


@pytest.fixture(scope="module")
def served() -> Iterator[LiveServer]:
    """A server with the page's settings."""
    with live_server(Birth(settings=first_settings())) as running:
        yield running


@pytest.fixture(scope="module")
def front(served: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """nginx with the page's file, but for port, upstream and where the certificate lies; the port and the CA's file."""
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed")
    folder, authority = tmp_path_factory.mktemp("nginx"), trustme.CA()
    certificate = authority.issue_cert(NAME)
    (folder / "fullchain.pem").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(str(folder / "privkey.pem"))
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    with socket.create_server(("127.0.0.1", 0)) as free, socket.create_server(("127.0.0.1", 0)) as plain:
        port, plain_port = int(free.getsockname()[1]), int(plain.getsockname()[1])
    changes = {
        "listen 80": f"listen 127.0.0.1:{plain_port}",
        "listen [::]:80": f"listen {_loopback_6()}:{plain_port}",
        "listen 443": f"listen 127.0.0.1:{port}",
        "listen [::]:443": f"listen {_loopback_6()}:{port}",
        f"/etc/letsencrypt/live/{NAME}": str(folder),
        "http://127.0.0.1:8080": served.url,
        "client_header_timeout 10s": "client_header_timeout 2s",
    }
    server = block("nginx")
    for written, here in changes.items():
        assert written in server
        server = server.replace(written, here)
    (folder / "nginx.conf").write_text(FRAME.format(folder=folder, server=server), encoding="utf-8")
    process = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")])
    try:
        eventually(lambda: _listens(port))
        yield port, folder / "ca.pem"
    finally:
        process.terminate()
        process.wait(timeout=10)


def _loopback_6() -> str:
    """The loopback in IPv6, or another address of IPv4's where the machine has none."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return "127.0.0.2"
    return "[::1]"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ask(front: tuple[int, Path], key: str, path: str, **headers: str) -> requests.Response:
    """One question by the server's public name, certificate checked."""
    port, authority = front
    with requests.Session() as session:
        session.mount("https://", Named())
        told = {"Authorization": key, "Accept": "application/json", "Host": NAME} | headers
        return session.get(f"https://127.0.0.1:{port}{path}", headers=told, verify=str(authority), timeout=10)


class Named(requests.adapters.HTTPAdapter):
    """Connects to a loopback address and expects the certificate of the public name."""

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        """As requests makes it, with the name to expect."""
        super().init_poolmanager(*args, server_hostname=NAME, assert_hostname=NAME, **more)


def test_the_proxy_of_the_page_serves_the_public_address_with_its_certificate(
    served: LiveServer, front: tuple[int, Path]
) -> None:
    answer = ask(front, served.birth.key, "/servers/getVersion")
    assert answer.status_code == 200, answer.text
    assert "max-age=" in answer.headers["Strict-Transport-Security"]


def test_port_80_only_leads_to_443(front: tuple[int, Path]) -> None:
    conf = (front[1].parent / "nginx.conf").read_text(encoding="utf-8")
    (port,) = re.findall(r"listen 127\.0\.0\.1:(\d+);", conf)
    answer = call("GET", f"http://127.0.0.1:{port}/events/index?a=b", headers={"Host": NAME}, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (301, f"https://{NAME}/events/index?a=b")


@pytest.mark.slow
def test_who_never_ends_a_request_is_hung_up_on_and_keeps_nobody_from_the_door(
    served: LiveServer, front: tuple[int, Path]
) -> None:
    """TRUST G10, D6."""
    context = ssl.create_default_context(cafile=str(front[1]))
    with ExitStack() as held:
        slow = []
        for _ in range(50):
            plain = held.enter_context(socket.create_connection(("127.0.0.1", front[0]), timeout=10))
            slow.append(held.enter_context(context.wrap_socket(plain, server_hostname=NAME)))
            slow[-1].sendall(b"GET / HTTP/1.1\r\nHost: ")
        began = time.monotonic()
        assert ask(front, served.birth.key, "/servers/getVersion").status_code == 200
        assert time.monotonic() - began < 1
        assert {connection.recv(1) for connection in slow} == {b""}


def test_behind_the_proxy_of_the_page_nobody_chooses_where_he_comes_from(
    served: LiveServer, front: tuple[int, Path]
) -> None:
    for allowed, lie, status in (("127.0.0.1", "203.0.113.9", 200), ("203.0.113.9", "203.0.113.9", 403)):
        headers = {"X-Forwarded-For": lie, "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
        answer = ask(front, key_from(served, allowed), "/users/view/me", **headers)
        assert answer.status_code == status, answer.text
        assert status == 200 or answer.json()["message"] == WRONG_ADDRESS


def test_a_body_over_our_limit_is_refused_by_us_and_not_by_the_proxy() -> None:
    (limit,) = re.findall(r"client_max_body_size (\d+)m;", block("nginx"))
    assert f"max_size {limit}MB" in block("caddy")
    assert int(limit) * 2**20 > 2 * Settings(data=Path()).max_body_bytes, "twice our own limit is read"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_the_unit_is_sound_and_exposes_little(tmp_path: Path) -> None:
    unit = tmp_path / "mispmini.service"
    run_verb("install-systemd", "--to", str(unit))
    assert f"ExecStart={sys.executable} -m mispmini serve" in unit.read_text(encoding="utf-8")
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert judged.returncode == 0, judged.stdout[-500:] + judged.stderr


def test_the_unit_is_shown_without_being_written() -> None:
    shown = run_verb("install-systemd", "--print").stdout
    assert shown.startswith("[Unit]")
    assert "User=mispmini" in shown


def test_every_line_of_the_page_is_run() -> None:
    nightly = (ROOT / "tests" / "test_deployment_lines.py").read_text(encoding="utf-8")
    words = [word.format(MOVED="ti.example.org") for word in re.findall(r"lines_with\(f?[\"'](.*?)[\"']\)", nightly)]
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    assert [lines for lines in blocks if not any(word in lines for word in words)] == []
