"""Rules for numbers, amounts, accounts and telephones (MODEL §7.14)."""

import re

from mispmini.domain.validation.rule import Rule, matching, upper

_NO_DIGITS = re.compile(r"[^0-9]+")
_NO_TELEPHONE = re.compile(r"[^0-9+]+")
_NO_ACCOUNT = re.compile(r"[^A-Z0-9]+")

_numeric = matching(r"[+\-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+\-]?[0-9]+)?")
_digits = matching(r"[0-9]+")
_alphanumeric = matching(r"[A-Za-z0-9]+")


def _only_digits(value: str) -> str:
    return _NO_DIGITS.sub("", value)


def _telephone(value: str) -> str:
    number = _NO_TELEPHONE.sub("", value.replace("(0)", ""))
    return "+" + number[2:] if number.startswith("00") else number


def _account(value: str) -> str:
    return _NO_ACCOUNT.sub("", upper(value))


def _truth(value: str) -> str:
    # MISP: every other text counts as true, "no" included.
    return "0" if value in ("", "0", "false") else "1"


RULES: dict[str, Rule] = {
    "hex": Rule(upper, matching(r"[0-9A-F]+")),
    "boolean": Rule(_truth, None),
    # MISP 2.5.1 refuses every integer that arrives as text, which no later version does.
    "integer": Rule(None, matching(r"-?[0-9]+")),
    **dict.fromkeys(("size-in-bytes", "counter"), Rule(None, _digits)),
    **dict.fromkeys(("float", "bank-account-nr", "aba-rtn"), Rule(None, _numeric)),
    **dict.fromkeys(("cc-number", "bin"), Rule(_only_digits, _digits)),
    **dict.fromkeys(("phone-number", "prtn", "whois-registrant-phone"), Rule(_telephone, matching(r"\+?[0-9]+"))),
    **dict.fromkeys(("iban", "bic"), Rule(_account, _alphanumeric)),
    **dict.fromkeys(("btc", "dash", "xmr"), Rule(None, _alphanumeric)),
}
