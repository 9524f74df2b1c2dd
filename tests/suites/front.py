"""nginx with a certificate in front of a server on loopback: what a small team would put there."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
import trustme

from tests.live import eventually

_CONFIGURATION = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 256; }}
http {{
  access_log off; client_max_body_size 64m;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl; ssl_certificate {folder}/chain.pem; ssl_certificate_key {folder}/key.pem;
    location / {{
      proxy_pass {upstream}; proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto https;
    }}
  }}
}}
"""


@contextmanager
def tls_front(folder: Path, *, port: int, upstream: str) -> Iterator[str]:
    """`https://localhost:<port>` for `upstream` until the block ends, with a certificate that nobody vouches for.

    Ends the program where nginx is not installed.
    """
    if shutil.which("nginx") is None:
        sys.exit("The suite of servers that exchange events needs nginx in front of them: install Debian's package.")
    folder.mkdir()
    certificate = trustme.CA().issue_cert("localhost", "127.0.0.1")
    (folder / "chain.pem").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    (folder / "nginx.conf").write_text(_CONFIGURATION.format(folder=folder, port=port, upstream=upstream))
    process = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")])
    try:
        eventually(lambda: _answers(f"https://localhost:{port}"))
        yield f"https://localhost:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/users/login", verify=False, timeout=5).status_code == 200
    except requests.ConnectionError:
        return False
