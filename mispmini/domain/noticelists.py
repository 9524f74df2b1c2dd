"""Noticelists: what somebody should think of before sharing attributes of some kinds; ours, in our words."""

from collections.abc import Mapping
from dataclasses import dataclass

KIND = "noticelist"
_PERSON = (
    "first-name", "middle-name", "last-name", "full-name", "date-of-birth", "place-of-birth", "gender",
    "passport-number", "passport-country", "passport-expiration", "nationality", "identity-card-number",
    "redress-number", "visa-number", "issue-date-of-the-visa", "primary-residence", "country-of-residence",
    "special-service-request", "frequent-flyer-number", "travel-details", "payment-details",
    "place-port-of-original-embarkation", "place-port-of-clearance", "place-port-of-onward-foreign-destination",
    "passenger-name-record-locator-number", "phone-number",
)  # fmt: skip
_CONTACT = (
    "email", "email-src", "email-dst", "target-email", "email-src-display-name", "email-dst-display-name", "eppn",
    "whois-registrant-email", "whois-registrant-name", "whois-registrant-phone", "jabber-id", "twitter-id",
    "github-username", "target-user", "prtn",
)  # fmt: skip
_MONEY = ("bank-account-nr", "iban", "bic", "cc-number", "aba-rtn", "bin")
_TRACE = ("ip-src", "ip-dst", "ip-src|port", "ip-dst|port", "mac-address", "mac-eui-64", "hostname", "target-machine")


@dataclass(frozen=True, slots=True)
class NoticelistEntry:
    """What to think of for attributes of some types; `message` by language."""

    id: int
    values: tuple[str, ...]
    message: Mapping[str, str]
    scope: tuple[str, ...] = ("attribute",)
    field: tuple[str, ...] = ("type",)
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Noticelist:
    """A list of such notices; `id` is fixed."""

    id: int
    name: str
    expanded_name: str
    ref: tuple[str, ...]
    geographical_area: tuple[str, ...]
    version: int
    entries: tuple[NoticelistEntry, ...]


def _entries(first_id: int, law_en: str, law_pt: str) -> tuple[NoticelistEntry, ...]:
    told = (
        (_PERSON, f"This names or describes a person. Under the {law_en}, share it only if it is needed and with whom"
         " it is needed.",
         f"Isto nomeia ou descreve uma pessoa. Segundo {law_pt}, compartilhe apenas se for necessário e somente com"
         " quem precisa."),
        (_CONTACT, f"This may lead to a person, and then the {law_en} applies: say why it is shared, and keep it no"
         " longer than needed.",
         f"Isto pode levar a uma pessoa, e então vale {law_pt}: informe o motivo do compartilhamento e não guarde além"
         " do necessário."),
        (_MONEY, f"This is about somebody's money. Under the {law_en}, prefer a sharing group of those who can act"
         " on it.",
         f"Isto trata do dinheiro de alguém. Segundo {law_pt}, prefira um grupo de compartilhamento de quem"
         " pode agir."),
        (_TRACE, f"Together with a time this may point to a person, and then the {law_en} applies.",
         f"Junto com um horário, isto pode apontar para uma pessoa, e então vale {law_pt}."),
    )  # fmt: skip
    return tuple(
        NoticelistEntry(first_id + number, values, {"en": english, "pt": portuguese})
        for number, (values, english, portuguese) in enumerate(told)
    )


NOTICELISTS = (
    Noticelist(
        id=1,
        name="gdpr",
        expanded_name="General Data Protection Regulation (EU) 2016/679",
        ref=("https://eur-lex.europa.eu/eli/reg/2016/679/oj",),
        geographical_area=("EU",),
        version=1,
        entries=_entries(1, "GDPR", "o GDPR"),
    ),
    Noticelist(
        id=2,
        name="lgpd",
        expanded_name="Lei Geral de Proteção de Dados Pessoais, Lei 13.709/2018",
        ref=("https://www.planalto.gov.br/ccivil_03/_ato2015-2018/2018/lei/l13709.htm",),
        geographical_area=("BR",),
        version=1,
        entries=_entries(101, "LGPD", "a LGPD"),
    ),
)


def find_noticelist(ref: str) -> Noticelist | None:
    """One by its id or name."""
    return next((one for one in NOTICELISTS if ref in (str(one.id), one.name)), None)
