"""Writes a workbook in LibreOffice itself, through UNO, as somebody does who types into it.

Run by the system's own Python, which has `uno`: ``/usr/bin/python3 tests/uno_writer.py < order.json``. The order has
`source` (a workbook to open), `edits` (see `edit_cell`), and `saves`, the paths to store it under, by their ending.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.lang import Locale

FILTERS = {".xlsx": "Calc MS Excel 2007 XML", ".xls": "MS Excel 97", ".ods": "calc8"}
STYLES = {
    "super": ("CharEscapement", 33), "sub": ("CharEscapement", -33), "strike": ("CharStrikeout", 1),
    "white": ("CharColor", 0xFFFFFF), "plain": ("CharStrikeout", 0),
}  # fmt: skip
ENGLISH = Locale("en", "US", "")


def edit_cell(document, edit):
    """One cell of `sheet`, `row`, `col`: its `value` (a text with = is a formula), `format`, `runs`, and how it hides."""
    sheet = document.Sheets.getByName(edit["sheet"])
    cell = sheet.getCellByPosition(edit["col"], edit["row"])
    value = edit["value"]
    if edit["runs"]:
        cell.setString("")
        cursor = cell.createTextCursor()
        for text, style in edit["runs"]:
            cursor.gotoEnd(False)
            for name in ("CharEscapement", "CharStrikeout", "CharColor"):
                cursor.setPropertyToDefault(name)
            cursor.setPropertyValue(*STYLES[style])
            cell.insertString(cursor, text, False)
    elif isinstance(value, str) and value.startswith("="):
        cell.setFormula(value)
    elif isinstance(value, str):
        cell.setString(value)
    else:
        cell.setValue(value)
    if edit["format"] != "General":
        formats = document.NumberFormats
        key = formats.queryKey(edit["format"], ENGLISH, False)
        cell.NumberFormat = key if key >= 0 else formats.addNew(edit["format"], ENGLISH)
    for style in ("strike", "white"):
        if edit[style]:
            cell.setPropertyValue(*STYLES[style])
    if edit["merged"]:
        sheet.getCellRangeByPosition(edit["col"] - 1, edit["row"], edit["col"], edit["row"]).merge(True)


def connect(pipe):
    """LibreOffice's desktop, as soon as it listens."""
    resolver = uno.getComponentContext().ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
    while True:
        try:
            context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except NoConnectException:
            time.sleep(0.2)
        else:
            return context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)


def main():
    """The shell's door."""
    order = json.load(sys.stdin)
    with tempfile.TemporaryDirectory(prefix="tongket-uno-") as folder:
        pipe = Path(folder).name
        profile = f"-env:UserInstallation=file://{folder}/profile"
        office = subprocess.Popen(
            ["soffice", "--headless", "--norestore", f"--accept=pipe,name={pipe};urp;", profile],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        desktop = connect(pipe)
        hidden = PropertyValue("Hidden", 0, True, 0)
        document = desktop.loadComponentFromURL(Path(order["source"]).as_uri(), "_blank", 0, (hidden,))
        for edit in order["edits"]:
            edit_cell(document, edit)
        for path in map(Path, order["saves"]):
            document.storeToURL(path.as_uri(), (PropertyValue("FilterName", 0, FILTERS[path.suffix], 0),))
        document.close(True)
        desktop.terminate()
        office.wait()


if __name__ == "__main__":
    main()
