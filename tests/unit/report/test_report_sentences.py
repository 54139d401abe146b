from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from etl.errors import TemplateError
from etl.messages import FOLDER_NAME, load_messages
from tests.unit.report.conftest import TEMPLATES

SHIPPED = TEMPLATES / FOLDER_NAME


def spoilt(tmp_path: Path, section: str, key: str, text: object) -> Path:
    """The office's templates with one message replaced; None removes it."""
    folder = tmp_path / FOLDER_NAME
    shutil.copytree(SHIPPED, folder)
    (path,) = (p for p in folder.glob("*.yaml") if section in yaml.safe_load(p.read_text(encoding="utf-8")))
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    if text is None:
        del data[section][key]
    else:
        data[section][key] = text
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return tmp_path


def test_the_wording_is_free_and_is_what_is_said(tmp_path: Path) -> None:
    templates = spoilt(tmp_path, "change", "increase", ", nhích {delta}, hơn {since}")
    said = load_messages(templates).format("change.increase", delta="0,7 điểm phần trăm", since="năm 2023")
    assert said == ", nhích 0,7 điểm phần trăm, hơn năm 2023"


def test_the_shipped_messages_say_nothing_twice_and_fill_exactly_their_slots() -> None:
    shipped = load_messages(TEMPLATES)
    assert len(shipped.texts) > 250
    with pytest.raises(TemplateError, match="is unknown"):
        shipped.format("change.no_such_message")
    with pytest.raises(TemplateError, match=r"unused slot \{since\}"):
        shipped.format("change.increase", delta="1")
    with pytest.raises(TemplateError, match=r"unknown slot \{more\}"):
        shipped.format("change.increase", delta="1", since="2", more="3")


def test_a_key_in_two_files_stops(tmp_path: Path) -> None:
    templates = spoilt(tmp_path, "change", "increase", ", nhích {delta}, hơn {since}")
    (templates / FOLDER_NAME / "more.yaml").write_text("status: {met: Đạt}\n", encoding="utf-8")
    with pytest.raises(TemplateError, match="stands twice"):
        load_messages(templates)


@pytest.mark.parametrize(
    ("section", "key", "text", "message", "where"),
    [
        ("change", "increase", None, "message 'change.increase' is missing", FOLDER_NAME),
        ("change", "incraese", "tăng {delta}", "message 'change.incraese' is unknown", FOLDER_NAME),
        ("change", "increase", "tăng {delat} so với {since}", r"unknown slot \{delat\}", "change.increase"),
        ("change", "increase", "tăng so với {since}", r"unused slot \{delta\}", "change.increase"),
        ("change", "increase", "tăng {delta:.1f}", "carries a format", "change.increase"),
        ("change", "increase", "tăng {delta", "brace", "change.increase"),
        ("change", "increase", "", "has no text", "report.yaml"),
        ("change", "increase", 5, "has no text", "report.yaml"),
        ("word", "nothing", "{x}", r"unknown slot \{x\}", "word.nothing"),
    ],
)
def test_a_sentence_or_slot_too_many_or_too_few_stops(
    tmp_path: Path, section: str, key: str, text: object, message: str, where: str
) -> None:
    with pytest.raises(TemplateError, match=message) as stopped:
        load_messages(spoilt(tmp_path, section, key, text))
    assert where in stopped.value.where
    assert stopped.value.fix


def test_a_file_that_is_no_list_of_messages_stops(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER_NAME
    with pytest.raises(TemplateError, match="missing"):
        load_messages(tmp_path)
    folder.mkdir()
    for content in ("- một\n", "head: [1, 2]\n", "head: {a: [\n"):
        (folder / "report.yaml").write_text(content, encoding="utf-8")
        with pytest.raises(TemplateError):
            load_messages(tmp_path)
