from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from etl.catalog import Catalogue
from etl.catalog.rules import Rules
from etl.errors import StorageError
from etl.model import FormStamp, ReadResult
from etl.read import Reader, ipc_protocol
from etl.read.preflight import RawFinding
from etl.read.workbook_reader import RawReadResult
from tests import hostile
from tests.builders import Workbook
from tests.hostile import CASES, COMPUTING, LISTING, MEMORY, Case


@pytest.fixture(scope="module")
def reader(catalogue: Catalogue, rules: Rules) -> Iterator[Reader]:
    with Reader(catalogue, rules) as reader:
        yield reader


@pytest.fixture
def clean(district: Workbook, tmp_path: Path) -> Path:
    return put(tmp_path, "sach.xlsx", district.filled().bytes())


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def codes(result: ReadResult) -> list[str]:
    return [f.code for f in result.findings]


def pid(reader: Reader) -> int:
    assert reader._child
    return reader._child.process.pid


@pytest.mark.parametrize("case", [c for c in CASES if c.code not in {"F08", "F09"}], ids=lambda case: case.fault)
def test_a_hostile_file_is_refused(case: Case, reader: Reader, tmp_path: Path) -> None:
    result = reader.read_file(put(tmp_path, "x", case.build()), case.name)
    assert codes(result) == [case.code] and result.findings[0].level == "refuse"


def test_a_note_stops_no_reading(reader: Reader, tmp_path: Path) -> None:
    linked = reader.read_file(put(tmp_path, "x", hostile.linked()), "bao-cao.xlsx")
    named = reader.read_file(put(tmp_path, "y", hostile.issued()), "bao-cao.xls")
    for result, code in ((linked, "F08"), (named, "F09")):
        assert code in codes(result) and result.observations and result.stamp
        assert next(f for f in result.findings if f.code == code).level == "note"


@pytest.mark.parametrize("case", [MEMORY, COMPUTING], ids=lambda case: case.fault)
def test_a_file_that_ends_the_child_is_a_finding_about_that_file_alone(
    case: Case, catalogue: Catalogue, rules: Rules, clean: Path, tmp_path: Path
) -> None:
    bad = put(tmp_path, "x.xlsx", case.build())
    with Reader(catalogue, rules, cpu_seconds=0.3 if case.code == "F14" else 3.0) as reader:
        results = list(reader.read_files([clean, bad, clean, clean, bad, clean]))
    assert [codes(r) for r in results] == [[], [case.code], [], [], [case.code], []]
    assert all(r.observations for r in results if not r.findings)


def test_a_list_of_parts_that_makes_no_sense_is_a_broken_file_and_no_crash(
    catalogue: Catalogue, rules: Rules, tmp_path: Path
) -> None:
    with Reader(catalogue, rules) as reader:
        result = reader.read_file(put(tmp_path, "x.xlsx", LISTING.build()))
    assert codes(result) == ["F05"] and "danh mục" in result.findings[0].message


def test_a_crash_is_a_finding_about_that_file_alone(clean: Path, catalogue: Catalogue, rules: Rules) -> None:
    with Reader(catalogue, rules) as reader:
        reader.read_file(clean)
        os.kill(pid(reader), signal.SIGSTOP)
        timer = threading.Timer(0.2, os.kill, (pid(reader), signal.SIGSEGV))
        timer.start()
        threading.Timer(0.3, os.kill, (pid(reader), signal.SIGCONT)).start()
        results = list(reader.read_files([clean, clean]))
    assert [codes(r) for r in results] == [["F16"], []]


def test_a_child_killed_from_outside_is_asked_again(catalogue: Catalogue, rules: Rules, clean: Path) -> None:
    with Reader(catalogue, rules) as reader:
        reader.read_file(clean)
        first = pid(reader)
        os.kill(first, signal.SIGSTOP)
        threading.Timer(0.2, os.kill, (first, signal.SIGKILL)).start()
        assert codes(reader.read_file(clean)) == [] and pid(reader) != first


def test_a_child_found_dead_is_replaced_before_the_file_is_blamed(
    catalogue: Catalogue, rules: Rules, clean: Path
) -> None:
    with Reader(catalogue, rules) as reader:
        assert reader.read_file(clean).observations
        child = reader._child
        assert child
        child.process.send_signal(signal.SIGSEGV)
        child.process.wait()
        assert reader.read_file(clean).observations


def test_silence_is_a_finding_about_that_file(catalogue: Catalogue, rules: Rules, clean: Path) -> None:
    with Reader(catalogue, rules, seconds=0.0) as reader:
        result = reader.read_file(clean)
    assert codes(result) == ["F15"] and result.stamp is None


def test_a_child_is_replaced_after_its_share_of_files(catalogue: Catalogue, rules: Rules, clean: Path) -> None:
    with Reader(catalogue, rules, files=2) as reader:
        seen = []
        for result in reader.read_files([clean] * 5):
            assert result.observations
            seen.append(pid(reader))
    assert len(set(seen)) == 3


def test_many_files_ahead_come_in_order(reader: Reader, district: Workbook, tmp_path: Path) -> None:
    paths = [
        put(tmp_path, f"{i}.xlsx", district.filled(pop_total=1000 + i).bytes() if i % 7 else b"xin chao")
        for i in range(20)
    ]
    results = list(reader.read_files([*paths, *paths]))
    told = [next((o.value for o in r.observations if o.data_element == "pop_total"), None) for r in results]
    assert told == [1000 + i if i % 7 else None for i in (*range(20), *range(20))]


