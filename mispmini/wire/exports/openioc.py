"""openioc: an OpenIOC 1.0 document, the version that MISP writes (API §8.5; schemas.mandiant.com/2010/ioc)."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby

from mispmini.domain.graphs import FoundAttribute
from mispmini.domain.ids import new_uuid
from mispmini.wire.exports.base import Export, ExportContext, halves
from mispmini.wire.exports.xml import CONTENT_TYPE, escaped

Term = tuple[str, str]  # what is searched, and the type of its content
_ADDRESS, _NAME, _PORT = ("PortItem/remoteIP", "IP"), ("Network/DNS", "string"), ("PortItem/remotePort", "string")
_FILE = ("FileItem/FileName", "string")
_MD5, _SHA1, _SHA256 = ("FileItem/Md5sum", "md5"), ("FileItem/Sha1sum", "string"), ("FileItem/Sha256sum", "string")
_TERMS: dict[str, tuple[Term, ...]] = {
    "md5": (_MD5,), "sha1": (_SHA1,), "sha256": (_SHA256,), "filename": (_FILE,),
    "filename|md5": (_FILE, _MD5), "filename|sha1": (_FILE, _SHA1), "filename|sha256": (_FILE, _SHA256),
    "malware-sample": (_FILE, _MD5), "size-in-bytes": (("FileItem/SizeInBytes", "int"),),
    "pattern-in-file": (("FileItem/StringList/string", "string"),),
    "ip-src": (_ADDRESS,), "ip-dst": (_ADDRESS,), "ip-src|port": (_ADDRESS, _PORT), "ip-dst|port": (_ADDRESS, _PORT),
    "domain": (_NAME,), "hostname": (_NAME,), "domain|ip": (_NAME, _ADDRESS), "hostname|port": (_NAME, _PORT),
    "url": (("Network/URI", "string"),), "uri": (("Network/URI", "string"),),
    "user-agent": (("Network/UserAgent", "string"),),
    "email": (("Email/From", "string"),), "email-src": (("Email/From", "string"),),
    "email-dst": (("Email/To", "string"),), "email-subject": (("Email/Subject", "string"),),
    "email-attachment": (("Email/Attachment/Name", "string"),),
    "regkey": (("RegistryItem/KeyPath", "string"),),
    "regkey|value": (("RegistryItem/KeyPath", "string"), ("RegistryItem/Value", "string")),
    "mutex": (("ProcessItem/HandleList/Handle/Name", "string"),),
    "named pipe": (("ProcessItem/Pipe/Name", "string"),),
    "pattern-in-memory": (("ProcessItem/StringList/string", "string"),),
    "windows-service-name": (("ServiceItem/name", "string"),),
    "windows-service-displayname": (("ServiceItem/descriptiveName", "string"),),
    "windows-scheduled-task": (("TaskItem/Name", "string"),),
    "snort": (("Snort/Snort", "string"),), "yara": (("Yara/Yara", "string"),),
}  # fmt: skip
_CONTAINED = frozenset({"pattern-in-file", "pattern-in-memory", "user-agent", "email-subject", "regkey", "url", "uri"})


def _openioc(found: Iterable[FoundAttribute], context: ExportContext) -> Iterator[str]:
    yield _head(context)
    for _number, items in groupby(found, key=lambda item: item.event.event.id):
        yield from _indicator(items)
    yield "    </Indicator>\n  </definition>\n</ioc>\n"


def _head(context: ExportContext) -> str:
    moment = f"{datetime.fromtimestamp(context.now, UTC):%Y-%m-%dT%H:%M:%S}"
    source = escaped(context.base_url)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ioc xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
        f' id="{new_uuid()}" last-modified="{moment}" xmlns="http://schemas.mandiant.com/2010/ioc">\n'
        f"  <short_description>MISP export</short_description>\n  <description>{source}</description>\n"
        f"  <authored_by>{source}</authored_by>\n  <authored_date>{moment}</authored_date>\n  <links />\n"
        f'  <definition>\n    <Indicator operator="OR" id="{new_uuid()}">\n'
    )


def _indicator(items: Iterable[FoundAttribute]) -> Iterator[str]:
    """Attributes of one event under its uuid; the schema wants single items before those of several parts."""
    composites: list[str] = []
    begun = False
    for item in items:
        terms = _TERMS.get(item.attribute.type, ())
        if terms and not begun:
            yield f'      <Indicator operator="OR" id="{item.event.event.uuid}">\n'
            begun = True
        if len(terms) == 1:
            yield _item(item, terms[0], item.attribute.value, item.attribute.uuid)
        elif terms:
            composites.append(_composite(item, terms))
    yield from composites
    yield "      </Indicator>\n" if begun else ""


def _composite(item: FoundAttribute, terms: Iterable[Term]) -> str:
    parts = (_item(item, term, part, new_uuid()) for term, part in zip(terms, halves(item), strict=True))
    return f'      <Indicator operator="AND" id="{item.attribute.uuid}">\n{"".join(parts)}      </Indicator>\n'


def _item(item: FoundAttribute, term: Term, value: str, number: str) -> str:
    search, kind = term
    condition = "contains" if item.attribute.type in _CONTAINED else "is"
    return (
        f'        <IndicatorItem id="{number}" condition="{condition}">'
        f'<Context document="{search.partition("/")[0]}" search="{search}" type="mir" />'
        f'<Content type="{kind}">{escaped(value)}</Content></IndicatorItem>\n'
    )


OPENIOC = Export("openioc", _openioc, CONTENT_TYPE, "xml", frozenset(_TERMS))
