from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from etl.errors import TemplateError
from etl.report.sentences import SLOTS, load_sentences
from tests.unit.report.conftest import TEMPLATES

SOURCE = TEMPLATES / "sentences.yaml"


def spoilt(tmp_path: Path, section: str, key: str, text: object) -> Path:
    """The office's file with one sentence replaced; None removes it."""
    data = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    if text is None:
        del data[section][key]
    else:
        data[section][key] = text
    path = tmp_path / "sentences.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return path


def test_every_sentence_is_there_with_its_slots() -> None:
    assert load_sentences(SOURCE).texts.keys() == SLOTS.keys()


def test_the_wording_is_free_and_is_what_is_said(tmp_path: Path) -> None:
    path = spoilt(tmp_path, "change", "increase", ", nhích {delta}, hơn {since}")
    said = load_sentences(path).format("change.increase", delta="0,7 điểm phần trăm", since="năm 2023")
    assert said == ", nhích 0,7 điểm phần trăm, hơn năm 2023"


@pytest.mark.parametrize(
    ("section", "key", "text", "message", "where"),
    [
        ("change", "increase", None, "sentence 'change.increase' is missing", "sentences.yaml"),
        ("change", "incraese", "tăng {delta}", "sentence 'change.incraese' is unknown", "sentences.yaml"),
        ("change", "increase", "tăng {delat} so với {since}", r"unknown slot \{delat\}", "change.increase"),
        ("change", "increase", "tăng so với {since}", r"unused slot \{delta\}", "change.increase"),
        ("change", "increase", "tăng {delta:.1f}", "carries a format", "change.increase"),
        ("change", "increase", "tăng {delta", "brace", "change.increase"),
        ("change", "increase", "", "has no text", "sentences.yaml"),
        ("change", "increase", 5, "has no text", "sentences.yaml"),
        ("word", "nothing", "{x}", r"unknown slot \{x\}", "word.nothing"),
    ],
)
def test_a_sentence_or_slot_too_many_or_too_few_stops(
    tmp_path: Path, section: str, key: str, text: object, message: str, where: str
) -> None:
    with pytest.raises(TemplateError, match=message) as stopped:
        load_sentences(spoilt(tmp_path, section, key, text))
    assert where in stopped.value.where
    assert stopped.value.fix


def test_a_file_that_is_no_list_of_sentences_stops(tmp_path: Path) -> None:
    path = tmp_path / "sentences.yaml"
    for content in ("- một\n", "head: [1, 2]\n", "head: {a: [\n"):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(TemplateError):
            load_sentences(path)
    with pytest.raises(TemplateError, match="missing"):
        load_sentences(tmp_path / "none.yaml")


def test_no_sentence_is_kept_that_nobody_says() -> None:
    sources = (path for path in sorted((TEMPLATES.parent / "etl/report").glob("*.py")) if path.stem != "sentences")
    code = "".join(path.read_text(encoding="utf-8") for path in sources)
    beginnings = tuple(re.findall(r'f"([a-z_]+\.[a-z_]*)\{', code))
    said = {name for name in SLOTS if re.search(rf"['\"]{name}['\"]", code) or name.startswith(beginnings)}
    assert sorted(SLOTS.keys() - said) == []
