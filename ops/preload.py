"""Imported by Celery, as its setting `imports` says: what tasks need, once in the worker that they are forked from.

`ops.environment.PRELOADED` for Celery, as the fork server has it for LocalExecutor: a task would otherwise spend
seconds on it. Celery's other commands, such as the worker's health check, import this too, and need none of it.
"""

from __future__ import annotations

import importlib
import sys

from ops.environment import PRELOADED

if "worker" in sys.argv:
    for _name in PRELOADED:
        importlib.import_module(_name)