def test_two_readings_at_once_do_not_mix(reader: Reader, clean: Path, tmp_path: Path) -> None:
    bad = put(tmp_path, "x", b"xin chao")
    first, second = reader.read_files([clean, bad] * 3), reader.read_files([bad, clean] * 3)
    mixed = [(codes(a), codes(b)) for a, b in zip(first, second, strict=True)]
    assert mixed == [([], ["F01"]), (["F01"], [])] * 3


def test_a_reading_left_half_done_leaves_no_answers_behind(reader: Reader, clean: Path, tmp_path: Path) -> None:
    bad = put(tmp_path, "x", b"xin chao")
    left = reader.read_files([clean, bad, bad])
    next(left)
    left.close()
    assert codes(reader.read_file(clean)) == []


def test_a_file_that_is_gone_or_special_stops_the_run(reader: Reader, tmp_path: Path, clean: Path) -> None:
    os.mkfifo(tmp_path / "fifo.xlsx")
    for name in ("khong-co.xlsx", "fifo.xlsx", "."):
        with pytest.raises(StorageError, match="not there"):
            reader.read_file(tmp_path / name)
    assert codes(reader.read_file(clean)) == []


def test_names_are_data(reader: Reader, tmp_path: Path, district: Workbook) -> None:
    data = district.filled().bytes()
    for name in ("a\nb.xlsx", "a\u202eslx.exe.xlsx", "ộ" * 83 + ".xlsx", '"}{.xlsx', os.fsdecode(b"b\xe1o.xlsx")):
        assert reader.read_file(put(tmp_path, name, data)).observations


# --- what the child may do ------------------------------------------------------------------------


def test_the_child_is_alone(reader: Reader, clean: Path) -> None:
    reader.read_file(clean)
    home = Path(f"/proc/{pid(reader)}")
    kept = {entry.split("=")[0] for entry in (home / "environ").read_text().split("\0") if entry}
    assert kept == {"PYTHONPATH", "PYTHONSAFEPATH", "LC_ALL"}
    assert not list((home / "cwd").resolve().iterdir())
    handles = [str(p.readlink()) for p in (home / "fd").iterdir()]
    assert all(handle.startswith("pipe:") for handle in handles), handles


CONFINED = """
import os, signal, socket, subprocess, sys
from etl.read import sandbox
sandbox.apply_limits()
if not sandbox.forbid_system_calls():
    sys.exit(3)
def refused(what):
    try:
        what()
    except OSError:
        return True
    return False
print([refused(what) for what in (
    lambda: socket.socket(socket.AF_INET), lambda: socket.socket(socket.AF_UNIX), lambda: socket.socketpair(),
    os.fork, lambda: os.execv("/bin/true", ["true"]), lambda: os.kill(os.getppid(), 0),
    lambda: open(sys.argv[1], "a"), lambda: open(sys.argv[1], "w"), lambda: open(sys.argv[1] + "2", "x"),
    lambda: os.unlink(sys.argv[1]), lambda: os.rename(sys.argv[1], "y"), lambda: os.mkdir(sys.argv[1] + "3"),
    lambda: os.chmod(sys.argv[1], 0), lambda: os.truncate(sys.argv[1], 0), lambda: os.symlink("a", sys.argv[1] + "4"),
)], open(sys.argv[1]).read(), flush=True)
os.abort()
"""


def test_the_child_can_reach_nothing(tmp_path: Path) -> None:
    target = put(tmp_path, "target", b"whole")
    done = subprocess.run(
        [sys.executable, "-c", CONFINED, target], check=False, capture_output=True, text=True, timeout=60
    )
    if done.returncode == 3:
        pytest.skip("this system has no filter of system calls")
    assert done.stdout.split("]")[0] == "[" + ", ".join(["True"] * 15)
    assert done.stdout.endswith("] whole\n") and done.returncode == -signal.SIGABRT
    assert sorted(p.name for p in tmp_path.iterdir()) == ["target"] and target.read_bytes() == b"whole"


# --- the message ----------------------------------------------------------------------------------


RAW = RawReadResult(
    FormStamp("f", "1", "612", "2024Q3"),
    [RawFinding("S09", "B1", "F8", "x", (("expected", "“y”"),))],
    [
        [("value", 1.5, "", "1,5"), ("missing", None, "", ""), ("zero", 0.0, "", "")],
        None,
        [("invalid_number", None, "", "mười")],
    ],
    [None, None, ("B3 (2)", ["C9"])],
)


def test_a_message_says_what_was_read() -> None:
    answer = ipc_protocol.decode(ipc_protocol.encode(RAW))
    assert answer.stamp == RAW.stamp and list(answer.findings) == RAW.findings
    first, gap, last = answer.sheets
    assert first and last and gap is None
    assert (first.numbers, first.raws, first.texts) == ([1.5, None, 0.0], {0: "1,5"}, {})
    assert [s.value for s in (*first.states, *last.states)] == ["value", "missing", "zero", "invalid"]


def test_a_message_that_does_not_fit_together_is_no_answer() -> None:
    good = ipc_protocol.encode(RAW)
    about = json.loads(good[8 : 8 + int.from_bytes(good[:4], "little")])
    for spoilt in (
        good[:-1],
        good + b"1",
        good[:3],
        ipc_protocol._build_message(about | {"sheets": [{"cells": 9}]}, b""),
    ):
        with pytest.raises((ValueError, KeyError, TypeError, IndexError, struct.error)):
            ipc_protocol.decode(spoilt)


def test_no_handle_and_no_folder_is_left_in_the_parent(catalogue: Catalogue, rules: Rules, clean: Path) -> None:
    handles = Path("/proc/self/fd")
    before = len(list(handles.iterdir()))
    with Reader(catalogue, rules) as reader:
        reader.read_file(clean)
        folder = Path(f"/proc/{pid(reader)}/cwd").resolve()
    assert len(list(handles.iterdir())) == before and not folder.exists()
