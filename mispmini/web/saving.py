"""What cannot be read becomes a save-failure of the verb that asked for it (PROTOCOL §1.4)."""

from collections.abc import Iterator
from contextlib import contextmanager

from mispmini.domain.errors import Invalid, SaveFailed


@contextmanager
def saving(action: str, model: str, *, nested: bool = False) -> Iterator[None]:
    """Turn Invalid into SaveFailed; `nested` puts the fields below the model's name, as events/add does."""
    try:
        yield
    except Invalid as refusal:
        raise SaveFailed(action, model, {model: refusal.errors} if nested else refusal.errors) from None
