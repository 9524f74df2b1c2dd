"""Why a request to a partner got no usable answer: causes, one exception, and how much of it is borne."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

MAX_DETAIL = 500
_MOST_IN_A_ROW = 3
_log = logging.getLogger(__name__)


class Cause(StrEnum):
    """What went wrong; the word is stored in the ledger and chooses the sentence the admin reads."""

    BAD_URL = "bad_url"
    DNS = "dns"
    INTERNAL_ADDRESS = "internal_address"
    TCP = "tcp"
    OUR_PROXY = "our_proxy"
    TLS_CHAIN = "tls_chain"
    TLS_NAME = "tls_name"
    TLS_EXPIRED = "tls_expired"
    TLS_PIN = "tls_pin"
    TLS_OTHER = "tls_other"
    TIMEOUT = "timeout"
    DEADLINE = "deadline"
    TOO_BIG = "too_big"
    TRUNCATED = "truncated"
    NOT_JSON = "not_json"
    REDIRECT = "redirect"
    HTTP = "http"
    PROXY = "proxy"
    BASIC_AUTH = "basic_auth"
    LOGIN_PAGE = "login_page"


BETWEEN = frozenset({Cause.PROXY, Cause.BASIC_AUTH, Cause.LOGIN_PAGE})  # it was not the partner's MISP that answered


LINK_IS_DOWN = frozenset({
    Cause.BAD_URL, Cause.DNS, Cause.INTERNAL_ADDRESS, Cause.TCP, Cause.OUR_PROXY, Cause.TLS_CHAIN, Cause.TLS_NAME,
    Cause.TLS_EXPIRED, Cause.TLS_PIN, Cause.TLS_OTHER, Cause.TIMEOUT, Cause.DEADLINE,
})  # fmt: skip


class RemoteFailure(Exception):
    """No usable answer from a partner: `cause`, and `detail` for the admin (at most 500 characters, no secrets).

    `http_status` is told where something between answered.
    """

    def __init__(self, cause: Cause, detail: str, http_status: int | None = None) -> None:
        super().__init__(cause, detail)
        self.cause = cause
        self.detail = detail[:MAX_DETAIL]
        self.http_status = http_status

    def __str__(self) -> str:
        return f"{self.cause}: {self.detail}"

    @property
    def was_answered(self) -> bool:
        """Whether the partner is there and said something, if only nothing of use."""
        return self.cause in {Cause.NOT_JSON, Cause.REDIRECT, Cause.HTTP, Cause.TOO_BIG} | BETWEEN


@dataclass(slots=True)
class Forbearance:
    """Bears that a partner refuses single things of a kind; three in a row, or a partner that is gone, end it."""

    what: str
    failures: int = 0
    in_a_row: int = 0

    @contextmanager
    def with_one(self) -> Iterator[None]:
        """Around one thing. Raises RemoteFailure when it is enough."""
        try:
            yield
        except RemoteFailure as failure:
            self.failures, self.in_a_row = self.failures + 1, self.in_a_row + 1
            if not failure.was_answered or self.in_a_row >= _MOST_IN_A_ROW:
                raise
            _log.warning("%s did not cross: %s", self.what, failure)
        else:
            self.in_a_row = 0
