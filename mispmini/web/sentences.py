"""MISP's refusals, which programs compare word by word, said to people: what is wrong and what to do, translated."""

import re
from collections.abc import Mapping

from mispmini.domain import people, sentences
from mispmini.domain.validation import network, rule
from mispmini.services import (
    accounts,
    attributes,
    authkeys,
    elements,
    events,
    organisations,
    relations,
    rights,
    server_flaws,
    servers,
    tags,
)
from mispmini.sync.failures import Cause
from mispmini.web.i18n import N_, gettext
from mispmini.web.receipts import reason_sentence

_NO_EVENT = N_("There is no such event, or you may not see it.")
_NO_ATTRIBUTE = N_("There is no such attribute, or you may not see it.")
_NO_TAG = N_("There is no such tag, or you may not use it.")
_NOT_ALLOWED = N_("You are not allowed to do that.")
_UUID_TAKEN = N_("This UUID is taken already.")
_CHOOSE = N_("Please choose one of the list.")
_NO_GROUP = N_("You cannot use this sharing group.")

_SAID_OTHERWISE: Mapping[str, str] = {
    sentences.NOT_EMPTY: N_("Please fill this in."),
    sentences.UUID: N_("This is not a UUID: 32 hexadecimal digits in five groups."),
    sentences.DATE: N_("Please enter a date as YYYY-MM-DD."),
    sentences.THREAT_LEVEL: _CHOOSE,
    sentences.ANALYSIS: _CHOOSE,
    sentences.EVENT_DISTRIBUTION: _CHOOSE,
    sentences.ELEMENT_DISTRIBUTION: _CHOOSE,
    sentences.NO_GROUP: N_("Please choose the sharing group."),
    sentences.NO_TYPE: N_("Please choose a type."),
    sentences.UNKNOWN_TYPE: N_("This type is not known."),
    sentences.CATEGORY: N_("Type and category do not go together. Choose “the usual one” as category."),
    sentences.DUPLICATE_VALUE: N_("The event has this value already."),
    sentences.UUID_TAKEN: _UUID_TAKEN,
    sentences.SEEN_ORDER: N_("Last seen is before first seen."),
    sentences.EXTENDS: N_("Please enter the UUID or the number of an event."),
    sentences.NUMBER: N_("Please enter a whole number."),
    sentences.SEEN: N_("Please enter a date and time."),
    sentences.TAG_NAME: N_("A tag needs a name of at most 255 bytes."),
    rule.EMPTY: N_("Please enter a value."),
    rule.WRONG_FORMAT: N_("This does not look like the chosen type. Check the value, or choose the type “other”."),
    rule.NEWLINE: N_("The value of this type has one line."),
    rule.NOT_COMPOSITE: N_("This type has two values, with a bar between them: value1|value2."),
    network.WRONG_IP: N_("This is not an IP address."),
    network.WRONG_PREFIX: N_("This is not an address range (CIDR)."),
    people.WEAK: N_(
        "A password needs at least 12 characters: 16 of any kind, or upper case, lower case and a digit or special"
        " character."
    ),
    people.COMMON: N_("This password is on the list of those tried first."),
    rights.NO_PERMISSION: _NOT_ALLOWED,
    rights.NOT_AUTHORISED: _NOT_ALLOWED,
    "You do not have the permission to do that.": _NOT_ALLOWED,
    accounts.NO_FUNCTION: _NOT_ALLOWED,
    events.NOT_NEWER: N_("The event was changed meanwhile. Reload the page."),
    events.NOT_OWNER: _NOT_ALLOWED,
    events.NO_GROUP_ON_EDIT: _NO_GROUP,
    "Invalid Sharing Group or not authorised.": _NO_GROUP,
    elements.NO_GROUP: _NO_GROUP,
    events.UNSIGNED: N_("This is a protected event: it can only be changed where it was signed."),
    events.EMPTY: N_("An event without attributes cannot be added as published."),
    "Event blocked by event blocklist.": N_("This UUID is on the blocklist of deleted events."),
    "Event blocked by organisation blocklist.": N_("The organisation is on the blocklist."),
    "Event was not deleted.": N_("You cannot delete this event: there is none, or it is another organisation's."),
    "Invalid event": _NO_EVENT,
    "Invalid event.": _NO_EVENT,
    attributes.NOT_NEWER: N_("The attribute was changed meanwhile. Reload the page."),
    attributes.OTHER_UUID: _UUID_TAKEN,
    "Invalid attribute": _NO_ATTRIBUTE,
    relations.UNRESOLVED: N_("The referenced element is not part of this event."),
    tags.ONLY_CREATOR: N_("Only the organisation that wrote the event can change its global tags."),
    tags.ONLY_HOST: N_("Only this server's own organisation can add local tags."),
    "This tag can only be set as a local tag.": N_("This tag can only be set as a local tag."),
    "Invalid Tag.": _NO_TAG,
    "Invalid Target.": N_("It does not have this tag."),
    "Failed to attach 1 tags. Reasons: Invalid Tag.": _NO_TAG,
    accounts.EMAIL_TAKEN: N_("An account with this email address already exists."),
    accounts.BAD_EMAIL: N_("Please enter a valid email address."),
    accounts.BAD_ROLE: N_("Please select a role."),
    accounts.BAD_ORGANISATION: N_("Please select an organisation."),
    accounts.NOT_ASSIGNABLE: N_("You cannot give this role."),
    accounts.LAST_SITE_ADMIN: N_("This is the last site admin: make another one first."),
    "Invalid user": N_("There is no such user, or you may not see them."),
    "Invalid role": N_("There is no such role."),
    authkeys.UNKNOWN: N_("There is no such key, or it is not yours."),
    authkeys.NOT_YOURS: N_("You cannot make or change keys of this user."),
    authkeys.NEEDS_IPS: N_("Every key must name the addresses it may be used from."),
    authkeys.TAKEN: N_("This key is in use already."),
    authkeys.BAD_FORM: N_("A key has 40 letters and digits."),
    "Please enter a date as YYYY-MM-DD, or nothing for a key without an end.": N_(
        "Please enter a date as YYYY-MM-DD, or nothing for a key without an end."
    ),
    organisations.NAME_TAKEN: N_("An organisation with this name already exists."),
    organisations.UUID_TAKEN: N_("An organisation with this UUID already exists."),
    organisations.NO_NAME: N_("Please enter a name for the organisation."),
    organisations.LONG_NAME: N_("A name has at most 255 characters."),
    organisations.IS_HOST: N_("It is the organisation that this instance belongs to."),
    organisations.UNKNOWN: N_("There is no such organisation."),
    servers.INVALID_SERVER: N_("There is no such server."),
    servers.NO_REMOTE_ORG: N_("Please choose the organisation of the server, or enter a new one."),
    servers.UNKNOWN_ORG: N_("There is no such organisation."),
    "It is no longer in the queue.": N_("It is no longer in the queue."),
    "Invalid job": N_("There is no such job."),
    "A push or pull of this server is already running.": N_("A push or pull of this server is already running."),
    "Pull setting not enabled for this server.": N_("Pull is not switched on for this server."),
    server_flaws.KEY_FORM: N_("The auth key of the partner has exactly 40 letters and digits."),
    server_flaws.URL_FORM: N_("Please enter a URL like https://misp.example.org."),
    server_flaws.RULES_FORM: N_("The rules have to be a JSON object."),
    server_flaws.NETWORK_FORM: N_("Please enter networks like 10.1.2.0/24."),
    server_flaws.INTERVAL_FORM: N_("Please enter a number of seconds, or 0 for none."),
    server_flaws.POLICY_FORM: _CHOOSE,
    "Event already exists, if you would like to edit it, use the url in the location header.": N_(
        "An event with this UUID is here already."
    ),
}
_WITH_VALUES = (
    (re.compile(r"Failed to attach 1 tags\. Reasons: (?P<name>.*) - Tag not found\."), N_(
        "There is no tag “%(name)s”, and your role may not make new ones.")),
    (re.compile(r"Checksum has an invalid length or format \(expected: (?P<length>\d+) "), N_(
        "This is not such a checksum: it has %(length)s hexadecimal characters.")),
    (re.compile(r"Not an IP address or range \(CIDR\): (?P<wrong>.*)"), N_(
        "Not an IP address or range (CIDR): %(wrong)s")),
    (re.compile(r"The organisation's accounts are bound to these domains: (?P<domains>.*)"), N_(
        "The organisation's accounts are bound to these domains: %(domains)s")),
    (re.compile(r"An organisation with this UUID already exists: (?P<name>.*)\."), N_(
        "An organisation with this UUID already exists: %(name)s")),
    (re.compile(r"Pull completed\. (?P<pulled>\d+) events pulled, (?P<failed>\d+) .* (?P<left>\d+) protected "), N_(
        "Events pulled: %(pulled)s. Events that could not be pulled: %(failed)s. Protected, not taken: %(left)s.")),
    (re.compile(r"Pull completed\. (?P<pulled>\d+) events pulled, (?P<failed>\d+) "), N_(
        "Events pulled: %(pulled)s. Events that could not be pulled: %(failed)s.")),
    (re.compile(r"Push complete\. (?P<pushed>\d+) events pushed, (?P<failed>\d+) "), N_(
        "Events pushed: %(pushed)s. Events that could not be pushed: %(failed)s.")),
    (re.compile(r"It is still in use by (?P<uses>.*)\."), N_("It is still in use (%(uses)s).")),
)  # fmt: skip


def for_people(sentence: str) -> str:
    """A refusal's sentence as a page says it; one that nobody put into words is translated or left as it is."""
    if sentence in _SAID_OTHERWISE:
        return gettext(_SAID_OTHERWISE[sentence])
    for pattern, message in _WITH_VALUES:
        if found := pattern.match(sentence):
            return gettext(message, **found.groupdict())
    cause, _, detail = sentence.partition(": ")
    return reason_sentence(cause) if detail and cause in set(Cause) else gettext(sentence)
