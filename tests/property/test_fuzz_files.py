"""Whatever bytes arrive, each file ends in accepted or refused with a code, and in nothing else.

Thousands of cases a run: bits, cuts, swaps, edits inside the parts of a workbook, zips and compound files made up
from nothing. Set FUZZ_SEED to repeat a run; the seed is printed with every failure and in the session's output.
"""

# ruff: noqa: S311 - chance is what is wanted here

from __future__ import annotations

import os
import random
import signal
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from etl.catalog import Catalogue, load_catalogue
from etl.catalog.rules import Rules, load_rules
from etl.model import CellState, ReadResult
from etl.read import Reader, ipc_protocol
from etl.read.preflight import CheckedFile, RawFinding, check_file_bytes
from etl.read.worker import read_untrusted_workbook
from etl.settings import PROJECT_ROOT
from tests import hostile
from tests.builders import Workbook

SEED = int(os.environ.get("FUZZ_SEED") or random.SystemRandom().randrange(2**32))
TROUBLED = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
IN_PROCESS_CASES, SANDBOXED_CASES, HEADERS = 2400, 400, 800
SECONDS = 10  # for one file in this process; the child has its own limits


@pytest.fixture(scope="module", autouse=True)
def said(request: pytest.FixtureRequest) -> None:
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        sys.stdout.write(f"\nFUZZ_SEED={SEED}\n")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(PROJECT_ROOT / "catalog")


@pytest.fixture(scope="module")
def rules() -> Rules:
    return load_rules(PROJECT_ROOT / "expectations")


@pytest.fixture(scope="module")
def whole(catalogue: Catalogue) -> bytes:
    """A small faultless workbook: more cases in the same time."""
    return Workbook(catalogue, "ty-commune-quarter", "07339", "2024Q2").filled().bytes()


# --- what is done to a file -----------------------------------------------------------------------

Change = Callable[[bytes, random.Random], bytes]


def flip(data: bytes, draw: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 8, 64))):
        out[draw.randrange(len(out))] ^= 1 << draw.randrange(8)
    return bytes(out)


def cut(data: bytes, draw: random.Random) -> bytes:
    return data[: draw.randrange(len(data))]


