"""How a request is heard: waitress' own parser, stricter about where a body ends, and forgetful of what is too long."""

import importlib
import re
from typing import Any

from mispmini.settings import STRANGERS_BYTES, Settings

_parsing: Any = importlib.import_module("waitress.parser")
_channels: Any = importlib.import_module("waitress.channel")
_buffers: Any = importlib.import_module("waitress.buffers")
_FOLDED = re.compile(rb"\r\n(?=[ \t])")
_CODINGS = re.compile(rb"^transfer[-_]encoding[ \t]*:(.*)", re.IGNORECASE | re.MULTILINE)
_LENGTH = re.compile(rb"^content[-_]length[ \t]*:", re.IGNORECASE | re.MULTILINE)
_OFFERS = frozenset({"AUTHORIZATION", "X_MISP_AUTH", "COOKIE"})
AMBIGUOUS = "Where the body ends is told in two ways"


def most_bytes(settings: Settings) -> int:
    """The largest body that anybody may send: an event as it is, or a file."""
    return max(settings.max_body_bytes, settings.max_inflated_bytes)


def channel_for(settings: Settings) -> type[Any]:
    """What waitress makes of each connection."""
    parser = type("_Parser", (_Parser,), {"most": most_bytes(settings)})
    return type("_Channel", (_channels.HTTPChannel,), {"parser_class": parser})


class _Parser(_parsing.HTTPRequestParser):  # type: ignore[misc]
    most: int

    def parse_header(self, header_plus: bytes) -> None:
        """Raises ParsingError, which is answered 400, for what two programs may take for two different requests
        (RFC 9112 §6.1)."""
        if _is_ambiguous(_FOLDED.sub(b"", header_plus)):
            raise _parsing.ParsingError(AMBIGUOUS)
        super().parse_header(header_plus)
        if self.body_rcv is not None:
            most = self.most if _OFFERS & self.headers.keys() else min(self.most, STRANGERS_BYTES)
            self.body_rcv.buf = _Buffer(self.adj.inbuf_overflow, most if self.content_length <= most else 0)


def _is_ambiguous(header: bytes) -> bool:
    codings = _CODINGS.findall(header)
    if not codings:
        return False
    is_old = not header.lstrip().partition(b"\r\n")[0].rstrip().endswith(b"HTTP/1.1")
    return is_old or bool(_LENGTH.search(header)) or len(codings) > 1 or codings[0].lower().count(b"chunked") > 1


class _Buffer(_buffers.OverflowableBuffer):  # type: ignore[misc]
    """Keeps a body up to so many bytes; of a longer one it still tells the length, so that the refusal is ours."""

    def __init__(self, overflow: int, most: int) -> None:
        super().__init__(overflow)
        self.most, self.length = most, 0

    def append(self, stretch: bytes) -> None:
        """Take the next stretch."""
        self.length += len(stretch)
        if self.length <= self.most:
            super().append(stretch)

    def __len__(self) -> int:
        return self.length
