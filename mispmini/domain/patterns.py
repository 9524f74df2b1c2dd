"""Regular expressions that people enter: allow-lists, warninglists, lines of feeds (API §8.5, §9.6).

RE2 matches them in time that grows with the text, whatever is written; look-arounds and references it has not.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from mispmini.domain.errors import NotBuiltIn

LONGEST = 500
WITHOUT_RE2 = (
    "Regular expressions are matched by the package google-re2, which cannot be loaded here: "
    "install it for this Python, or do without expressions."
)
_QUOTED = re.compile(r"/(?P<body>.*)/(?P<flags>[a-zA-Z]*)\Z", re.DOTALL)
_FLAGS = frozenset("imsu")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One expression."""

    program: Any

    def found_in(self, text: str) -> bool:
        """Whether some part of a text matches."""
        return self.program.search(text) is not None


def compiled(text: str) -> Pattern:
    """The pattern of an expression, written bare or as MISP does between slashes with flags behind: `/^#/i`.

    Raises ValueError for what is none, or is not understood here; NotBuiltIn where there is no RE2.
    """
    found = _QUOTED.match(text)
    body, flags = (found["body"], found["flags"]) if found else (text, "")
    if not body or len(text) > LONGEST or not _FLAGS.issuperset(flags):
        raise ValueError("no expression")
    letters, (re2, options) = flags.replace("u", ""), _engine()
    try:
        return Pattern(re2.compile(f"(?{letters}){body}" if letters else body, options))
    except (re2.error, UnicodeEncodeError) as error:
        told = error.args[0]
        raise ValueError(f"no expression: {told.decode() if isinstance(told, bytes) else told}") from None


def is_pattern(text: str) -> bool:
    """Whether a text is an expression that is understood here; none is where RE2 cannot be loaded."""
    try:
        compiled(text)
    except (ValueError, NotBuiltIn):
        return False
    return True


def refusal(sentence: str) -> str:
    """What to say of a text that is no expression here: the sentence, or that there is no RE2."""
    return sentence if can_match() else WITHOUT_RE2


def can_match() -> bool:
    """Whether RE2 can be loaded: it is compiled for each Python, and is not part of the one file."""
    try:
        _engine()
    except NotBuiltIn:
        return False
    return True


@cache
def _engine() -> tuple[Any, Any]:
    try:
        import re2
    except ImportError:
        raise NotBuiltIn(WITHOUT_RE2) from None
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1024 * 1024
    return re2, options
