"""What is said to a client about a field that does not fit, in MISP's words where they are known (MODEL §7.2-§7.4)."""

from mispmini.domain.distribution import EVENT_LEVELS_SENTENCE

NOT_EMPTY = "valueNotEmpty"
UUID = "Please provide a valid RFC 4122 UUID"
DATE = "Expected date format: YYYY-MM-DD"
THREAT_LEVEL = "Options : 1, 2, 3, 4 (for High, Medium, Low, Undefined)"
ANALYSIS = "Options : 0, 1, 2 (for Initial, Ongoing, Completed)"
EVENT_DISTRIBUTION = EVENT_LEVELS_SENTENCE
ELEMENT_DISTRIBUTION = f"{EVENT_LEVELS_SENTENCE}, Sharing group, Inherit event"
NO_GROUP = 'If the distribution is set to "Sharing Group", a sharing group has to be selected.'
NO_TYPE = "No type set."
UNKNOWN_TYPE = "Invalid type."
CATEGORY = "Options depend on the selected category."
DUPLICATE_VALUE = "A similar attribute already exists for this event."
UUID_TAKEN = "The UUID provided is not unique"
SEEN_ORDER = "Last seen value should be greater than first seen value"
NO_EVENT_DATA = "No valid event data received."
BLOCKED_BY_DELETING = "Automatically blocked by deleting event"  # the comment of a blocklist's entry

COLOUR = "Expected a colour like #1a2b3c."
NOT_CONFIRMED = "Please confirm that this is wanted."

NUMBER = "Expected a whole number."
FLAG = "Expected a boolean."
TEXT = "Expected a text."
EPOCH = "Expected a timestamp in seconds since 1970."
SEEN = "Expected a date and time."
RECORD = "Expected an object."
LIST = "Expected a list."
BASE64 = "Expected base64."
TAG_NAME = "A tag needs a name of at most 255 bytes."
EXTENDS = "Expected a UUID or the id of an event."
TIME_RANGE = "Expected one moment or a list of two."
TERMS = "Expected a text, a number, a list of them, or lists under OR, AND and NOT."
