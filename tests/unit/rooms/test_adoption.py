"""An office's edited files take effect whole and right, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from etl import steps
from etl.catalog import load_catalogue
from etl.errors import SettingsError, UsageError
from etl.settings import PROJECT_ROOT, load_settings
from etl.upkeep import adoption


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the shipped files to edit, and `office` where they are in force."""
    folder = tmp_path_factory.mktemp("shipped")
    for part in ("catalog", "templates"):
        shutil.copytree(PROJECT_ROOT / part, folder / "edited" / part)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TONGKET_OFFICE", str(folder / "office" / "in-force"))
        patch.setenv("TONGKET_SCOPES", "tan-yen")
        assert steps.adopt_office_files(folder / "edited")["mistakes"] == []
    return folder


@pytest.fixture
def edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped files, for an office to edit; nothing is in force yet."""
    folder = tmp_path / "edited"
    for part in ("catalog", "templates"):
        shutil.copytree(PROJECT_ROOT / part, folder / part)
    monkeypatch.setenv("TONGKET_OFFICE", str(tmp_path / "office" / "in-force"))
    monkeypatch.setenv("TONGKET_SCOPES", "tan-yen")
    return folder


def test_what_is_right_is_in_force_at_once_and_again_changes_nothing(edited: Path) -> None:
    with pytest.raises(SettingsError, match="catalogue adopt"):
        load_settings()
    first = steps.adopt_office_files(edited)
    assert (first["changed"], first["mistakes"]) == (True, [])
    assert load_settings().catalog == (edited.parent / "office" / first["version"] / "catalog")
    assert steps.adopt_office_files(edited) == {"version": first["version"], "changed": False, "mistakes": []}
    assert steps.check_office_files() == {"mistakes": []}


def test_later_edits_of_the_candidate_are_not_in_force(edited: Path) -> None:
    steps.adopt_office_files(edited)
    before = load_catalogue(load_settings().catalog).sha256
    (edited / "catalog" / "indicators.yaml").write_text("broken: [")
    assert load_catalogue(load_settings().catalog).sha256 == before


def _damage(name: str, old: str, new: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))

    return damage


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a key": (_damage("catalog/indicators.yaml", "numerator:", "numerater:"), "catalog/indicators.yaml"),
    "no YAML": (_damage("catalog/relations.yaml", "- {code: ", "- {code: ["), "catalog/relations.yaml"),
    "a scope served": (lambda folder: (folder / "catalog/scopes/tan-yen.yaml").unlink(), "tan-yen"),
    "a message": (_damage("templates/messages/returns.yaml", "{count}", "{no_such}"), "no_such"),
    "a letter": (_damage("templates/mail/report.txt", "{", "{no_such_"), "templates/mail/report.txt"),
    "a letter without a subject": (_damage("templates/mail/report.txt", "Chủ đề:", "Về:"), "templates/mail/report.txt"),
    "a page's tag": (_damage("templates/page/board.html", "{%", "{% no_such_tag %}{%"), "templates/page/board.html"),
    "a page's name": (_damage("templates/door/desk.html", "{{", "{{ no_such_name }}{{"), "no_such_name"),
    "a page": (lambda folder: (folder / "templates/page/error.html").unlink(), "templates/page/error.html"),
    "the report on a page": (_damage("templates/report.html", "{{", "{{ no_such_name }}{{"), "no_such_name"),
    "the Word report": (
        lambda folder: (folder / "templates/report.docx").write_bytes(b"no zip"),
        "templates/report.docx",
    ),
    "the correction": (lambda folder: (folder / "templates/correction.docx").unlink(), "templates/correction.docx"),
}


@pytest.mark.parametrize("what", DAMAGES)
def test_what_is_broken_is_named_and_changes_nothing(shipped: Path, edited: Path, what: str) -> None:
    office = edited.parent / "office"
    shutil.copytree(shipped / "office", office, symlinks=True)
    in_force = (office / "in-force").readlink()
    damage, named = DAMAGES[what]
    damage(edited)
    refused = steps.adopt_office_files(edited)
    assert not refused["changed"]
    assert any(named in mistake for mistake in refused["mistakes"]), refused["mistakes"]
    assert not any(str(edited.parent) in mistake for mistake in refused["mistakes"]), "places as the office knows them"
    assert (office / "in-force").readlink() == in_force
    assert [path.name for path in office.iterdir() if not path.is_symlink()] == [in_force.name], "nothing refused stays"


def test_a_reader_goes_on_with_what_it_began_with(edited: Path) -> None:
    steps.adopt_office_files(edited)
    began = load_settings().catalog
    before = load_catalogue(began).sha256
    path = edited / "catalog" / "indicators.yaml"
    path.write_text(f"{path.read_text()}# Edited.\n")
    assert steps.adopt_office_files(edited)["changed"]
    assert load_catalogue(began).sha256 == before
    assert load_catalogue(load_settings().catalog).sha256 != before


def test_contents_long_replaced_are_removed_and_the_one_in_force_stays(
    edited: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adoption, "_KEPT", 2)
    path, versions = edited / "templates" / "page" / "page.css", []
    for number in (0, 1, 0, 2):
        path.write_text(f"/* {number} */\n")
        versions.append(steps.adopt_office_files(edited)["version"])
    there = {folder.name for folder in (edited.parent / "office").iterdir() if not folder.is_symlink()}
    assert len(there) == 2
    assert versions[3] in there, "the one in force"


def test_links_out_of_the_folder_are_not_followed(edited: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("a: b\n")
    (edited / "templates" / "linked.yaml").symlink_to(secret)
    version = steps.adopt_office_files(edited)["version"]
    assert not (tmp_path / "office" / version / "templates" / "linked.yaml").exists()


def test_wrong_use_is_said(edited: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="catalog"):
        steps.adopt_office_files(tmp_path / "nowhere")
    (tmp_path / "office" / "in-force").mkdir(parents=True)
    with pytest.raises(UsageError, match="no link"):
        steps.adopt_office_files(edited)
    monkeypatch.delenv("TONGKET_OFFICE")
    with pytest.raises(UsageError, match="configured"):
        steps.adopt_office_files(edited)
