"""Examples of the codes that a file gets before its cells are looked at: F01 to F18."""

from __future__ import annotations

from etl.catalog import Catalogue
from tests import hostile
from tests.examples import Case, Example

_FIRST = {case.code: case for case in reversed(hostile.CASES)} | {"F13": hostile.MEMORY}
_READER, _RECEIVE = "tests/unit/rooms/test_reader.py", "tests/unit/rooms/test_receive.py"


def _sound(_: Catalogue) -> bytes:
    return hostile.issued()


def _file(code: str) -> Case:
    found = _FIRST[code]
    return Case(found.fault, lambda _: found.build(), name=found.name)


_PASSES = Case("an issued form, filled in", _sound)

EXAMPLES = [
    *(Example(code, _file(code), _PASSES) for code in sorted(_FIRST)),
    Example("F14", Case("as many cells as may be, and little time", _sound,
                        shown_by=f"{_READER}::test_a_file_that_ends_the_child_is_a_finding_about_that_file_alone"),
            _PASSES),
    Example("F15", Case("the reading process keeps silent", _sound,
                        shown_by=f"{_READER}::test_silence_is_a_finding_about_that_file"), _PASSES),
    Example("F16", Case("the reading process ends by itself", _sound,
                        shown_by=f"{_READER}::test_a_crash_is_a_finding_about_that_file_alone"), _PASSES),
    Example("F17", Case("a link, a pipe or a socket in the inbox", _sound,
                        shown_by=f"{_RECEIVE}::test_links_and_special_files_go_to_quarantine_unopened"), _PASSES),
    Example("F18", Case("a file above the inbox's cap", _sound,
                        shown_by=f"{_RECEIVE}::test_a_file_far_too_large_is_not_hashed"), _PASSES),
]  # fmt: skip
