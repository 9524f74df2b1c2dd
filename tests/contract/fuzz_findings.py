"""What became of many requests: by status, by route, and each one that broke the server."""

from collections import Counter
from dataclasses import dataclass, field

import requests

_SLOW_SECONDS, _SLOW_STIX_SECONDS = 2.0, 10.0  # STIX is made by a process of its own, which loads its library first
# The one 5xx that is meant: an org admin gives a role that is not theirs to give (CLIENTS.md).
MEANT = "You are not authorised to assign that role to a user."


@dataclass(slots=True)
class Findings:
    """What the requests met: how often each status, which routes, and each request that broke the server."""

    statuses: Counter[int] = field(default_factory=Counter)
    routes: set[str] = field(default_factory=set)
    flaws: list[str] = field(default_factory=list)
    meant: int = 0
    missed: int = 0  # targets that could not be made
    slowest: float = 0.0  # seconds

    @property
    def asked(self) -> int:
        """How many requests there were."""
        return self.statuses.total()

    def note(self, route: str, answer: requests.Response, sent: object, *, seconds: float, speaks_json: bool) -> None:
        """Keep what one answer tells. A refusal of a program that is no JSON is a flaw, and so is a long wait."""
        status = answer.status_code
        self.statuses[status] += 1
        self.routes.add(route)
        self.slowest = max(self.slowest, seconds)
        # 501 is the answer to a format that is left to other programs (API §8.5).
        is_meant = (status == 500 and MEANT in answer.text) or status == 501
        self.meant += is_meant
        broken = status >= 500 and not is_meant
        speechless = status >= 400 and speaks_json and not _is_json(answer)
        if broken or speechless or is_slow(seconds, answer.request.url, sent):
            self.flaw(
                answer.request.method, answer.request.url, sent, f"{status} {answer.text:.200} in {seconds:.1f} s"
            )

    def flaw(self, method: object, url: object, sent: object, what: str) -> None:
        """Keep a request that broke the server."""
        self.flaws.append(f"{method} {url:.400} {sent!r:.900}: {what}")

    def summary(self) -> str:
        """One line for people."""
        classes = Counter({f"{status // 100}xx": 0 for status in self.statuses})
        for status, number in self.statuses.items():
            classes[f"{status // 100}xx"] += number
        told = f"{dict(sorted(classes.items()))} {dict(sorted(self.statuses.items()))}, {self.meant} of them meant"
        return f"{self.asked} requests: {told}; {len(self.routes)} routes; slowest {self.slowest:.2f} s"


def is_slow(seconds: float, url: object, sent: object) -> bool:
    """Whether somebody waited too long for what was asked."""
    return seconds > (_SLOW_STIX_SECONDS if "stix" in f"{url}{sent}" else _SLOW_SECONDS)


def _is_json(answer: requests.Response) -> bool:
    try:
        answer.json()
    except ValueError:
        return False
    return True
