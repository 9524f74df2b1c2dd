"""What the free text import answers: candidates with all their types, or the attributes they become (MODEL §7.17)."""

from collections.abc import Mapping

from mispmini.domain.freetext import Candidate

Json = Mapping[str, object]


def told_candidate(candidate: Candidate, *, to_ids: bool, known: int, warninglists: tuple[str, ...]) -> Json:
    """A candidate under returnMetaAttributes; `known` is in how many events its value is."""
    return {
        "types": {name: name for name in candidate.types},
        "default_type": candidate.default_type,
        "value": candidate.value,
        "to_ids": to_ids,
        "category": candidate.category,
        "default_category": candidate.category,
        "categories": list(candidate.categories),
        "comment": "",
        "warninglists": list(warninglists),
        "known_in_events": known,
    }


def taken_candidate(candidate: Candidate, *, to_ids: bool, event_id: int, distribution: int | None) -> Json:
    """A candidate as the attribute that it becomes."""
    level = {} if distribution is None else {"distribution": str(distribution)}
    return {
        "event_id": str(event_id),
        "type": candidate.default_type,
        "default_type": candidate.default_type,
        "category": candidate.category,
        "value": candidate.value,
        "to_ids": to_ids,
        "comment": "",
        **level,
    }
