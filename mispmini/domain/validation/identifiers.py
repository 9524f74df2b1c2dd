"""Rules for e-mail addresses, accounts and catalogue numbers (MODEL §7.14)."""

from mispmini.domain.validation.rule import WRONG_FORMAT, Rule, lower, matching, upper

# The first @ after the first character decides; written so that no input makes it look twice at a character.
_address = matching(r".[^\s@]*@[^\n.]*\..*")
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_LONGEST_SERVICE_NAME = 256


def _catalogue(value: str) -> str:
    return upper(value.replace("–", "-"))


def _service_name_complaint(value: str) -> str | None:
    fits = len(value.encode("utf-8")) <= _LONGEST_SERVICE_NAME and "/" not in value and "\\" not in value
    return None if fits else WRONG_FORMAT


_EMAIL = Rule(lower, _address)
_ACCOUNT = Rule(None, _address)
_SERVICE = Rule(None, _service_name_complaint)

RULES: dict[str, Rule] = {
    **dict.fromkeys(("email", "email-src", "email-dst", "target-email", "whois-registrant-email"), _EMAIL),
    **dict.fromkeys(("eppn", "dns-soa-email", "jabber-id"), _ACCOUNT),
    **dict.fromkeys(("windows-service-name", "windows-service-displayname"), _SERVICE),
    "vulnerability": Rule(_catalogue, matching(r"CVE-[0-9]{4}-[0-9]{4,}")),
    "weakness": Rule(_catalogue, matching(r"CWE-[0-9]+")),
    "uuid": Rule(None, matching(_UUID)),
}
