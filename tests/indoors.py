"""`python -m tests.indoors`: the product in a process that can reach nothing but this machine, whatever it is told."""

import sys

from mispmini.main import main

_INDOORS = ("127.", "::1", "localhost", "0.0.0.0")  # the last is where a server may listen
_ADDRESS_AT = {"socket.connect": 1, "socket.getaddrinfo": 0, "socket.gethostbyname": 0}


def stay_indoors(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: no connection leaves, and no name is asked for. Raises ConnectionRefusedError."""
    if event in _ADDRESS_AT and not _host(arguments[_ADDRESS_AT[event]]).startswith(_INDOORS):
        raise ConnectionRefusedError("This process stays indoors.")


def _host(address: object) -> str:
    """The host of an address; none, or a socket in the file system, is this machine."""
    host = address[0] if isinstance(address, tuple) else address
    text = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    return "localhost" if text.startswith("/") else text


if __name__ == "__main__":
    sys.addaudithook(stay_indoors)
    main()
