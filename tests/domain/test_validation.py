"""Every row of MODEL §7.14: what becomes of a value, and what is said of one that does not fit."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mispmini.domain.attribute_types import TYPES
from mispmini.domain.validation import MAX_BYTES, InvalidValue, check, normal_form, normalise, split_value
from tests.pace import rounds_worth

WRONG = 'Value not in the right type/format. Please double check the value or select type "other".'
EMPTY = "Value cannot be empty."
NEWLINE = "Value must not contain new line character."
NOT_COMPOSITE = "Composite type found but the value not in the composite (value1|value2) format."
WRONG_IP = "IP address has an invalid format."
WRONG_PREFIX = "Invalid CIDR notation value found."

CHECKSUMS = {
    32: "md5 imphash ja3-fingerprint-md5 hassh-md5 hasshserver-md5 dom-hash",
    40: "sha1 pehash",
    56: "sha224 sha512/224 sha3-224",
    62: "jarm-fingerprint",
    64: "sha256 sha512/256 sha3-256 authentihash",
    96: "sha384 sha3-384",
    128: "sha512 sha3-512",
}
NAMED_CHECKSUMS = {
    32: "md5 imphash",
    40: "sha1 pehash",
    56: "sha224 sha512/224 sha3-224",
    64: "sha256 sha512/256 sha3-256 authentihash",
    96: "sha384 sha3-384",
    128: "sha512 sha3-512",
}
SINGLE_LINE = """
    url uri user-agent regkey filename pdb campaign-id campaign-name threat-actor target-user target-machine target-org
    target-location target-external email-subject email-src-display-name email-dst-display-name email-reply-to
    email-x-mailer email-mime-boundary email-thread-index email-message-id malware-type whois-registrant-name
    whois-registrant-org whois-registrar whois-creation-date date-of-birth place-of-birth gender passport-number
    passport-country passport-expiration redress-number nationality visa-number issue-date-of-the-visa
    primary-residence country-of-residence special-service-request frequent-flyer-number travel-details
    payment-details place-port-of-original-embarkation place-port-of-clearance
    place-port-of-onward-foreign-destination passenger-name-record-locator-number github-username github-repository
    github-organisation twitter-id dkim dkim-signature favicon-mmh3 chrome-extension-id edge-extension-id
    mobile-application-id azure-application-id windows-scheduled-task
"""
FREE = """
    text comment other yara sigma snort suricata bro zeek gene kusto-query stix2-pattern pattern-in-file
    pattern-in-traffic pattern-in-memory filename-pattern mutex process-state community-id pgp-public-key
    pgp-private-key mime-type cookie cpe email-attachment email-body email-header identity-card-number first-name
    middle-name last-name full-name attachment
