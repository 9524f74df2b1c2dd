"""What the self-check finds: a verdict a check, one sentence, and how to mend it (FEATURES row 82)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """How a check ended, from good to bad."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `sentence` and `advice` are English with `%(name)s` for `values`; pages translate them.

    `since` is when an alarm began (epoch seconds), None for what was looked at just now.
    """

    name: str
    verdict: Verdict
    sentence: str
    values: Mapping[str, object] = field(default_factory=dict)
    advice: str = ""
    since: int | None = None


def worst(checks: tuple[Check, ...]) -> Verdict:
    """The worst verdict of all."""
    order = list(Verdict)
    return max((check.verdict for check in checks), key=order.index, default=Verdict.OK)