def swap(data: bytes, draw: random.Random) -> bytes:
    a, b, c = sorted(draw.randrange(len(data)) for _ in range(3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def double(data: bytes, draw: random.Random) -> bytes:
    a, b = sorted(draw.randrange(len(data)) for _ in range(2))
    return data[:b] + data[a:]


def _parts(data: bytes) -> dict[str, bytes]:
    source = zipfile.ZipFile(BytesIO(data))
    return {name: source.read(name) for name in source.namelist()}


TOKENS = (
    b"<", b">", b"/", b'"', b"&", b"&#0;", b"]]>", b"<!--", b"-1", b"99999999999999999999", b"1e999", b"NaN", b"\xff",
    b"<c r=\"XFD1048576\"><v>1</v></c>", b'r="xfd9999"', b'r="A0"', b't="s"', b't="e"', b't="d"', b"<v>9999999</v>",
    b"<f>1/0</f>", b"<row>", b"</row>", b"<c>", b"</c>", b"<is><t>", b'<dimension ref="A1:ZZZ9"/>', b"\0", b"",
)  # fmt: skip


def edit(data: bytes, draw: random.Random) -> bytes:
    """Edits inside one part, zipped again as it should be."""
    parts = _parts(data)
    name = draw.choice(list(parts))
    text = parts[name]
    for _ in range(draw.choice((1, 1, 3, 20))):
        at = draw.randrange(len(text) + 1)
        text = text[:at] + draw.choice(TOKENS) + text[at + draw.choice((0, 1, 5, 50)) :]
    return hostile.zipped(parts | {name: text})


def spoil_part(data: bytes, draw: random.Random) -> bytes:
    """The byte-wise changes, but inside a part, so that the zip itself stays whole."""
    parts = _parts(data)
    name = draw.choice([n for n in parts if parts[n]])
    return hostile.zipped(parts | {name: draw.choice((flip, cut, swap, double))(parts[name], draw)})


def lose(data: bytes, draw: random.Random) -> bytes:
    """A part lost, or two exchanged."""
    parts = _parts(data)
    a, b = draw.sample(list(parts), 2)
    if draw.random() < 0.5:
        del parts[a]
    else:
        parts[a], parts[b] = parts[b], parts[a]
    return hostile.zipped(parts)


def made_up(_: bytes, draw: random.Random) -> bytes:
    """A zip with the right names and any content."""
    names = (
        "xl/workbook.xml",
        "xl/worksheets/sheet1.xml",
        "xl/sharedStrings.xml",
        "xl/styles.xml",
        "content.xml",
        "a/../b",
    )
    made = {name: draw.choice(TOKENS) * draw.randrange(50) for name in draw.sample(names, draw.randrange(1, 6))}
    return hostile.zipped(made, stored=draw.random() < 0.5)


def records(_: bytes, draw: random.Random) -> bytes:
    """An old workbook of random records, sometimes spoilt outside them."""
    kinds = (0x0203, 0x00FD, 0x00FC, 0x0085, 0x0006, 0x01AE, 0x0200, 0x00BD, 0x0031, 0x0018, draw.randrange(2**16))
    made = [(draw.choice(kinds), draw.randbytes(draw.randrange(60))) for _ in range(draw.randrange(30))]
    data = hostile.xls(*made)
    return flip(data, draw) if draw.random() < 0.3 else data


CHANGES: tuple[Change, ...] = (flip, cut, swap, double, edit, edit, spoil_part, spoil_part, lose, made_up, records)


def mangled(data: bytes, draw: random.Random) -> bytes:
    change = draw.choice(CHANGES)
    return change(data, draw) or b"\0"


# --- what must be true ----------------------------------------------------------------------------


@contextmanager
def within(seconds: int) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError(f"more than {seconds} s for one file")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def outcome(result: ReadResult, known: Rules) -> str:
    """How a file ended; fails where that is neither accepted nor refused with a code."""
    for finding in result.findings:
        assert finding.code in known.by_code and finding.message and finding.hint
    refused = [f.code for f in result.findings if f.level == "refuse"]
    if refused:
        return refused[0]
    assert result.stamp and result.observations, "nothing wrong was said, and nothing was read"
    assert all((o.value is None) or o.state is not CellState.MISSING for o in result.observations)
    return "accepted"


@seed(SEED)
@settings(TROUBLED, max_examples=HEADERS)
@given(start=st.sampled_from((b"", b"PK\x03\x04", b"PK\x05\x06", hostile.OLE)), rest=st.binary(max_size=1500))
def test_any_bytes_are_decided_before_a_parser_sees_them(start: bytes, rest: bytes) -> None:
    with within(SECONDS):
        decided = check_file_bytes(start + rest)
    assert isinstance(decided, RawFinding) and decided.code.startswith("F")


@seed(SEED)
@settings(TROUBLED, max_examples=HEADERS)
@given(
    at=st.integers(0, 2047), value=st.binary(min_size=1, max_size=8), body=st.binary(max_size=200),
    kind=st.sampled_from((0x0203, 0x00FC, 0x0085, 0x01AE)),
)  # fmt: skip
def test_any_compound_header_is_decided(at: int, value: bytes, body: bytes, kind: int) -> None:
    data = hostile.xls((kind, body))
    with within(SECONDS):
        decided = check_file_bytes(data[:at] + value + data[at + len(value) :])
    assert isinstance(decided, CheckedFile) or decided.code.startswith("F")


def test_every_mangled_workbook_ends_in_an_answer(whole: bytes, catalogue: Catalogue, rules: Rules) -> None:
    """In this process, so only what passes the pre-flight without far cells: no parser may make this process die."""
    draw, ends = random.Random(SEED), Counter[str]()
    for i in range(IN_PROCESS_CASES):
        data = mangled(whole, draw)
        with within(SECONDS):
            decided = check_file_bytes(data)
            if isinstance(decided, RawFinding):
                ends[decided.code] += 1
                continue
            if b"xfd9999" in decided.data:  # the parser would make room for it: the child's business
                continue
            raw = read_untrusted_workbook(data, "a.xlsx", catalogue)
        answer = ipc_protocol.decode(ipc_protocol.encode(raw))
        codes = [t.code for t in answer.findings if rules.by_code[t.code].level == "refuse"]
        assert codes or answer.stamp, f"FUZZ_SEED={SEED} case {i}"
        ends[codes[0] if codes else "read"] += 1
    assert ends["read"] and len(ends) > 5, (SEED, ends)


def test_a_sample_through_the_real_reader(whole: bytes, catalogue: Catalogue, rules: Rules, tmp_path: Path) -> None:
    draw, paths = random.Random(SEED + 1), []
    for i in range(SANDBOXED_CASES):
        paths.append(tmp_path / f"{i}.xlsx")
        paths[-1].write_bytes(whole if i % 25 == 0 else mangled(whole, draw))
    with Reader(catalogue, rules) as reader:
        results = list(reader.read_files(paths))
    ends = [outcome(result, rules) for result in results]
    assert set(ends[::25]) == {"accepted"}, (SEED, Counter(ends))
