"""Free text: what a pasted text holds (MODEL §7.17)."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mispmini.domain.attribute_types import TYPES
from mispmini.domain.freetext import find_candidates
from mispmini.domain.freetext.candidates import BOTH_ADDRESSES, types_saved_as

MD5, SHA1, SHA224, SHA256 = "d41d8cd98f00b204e9800998ecf8427e", "a" * 40, "b" * 56, "c" * 64
SSDEEP = "3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C"
ONE_PIECE = {
    "a domain": ("evil.org", "domain", "evil.org"),
    "a host": ("www.evil.org", "hostname", "www.evil.org"),
    "a domain under a suffix of two labels": ("boleto-itau.com.br", "domain", "boleto-itau.com.br"),
    "a domain with accents": ("ação.com.br", "domain", "ação.com.br"),
    "a host with accents": ("boleto.ação.com.br", "hostname", "boleto.ação.com.br"),
    "capitals": ("EVIL.Org", "domain", "evil.org"),
    "a root dot": ("evil.org.", "domain", "evil.org"),
    "a defanged domain": ("evil[.]org", "domain", "evil.org"),
    "a dot in words": ("evil(dot)org", "domain", "evil.org"),
    "a dot in Portuguese": ("evil[ponto]org", "domain", "evil.org"),
    "a dot in braces": ("evil{.}org", "domain", "evil.org"),
    "an escaped dot": ("evil\\.org", "domain", "evil.org"),
    "invisible characters": ("ev\u200bil\u00ad.org", "domain", "evil.org"),
    "quotes around": ("“evil.org”,", "domain", "evil.org"),
    "brackets around": ("(evil.org)", "domain", "evil.org"),
    "a label before": ("Domínio:evil.org", "domain", "evil.org"),
    "a port": ("evil.org:8443", "hostname|port", "evil.org|8443"),
    "an address": ("192.0.2.7", "ip-dst", "192.0.2.7"),
    "a defanged address": ("192[.]0[.]2[.]7", "ip-dst", "192.0.2.7"),
    "a network": ("192.0.2.0/24", "ip-dst", "192.0.2.0/24"),
    "an address with a port": ("192.0.2.7:8080", "ip-dst|port", "192.0.2.7|8080"),
    "an IPv6 address": ("2001:DB8:0:0::1", "ip-dst", "2001:db8::1"),
    "an IPv6 network": ("2001:db8::/32", "ip-dst", "2001:db8::/32"),
    "an IPv6 address with a port": ("[2001:db8::1]:443", "ip-dst|port", "2001:db8::1|443"),
    "a url": ("http://evil.org/a?b=c#d", "url", "http://evil.org/a?b=c#d"),
    "a defanged url": ("hXXps[:]//evil[.]org/fatura", "url", "https://evil.org/fatura"),
    "a url with stars": ("h**p://evil.org/x", "url", "http://evil.org/x"),
    "ftp": ("fxp://evil.org/x.zip", "url", "ftp://evil.org/x.zip"),
    "a url of an address": ("http://192.0.2.7:81/x", "url", "http://192.0.2.7:81/x"),
    "a url with separators": ("http://evil.org/a,b;c|d", "url", "http://evil.org/a,b;c|d"),
    "a url with brackets": ("(http://evil.org/x_(y))", "url", "http://evil.org/x_(y)"),
    "a url without a scheme": ("evil.org/a/b", "url", "evil.org/a/b"),
    "a url stuck to a word": ("veja:http://evil.org/x", "url", "http://evil.org/x"),
    "a link in HTML": ('href="http://evil.org/x">aqui</a>', "url", "http://evil.org/x"),
    "a vendor's page": ("https://www.virustotal.com/gui/file/1", "link", "https://www.virustotal.com/gui/file/1"),
    "an e-mail": ("Bad.Guy@Evil.org", "email-src", "bad.guy@evil.org"),
    "a defanged e-mail": ("cobranca[at]boleto[.]com[.]br", "email-src", "cobranca@boleto.com.br"),
    "an e-mail in Portuguese": ("cobranca[arroba]boleto[ponto]com.br", "email-src", "cobranca@boleto.com.br"),
    "an e-mail behind mailto": ("mailto:a@evil.org", "email-src", "a@evil.org"),
    "an e-mail in angle brackets": ("<a@evil.org>", "email-src", "a@evil.org"),
    "a CVE": ("cve-2024-12345", "vulnerability", "CVE-2024-12345"),
    "an md5": (MD5.upper(), "md5", MD5),
    "a sha1": (SHA1, "sha1", SHA1),
    "a sha224": (SHA224, "sha224", SHA224),
    "a sha256": (SHA256, "sha256", SHA256),
    "a sha384": ("d" * 96, "sha384", "d" * 96),
    "a sha512": ("e" * 128, "sha512", "e" * 128),
    "ssdeep": (SSDEEP, "ssdeep", SSDEEP),
    "a name and a hash": (f"fatura.exe|{SHA1}", "filename|sha1", f"fatura.exe|{SHA1}"),
    "a domain and an address": ("evil.org|192.0.2.7", "domain|ip", "evil.org|192.0.2.7"),
    "a file": ("fatura.exe", "filename", "fatura.exe"),
    "a file with an accent": ("comprovação.pdf", "filename", "comprovação.pdf"),
    "a path of Windows": ("C:\\Users\\José\\.x.dll", "filename", "C:\\Users\\José\\.x.dll"),
    "a path of Unix": ("/etc/cron.d/x", "filename", "/etc/cron.d/x"),
    "bitcoin": ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "btc", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    "a network's number": ("AS64496", "AS", "AS64496"),
    "a phone": ("+55-11-98765-4321", "phone-number", "+55-11-98765-4321"),
}


@pytest.mark.parametrize(("text", "kind", "value"), ONE_PIECE.values(), ids=ONE_PIECE)
def test_a_piece_is_recognised(text: str, kind: str, value: str) -> None:
    assert [(found.default_type, found.value) for found in find_candidates(text)] == [(kind, value)]


NOTHING = (
    "e/ou", "TCP/IP", "24/11/2026", "R$1.234,56", "12:30", "v1.2.3", "p.ex.", "Sr.", "S.A.", "ação", "servidor.No",
    "01.02.03.04", "999.1.1.1", "1.2.3.4.5", "192.0.2.0/33", "foo@bar", "@", "exemplo.inexistente", "http://", "com.br",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "AS99999999999", "evil.org:99999", "+123", "", "...", "[[[", "||", "CVE-20-1",
)  # fmt: skip


@pytest.mark.parametrize("text", NOTHING)
def test_ordinary_words_are_nothing(text: str) -> None:
    assert find_candidates(text) == []


MAIL = """Prezados senhores, recebemos em 24/11/2026 a reclamação nº 1.234: a página hxxps://boleto-itau[.]com[.]br/ação,
hospedada em 198[.]51[.]100[.]7 (AS64496) e/ou "2001:db8::7", pede a senha da vítima. O remetente era
cobranca[@]boleto-itau[.]com[.]br; o anexo, fatura.pdf.exe, tem MD5 d41d8cd98f00b204e9800998ecf8427e.
Outra vez: 198.51.100.7."""


def test_a_notice_in_portuguese_gives_what_it_holds_in_order_and_once() -> None:
    assert [(one.default_type, one.value) for one in find_candidates(MAIL)] == [
        ("url", "https://boleto-itau.com.br/ação"),
        ("ip-dst", "198.51.100.7"),
        ("AS", "AS64496"),
        ("ip-dst", "2001:db8::7"),
        ("email-src", "cobranca@boleto-itau.com.br"),
        ("filename", "fatura.pdf.exe"),
        ("md5", "d41d8cd98f00b204e9800998ecf8427e"),
    ]


def test_what_is_no_composite_is_split() -> None:
    text = '1.2.3.4,evil.org;"a@evil.org"|http://evil.org/x,http://evil.org/y'
    values = [one.value for one in find_candidates(text)]
    assert values == ["1.2.3.4", "evil.org", "a@evil.org", "http://evil.org/x", "http://evil.org/y"]


TICKED = {"evil.org": True, "https://www.virustotal.com/x": False, "CVE-2024-1234": False, "AS64496": False, MD5: True}


@pytest.mark.parametrize(("text", "ticked"), TICKED.items())
def test_what_detects_nothing_is_not_ticked(text: str, ticked: bool) -> None:
    assert [one.to_ids for one in find_candidates(text)] == [ticked]


def test_a_name_that_may_be_a_file_can_become_one() -> None:
    assert find_candidates("fatura.zip")[0].types == ("domain", "hostname", "filename")


def test_an_address_may_become_two_attributes() -> None:
    assert BOTH_ADDRESSES in find_candidates("192.0.2.1")[0].types
    assert types_saved_as(BOTH_ADDRESSES) == ("ip-src", "ip-dst")


LINE = "h{n}.ex{n}.com.br acessou hxxp://m{n}[.]evil.org/p?q=çã em 198.51.100.{m} com {n:032x} e fatura{n}.exe, não?\n"


def test_a_thousand_lines_take_less_than_two_seconds() -> None:
    text = "".join(LINE.format(n=n, m=n % 256) for n in range(1_000))
    began = time.process_time()
    assert len(find_candidates(text)) == 4 * 1_000 + 256
    assert time.process_time() - began < 2


HOSTILE = ["(" * 50_000, "[" * 30_000 + "]" * 30_000, "a." * 50_000, "1:" * 30_000, "a|" * 30_000]


@pytest.mark.parametrize("text", HOSTILE, ids=["round", "square", "dots", "colons", "bars"])
def test_a_hostile_text_takes_no_longer(text: str) -> None:
    began = time.process_time()
    find_candidates(text)
    assert time.process_time() - began < 1


PIECES = st.sampled_from([
    "hxxp", "://", "[.]", "(", ")", "[", "]", "|", ":", "@", ".", "/", "\\", "com", "br", "ç", "1", "255", " ", "\n",
    "-", "+", "%", "CVE-", MD5, "<", '"', "\u200b", "AS", "xn--", "٣", "²",
])  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=3), max_size=30).map("".join))
@settings(max_examples=150, deadline=None)
def test_whatever_is_pasted_gives_candidates_of_known_types(text: str) -> None:
    for found in find_candidates(text):
        assert found.value
        assert {name for kind in found.types for name in types_saved_as(kind)} <= TYPES
