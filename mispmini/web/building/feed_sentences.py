"""What is said of feeds and of e-mail, as people hear it (web/building/sentences.py puts it with the rest)."""

import re
from collections.abc import Mapping

from mispmini.services import alerts, feeds, mail
from mispmini.web.i18n import N_
from mispmini.wire import feed_in

SAID_OTHERWISE: Mapping[str, str] = {
    feeds.INVALID: N_("There is no such feed."),
    feeds.NOT_ENABLED: N_("Switch the feed on first."),
    feeds.NOT_LOCAL_FILES: N_(
        "Files of the server are not read: give an address that begins with http:// or https://."
    ),
    feeds.NEEDS_NAME: N_("Please enter a name for the feed."),
    feeds.NEEDS_URL: N_("Please give an address that begins with http:// or https://, without login."),
    feeds.NO_ORGANISATION: N_("Please choose an organisation that is here."),
    feeds.NO_TAG: N_("There is no such tag, or you may not use it."),
    feeds.BAD_NETWORK: N_("Please enter networks like 10.1.2.0/24."),
    feeds.BAD_HEADERS: N_("Please give one header a line, as Name: value."),
    feed_in.NO_RULES: N_("The rules cannot be read."),
    feed_in.NO_FORMAT: N_("Please choose one of the list."),
    alerts.NO_MESSAGE: N_("Please write a message of at most 5,000 characters."),
    mail.IS_OFF: N_("E-mail is off on this server: nothing was sent."),
    mail.NO_SENDER: N_("No sender is set: fill in the setting mail_from."),
    "This takes a POST.": N_("Please use the button: a link does not start this."),
}
WITH_VALUES = (
    (re.compile(r"Feed fetched\. (?P<added>\d+) events added, (?P<updated>\d+) updated, (?P<failed>\d+) failed\."), N_(
        "New events: %(added)s. Updated: %(updated)s. Failed: %(failed)s.")),
    (re.compile(r"Feed fetched\. (?P<added>\d+) values added, (?P<removed>\d+) removed\."), N_(
        "New values: %(added)s. Removed: %(removed)s.")),
    (re.compile(r"Feed cached\. (?P<count>\d+) values\."), N_("Values cached: %(count)s.")),
    (re.compile(r"(?P<sent>\d+) sent, (?P<failed>\d+) could not be sent and are tried again: (?P<why>.*)"), N_(
        "Sent: %(sent)s. Could not be sent, and are tried again: %(failed)s. The mail server: %(why)s")),
    (re.compile(r"(?P<sent>\d+) sent\."), N_("Sent: %(sent)s.")),
    (re.compile(r"The settings cannot be read: (?P<why>.*)\.\Z"), N_(
        "Columns, delimiter or expression cannot be used: %(why)s.")),
)  # fmt: skip
