"""What cannot be read becomes a save-failure of the verb that asked for it (PROTOCOL §1.4)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mispmini.domain.errors import Invalid, MispminiError, SaveFailed
from mispmini.web.answer import Answer, reply
from mispmini.web.asking import asked
from mispmini.wire import replies


@contextmanager
def saving(
    action: str, model: str, *, nested: bool = False, about: Callable[[], int | None] | None = None
) -> Iterator[None]:
    """Turn Invalid into SaveFailed; `nested` puts the fields below the model's name, as events/add does.

    `about` finds what is to be changed, by its id, or what is added to, without one: whether it is there and the
    asker's to change is told before what is wrong with the body (MODEL §5.1 row 8), but for one that is no JSON.
    """
    if about is not None:
        asked()
    try:
        yield
    except MispminiError as refusal:
        subject_id = None if about is None else about()
        if not isinstance(refusal, Invalid):
            raise
        errors = {model: refusal.errors} if nested else refusal.errors
        raise SaveFailed(action, model, errors, subject_id=subject_id) from None


def told_by_ajax(verb: Callable[[], object], message: str) -> Answer:
    """What became of a verb, as MISP's pages hear it: HTTP 200 either way (PROTOCOL §1.4)."""
    try:
        verb()
    except MispminiError as refusal:
        text = refusal.errors if isinstance(refusal, SaveFailed) else refusal.sentence
        return reply(replies.ajax_failed(str(text)))
    return reply(replies.ajax_saved(message, check_publish=True))
