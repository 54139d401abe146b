"""Every word for a person stands in the catalogue of messages, and everything that stands there is said."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from etl.messages import load_messages
from etl.settings import PROJECT_ROOT

LETTERS = re.compile("[ăâđêôơưàằầèềìòồờùừỳảẳẩẻểỉỏổởủửỷãẵẫẽễĩõỗỡũữỹáắấéếíóốớúứýạặậẹệịọộợụựỵ]", re.IGNORECASE)
ALLOWED: dict[str, dict[str, int]] = {
    "sentences of approval, not yet in the catalogue": {
        "etl/approval/verification.py": 9,
    },
    "part of a finding of the confined reader, which has no templates": {
        "etl/catalog/geography.py": 2,
    },
    "printed heads and texts of forms: the one source of what is printed and of what the reader recognises": {
        "etl/catalog/layout.py": 61,
    },
    "kinds of documents, as the catalogue writes them": {
        "etl/catalog/models/plans.py": 15,
    },
    "titles of signatories, as the catalogue writes them": {
        "etl/catalog/models/scopes.py": 2,
    },
    "parts of findings, not yet in the catalogue": {
        "etl/check/data_docs.py": 14,
        "etl/check/expectations.py": 5,
    },
    "words that are recognised in what a unit wrote": {
        "etl/check/privacy.py": 4,
    },
    "how the first line of a letter's template is recognised": {
        "etl/dispatch/letter.py": 1,
    },
    "names of periods: grammar of the language": {
        "etl/model/period.py": 10,
    },
    "what is recognised in a sender's workbook, or part of a finding of the confined reader": {
        "etl/read/cell_findings.py": 2,
        "etl/read/cell_metadata.py": 2,
        "etl/read/cell_metadata_ods.py": 1,
        "etl/read/columns.py": 2,
        "etl/read/days.py": 3,
        "etl/read/identify.py": 27,
        "etl/read/input_cells.py": 6,
        "etl/read/numerals.py": 1,
        "etl/read/preflight/__init__.py": 35,
        "etl/read/preflight/compound.py": 13,
        "etl/read/preflight/limits.py": 2,
        "etl/read/preflight/ooxml.py": 13,
        "etl/read/preflight/opendocument.py": 8,
        "etl/read/reader.py": 4,
        "etl/read/rows.py": 7,
        "etl/read/sheet_matching.py": 4,
        "etl/read/sheet_template.py": 7,
        "etl/read/unit_matching.py": 28,
        "etl/read/upward_form.py": 1,
        "etl/read/values.py": 3,
        "etl/read/vietnamese_text.py": 21,
        "etl/read/workbook_file.py": 3,
    },
    "dates as the decree writes them: grammar of the language": {
        "etl/report/dates.py": 1,
    },
    "names of styles of the Word template": {
        "etl/report/docx.py": 1,
        "etl/report/letter_spacing.py": 4,
    },
    "letters behind a stroke at which no line ends": {
        "etl/report/template_context.py": 1,
    },
    "letters of the decree's font, by their width": {
        "etl/report/text_width.py": 3,
    },
    "kinds of units, recognised in names": {
        "etl/report/unit_names.py": 9,
    },
    "the mark of an estimate, which the reader of the level above recognises": {
        "etl/report/upward_sheet.py": 1,
    },
    "the first line of a comment, recognised when a workbook comes back": {
        "etl/returns/return_messages.py": 1,
    },
    "states of a cell in a returned workbook, not yet in the catalogue": {
        "etl/intake/intake_batches.py": 2,
        "etl/steps/shell.py": 1,
    },
}
"""By reason: the strings of each file that stay in code. Counts are exact: they only go down."""
TEXTS = load_messages(PROJECT_ROOT / "templates").texts


def list_sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((PROJECT_ROOT / "etl").rglob("*.py")):
        yield str(path.relative_to(PROJECT_ROOT)), ast.parse(path.read_text(encoding="utf-8"))


SOURCES = dict(list_sources())


def list_strings(tree: ast.Module) -> list[str]:
    """Every string constant that is no docstring, parts of f-strings too."""
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in alone)
    return [node.value for node in nodes if isinstance(node.value, str)]


def test_words_for_a_person_stand_in_the_messages() -> None:
    found = {name: sum(bool(LETTERS.search(text)) for text in list_strings(tree)) for name, tree in SOURCES.items()}
    allowed = {name: count for files in ALLOWED.values() for name, count in files.items()}
    wrong = {name: count for name, count in found.items() if count != allowed.get(name, 0)}
    assert wrong == {}, "words go to templates/messages/; where fewer are left, lower the count in ALLOWED"
    assert allowed.keys() <= found.keys()


def test_every_key_that_is_named_exists() -> None:
    groups = "|".join({key.partition(".")[0] for key in TEXTS})
    key = re.compile(rf"(?:{groups})\.(?!(?:docx|html|json|xlsx|xml|yaml)$)[a-z]\w*[a-z0-9]")
    named = {text for tree in SOURCES.values() for text in list_strings(tree) if key.fullmatch(text)}
    assert named - TEXTS.keys() == set()


def test_no_message_is_kept_that_nobody_says() -> None:
    """A key is said where it is written; or by an f-string of its group, if what fills that is a name in the code."""
    names, patterns = Counter[str](), set[str]()
    for tree in SOURCES.values():
        names.update(list_strings(tree))
        names.update(node.name.lower() for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
        names.update(node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg)
        patterns |= {build_pattern(node) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)}
    built = [re.compile(pattern) for pattern in patterns if re.match(r"[a-z_]+\\\.", pattern)]

    def is_said(key: str) -> bool:
        matches = (pattern.fullmatch(key) for pattern in built)
        return key in names or any(
            match and all(not part or part in names for part in match.groups()) for match in matches
        )

    assert [key for key in TEXTS if not is_said(key)] == []


def build_pattern(node: ast.JoinedStr) -> str:
    return "".join(re.escape(str(v.value)) if isinstance(v, ast.Constant) else r"(\w*)" for v in node.values)


HOUSE_FOLDERS = ("templates", "catalog")
HOUSE_SUFFIXES = {".yaml", ".html", ".txt", ".csv"}
NEWER_TONE = re.compile(r"(?:o[àáảãạ]|o[èéẻẽẹ]|(?<!q)u[ỳýỷỹỵ])(?!\w)", re.IGNORECASE)
"""The tone on the second of two vowels that end a word: hoà, khoẻ, uỷ."""


def test_what_letters_stand_for_is_their_words_and_nothing_more() -> None:
    for part in load_messages(PROJECT_ROOT / "templates").texts["word.abbreviations"].split("; "):
        letters, _, words = part.partition(": ")
        assert letters == "".join(word[0] for word in words.split()).upper(), part


def test_our_own_texts_place_the_tone_in_one_way() -> None:
    """hòa, khỏe, ủy: the older rule, in all that is printed. A title of a document is quoted as its issuer wrote it."""
    sources = [path for folder in HOUSE_FOLDERS for path in sorted((PROJECT_ROOT / folder).rglob("*"))]
    texts = {
        f"{path.relative_to(PROJECT_ROOT)}:{number}": line
        for path in sources
        if path.suffix in HOUSE_SUFFIXES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if not re.match(r"\s*subject:", line)
    }
    texts |= {name: "\n".join(list_strings(tree)) for name, tree in SOURCES.items()}
    assert len(texts) > 5000
    wrong = {place: found[0] for place, text in texts.items() if (found := NEWER_TONE.search(text))}
    assert wrong == {}, "write hòa, khỏe, ủy"
