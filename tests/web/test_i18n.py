"""The catalogues: complete, compiled, and never fed with data; the language of a request; times and numbers."""

import ast
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from mispmini.web import i18n

ROOT = Path(__file__).resolve().parents[2]
LOCALE = ROOT / "mispmini" / "locale"
FOLDER = LOCALE / "pt_BR" / "LC_MESSAGES"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
TRANSLATING = re.compile(r"\b(?:_|gettext|ngettext)\(\s*(.)")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    i18n.speak("en")


@pytest.fixture(scope="module")
def portuguese() -> Catalog:
    with (FOLDER / "mispmini.po").open("rb") as po:
        return read_po(po, locale="pt_BR")


@pytest.fixture(scope="module")
def sources() -> set[str]:
    with (LOCALE / "babel.cfg").open() as mapping_file:
        methods, options = parse_mapping_cfg(mapping_file)  # type: ignore[no-untyped-call]
    found: set[str] = set()
    for folder in ("mispmini", "templates"):
        for _file, _line, message, _comments, _context in extract_from_dir(
            ROOT / folder,
            [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in methods if pattern.startswith(folder)],
            {pattern.removeprefix(f"{folder}/"): values for pattern, values in options.items()},
            directory_filter=lambda path: not Path(path).name.startswith("."),
        ):
            found.add(message if isinstance(message, str) else message[0])
    return found


def _texts(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def test_every_text_of_templates_and_views_is_in_the_portuguese_catalogue(
    sources: set[str], portuguese: Catalog
) -> None:
    known = {message.id if isinstance(message.id, str) else message.id[0] for message in portuguese if message.id}
    assert len(sources) > 200
    assert sources - known == set(), "run `make translations`, then translate"
    assert known - sources == set(), "texts that nothing shows any more"


def test_every_portuguese_text_is_translated_and_certain(portuguese: Catalog) -> None:
    missing = [message.id for message in portuguese if message.id and not (_texts(message) and all(_texts(message)))]
    fuzzy = [message.id for message in portuguese if message.id and message.fuzzy]
    assert (missing, fuzzy) == ([], [])


def test_translations_keep_the_placeholders_of_their_source(portuguese: Catalog) -> None:
    for message in portuguese:
        if message.id:
            wanted = set(PLACEHOLDER.findall(message.id if isinstance(message.id, str) else message.id[1]))
            *singular, last = _texts(message)
            assert set(PLACEHOLDER.findall(last)) == wanted, message.id
            assert all(set(PLACEHOLDER.findall(text)) <= wanted for text in singular), message.id


def test_the_compiled_catalogue_is_the_committed_text(portuguese: Catalog) -> None:
    compiled = BytesIO()
    write_mo(compiled, portuguese)
    assert (FOLDER / "mispmini.mo").read_bytes() == compiled.getvalue()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_translate_only_literals_because_a_translation_counts_as_safe_markup(template: Path) -> None:
    assert set(TRANSLATING.findall(template.read_text())) <= {'"'}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_have_no_inline_style_no_inline_script_and_no_escape_hatch(template: Path) -> None:
    text = template.read_text()
    assert re.findall(r"""\sstyle\s*=|<style|\son[a-z]+\s*=\s*["']|javascript:|\|\s*safe\b|autoescape""", text) == []
    assert re.findall(r"<script(?! src=\"/static/)", text) == []


def test_the_only_text_of_a_template_outside_a_translation_is_a_name() -> None:
    leftovers: set[str] = set()
    for template in TEMPLATES:
        markup = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", template.read_text(), flags=re.DOTALL)
        text = re.sub(r"""<[^<>]*>|[\w-]+="[^"]*\"""", " ", markup)
        leftovers |= {word for word in re.findall(r"[A-Za-z]{2,}", text) if word not in {"mispmini", "UUID"}}
    assert leftovers == set()


@pytest.mark.parametrize(
    ("user", "header", "expected"),
    [
        pytest.param("en", "pt-BR", "en", id="the user's own choice wins"),
        pytest.param(None, "pt-BR,pt;q=0.9,en;q=0.5", "pt_BR", id="the browser's best"),
        pytest.param(None, "fr, en-GB;q=0.7, pt;q=0.2", "en", id="the best that we have"),
        pytest.param(None, "pt-PT", "pt_BR", id="a sister of the language"),
        pytest.param(None, "en;q=0, fr", "pt_BR", id="a refused one is not taken"),
        pytest.param(None, "", "pt_BR", id="nothing said"),
        pytest.param(None, "en;q=zzz,;;,,\x00", "pt_BR", id="nonsense"),
        pytest.param("tlh", "en", "en", id="a choice that is gone"),
    ],
)
def test_the_language_of_a_request(user: str | None, header: str, expected: str) -> None:
    assert i18n.choose_language(user, header, "pt_BR") == expected


def test_texts_follow_the_language_and_carry_their_values() -> None:
    i18n.speak("pt_BR")
    assert i18n.gettext("Remove tag %(name)s", name="<b>") == "Remover a tag <b>"
    assert i18n.ngettext("%(num)d event", "%(num)d events", 3) == "3 eventos"
    assert i18n.ngettext("every minute", "every %(num)d minutes", 1) == "a cada minuto"
    i18n.speak("xx")
    assert (i18n.current_language(), i18n.gettext("Home")) == ("en", "Home")


@pytest.mark.parametrize(
    ("language", "written", "thousands"),
    [("pt_BR", "14/11/2023 22:13 UTC", "1.234.567"), ("en", "2023-11-14 22:13 UTC", "1,234,567")],
)
def test_times_and_numbers_are_written_as_the_language_does(language: str, written: str, thousands: str) -> None:
    i18n.speak(language)
    assert (i18n.when(1_700_000_000), i18n.iso(1_700_000_000)) == (written, "2023-11-14T22:13:20Z")
    assert i18n.day("2023-11-14") == written.split()[0]
    assert i18n.day("next week") == "next week"
    assert (i18n.when(None), i18n.iso(None), i18n.number(1_234_567)) == ("–", "", thousands)


def test_no_text_hides_in_an_f_string_where_its_collector_does_not_look() -> None:
    """What is called `_(…)` inside of `f"{…}"` is shown in English to everybody: it never reaches the catalogue."""
    hidden = [
        f"{path}:{call.lineno}"
        for path in sorted(Path(i18n.__file__).parent.rglob("*.py"))
        for text in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ("_", "N_", "ngettext")
    ]
    assert hidden == []
