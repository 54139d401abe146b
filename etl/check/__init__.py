"""The check room: what was read + the rules of `expectations/` → verdict and findings.

Called by steps, with a batch of workbooks at a time: one Great Expectations run serves them all. Never raises
for bad data; never touches the database.
"""

from etl.check.batch import check
from etl.check.evaluate import prepare
from etl.check.frames import Beside, History, Official, QuarterHistory, Reporting, Submitted

__all__ = ["Beside", "History", "Official", "QuarterHistory", "Reporting", "Submitted", "check", "prepare"]
