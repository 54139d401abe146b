"""The check room: what was read + the rules of `expectations/` → verdict and findings.

Called by steps, with a batch of workbooks at a time: one Great Expectations run serves them all. Never raises
for bad data. Only `check_context` reads the database: what is known around the workbooks of a batch.
"""

from etl.check.batch import CheckedBatch, check_batch, validate_batch
from etl.check.evaluate import load_great_expectations
from etl.check.frames import History, OfficialPopulation, PeerFigures, QuarterHistory, ReadSubmission, ReportingRecord

__all__ = [
    "CheckedBatch",
    "History",
    "OfficialPopulation",
    "PeerFigures",
    "QuarterHistory",
    "ReadSubmission",
    "ReportingRecord",
    "check_batch",
    "load_great_expectations",
    "validate_batch",
]
