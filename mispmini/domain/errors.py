"""Named refusals with the sentence a client reads; web/errors.py alone makes HTTP of them (PROTOCOL §1.4, §1.5)."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

Messages = str | Mapping[str, "str | Sequence[str] | Mapping[str, Sequence[str]]"]


class MispminiError(Exception):
    """A refusal that may be shown to whoever asked: `sentence` holds no secret.

    With `names_rule` it says which rule stops a partner, and programs find it under `errors` too (RULES §10.10).
    """

    names_rule: ClassVar[bool] = False

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotFound(MispminiError):
    """Absent or invisible, which are the same to whoever asks (TRUST, S4)."""


class NotAuthenticated(MispminiError):
    """No or no valid credentials (MODEL §5.1)."""


class Forbidden(MispminiError):
    """Seen, but not allowed (MODEL §5.4)."""


class NotTheirs(Forbidden):
    """A report of another organisation's event, which MISP answers as 401 (MODEL §5.4)."""


class Refused(MispminiError):
    """A semantic refusal, which MISP answers as 405."""


class Blocked(MispminiError):
    """A blocklist or a guard stops it."""

    names_rule = True


class BadRequest(MispminiError):
    """The request cannot be understood: encoding, parameters."""


class Malformed(MispminiError):
    """The body is no acceptable JSON; MISP answers 405."""


class TooLarge(MispminiError):
    """A limit of TRUST §2.2 row 12 or 13 is passed; nothing was stored."""


class NotBuiltIn(MispminiError):
    """It is not done here: it needs a package that is not installed, or is left to other programs."""


class Busy(MispminiError):
    """Another writer holds the database; try again later."""


class OutOfTime(MispminiError):
    """A search read for longer than one may; says how to narrow it."""


class OutOfSpace(MispminiError):
    """The disk refused the write; nothing was stored."""


class Unusable(MispminiError):
    """A file or folder that everything needs is damaged or out of reach; says which, and the way out."""


class Damaged(MispminiError):
    """What is asked for stands in a row of the database that cannot be read; says which."""


class EventExists(MispminiError):
    """An event with this uuid is here already, visible or not (PROTOCOL §3.6.1 row 15)."""

    def __init__(self, event_id: int) -> None:
        super().__init__("Event already exists, if you would like to edit it, use the url in the location header.")
        self.event_id = event_id


class SaveFailed(MispminiError):
    """A save-failure: "Could not <action> <model>" with errors by field or as one sentence (PROTOCOL §1.4)."""

    def __init__(self, action: str, model: str, errors: Messages, *, subject_id: int | None = None) -> None:
        super().__init__(f"Could not {action} {model}")
        self.action = action
        self.model = model
        self.errors = errors
        self.subject_id = subject_id


class Invalid(MispminiError):
    """Input that does not fit, by field; the verb that asked for it turns it into a SaveFailed."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__("; ".join(f"{field}: {' '.join(texts)}" for field, texts in errors.items()))
        self.errors = errors
