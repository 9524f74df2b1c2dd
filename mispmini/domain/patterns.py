"""Regular expressions that people enter: allow-lists, warninglists, lines of feeds (API §8.5, §9.6).

RE2 matches them in time that grows with the text, whatever is written; look-arounds and references it has not.
"""

import re
from dataclasses import dataclass
from typing import Any

import re2

LONGEST = 500
_QUOTED = re.compile(r"/(?P<body>.*)/(?P<flags>[a-zA-Z]*)\Z", re.DOTALL)
_FLAGS = frozenset("imsu")
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Pattern:
    """One expression."""

    program: Any

    def found_in(self, text: str) -> bool:
        """Whether some part of a text matches."""
        return self.program.search(text) is not None


def compiled(text: str) -> Pattern:
    """The pattern of an expression, written bare or as MISP does between slashes with flags behind: `/^#/i`.

    Raises ValueError for what is none, or is not understood here.
    """
    found = _QUOTED.match(text)
    body, flags = (found["body"], found["flags"]) if found else (text, "")
    if not body or len(text) > LONGEST or not _FLAGS.issuperset(flags):
        raise ValueError("no expression")
    letters = flags.replace("u", "")
    try:
        return Pattern(re2.compile(f"(?{letters}){body}" if letters else body, _OPTIONS))
    except (re2.error, UnicodeEncodeError) as error:
        told = error.args[0]
        raise ValueError(f"no expression: {told.decode() if isinstance(told, bytes) else told}") from None


def is_pattern(text: str) -> bool:
    """Whether a text is an expression that is understood here."""
    try:
        compiled(text)
    except ValueError:
        return False
    return True
