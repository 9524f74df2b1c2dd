"""Rules for free text, one-line text and text in another language's form (MODEL §7.14)."""

import json

from mispmini.domain.validation.rule import ANYTHING, WRONG_FORMAT, Rule, lower, single_line

_SINGLE_LINE = """
    uri user-agent regkey regkey|value filename pdb campaign-id campaign-name threat-actor
    target-user target-machine target-org target-location target-external
    email-subject email-src-display-name email-dst-display-name email-reply-to email-x-mailer email-mime-boundary
    email-thread-index email-message-id malware-type
    whois-registrant-name whois-registrant-org whois-registrar whois-creation-date
    date-of-birth place-of-birth gender passport-number passport-country passport-expiration redress-number
    nationality visa-number issue-date-of-the-visa primary-residence country-of-residence special-service-request
    frequent-flyer-number travel-details payment-details place-port-of-original-embarkation
    place-port-of-clearance place-port-of-onward-foreign-destination passenger-name-record-locator-number
    github-username github-repository github-organisation twitter-id dkim dkim-signature favicon-mmh3
    chrome-extension-id edge-extension-id mobile-application-id azure-application-id windows-scheduled-task
"""
_FREE = """
    text comment other yara sigma snort suricata bro zeek gene kusto-query stix2-pattern
    pattern-in-file pattern-in-traffic pattern-in-memory filename-pattern mutex process-state community-id
    pgp-public-key pgp-private-key mime-type cookie cpe email-attachment email-body email-header
    identity-card-number first-name middle-name last-name full-name attachment malware-sample
"""


def _json_complaint(value: str) -> str | None:
    try:
        json.loads(value, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return WRONG_FORMAT
    return None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


RULES: dict[str, Rule] = {
    **dict.fromkeys((*_SINGLE_LINE.split(), "named pipe"), Rule(None, single_line)),
    **dict.fromkeys(_FREE.split(), ANYTHING),
    "anonymised": Rule(lower, None),
    "cortex": Rule(None, _json_complaint),
}
