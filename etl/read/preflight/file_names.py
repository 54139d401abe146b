"""What a file's name says, and whether its content agrees. A name is data: nothing is opened by it here."""

from __future__ import annotations

from etl.read.preflight.limits import FileKind, RawFinding

_LOCKS = ("~$", ".~lock.")
_PARTIAL = (".tmp", ".part", ".partial", ".crdownload", ".download")
_ENDINGS = ("xlsx", "xlsm", "xlsb", "xls", "ods")


def check_file_name(name: str) -> RawFinding | None:
    """Refuses what a program left beside a workbook: locks, and downloads that are not done."""
    return RawFinding("F12", value=name) if name.startswith(_LOCKS) or name.lower().endswith(_PARTIAL) else None


def check_file_ending(name: str, kind: FileKind) -> RawFinding | None:
    """A note if a workbook bears the ending of another format. Other endings, or none, say nothing."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    alike = {ending, kind} <= {"xlsx", "xlsm"}
    if ending not in _ENDINGS or ending == kind or alike:
        return None
    return RawFinding("F09", value=name, slots=(("found", f".{ending}"), ("expected", f".{kind}")))
