"""No text can hang a rule: every regular expression of the product is tried on texts that are made to make it go back.

Each pattern is parsed; for each of its unbounded repetitions a text is built that leads up to it, repeats what it takes
many thousand times, and then does not go on as the pattern wants. What takes steps by the square of the length, or
worse, runs out of a budget of computing time (not of the clock's): half of what the plainest square takes on the same
machine, some hundred times what any linear pattern needs. A square so flat that a cell's whole length stays within it
does no harm.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import itertools
import pkgutil
import re
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from types import FrameType, ModuleType
from typing import Any

import pytest

import etl

LENGTH = 20_000  # a cell holds 32,767 signs
PLAINEST_SQUARE = re.compile(r"\s+$")
SIGNS = "a0 .,-<&\"'(:/Aạ\n\t\\=\xa0"
TAILS = ("\x01", "\x01>", "")
ANCHORED, SEARCHING = {"fullmatch", "match"}, {"search", "findall", "finditer", "sub", "subn", "split"}


class OutOfStepsError(Exception):
    """A match used up its budget of computing."""


@dataclass(frozen=True)
class Used:
    """A pattern, and whether it is also looked for inside a text, not only held against all or the beginning of it."""

    pattern: re.Pattern[Any]
    is_searched: bool


def list_patterns() -> dict[str, Used]:
    """Every pattern of `etl`: those kept by modules and classes, and those written where they are used."""
    modules = [importlib.import_module(info.name) for info in pkgutil.walk_packages(etl.__path__, "etl.")]
    calls = {module: list(_list_matching_calls(module)) for module in modules}
    methods = {(ast.unparse(of), method) for made in calls.values() for of, method, _ in made}
    held = {name for name, method in methods if method in ANCHORED}
    searched = {name for name, method in methods if method in SEARCHING}
    found: dict[str, Used] = {}
    for module in modules:
        for name, value in vars(module).items():
            for pattern in _find_patterns(value, module.__name__):
                is_searched = name in searched or name not in held
                found.setdefault(f"{pattern.pattern!r} of {module.__name__}", Used(pattern, is_searched))
        for of, method, written in calls[module]:
            if _is_re(of) and isinstance(written, ast.Constant):
                used = Used(re.compile(written.value), method in SEARCHING)
                found.setdefault(f"{written.value!r} of {module.__name__}", used)
    return found


def _list_matching_calls(module: ModuleType) -> Iterator[tuple[ast.expr, str, ast.expr | None]]:
    """What each call is made of that may match: of what, its method, its first argument.

    Each process of a run collects the tests: naming every call there is would take seconds of each.
    """
    for call in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            of, method = call.func.value, call.func.attr
            if _is_re(of) or method in ANCHORED | SEARCHING:
                yield of, method, call.args[0] if call.args else None


def _is_re(of: ast.expr) -> bool:
    """Whether it is `re`, or made by a call of it."""
    while isinstance(of, ast.Attribute | ast.Call):
        of = of.value if isinstance(of, ast.Attribute) else of.func
    return isinstance(of, ast.Name) and of.id == "re"


def _find_patterns(value: Any, module: str, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict | list | tuple | set | frozenset) and depth < 3:
        for part in itertools.chain(value.values() if isinstance(value, dict) else (), value):
            yield from _find_patterns(part, module, depth + 1)
    elif isinstance(value, type) and value.__module__ == module and depth < 2:
        for part in vars(value).values():
            yield from _find_patterns(part, module, depth + 1)


# --- texts that make a pattern go back --------------------------------------------------------------


def build_attacks(pattern: re.Pattern[Any]) -> set[str]:
    """For each repetition without end: what leads up to it, what it takes many times over, and a bad end."""
    tree = parser.parse(pattern.pattern, pattern.flags)
    attacks = set()
    for lead, body in _find_repetitions(list(tree), ""):
        pumps = {_write_sample(body)} | {sign for sign in SIGNS if _takes(body, sign, pattern)}
        for pump, tail in itertools.product(pumps, TAILS):
            if pump:
                attacks.add(lead + pump * (LENGTH // len(pump)) + tail)
    return attacks


def _find_repetitions(tree: Iterable[Any], lead: str) -> Iterator[tuple[str, Any]]:
    for code, argument in tree:
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            _, most, body = argument
            if most == codes.MAXREPEAT or most > 100:
                yield lead, body
            yield from _find_repetitions(body, lead)
        elif code is codes.SUBPATTERN:
            yield from _find_repetitions(argument[3], lead)
        elif code is codes.ATOMIC_GROUP:
            yield from _find_repetitions(argument, lead)
        elif code is codes.BRANCH:
            for branch in argument[1]:
                yield from _find_repetitions(branch, lead)
        elif code in (codes.ASSERT, codes.ASSERT_NOT):
            yield from _find_repetitions(argument[1], lead)
        lead += _write_sample([(code, argument)])


def _write_sample(tree: Iterable[Any]) -> str:
    """A short text that a part of a pattern takes."""
    written = ""
    for code, argument in tree:
        if code is codes.LITERAL:
            written += chr(argument)
        elif code is codes.NOT_LITERAL:
            written += next(sign for sign in "ab" if ord(sign) != argument)
        elif code is codes.ANY:
            written += "a"
        elif code is codes.IN:
            written += _pick_sign(argument)
        elif code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            written += _write_sample(argument[2]) * max(1, min(argument[0], 3))
        elif code is codes.SUBPATTERN:
            written += _write_sample(argument[3])
        elif code is codes.ATOMIC_GROUP:
            written += _write_sample(argument)
        elif code is codes.BRANCH:
            written += _write_sample(argument[1][0])
    return written


def _pick_sign(members: Any) -> str:
    for sign in (*SIGNS, *map(chr, range(33, 0x2000))):
        if _is_member(members, sign):
            return sign
    return ""


def _is_member(members: Any, sign: str) -> bool:
    negated, number = False, ord(sign)
    for code, argument in members:
        if code is codes.NEGATE:
            negated = True
        elif (code is codes.LITERAL and argument == number) or (
            code is codes.RANGE and argument[0] <= number <= argument[1]
        ):
            return not negated
        elif code is codes.CATEGORY:
            kinds = {
                codes.CATEGORY_DIGIT: sign.isdigit(), codes.CATEGORY_SPACE: sign.isspace(),
                codes.CATEGORY_WORD: sign.isalnum() or sign == "_",
            }  # fmt: skip
            kinds |= {
                codes.CATEGORY_NOT_DIGIT: not kinds[codes.CATEGORY_DIGIT],
                codes.CATEGORY_NOT_SPACE: not kinds[codes.CATEGORY_SPACE],
                codes.CATEGORY_NOT_WORD: not kinds[codes.CATEGORY_WORD],
            }
            if kinds[argument]:
                return not negated
    return negated


def _takes(body: Any, sign: str, pattern: re.Pattern[Any]) -> bool:
    """Whether one sign may be all that a repetition takes in one turn: of a class, or of one of its branches."""
    parts = list(body)
    for code, argument in parts:
        if code is codes.ANY or (code is codes.NOT_LITERAL and ord(sign) != argument):
            return True
        if (code is codes.IN and _is_member(argument, sign)) or (code is codes.LITERAL and argument == ord(sign)):
            return True
        nested = argument[3] if code is codes.SUBPATTERN else None
        if nested is not None and _takes(nested, sign, pattern):
            return True
        if code is codes.BRANCH and any(_takes(branch, sign, pattern) for branch in argument[1]):
            return True
    return False


@contextmanager
def limit_computing(seconds: float) -> Iterator[None]:
    """Raises OutOfStepsError where the block takes more of the processor than that; matching is interrupted too."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise OutOfStepsError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@functools.cache
