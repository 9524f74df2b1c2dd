"""Why a request to a partner got no usable answer: one enum of causes and one exception."""

from enum import StrEnum

MAX_DETAIL = 500


class Cause(StrEnum):
    """What went wrong; the word is stored in the ledger and chooses the sentence the admin reads."""

    BAD_URL = "bad_url"
    DNS = "dns"
    INTERNAL_ADDRESS = "internal_address"
    TCP = "tcp"
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


class RemoteFailure(Exception):
    """No usable answer from a partner: `cause`, and `detail` for the admin (at most 500 characters, no secrets)."""

    def __init__(self, cause: Cause, detail: str) -> None:
        super().__init__(cause, detail)
        self.cause = cause
        self.detail = detail[:MAX_DETAIL]

    def __str__(self) -> str:
        return f"{self.cause}: {self.detail}"
