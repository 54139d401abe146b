"""`tongket check`: the verdict of intake without a database, for many files, with the copies a sender would get."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from etl import steps
from etl.catalog import Catalogue
from etl.cli import main
from etl.intake.file_log import format_fields
from tests.builders import Workbook


@pytest.fixture
def files(catalogue: Catalogue, tmp_path: Path) -> list[Path]:
    right = Workbook(catalogue, "kt-district-quarter", "610", "2024Q3").filled()
    wrong = Workbook(catalogue, "kt-district-quarter", "610", "2024Q3").filled().with_element("tb_new", "mười")
    paths = [tmp_path / "đúng.xlsx", tmp_path / "sai.xlsx", tmp_path / "lạ.xlsx"]
    for path, data in zip(paths, (right.bytes(), wrong.bytes(), b"khong phai excel"), strict=True):
        path.write_bytes(data)
    return paths


def test_every_file_has_its_verdict_and_its_copy_and_none_is_touched(files: list[Path]) -> None:
    before = {path: path.read_bytes() for path in files}
    seen: list[int] = []
    results = steps.check_files(files, answers=True, progress=lambda: seen.append(1))
    assert len(seen) == 3
    assert [r["accepted"] for r in results] == [True, False, False]
    assert {path: path.read_bytes() for path in files} == before
    answers = [Path(r["answer"]) for r in results]
    assert [a.name for a in answers] == ["đúng.ket-qua.xlsx", "sai.ket-qua.xlsx", "lạ.ket-qua.xlsx"]
    marked = openpyxl.load_workbook(answers[1])
    assert marked.sheetnames[0] == "Kết quả kiểm tra" and "B3" in marked.sheetnames


def test_each_file_and_each_chunk_is_one_line_of_the_log(files: list[Path], caplog: pytest.LogCaptureFixture) -> None:
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest()[:8] for path in files]
    with caplog.at_level(logging.INFO, logger="etl"):
        steps.check_files(files)
    right, wrong, strange, chunk = (record.getMessage() for record in caplog.records if record.levelno == logging.INFO)
    unit = "unit=610 form=kt-district-quarter period=2024Q3"
    assert re.fullmatch(rf"file={hashes[0]} {unit} verdict=accepted codes=\S+ ms=\d+", right)
    assert re.fullmatch(rf"file={hashes[1]} {unit} verdict=refused codes=\S*V01\S* ms=\d+", wrong)
    assert re.fullmatch(rf"file={hashes[2]} unit=- form=- period=- verdict=refused codes=F\d\d ms=\d+", strange)
    assert re.fullmatch(r"chunk=3 accepted=1 refused=2 ms=\d+ ms_reading=\d+", chunk)


def test_what_a_stamp_says_cannot_forge_a_line_of_the_log() -> None:
    assert format_fields(unit="610\nfile=x verdict=accepted", form="") == (
        'unit="610\\nfile=x verdict=accepted" form=-'
    )


def test_the_shell_says_it_with_v_and_no_library_does(files: list[Path]) -> None:
    command = [sys.executable, "-m", "etl", "-v", "check", "--json", str(files[0])]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["accepted"]
    file, chunk = done.stderr.splitlines()
    assert " INFO file=" in file and " INFO chunk=1 " in chunk


def test_a_copy_never_replaces_a_file_that_is_checked(files: list[Path]) -> None:
    other = files[0].with_name("sai.ket-qua.xlsx")
    other.write_bytes(files[0].read_bytes())
    results = steps.check_files([files[1], other], answers=True)
    assert [Path(r["answer"]).name for r in results] == ["sai.ket-qua-2.xlsx", "sai.ket-qua.ket-qua.xlsx"]
    assert other.read_bytes() == files[0].read_bytes()


def test_exit_codes_and_words(files: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    for paths, code in ((files[:1], 0), (files, 1), ([files[0].with_name("không có.xlsx")], 2)):
        with pytest.raises(SystemExit) as ended:
            main(["check", *map(str, paths)])
        assert ended.value.code == code
    out = capsys.readouterr().out
    assert "ĐẠT" in out and "TRẢ LẠI" in out and "Phải sửa        V01" in out
    with pytest.raises(SystemExit):
        main(["check", "--json", *map(str, files)])
    said = json.loads(capsys.readouterr().out)
    assert said["accepted"] is False and len(said["files"]) == 3 and said["files"][0]["not_checked"]


@pytest.mark.parametrize(("arguments", "shown"), [((), True), (("--json",), False)])
def test_many_files_show_how_far_it_is_to_who_looks(arguments: tuple[str, ...], shown: bool, files: list[Path]) -> None:
    parent, child = pty.openpty()
    command = [sys.executable, "-m", "etl", "check", *arguments, *map(str, files)]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=child, check=False, env=os.environ | {"TERM": "xterm"}
    )
    os.set_blocking(parent, False)
    try:
        said = os.read(parent, 1 << 16).decode()
    except BlockingIOError:
        said = ""
    os.close(child)
    os.close(parent)
    assert done.returncode == 1
    assert ("Đang kiểm tra" in said) == shown
    assert "Đang kiểm tra" not in done.stdout.decode()