"""

ACCEPTED = [
    # type, given, normal form
    ("git-commit-id", "aB" * 20, "aB" * 20),
    ("x509-fingerprint-md5", ":".join(["AB"] * 16), "ab" * 16),
    ("x509-fingerprint-sha1", "AB" * 20, "ab" * 20),
    ("x509-fingerprint-sha256", ":".join(["AB"] * 32), "ab" * 32),
    ("cdhash", "AB" * 20, "ab" * 20),
    ("cdhash", "a" * 64, "a" * 64),
    ("tlsh", "T1" + "AB" * 35, "t1" + "ab" * 35),
    ("tlsh", "a" * 36, "a" * 36),
    ("telfhash", "X" * 70, "x" * 70),
    ("telfhash", "a" * 72, "a" * 72),
    ("vhash", "0150B6Z", "0150b6z"),
    ("ssdeep", "96:AbC/+:D", "96:AbC/+:D"),
    ("ssdeep", "3::", "3::"),
    ("impfuzzy", "24:aB?:x", "24:aB?:x"),
    ("filename|ssdeep", "A.exe|96:AbC/+:D", "A.exe|96:AbC/+:D"),
    ("filename|impfuzzy", "A.exe|24:aB:x", "A.exe|24:aB:x"),
    ("filename|tlsh", "A.exe|T" + "AB" * 35, "A.exe|t" + "ab" * 35),
    ("filename|vhash", "A.exe|0150B6Z", "A.exe|0150b6z"),
    ("malware-sample", "A.exe|anything", "A.exe|anything"),
    ("ip-src", "192.0.2.1", "192.0.2.1"),
    ("ip-dst", "192.0.2.1/32", "192.0.2.1"),
    ("ip-dst", "192.0.2.0/24", "192.0.2.0/24"),
    ("ip-dst", "0.0.0.0/0", "0.0.0.0/0"),
    ("ip-dst", "192.0[.]2[dot]1", "192.0.2.1"),
    ("ip-dst", "2001:0DB8:0:0::1", "2001:db8::1"),
    ("ip-dst", "2001:DB8::1/128", "2001:db8::1"),
    ("ip-dst", "2001:DB8::/32", "2001:db8::/32"),
    ("ip-dst", "::FFFF:192.0.2.1", "::ffff:192.0.2.1"),
    ("ip-src|port", "192.0.2.1:80", "192.0.2.1|80"),
    ("ip-dst|port", "192.0.2.1|65535", "192.0.2.1|65535"),
    ("ip-dst|port", "[2001:DB8::1]:80", "2001:db8::1|80"),
    ("ip-dst|port", "2001:DB8::1|80", "2001:db8::1|80"),
    ("ip-dst|port", "2001:DB8::1.80", "2001:db8::1|80"),
    ("ip-dst|port", "2001:DB8::1 port 80", "2001:db8::1|80"),
    ("ip-dst|port", "2001:DB8::1p80", "2001:db8::1|80"),
    ("ip-dst|port", "2001:DB8::1#80", "2001:db8::1|80"),
    ("ip-dst|port", "2001:DB8:0:0:0:0:0:1:80", "2001:db8::1|80"),
    ("port", "65535", "65535"),
    ("domain", ".Example[.]COM.", "example.com"),
    ("domain", "_dmarc.example.com", "_dmarc.example.com"),
    ("domain", "straße.de", "strasse.de"),
    ("domain", "bücher.example", "xn--bcher-kva.example"),
    ("domain", "☃.net", "xn--n3h.net"),
    ("domain", "example。com。", "example.com"),
    ("domain", "a\u200db.example", "ab.example"),
    ("domain", "e\u200d\u0301.example", "xn--9ca.example"),
    ("domain", "GROẞ.example", "gross.example"),
    ("domain", "βόλος.com", "xn--nxasmq6b.com"),
    ("hostname", "WWW(dot)Example.com", "www.example.com"),
    ("domain|ip", "Example.com.|2001:DB8:0::1", "example.com|2001:db8::1"),
    ("domain|ip", "bücher.example|192.0.2.1", "xn--bcher-kva.example|192.0.2.1"),
    ("hostname|port", "WWW.Example.com:443", "www.example.com|443"),
    ("url", "hXXps://Evil[.]example/a b", "https://Evil.example/a b"),
    ("url", "[hxxp://]evil[dot]example", "http://evil.example"),
    ("url", "meow://evil.example", "http://evil.example"),
    ("url", "hxtps[:]//evil.example", "https://evil.example"),
    ("url", "http[[:]]//evil.example", "http://evil.example"),
    ("url", "htxp://evil.example", "http://evil.example"),
    ("url", "h[tt]p://evil[[.]]example", "http://evil.example"),
    ("url", "not even a link", "not even a link"),
    ("uri", "/a[.]b", "/a[.]b"),
    ("text", "evil[.]example", "evil[.]example"),
    ("regkey|value", "HKLM\\Run|Evil", "HKLM\\Run|Evil"),
    ("named pipe", "\\\\.\\pipe\\x", "\\\\.\\pipe\\x"),
    ("link", "hxxps://www.example.com:8080/a?b=c#d", "https://www.example.com:8080/a?b=c#d"),
    ("link", "ftp://me:pw@[2001:db8::1]/x", "ftp://me:pw@[2001:db8::1]/x"),
    ("email", "Alice[at]Example[.]com", "alice@example.com"),
    ("email-src", "ALICE[@]example(dot)com", "alice@example.com"),
    ("email-dst", "É@example.com", "É@example.com"),
    ("email", "a\u00a0b@example.com", "a\u00a0b@example.com"),
    ("target-email", "Bob@example.com", "bob@example.com"),
    ("whois-registrant-email", "Bob@example.com", "bob@example.com"),
    ("eppn", "Bob@example.com", "Bob@example.com"),
    ("dns-soa-email", "Bob@example.com", "Bob@example.com"),
    ("jabber-id", "Bob@example.com", "Bob@example.com"),
    ("vulnerability", "cve–2024–12345", "CVE-2024-12345"),
    ("weakness", "cwe-79", "CWE-79"),
    ("mac-address", "00-1B.63 84:45E6", "00:1b:63:84:45:e6"),
    ("mac-eui-64", "001B638445E60001", "00:1b:63:84:45:e6:00:01"),
    ("AS", "AS64496", "64496"),
    ("AS", "1.10", "65546"),
    ("AS", "4294967295", "4294967295"),
    ("onion-address", "ABCDEFGHIJKLMN27.onion", "abcdefghijklmn27.onion"),
    ("onion-address", "a" * 56 + ".onion", "a" * 56 + ".onion"),
    ("http-method", "get", "GET"),
    ("hex", "0aF", "0AF"),
    ("boolean", "true", "1"),
    ("boolean", "false", "0"),
    ("boolean", "", "0"),
    ("boolean", "0", "0"),
    ("boolean", "no", "1"),
    ("datetime", "2024-02-29", "2024-02-29T00:00:00.000000+0000"),
    ("datetime", "2024-02-29T10:20:30.5+02:00", "2024-02-29T10:20:30.500000+0200"),
    ("datetime", "2024-02-29 10:20:30 UTC", "2024-02-29T10:20:30.000000+0000"),
    ("datetime", "20240229T102030Z", "2024-02-29T10:20:30.000000+0000"),
    ("datetime", "29.2.2024 10:20", "2024-02-29T10:20:00.000000+0000"),
    ("datetime", "02/29/2024", "2024-02-29T00:00:00.000000+0000"),
    ("datetime", "Thu, 29 Feb 2024 10:20:30 -0300", "2024-02-29T10:20:30.000000-0300"),
    ("datetime", "February 29, 2024", "2024-02-29T00:00:00.000000+0000"),
    ("datetime", "@1709202030", "2024-02-29T10:20:30.000000+0000"),
    ("datetime", "@-1.5", "1969-12-31T23:59:58.500000+0000"),
    ("size-in-bytes", "1024", "1024"),
    ("counter", "0", "0"),
    ("integer", "-12", "-12"),
    ("float", "-1.5e3", "-1.5e3"),
    ("bank-account-nr", "0012345", "0012345"),
    ("aba-rtn", "021000021", "021000021"),
    ("cc-number", "4111 1111-1111 1111", "4111111111111111"),
    ("bin", "4111-11", "411111"),
    ("phone-number", "0049 (0) 30/12 34", "+49301234"),
    ("phone-number", "(00)4930", "+4930"),
    ("prtn", "+55 11 5555", "+55115555"),
    ("whois-registrant-phone", "+55.115555", "+55115555"),
    ("iban", "de89 3704 0044", "DE8937040044"),
    ("bic", "cobadeff-xxx", "COBADEFFXXX"),
    ("btc", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"),
    ("dash", "XyZ1", "XyZ1"),
    ("xmr", "4AdUnd", "4AdUnd"),
    ("ssh-fingerprint", "SHA256:" + "a+/" * 14 + "A", "SHA256:" + "a+/" * 14 + "A"),
    ("ssh-fingerprint", "MD5:" + ":".join(["aB"] * 16), "MD5:" + ":".join(["aB"] * 16)),
    ("ssh-fingerprint", "ab" * 16, "ab" * 16),
    ("windows-service-name", "é" * 128, "é" * 128),
    ("windows-service-displayname", "Evil Service", "Evil Service"),
    ("cortex", '{"a": [1]}', '{"a": [1]}'),
    ("anonymised", "ABCÉ", "abcÉ"),
    ("uuid", "5B0CB4D2-5B0C-4A6B-9B5A-0A0A0A0A0A0A", "5B0CB4D2-5B0C-4A6B-9B5A-0A0A0A0A0A0A"),
    ("text", " \t\r\n\0\x0bkept inside\nstripped outside\0 ", "kept inside\nstripped outside"),
    ("text", "0", "0"),
    ("text", "🐟 stays", "🐟 stays"),
    ("a-newer-type|pair", " one[.]value ", "one[.]value"),
]

REFUSED = [
    ("git-commit-id", "ab" * 19, WRONG),
    ("x509-fingerprint-md5", "ab" * 20, WRONG),
    ("x509-fingerprint-sha1", "ab" * 16, WRONG),
    ("x509-fingerprint-sha256", "xy" * 32, WRONG),
    ("cdhash", "a" * 39, WRONG),
    ("tlsh", "t" + "a" * 35, WRONG),
    ("telfhash", "a" * 71, WRONG),
    ("vhash", "a\nb", WRONG),
    ("ssdeep", "x:a:b", WRONG),
    ("ssdeep", "3:a", WRONG),
    ("impfuzzy", "3:a:b:c", WRONG),
    ("impfuzzy", "x:a:b", WRONG),
    ("filename|ssdeep", "a\nb|3:a:b", WRONG),
    ("filename|impfuzzy", "a|3:b", WRONG),
    ("filename|tlsh", "a|123", WRONG),
    ("filename|vhash", "no bar", NOT_COMPOSITE),
    ("malware-sample", "no bar", NOT_COMPOSITE),
    ("malware-sample", "two|bars|", NOT_COMPOSITE),
    ("ip-src", "192.0.2.01", WRONG_IP),
    ("ip-src", "192.0.2", WRONG_IP),
    ("ip-dst", "fe80::1%eth0", WRONG_IP),
    ("ip-dst", "::g", WRONG_IP),
    ("ip-dst", "192.0.2.0/33", WRONG_PREFIX),
    ("ip-dst", "192.0.2.0/", WRONG_PREFIX),
    ("ip-dst", "2001:db8::/129", WRONG_PREFIX),
    ("ip-dst", "192.0.2.0/08", WRONG_PREFIX),
    ("ip-src|port", "192.0.2.1", NOT_COMPOSITE),
    ("ip-dst|port", "192.0.2.1|0", WRONG),
    ("ip-dst|port", "192.0.2.1:65536", WRONG),
    ("ip-dst|port", "192.0[.]2.1|80", WRONG_IP),
    ("port", "0", WRONG),
    ("port", "65536", WRONG),
    ("port", "１", WRONG),
    ("domain", "localhost", WRONG),
    ("domain", "a..b", WRONG),
    ("domain", "exa mple.com", WRONG),
    ("domain", "ü" * 300 + ".de", WRONG),
    ("domain", "ü" * 70 + ".de", WRONG),
    ("domain", "［.］a.de", WRONG),
    ("hostname", "example.com.", WRONG),
    ("hostname", "bücher.example", WRONG),
    ("hostname", "\u212aelvin.example", WRONG),
    ("domain|ip", "example.com", NOT_COMPOSITE),
    ("domain|ip", "example.com\uff5c::0", NOT_COMPOSITE),
    ("domain|ip", "example|192.0.2.1", WRONG),
    ("domain|ip", "example.com|192.0.2", WRONG_IP),
    ("hostname|port", "example.com", NOT_COMPOSITE),
    ("hostname|port", "example.com|x", WRONG),
    ("hostname|port", "example[.]com|80", WRONG),
    ("regkey|value", "HKLM", NOT_COMPOSITE),
    ("regkey|value", "HK\nLM|x", NEWLINE),
    ("named pipe", "a\nb", NEWLINE),
    ("link", "http://münchen.de/", WRONG),
    ("link", "http://a.example/b c", WRONG),
    ("link", "www.example.com", WRONG),
    ("link", "file:///etc/passwd", WRONG),
    ("link", "http:///path@host", WRONG),
    ("email", "alice.example.com", WRONG),
    ("email-src", "a lice@example.com", WRONG),
    ("email-dst", "alice@example", WRONG),
    ("target-email", "@example.com", WRONG),
    ("whois-registrant-email", "nobody", WRONG),
    ("eppn", "nobody", WRONG),
    ("dns-soa-email", "nobody", WRONG),
    ("jabber-id", "nobody@", WRONG),
    ("vulnerability", "CVE-2024-123", WRONG),
    ("vulnerability", "GHSA-aaaa-bbbb-cccc", WRONG),
    ("weakness", "CWE-", WRONG),
    ("mac-address", "00:1b:63:84:45", WRONG),
    ("mac-address", "00:1b:63:84:45:zz", WRONG),
    ("mac-eui-64", "00:1b:63:84:45:e6", WRONG),
    ("AS", "4294967296", WRONG),
    ("AS", "AS 1", WRONG),
    ("AS", "1.2.3", WRONG),
    ("onion-address", "abcdefghijklmn18.onion", WRONG),
    ("onion-address", "abc.onion", WRONG),
    ("http-method", "dance", WRONG),
    ("hex", "0x1", WRONG),
    ("datetime", "1709202030", WRONG),
    ("datetime", "2023-02-29", WRONG),
    ("datetime", "2024-02-29T10:00:00+01:02:03", WRONG),
    ("datetime", "29 Foo 2024", WRONG),
    ("datetime", "@999999999999", WRONG),
    ("datetime", "@now", WRONG),
    ("datetime", "soon", WRONG),
    ("size-in-bytes", "1k", WRONG),
    ("counter", "-1", WRONG),
    ("integer", "1.0", WRONG),
    ("integer", "٣", WRONG),
    ("float", "1,5", WRONG),
    ("float", "nan", WRONG),
    ("bank-account-nr", "DE89", WRONG),
    ("aba-rtn", "x", WRONG),
    ("cc-number", "none", EMPTY),
    ("bin", "none", EMPTY),
    ("phone-number", "12+34", WRONG),
    ("phone-number", "00", WRONG),
    ("prtn", "none", EMPTY),
    ("whois-registrant-phone", "+", WRONG),
    ("iban", "--", EMPTY),
    ("bic", "é", EMPTY),
    ("btc", "a b", WRONG),
    ("dash", "é", WRONG),
    ("xmr", "a-b", WRONG),
    ("ssh-fingerprint", "SHA256:abc", WRONG),
    ("ssh-fingerprint", "ab" * 15, WRONG),
    ("windows-service-name", "é" * 129, WRONG),
    ("windows-service-name", "a/b", WRONG),
    ("windows-service-displayname", "a\\b", WRONG),
    ("cortex", "{", WRONG),
    ("cortex", "NaN", WRONG),
    ("cortex", "[" * 60_000, WRONG),
    ("uuid", "not-a-uuid", WRONG),
    ("text", "", EMPTY),
    ("text", " \t\r\n\0\x0b", EMPTY),
    ("text", "\x01\x02\x7f", EMPTY),
    ("text", "\u3000\u3000", EMPTY),
    ("text", "a\0b", WRONG),
    ("text", "a\ud800b", WRONG),
    ("text", "é" * (MAX_BYTES // 2 + 1), WRONG),
    ("text", "a" * (MAX_BYTES + 1), WRONG),
    ("a-newer-type", " ", EMPTY),
    ("a-newer-type", "a" * (MAX_BYTES + 1), WRONG),
]


def _rows(lengths: dict[int, str]) -> list[tuple[str, int]]:
    return [(name, length) for length, names in lengths.items() for name in names.split()]


def _short(value: object) -> str | None:
    return ascii(value)[1:40] if isinstance(value, str) else None


@pytest.mark.parametrize(("type", "length"), _rows(CHECKSUMS))
def test_a_checksum_is_lowered_and_has_the_length_of_its_type(type: str, length: int) -> None:
    sentence = (
        f"Checksum has an invalid length or format (expected: {length} hexadecimal characters). "
        'Please double check the value or select type "other".'
    )
    assert normal_form(type, " " + "aB" * (length // 2)) == "ab" * (length // 2)
    assert check(type, "a" * (length - 1)) == sentence
    assert check(type, "a" * (length + 1)) == sentence
    assert check(type, "g" * length) == sentence


@pytest.mark.parametrize(("hash", "length"), _rows(NAMED_CHECKSUMS))
def test_a_filename_keeps_its_letters_while_its_hash_is_lowered(hash: str, length: int) -> None:
    type = f"filename|{hash}"
    assert normal_form(type, "A B.exe|" + "AB" * (length // 2)) == "A B.exe|" + "ab" * (length // 2)
    assert check(type, "a.exe|" + "a" * (length - 1)) == WRONG
    assert check(type, "a\nb|" + "a" * length) == WRONG
    assert check(type, "a.exe") == NOT_COMPOSITE
    assert check(type, "a|b|" + "a" * length) == NOT_COMPOSITE


@pytest.mark.parametrize("type", SINGLE_LINE.split())
def test_one_line_types_refuse_a_line_feed(type: str) -> None:
    assert normal_form(type, "Ação: x\ty") == "Ação: x\ty"
    assert check(type, "a\nb") == NEWLINE


@pytest.mark.parametrize("type", FREE.split())
def test_free_types_take_any_text(type: str) -> None:
    assert normal_form(type, "a\nB | c[.]d\té") == "a\nB | c[.]d\té"


@pytest.mark.parametrize(("type", "given", "normal"), ACCEPTED, ids=_short)
def test_a_value_has_its_normal_form(type: str, given: str, normal: str) -> None:
    assert normal_form(type, given) == normal
    assert normal_form(type, normal) == normal


@pytest.mark.parametrize(("type", "given", "sentence"), REFUSED, ids=_short)
def test_a_value_that_does_not_fit_is_refused_in_misps_words(type: str, given: str, sentence: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        normal_form(type, given)
    assert refused.value.sentence == sentence


def test_every_type_stands_in_a_table_of_this_file() -> None:
    rows = [type for type, *_ in (*ACCEPTED, *REFUSED)]
    checksums = [type for type, _ in _rows(CHECKSUMS)] + [f"filename|{hash}" for hash, _ in _rows(NAMED_CHECKSUMS)]
    assert TYPES - {*rows, *checksums, *SINGLE_LINE.split(), *FREE.split()} == set()


@pytest.mark.parametrize(
    ("type", "value", "halves"),
    [
        ("filename|md5", "a|b", ("a", "b")),
        ("malware-sample", "a|b", ("a", "b")),
        ("text", "a|b", ("a|b", "")),
        ("unknown|pair", "a|b", ("a|b", "")),
    ],
)
def test_a_composite_is_split_at_its_bar(type: str, value: str, halves: tuple[str, str]) -> None:
    assert split_value(type, value) == halves


def test_a_value_that_does_not_fit_is_left_for_check_to_refuse() -> None:
    assert normalise("ip-dst", " not an address ") == "not an address"
    assert normalise("datetime", "2024-02-29T10:00+01:02:03") == "2024-02-29T10:00+01:02:03"


PIECES = """
    [ ] ( ) . : | / // :// @ # % - + 0 00 1 80 32 128 AS CVE- a B p dot [.] [dot] (dot) [@] [at] hxxp h[tt]p meow http
    example com 192.0.2.1 ::1 [::1] ::0 ß ü ｜ 。 ［ é
