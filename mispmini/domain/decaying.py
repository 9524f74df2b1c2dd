"""Decaying models: how much an indicator is worth after a while (the polynomial model of the literature, API §8.4).

score = base score * (1 - (age / lifetime) ** (1 / speed)), and nothing once the lifetime is over.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

KIND = "decaying"
DAY = 86400
POLYNOMIAL = "Polynomial"


@dataclass(frozen=True, slots=True)
class DecayingModel:
    """A model: `lifetime` in days, `threshold` the score below which a value has decayed.

    `weights` say how much the numbers of a taxonomy's tags count for the base score.
    """

    id: int
    uuid: str
    name: str
    description: str
    types: tuple[str, ...]
    lifetime: float
    decay_speed: float
    threshold: float
    base_score: float
    weights: Mapping[str, float] = field(default_factory=dict)
    version: int = 1

    def base_for(self, numbers: Mapping[str, int]) -> float:
        """The base score of a value whose tags have these numbers, by taxonomy; the usual one without such a tag."""
        counted = {name: weight for name, weight in self.weights.items() if name in numbers}
        total = sum(counted.values())
        if not total:
            return self.base_score
        return sum(numbers[name] * weight for name, weight in counted.items()) / total

    def score(self, age: float, base: float) -> float:
        """The score of a value that was last heard of `age` seconds ago."""
        share = max(age, 0.0) / (self.lifetime * DAY)
        return 0.0 if share >= 1 else base * (1 - share ** (1 / self.decay_speed))


@dataclass(frozen=True, slots=True)
class DecayScore:
    """What one model says of one attribute."""

    model: DecayingModel
    score: float
    base_score: float

    @property
    def decayed(self) -> bool:
        """Whether it is worth less than the model's threshold."""
        return self.score < self.model.threshold


_WEIGHTS = {"estimative-language": 1.0, "admiralty-scale": 1.0}
_NETWORK = (
    "ip-src", "ip-dst", "ip-src|port", "ip-dst|port", "domain", "domain|ip", "hostname", "hostname|port", "url", "uri",
    "user-agent", "AS", "snort", "ja3-fingerprint-md5", "jarm-fingerprint", "hassh-md5", "hasshserver-md5",
)  # fmt: skip
_MAIL = (
    "email", "email-src", "email-dst", "email-subject", "email-attachment", "email-reply-to", "email-mime-boundary",
)  # fmt: skip

MODELS = (
    DecayingModel(
        id=1,
        uuid="7e0d3ac6-4c43-4a8e-9d1b-5f0c2f9a6b11",
        name="NIDS Simple Decaying Model",
        description="What a network sensor looks for: addresses and names change hands within months.",
        types=_NETWORK,
        lifetime=120,
        decay_speed=2,
        threshold=30,
        base_score=80,
        weights=_WEIGHTS,
    ),
    DecayingModel(
        id=2,
        uuid="c0b1f7b4-0d5e-4f8a-8a34-2d6a7f5e9c22",
        name="Phishing Mail Decaying Model",
        description="What mail filters look for: a campaign is over after some weeks.",
        types=(*_MAIL, "url", "domain", "hostname"),
        lifetime=30,
        decay_speed=3,
        threshold=30,
        base_score=80,
        weights=_WEIGHTS,
    ),
)


@dataclass(frozen=True, slots=True)
class DecayOptions:
    """What a search wants of decaying: `models` are ids or names, none meaning all in use.

    `score` replaces the threshold; `overrides` are the model's parameters by name.
    """

    include: bool = False
    exclude_decayed: bool = False
    full_model: bool = False
    models: tuple[str, ...] = ()
    score: float | None = None
    overrides: Mapping[str, float] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.include or self.exclude_decayed


NO_DECAY = DecayOptions()


def find_model(ref: str) -> DecayingModel | None:
    """One by its id, uuid or name."""
    return next((one for one in MODELS if ref in (str(one.id), one.uuid, one.name)), None)


def wanted_models(options: DecayOptions, in_use: Iterable[str]) -> list[DecayingModel]:
    """The models that a search asks for, else those in use, with what the search overrides."""
    names = set(in_use)
    asked = options.models
    found = [m for m in MODELS if (any(find_model(ref) is m for ref in asked) if asked else m.name in names)]
    return [_overridden(model, options) for model in found]


def _overridden(model: DecayingModel, options: DecayOptions) -> DecayingModel:
    given = options.overrides
    return replace(
        model,
        lifetime=max(given.get("lifetime", model.lifetime), 0.001),
        decay_speed=max(given.get("decay_speed", model.decay_speed), 0.001),
        base_score=given.get("default_base_score", model.base_score),
        threshold=given.get("threshold", model.threshold) if options.score is None else options.score,
    )


def scores_of(
    kind: str, age: float, numbers: Mapping[str, int], models: Sequence[DecayingModel]
) -> tuple[DecayScore, ...]:
    """What the models that speak of a type say of a value."""
    return tuple(
        DecayScore(model, model.score(age, base), base)
        for model in models
        if kind in model.types
        for base in (model.base_for(numbers),)
    )
