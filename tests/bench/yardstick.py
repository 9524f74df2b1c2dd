"""How fast this machine is beside the one that the gates in seconds and milliseconds were set on (SPEED §2).

A Flask application that does nothing, behind waitress, took 0.22 to 0.26 ms of CPU a request there.
"""

import statistics
import subprocess
import sys
from http.client import HTTPConnection

from tests.bench.contenders import cpu_seconds

REFERENCE_MS = 0.26
_ROUNDS, _ASKED, _WARM_UP = 5, 400, 100
_MOST = 3.0
_PROGRAM = """
from flask import Flask
from waitress import create_server
app = Flask("nothing")
app.add_url_rule("/", view_func=lambda: "{}")
server = create_server(app, host="127.0.0.1", port=0)
print(server.effective_port, flush=True)
server.run()
"""


def slowness() -> float:
    """How many times as much CPU a request takes here, at least 1 and at most 3: a gate is never stricter, and never
    stretched out of sight."""
    program = [sys.executable, "-c", _PROGRAM]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        connection = HTTPConnection("127.0.0.1", int(process.stdout.readline()))
        try:
            _ask(connection, _WARM_UP)
            usual = statistics.median(_cpu_ms(process.pid, connection) for _ in range(_ROUNDS))
        finally:
            connection.close()
            process.terminate()
    return min(max(1.0, usual / REFERENCE_MS), _MOST)


def _cpu_ms(pid: int, connection: HTTPConnection) -> float:
    began = cpu_seconds(pid)
    _ask(connection, _ASKED)
    return (cpu_seconds(pid) - began) * 1_000 / _ASKED


def _ask(connection: HTTPConnection, times: int) -> None:
    for _ in range(times):
        connection.request("GET", "/")
        connection.getresponse().read()