"""
SPACED = [" ", "\n", "\0", "\ud800", "\u200d", " port ", "(0)", "2024-02-29", "T10:00"]
TEXTS = st.text(max_size=40) | st.lists(st.sampled_from(PIECES.split() + SPACED), max_size=9).map("".join)


def normal_form_or_none(type: str, value: str) -> str | None:
    try:
        return normal_form(type, value)
    except InvalidValue:
        return None


@settings(max_examples=500, deadline=None)
@given(type=st.sampled_from([*sorted(TYPES), "a-newer-type"]), value=TEXTS)
@example(type="url", value="[[.[.]]]")
@example(type="email", value="a@b[DOT]c")
@example(type="phone-number", value="(00)49")
@example(type="domain|ip", value="a.de｜::0")
def test_a_normal_form_is_its_own_normal_form_and_nothing_else_is_raised(type: str, value: str) -> None:
    normal = normal_form_or_none(type, value)
    assert normal is None or normal_form(type, normal) == normal


HOSTILE = ["@", "[", "[.", "a.", "1:", "1.", "-", "(dot)", "a@", "ü", "|", "0", "é@", "hxxp", "[hxxp://]"]


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_repeated_piece_makes_a_rule_slow(piece: str) -> None:
    value = (piece * 65_535)[:30_000]
    started = time.process_time()
    for type in ("email", "url", "link", "domain", "domain|ip", "ip-dst|port", "datetime", "ssdeep", "phone-number"):
        check(type, normalise(type, value))
        check(type, normalise(type, f"http://{value}\n"))
    assert time.process_time() - started < 0.5


def test_a_thousand_attributes_are_checked_within_their_budget() -> None:
    mixed = [
        pair
        for number in range(200)
        for pair in (
            ("ip-dst", f"203.0.113.{number}"),
            ("domain", f"Evil{number}.example.com"),
            ("sha256", f"{number:064X}"),
            ("url", f"hxxp://evil{number}.example[.]com/a?b={number}"),
            ("filename|md5", f"Invoice {number}.exe|{number:032X}"),
        )
    ]

    def check_all() -> None:
        for type, value in mixed:
            normal_form(type, value)

    assert rounds_worth(check_all) < 350
