"""The words of the connection test: MISP's numbers, our layers, and what was found in each (PROTOCOL §2.3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum, StrEnum

from mispmini.sync.failures import Cause


class Status(IntEnum):
    """MISP's numbers of the test."""

    OK = 1
    UNREACHABLE = 2
    UNEXPECTED = 3
    REFUSED = 4
    PASSWORD_CHANGE = 5
    TERMS = 6
    READS_ONLY = 7
    SIGHTINGS_ONLY = 8


class PostStatus(IntEnum):
    """MISP's numbers of the POST test."""

    OK = 1
    FAILED = 8
    BODY_DIFFERS = 9
    HEADERS_DIFFER = 10


class LayerName(StrEnum):
    """What is tested, in order."""

    ADDRESS = "address"
    TLS = "tls"
    HTTP = "http"
    KEY = "key"
    PERMISSIONS = "permissions"
    POST = "post"
    CLOCK = "clock"
    ORGANISATIONS = "organisations"


class Outcome(Enum):
    """How a layer did."""

    GOOD = "good"
    WARNING = "warning"
    FAILING = "failing"
    SKIPPED = "skipped"


class Finding(StrEnum):
    """What was found, where it is no Cause of a failed connection; values fill its sentence."""

    REACHED = "reached"
    CERTIFICATE_GOOD = "certificate_good"
    CERTIFICATE_ENDS = "certificate_ends"
    CERTIFICATE_PINNED = "certificate_pinned"
    CERTIFICATE_FIRST_SEEN = "certificate_first_seen"
    NOT_ENCRYPTED = "not_encrypted"
    VERSION = "version"
    OTHER_VERSION = "other_version"
    NO_MISP = "no_misp"
    KEY_GOOD = "key_good"
    KEY_REFUSED = "key_refused"
    KEY_MISSING = "key_missing"
    PASSWORD_CHANGE = "password_change"  # noqa: S105 - a word for a state
    TERMS = "terms"
    MAY_SYNC = "may_sync"
    READS_ONLY = "reads_only"
    SIGHTINGS_ONLY = "sightings_only"
    POST_ARRIVED = "post_arrived"
    POST_FAILED = "post_failed"
    POST_CHANGED = "post_changed"
    POST_TOO_OLD = "post_too_old"
    CLOCKS_AGREE = "clocks_agree"
    CLOCKS_DIFFER = "clocks_differ"
    ORGANISATIONS_AGREE = "organisations_agree"
    WE_DIFFER_THERE = "we_differ_there"
    THEY_DIFFER_HERE = "they_differ_here"
    NOT_TOLD = "not_told"
    NOT_TESTED = "not_tested"


@dataclass(frozen=True, slots=True)
class Layer:
    """One row of the test; `finding` is a Finding or a Cause, `values` what its sentence names."""

    name: LayerName
    outcome: Outcome
    finding: Finding | Cause
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConnectionReport:
    """The whole test. `reply` is what MISP would answer (PROTOCOL §2.3)."""

    status: Status
    reply: dict[str, object]
    local_version: str
    remote_version: str
    layers: tuple[Layer, ...]
