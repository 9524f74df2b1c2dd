"""A link's rules by name, as its form shows them: from names to the JSON text kept, and back (PROTOCOL §3.10)."""

import json
from collections.abc import Iterable
from dataclasses import replace

from mispmini.domain.ids import canonical_uuid
from mispmini.domain.rules import PullRules, PushRules, RuleNames
from mispmini.domain.servers import LinkedServer, ServerDraft
from mispmini.store.organisations import find_any_organisation, find_any_organisations_named, organisation_rows
from mispmini.store.settings import load_settings
from mispmini.store.tags import find_tags, fold, tag_names

NO_TAG = "No tag is called so here: "
NO_ORGANISATION = "No organisation is called so here: "
NO_RULES: dict[str, list[int]] = {"OR": [], "NOT": []}
Flaws = dict[str, str]


def as_text(value: object) -> str:
    """Rules as they are kept."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


PUSH_RULES = as_text({"tags": NO_RULES, "orgs": NO_RULES})
PULL_RULES = as_text(
    {"tags": NO_RULES, "orgs": NO_RULES, "type_attributes": {"NOT": []}, "type_objects": {"NOT": []}, "url_params": ""}
)


def with_texts(draft: ServerDraft) -> tuple[ServerDraft, Flaws]:
    """The draft with its names turned into rule texts and uuids, and a sentence for each name unknown here."""
    flaws: Flaws = {}
    if draft.push_names is not None:
        draft = replace(draft, push_rules=_push_text(draft.push_names, flaws))
    if draft.pull_names is not None:
        draft = replace(draft, pull_rules=_pull_text(draft.pull_names))
    if draft.trusted_orgs is not None:
        draft = replace(draft, trusted_orgs=_org_uuids(draft.trusted_orgs, flaws))
    return draft, flaws


def push_names_of(server: LinkedServer) -> RuleNames:
    """The push rules with names in place of ids; an id that nothing has here stays a number."""
    rules = PushRules.from_text(server.push_rules)
    tags = tag_names(rules.tags_or | rules.tags_not)
    orgs = {org_id: row.name for org_id, row in organisation_rows(rules.orgs_or | rules.orgs_not).items()}
    return RuleNames(
        tags_or=_named(rules.tags_or, tags),
        tags_not=_named(rules.tags_not, tags),
        orgs_or=_named(rules.orgs_or, orgs),
        orgs_not=_named(rules.orgs_not, orgs),
        types_not=tuple(sorted(rules.types_not)),
        templates_not=tuple(sorted(rules.templates_not)),
    )


def pull_names_of(server: LinkedServer) -> RuleNames:
    """The pull rules, which are by the partner's names anyhow."""
    rules = PullRules.from_text(server.pull_rules)
    return RuleNames(
        rules.tags_or,
        rules.tags_not,
        rules.orgs_or,
        rules.orgs_not,
        rules.types_not,
        rules.templates_not,
        as_text(rules.url_params) if rules.url_params else "",
    )


def types_are_filtered() -> bool:
    """Whether this instance applies type and object rules (MISP.enable_synchronisation_filtering_on_type)."""
    return load_settings().filter_types_on_sync


def trusted_names_of(server: LinkedServer) -> tuple[str, ...]:
    """The trusted organisations by name where they are known and the name is theirs alone, else by uuid."""
    return tuple(_name_or_uuid(uuid) for uuid in server.trusted_orgs)


def _name_or_uuid(uuid: str) -> str:
    known = find_any_organisation(uuid)
    return known.name if known is not None and len(find_any_organisations_named(known.name)) == 1 else uuid


def _push_text(names: RuleNames, flaws: Flaws) -> str:
    return as_text(
        {
            "tags": {
                "OR": _tag_ids(names.tags_or, "push_tags_or", flaws),
                "NOT": _tag_ids(names.tags_not, "push_tags_not", flaws),
            },
            "orgs": {
                "OR": _org_ids(names.orgs_or, "push_orgs_or", flaws),
                "NOT": _org_ids(names.orgs_not, "push_orgs_not", flaws),
            },
            "type_attributes": {"NOT": list(names.types_not)},
            "type_objects": {"NOT": list(names.templates_not)},
        }
    )


def _pull_text(names: RuleNames) -> str:
    return as_text(
        {
            "tags": {"OR": list(names.tags_or), "NOT": list(names.tags_not)},
            "orgs": {"OR": list(names.orgs_or), "NOT": list(names.orgs_not)},
            "type_attributes": {"NOT": list(names.types_not)},
            "type_objects": {"NOT": list(names.templates_not)},
            "url_params": names.url_params.strip(),
        }
    )


def _tag_ids(names: tuple[str, ...], field: str, flaws: Flaws) -> list[int]:
    known = find_tags(names)
    _note_unknown(field, NO_TAG, (name for name in names if fold(name) not in known), flaws)
    return [known[fold(name)].id for name in names if fold(name) in known]


def _org_ids(names: tuple[str, ...], field: str, flaws: Flaws) -> list[int]:
    known = {name: _organisation(name) for name in names}
    _note_unknown(field, NO_ORGANISATION, (name for name, found in known.items() if found is None), flaws)
    return [found[0] for found in known.values() if found is not None]


def _org_uuids(names: tuple[str, ...], flaws: Flaws) -> tuple[str, ...]:
    """An organisation may be trusted by its uuid before it was ever seen here."""
    known = {name: canonical_uuid(name) or (_organisation(name) or (0, None))[1] for name in names}
    _note_unknown("trusted_orgs", NO_ORGANISATION, (name for name, uuid in known.items() if uuid is None), flaws)
    return tuple(uuid for uuid in known.values() if uuid is not None)


def _organisation(name: str) -> tuple[int, str] | None:
    """Id and uuid of an organisation by its uuid, or by a name that only one has."""
    uuid = canonical_uuid(name)
    by_uuid = find_any_organisation(uuid) if uuid else None
    found = [by_uuid] if by_uuid else find_any_organisations_named(name)
    return (found[0].id, found[0].uuid) if len(found) == 1 else None


def _note_unknown(field: str, sentence: str, names: Iterable[str], flaws: Flaws) -> None:
    if unknown := ", ".join(names):
        flaws[field] = sentence + unknown


def _named(ids: Iterable[int], names: dict[int, str]) -> tuple[str, ...]:
    return tuple(sorted(names.get(number, str(number)) for number in ids))
