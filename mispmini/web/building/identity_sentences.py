"""What a change of whom partners know us by would break, as people hear it (web/building/sentences.py)."""

import re
from collections.abc import Mapping

from mispmini.services import identity
from mispmini.web.i18n import N_

SAID_OTHERWISE: Mapping[str, str] = {
    identity.KNOWN_UUID: N_(
        "Partners know this organisation by its UUID, and take it for another one once that changes."
    ),
    identity.MAILED: N_("Links in e-mails that were sent lead to the old URL."),
    identity.KEEP_BOTH: N_(
        "Put the old URL into the setting url_aliases first, so that sharing groups go on to mean this server."
    ),
    identity.CONFIRM: N_("Tick the box to do it all the same."),
}
_COUNTED = (
    *zip(
        identity.HELD,
        (
            N_("Events in its name at partners, which could no longer be updated or retracted there: %(count)s."),
            N_("Sharing groups shared with partners, whose events it would no longer get: %(count)s."),
            N_("Partners whose accounts for us have the old UUID: %(count)s."),
        ),
        strict=True,
    ),
    *zip(
        identity.LED,
        (
            N_("Sharing groups shared with partners, which name the old URL and no longer this server: %(count)s."),
            N_("Partners whose own entries of this server lead to the old URL: %(count)s."),
            N_("Accounts of partners, which call the old URL: %(count)s."),
        ),
        strict=True,
    ),
)
WITH_VALUES = (
    (
        re.compile(re.escape(identity.KNOWN_URL) + r"(?P<url>.*)\.\Z"),
        N_("Partners know this server by this URL: %(url)s."),
    ),
    *((re.compile(re.escape(text) + r"(?P<count>\d+)\.\Z"), message) for text, message in _COUNTED),
)
