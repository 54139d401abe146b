"""The returns room: a verdict → the workbook that goes back to the sender. Decides nothing.

Called by steps. A file with findings goes back as the sender's own workbook, its cells marked and commented and a
first sheet *Kết quả kiểm tra* in front (*tra-lai* if refused, *bien-nhan* if accepted); nothing else in it changes.
A file without findings, or one that cannot be annotated, is answered by that sheet alone. Same answer, same bytes.
"""

from etl.returns.answer import (
    SubmissionAnswer,
    ValueChange,
    build_answer_path,
    locate_answer,
)
from etl.returns.answer_workbook import render_answer_workbook, write_answer

__all__ = [
    "SubmissionAnswer",
    "ValueChange",
    "build_answer_path",
    "locate_answer",
    "render_answer_workbook",
    "write_answer",
]
