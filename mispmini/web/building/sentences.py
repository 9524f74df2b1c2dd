"""MISP's refusals, which programs compare word by word, said to people: what is wrong and what to do, translated."""

import re
from collections.abc import Mapping

from mispmini.domain import people, sentences
from mispmini.domain.distribution import GroupFlaw
from mispmini.domain.validation import network, rule
from mispmini.services import (
    accounts,
    analyst_data,
    arrivals,
    attributes,
    authkeys,
    elements,
    events,
    groups_admin,
    link_files,
    link_rules,
    objects,
    organisation_lists,
    organisations,
    receiving,
    registrations,
    relations,
    retracting,
    rights,
    roles,
    server_flaws,
    servers,
    sharing_groups,
    tags,
    taxonomies,
)
from mispmini.sync.failures import Cause
from mispmini.web.building import feed_sentences, identity_sentences
from mispmini.web.building.receipts import reason_sentence
from mispmini.web.i18n import N_, gettext
from mispmini.wire import organisation_list_in

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
    sentences.COLOUR: N_("Please choose a colour like #1a2b3c."),
    sentences.NOT_CONFIRMED: N_("Please confirm that you want this."),
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
    **dict.fromkeys(receiving.GROUP_REFUSALS, _NO_GROUP),
    "Invalid Sharing Group or not authorised.": _NO_GROUP,
    elements.NO_GROUP: _NO_GROUP,
    **dict.fromkeys(
        (receiving.UNSIGNED, receiving.UNCHECKED),
        N_("This is a protected event: it can only be changed where it was signed."),
    ),
    retracting.NEVER_LEFT: N_("The event was never published, so there is nothing to retract. Delete it."),
    retracting.FOREIGN: N_("Only an event that was written here can be retracted."),
    retracting.ALREADY: N_("The event is retracted already."),
    retracting.UNSETTLED: N_("The event is being retracted: wait for the receipts of the partners first."),
    retracting.TOO_LONG: N_("Please write at most 500 characters."),
    events.EMPTY: N_("An event without attributes cannot be added as published."),
    "Event blocked by event blocklist.": N_("This UUID is on the blocklist of deleted events."),
    "Event blocked by organisation blocklist.": N_("The organisation is on the blocklist."),
    events.BLOCKED_TAG: N_("It has a tag that is blocked here."),
    sharing_groups.UNREADY[GroupFlaw.NOBODY]: N_(
        "Its sharing group lists no organisation, so nobody would get it. Add its organisations to the group first."
    ),
    sharing_groups.UNREADY[GroupFlaw.NOWHERE]: N_(
        "Its sharing group lists no server and does not roam, so it would be sent nowhere. Add servers to the group, or"
        " let it roam, first."
    ),
    groups_admin.NAME_TAKEN: N_("A sharing group with this name already exists."),
    groups_admin.UUID_TAKEN: _UUID_TAKEN,
    groups_admin.IN_USE: N_("The sharing group is still in use."),
    groups_admin.NO_RIGHTS: N_("There is no such sharing group, or you may not change it."),
    groups_admin.UNSEEN: N_("There is no such sharing group, or you may not see it."),
    groups_admin.NO_SERVER: N_("There is no such server."),
    receiving.OUR_NAME: N_("It is in the name of the organisation that runs this server."),
    arrivals.NOT_WAITING: N_("The event does not wait to be released."),
    "Event was not deleted.": N_("You cannot delete this event: there is none, or it is another organisation's."),
    "Invalid event": _NO_EVENT,
    "Invalid event.": _NO_EVENT,
    attributes.NOT_NEWER: N_("The attribute was changed meanwhile. Reload the page."),
    attributes.OTHER_UUID: _UUID_TAKEN,
    "Invalid attribute": _NO_ATTRIBUTE,
    analyst_data.OTHER_UUID: _UUID_TAKEN,
    objects.NO_ATTRIBUTES: N_("Please fill in at least one of its attributes."),
    "Invalid object.": N_("There is no such object, or you may not see it."),
    "Invalid object template": N_("There is no such template of objects here."),
    "Invalid object reference.": N_("There is no such reference, or you may not see it."),
    "Invalid Event Report": N_("There is no such report, or you may not see it."),
    relations.UNRESOLVED: N_("The referenced element is not part of this event."),
    tags.ONLY_CREATOR: N_("Only the organisation that wrote the event can change its global tags."),
    tags.ONLY_HOST: N_("Only this server's own organisation can add local tags."),
    "This tag can only be set as a local tag.": N_("This tag can only be set as a local tag."),
    "Invalid Tag.": _NO_TAG,
    "Invalid Target.": N_("It does not have this tag."),
    tags.INVALID_TAG: _NO_TAG,
    tags.IN_PUSH_RULES: N_("The push rules of a server name this tag. Take it out of them first."),
    tags.NAME_TAKEN: N_("There is a tag of this name already."),
    tags.NOT_ATTACHED + tags.OTHER_ORGANISATIONS: N_("Only another organisation can set this tag."),
    tags.NOT_ATTACHED + tags.OTHER_USERS: N_("Only another user can set this tag."),
    taxonomies.UNKNOWN: N_("There is no such taxonomy."),
    taxonomies.NOT_ENABLED: N_("Enable the taxonomy first."),
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
    authkeys.NEEDS_EXPIRATION: N_("Every key must have an expiration."),
    authkeys.OVERLAP: N_("The old key can stay valid for 0 to 720 hours."),
    accounts.BAD_SERVER: N_("Please select a server."),
    roles.NO_NAME: N_("Please enter a name for the role."),
    roles.LONG_NAME: N_("A role's name has at most 100 characters."),
    roles.NAME_TAKEN: N_("A role with this name already exists."),
    roles.IN_USE: N_("Users still have this role: give them another one first."),
    roles.IS_DEFAULT: N_("New users get this role: make another one the default first."),
    roles.NO_SITE_ADMIN: N_("No site admin would be left."),
    registrations.CLOSED: N_("This server takes no requests for accounts. Please ask its administrators."),
    registrations.FULL: N_("Too many requests are waiting. Please ask the administrators."),
    registrations.NO_ORGANISATION: N_("Please select an organisation."),
    registrations.UNKNOWN: N_("There is no such request."),
    organisation_lists.SAME: N_("Please choose another organisation to merge into."),
    organisation_list_in.BAD_LIST: N_("Expected a list of organisations, each with name and uuid, in JSON or CSV."),
    organisation_list_in.LONG_LIST: N_("A list has at most 10000 organisations."),
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
    servers.LIMITS_ACCOUNTS: N_("Its push rules limit what accounts may see here. Take it from those accounts first."),
    servers.UNKNOWN_ORG: N_("There is no such organisation."),
    "The partner did not make a new key.": N_("The partner did not make a new key."),
    link_files.NO_AUTHORITY: N_(
        "This is no PEM file with the certificate of an authority. To trust one server's own certificate, test the"
        " connection and trust it there."
    ),
    link_files.HOLDS_KEY: N_("This file holds a private key: upload the certificate of the authority alone."),
    link_files.NO_PAIR: N_("This is no PEM file with a certificate and its private key, the key without a password."),
    server_flaws.PIN_FORM: N_("A pin is the SHA-256 fingerprint of a certificate: 64 hexadecimal digits."),
    server_flaws.PROXY_FORM: N_("Please enter a proxy like http://proxy.example.org:3128."),
    server_flaws.TAG_FORM: N_("A tag needs a name of at most 255 bytes."),
    server_flaws.PARAMS_FORM: N_('The parameters have to be a JSON object like {"timestamp": "7d"}.'),
    "It is no longer in the queue.": N_("It is no longer in the queue."),
    "Invalid job": N_("There is no such job."),
    "A push or pull of this server is already running.": N_("A push or pull of this server is already running."),
    "Pull setting not enabled for this server.": N_("Pull is not switched on for this server."),
    server_flaws.KEY_FORM: N_("The auth key of the partner has exactly 40 letters and digits."),
    server_flaws.URL_FORM: N_("Please enter a URL like https://misp.example.org."),
    server_flaws.RULES_FORM: N_("The rules have to be a JSON object of tags and organisations, as MISP has them."),
    server_flaws.PUSH_RULES_FORM: N_("Push rules name tags and organisations by their ids on this server."),
    server_flaws.NETWORK_FORM: N_("Please enter networks like 10.1.2.0/24."),
    server_flaws.INTERVAL_FORM: N_("Please enter a number of seconds, or 0 for none."),
    server_flaws.POLICY_FORM: _CHOOSE,
    "Event already exists, if you would like to edit it, use the url in the location header.": N_(
        "An event with this UUID is here already."
    ),
    **feed_sentences.SAID_OTHERWISE,
    **identity_sentences.SAID_OTHERWISE,
}
_WITH_VALUES = (
    (re.compile(r"This row of the database is damaged and cannot be read: (?P<row>.*)\."), N_(
        "This row of the database is damaged and cannot be read: %(row)s.")),
    (re.compile(r"Please give a whole number from (?P<least>\d+) to (?P<most>\d+)\."), N_(
        "Please give a whole number from %(least)s to %(most)s.")),
    (re.compile(re.escape(link_rules.NO_TAG) + "(?P<names>.*)"), N_("No tag is called so here: %(names)s")),
    (re.compile(re.escape(link_rules.NO_ORGANISATION) + "(?P<names>.*)"), N_(
        "No organisation is called so here, or several are: %(names)s")),
    (re.compile(r"Failed to attach 1 tags\. Reasons: (?P<name>.*) - Tag not found\."), N_(
        "There is no tag “%(name)s”, and your role may not make new ones.")),
    (re.compile(r"Could not save object as at least one attribute has failed validation \((?P<relation>.*?)\)\."), N_(
        "The value of “%(relation)s” does not fit its type. Nothing was saved yet.")),
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
    (re.compile(r"The file is larger than (?P<most>\d+) bytes\."), N_("The file is larger than %(most)s bytes.")),
    (re.compile(r"It is still in use by (?P<uses>.*)\."), N_("It is still in use (%(uses)s).")),
    *feed_sentences.WITH_VALUES,
    *identity_sentences.WITH_VALUES,
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