def measure_budget() -> float:
    """Half of the computing time, in seconds, that the plainest square takes for a text of the length tried."""
    begun = time.process_time()
    PLAINEST_SQUARE.search(" " * LENGTH + TAILS[0])
    return (time.process_time() - begun) / 2


PATTERNS = list_patterns()


def find_hanging(used: Used) -> str:
    """How a pattern hangs, empty if it does not."""
    pattern = used.pattern
    for attack in sorted(build_attacks(pattern)):
        text: Any = attack.encode("utf-8", "replace") if isinstance(pattern.pattern, bytes) else attack
        for use in (pattern.fullmatch, pattern.search) if used.is_searched else (pattern.fullmatch, pattern.match):
            try:
                with limit_computing(measure_budget()):
                    use(text)
            except OutOfStepsError:
                return f"{use.__name__} of {attack[:30]!r}…{attack[-12:]!r}"
    return ""


def test_there_are_patterns_to_try_and_they_are_attacked() -> None:
    assert len(PATTERNS) > 120
    assert sum(bool(build_attacks(used.pattern)) for used in PATTERNS.values()) > 60


@pytest.mark.parametrize("bad", [r"(a+)+$", PLAINEST_SQUARE.pattern, r"(\d+,?)*;"])
def test_a_pattern_that_goes_back_is_found(bad: str) -> None:
    assert find_hanging(Used(re.compile(bad), is_searched=True))


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_no_text_hangs_a_pattern(name: str) -> None:
    assert find_hanging(PATTERNS[name]) == ""
