"""What a search wants of decaying models (API §8.4)."""

import math
from collections.abc import Mapping

from mispmini.domain.decaying import NO_DECAY, DecayOptions
from mispmini.domain.json_texts import read_json
from mispmini.wire.scalars import flag, plain_text

_MOST_MODELS = 50


def read_decay(given: Mapping[str, object]) -> DecayOptions:
    """The options of a restSearch; senseless values are ignored, as MISP does."""
    include, exclude = flag(given.get("includeDecayScore")) is True, flag(given.get("excludeDecayed")) is True
    if not (include or exclude):
        return NO_DECAY
    named = given.get("decayingModel")
    items = named if isinstance(named, list) else [named]
    return DecayOptions(
        include=include,
        exclude_decayed=exclude,
        full_model=flag(given.get("includeFullModel")) is True,
        models=tuple(text for item in items[:_MOST_MODELS] if (text := plain_text(item))),
        score=_number(given.get("score")),
        overrides=_overrides(given.get("modelOverrides")),
    )


def _overrides(value: object) -> dict[str, float]:
    """The parameters by name, as an object or as its JSON text."""
    if isinstance(value, str):
        try:
            value = read_json(value)
        except ValueError:
            return {}
    record = value if isinstance(value, dict) else {}
    read = {str(name): _number(item) for name, item in list(record.items())[:_MOST_MODELS]}
    return {name: number for name, number in read.items() if number is not None}


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
