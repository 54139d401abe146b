"""Imported once, in the process that Airflow's tasks are forked from: the project's own modules, and its catalogue.

Each task would otherwise spend a third of a second of processor time on them. The catalogue and the rules are read
again by a task that finds them changed; a change of code needs a restart.
"""

from __future__ import annotations

import datetime as dt
import gc
import importlib
import pkgutil
from contextlib import suppress

import etl
from etl import settings, steps
from etl.catalog.calendar import is_working_day
from etl.catalog.rules import load_rules
from etl.errors import TongketError

_SHELL = ("etl.__main__", "etl.cli")

for _module in pkgutil.walk_packages(etl.__path__, "etl."):
    if not _module.name.startswith(_SHELL):
        importlib.import_module(_module.name)

# What is wrong here is said by the task that needs it, where somebody reads it.
with suppress(TongketError, OSError):
    steps.list_scopes()
    load_rules(settings.load_settings().expectations)
for _year in range(2023, dt.date.today().year + 2):
    is_working_day((), dt.date(_year, 1, 1))

# All of this lives as long as the process: no task need look for garbage in it, and copy its pages by looking.
gc.collect()
gc.freeze()
