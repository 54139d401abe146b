"""The read room: bytes of a workbook → observations with sheet and cell.

Called by steps. Never opens a foreign file in the caller's own process: `Reader` keeps a child process
with limits on memory, time and CPU. Never touches the database or the clock.
"""

from etl.read.reader import Reader

__all__ = ["Reader"]
