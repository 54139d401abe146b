"""The feedback room: what is known of a unit's reporting → one page for the unit, so that data go back down.

Called by steps. It prints what it is given: it computes no figure and decides nothing, and knows no database. Same
value, same bytes.
"""

from etl.feedback.given import Comparison, Counts, Feedback, FormState, Line, Mended, Sent, Share
from etl.feedback.mended import counts, gone, mended, to_do
from etl.feedback.page import path_of, workbook, write

__all__ = [
    "Comparison",
    "Counts",
    "Feedback",
    "FormState",
    "Line",
    "Mended",
    "Sent",
    "Share",
    "counts",
    "gone",
    "mended",
    "path_of",
    "to_do",
    "workbook",
    "write",
]
