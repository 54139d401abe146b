"""Empty form fields in a published PDF, so that it can be signed and numbered without a change of its pages.

Room: report. Called by approval when it publishes. The fields stand where the Word template's bookmarks lie (`…Begin`,
`…End`), which LibreOffice writes into the PDF as named destinations. Two are for signatures; those for number, day,
month and year are there only where the draft's blanks are. The fields are made before publication, because a program
that signs may fill in fields, but a form that it adds itself would count as a change of what we published.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

_FONT = Path(__file__).parent / "fonts" / "DejaVuSerif-Digits.ttf"  # space and digits of DejaVuSerif.ttf, by pyftsubset
_FONT_BOX, _ASCENT, _DESCENT = (-770, -347, 2105, 1109), 928, -236  # in thousandths of the size
_SPACE_WIDTH, _DIGIT_WIDTH = 318, 636
_SIZE = 10.0
NUMBER_FIELDS = {"number": "SoVanBan", "day": "NgayKy", "month": "ThangKy", "year": "NamKy"}
"""Names of the text fields by the template's slots."""
SIGNATURE_FIELDS = {"NguoiCoThamQuyen": (-55.0, 115.0), "CoQuan": (-115.0, 10.0)}
"""Names of the signature fields, and how far left and right of the middle of the signer's name each reaches, in
points. The seal's begins further left and lies over a part of the person's, as the decree wants it."""
_YEAR_WORD, _YEAR_WIDTH = 0.71, 26.0  # the word before the year, to that before the month; points
_SIGNATURE_HEIGHT = 66.0  # points; the template leaves 70 above the name


@dataclass(frozen=True)
class FormBox:
    """A place that only a field of ours may use. `page` counts from 0; the box is in points, from the lower left."""

    field: str
    page: int
    box: tuple[float, float, float, float]


def add_form_fields(data: bytes, *, numbered: bool) -> bytes:
    """The PDF with its empty fields; the same file gives the same bytes. Without bookmarks it stays as it is.

    One that is `numbered` already has fields for signatures only.
    """
    import pikepdf

    with pikepdf.open(BytesIO(data)) as pdf:
        boxes = _find_boxes(pdf, numbered=numbered)
        if not boxes:
            return data
        font = _embed_font(pdf)
        fields = pikepdf.Array([_add_field(pdf, box, font) for box in boxes])
        pdf.Root.AcroForm = pdf.make_indirect(
            pikepdf.Dictionary(
                Fields=fields,
                SigFlags=3,
                DR=pikepdf.Dictionary(Font=pikepdf.Dictionary(So=font)),
                DA=pikepdf.String(_DEFAULT_LOOK),
            )
        )
        target = BytesIO()
        pdf.save(target, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return target.getvalue()


def list_form_boxes(data: bytes) -> list[FormBox]:
    """The boxes of all form fields of a PDF."""
    import pikepdf

    with pikepdf.open(BytesIO(data)) as pdf:
        return [
            FormBox(str(note.get("/T", "")), number, tuple(float(edge) for edge in note.Rect))  # type: ignore[arg-type]
            for number, page in enumerate(pdf.pages)
            for note in page.get("/Annots", ())
            if note.get("/Subtype") == "/Widget"
        ]


_DEFAULT_LOOK = f"/So {_SIZE:g} Tf 0 g"


def _find_boxes(pdf: Any, *, numbered: bool) -> list[FormBox]:
    marks = {str(name)[1:]: list(target) for name, target in pdf.Root.get("/Dests", {}).items()}
    pages = {page.objgen: number for number, page in enumerate(pdf.pages)}
    boxes = []
    for slot, field in () if numbered else NUMBER_FIELDS.items():
        place = _find_place(marks, pages, slot)
        if place:
            page, left, right, top = place
            boxes.append(FormBox(field, page, (left, top - _SIZE - 4, right, top)))
    place = _find_place(marks, pages, "signer")
    if boxes and boxes[-1].field != NUMBER_FIELDS["year"]:
        boxes += _place_year_box(boxes)
    if place:
        page, left, right, top = place
        middle = (left + right) / 2
        for field, (to_left, to_right) in SIGNATURE_FIELDS.items():
            boxes.append(FormBox(field, page, (middle + to_left, top, middle + to_right, top + _SIGNATURE_HEIGHT)))
    return boxes


def _place_year_box(boxes: list[FormBox]) -> list[FormBox]:
    """The year's box, beside those of day and month: LibreOffice 7.4 loses the marks at the right end of the line."""
    known = {box.field: box for box in boxes}
    day, month = known.get(NUMBER_FIELDS["day"]), known.get(NUMBER_FIELDS["month"])
    if day is None or month is None:
        return []
    _, bottom, right, top = month.box
    left = right + _YEAR_WORD * (month.box[0] - day.box[2])
    return [FormBox(NUMBER_FIELDS["year"], month.page, (left, bottom, left + _YEAR_WIDTH, top))]


def _find_place(
    marks: dict[str, list[Any]], pages: dict[Any, int], slot: str
) -> tuple[int, float, float, float] | None:
    """Page, left, right and top of what lies between the two marks of a slot; None where one of them is missing."""
    begin, end = marks.get(f"{slot}Begin"), marks.get(f"{slot}End")
    if begin is None or end is None:
        return None
    return pages[begin[0].objgen], float(begin[2]), float(end[2]), float(begin[3])


def _add_field(pdf: Any, box: FormBox, font: Any) -> Any:
    """A field that is its own widget, with an empty appearance, on its page."""
    import pikepdf

    left, bottom, right, top = box.box
    look = pdf.make_stream(b"")
    look.Type, look.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
    look.BBox = pikepdf.Array([0, 0, right - left, top - bottom])
    look.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(So=font))
    field = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot,
        Subtype=pikepdf.Name.Widget,
        T=pikepdf.String(box.field),
        F=4,  # printed
        Rect=pikepdf.Array(box.box),
        P=pdf.pages[box.page].obj,
        AP=pikepdf.Dictionary(N=look),
    )
    if box.field in SIGNATURE_FIELDS:
        field.FT = pikepdf.Name.Sig
    else:
        field.FT, field.DA, field.Q = pikepdf.Name.Tx, pikepdf.String(_DEFAULT_LOOK), 1
    page = pdf.pages[box.page].obj
    kept = pdf.make_indirect(field)
    page.Annots = pikepdf.Array([*page.get("/Annots", ()), kept])
    return kept


def _embed_font(pdf: Any) -> Any:
    """The font of the text fields: a viewer may have none, and PDF/A wants it in the file."""
    import pikepdf

    data = _FONT.read_bytes()
    file = pdf.make_stream(data)
    file.Length1 = len(data)
    name = pikepdf.Name("/TKTDIG+DejaVuSerif")
    descriptor = pikepdf.Dictionary(
        Type=pikepdf.Name.FontDescriptor, FontName=name, Flags=34, FontBBox=pikepdf.Array(_FONT_BOX), ItalicAngle=0,
        Ascent=_ASCENT, Descent=_DESCENT, CapHeight=_ASCENT, StemV=80, FontFile2=file,
    )  # fmt: skip
    first, last = ord(" "), ord("9")
    widths = [_SPACE_WIDTH, *[0] * (ord("0") - first - 1), *[_DIGIT_WIDTH] * 10]
    return pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.TrueType, BaseFont=name, FirstChar=first, LastChar=last,
            Widths=pikepdf.Array(widths), Encoding=pikepdf.Name.WinAnsiEncoding,
            FontDescriptor=pdf.make_indirect(descriptor),
        )
    )  # fmt: skip
