"""JSON that stands in a text: rules, settings, what somebody pasted (TRUST §2.2 row 14)."""

import json


def read_json(text: str) -> object:
    """The value that a text says in JSON.

    Raises ValueError for what is none, is too deep to be read, or holds half a surrogate pair, which no page shows.
    """
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("nested too deep") from None
    return value
