"""The annex opened on machines with other settings: what is read is the same text, whatever their decimal sign."""

from __future__ import annotations

import csv
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.report.conftest import Drafted, needs_office

SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>{locale}</value></prop></item>
</oor:items>"""
AS_SHOWN = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
"""Comma, quotes, UTF-8; cells as they are shown; every sheet a file."""


def read_as_shown(annex: Path, locale: str, folder: Path) -> dict[str, list[list[str]]]:
    """What the sheets of a workbook show on a machine with these settings."""
    profile, shown = folder / f"profile-{locale}", folder / f"shown-{locale}"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(SETTINGS.format(locale=locale), encoding="utf-8")
    program = shutil.which("soffice") or shutil.which("libreoffice")
    assert program
    command = [
        program,
        f"-env:UserInstallation={profile.as_uri()}",
        "--headless",
        "--norestore",
        "--convert-to",
        AS_SHOWN,
    ]
    subprocess.run([*command, "--outdir", str(shown), str(annex)], check=True, capture_output=True, timeout=600)
    files = {path.stem.removeprefix(f"{annex.stem}-"): path for path in shown.glob("*.csv")}
    return {name: list(csv.reader(path.read_text(encoding="utf-8").splitlines())) for name, path in files.items()}


@needs_office
def test_the_annex_reads_alike_on_vietnamese_and_american_machines(
    drafted: Callable[..., Drafted], tmp_path: Path
) -> None:
    report = drafted("kon-tum", "kt-1693", "2024")
    vietnamese, american = (read_as_shown(report.paths["annex"], locale, tmp_path) for locale in ("vi-VN", "en-US"))
    assert set(vietnamese) == set(american) == set(report.annex.sheetnames)
    for name in report.annex.sheetnames[:-1]:
        assert vietnamese[name] == american[name], name
    assert vietnamese["Dữ liệu"] != american["Dữ liệu"], "numbers follow the settings, so these took effect"
    shown = {cell for row in american["Chỉ tiêu"] for cell in row}
    area = [units[report.given.area] for units in report.facts["figures"].values()]
    printed = {f["printed"] for f in area if f["value"]["value"] is not None}
    assert {text for text in printed if "," in text} and printed <= shown
