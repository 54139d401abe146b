"""A container's health check: `python -m ops.healthy http://api-server:8080 scheduler`.

Asks Airflow's API, which costs less than starting `airflow jobs check` every time. Exit code 0 healthy, 1 not.
"""

from __future__ import annotations

import sys

from ops.rest import Airflow

DATABASE = "metadatabase"


def healthy(address: str, component: str = DATABASE) -> bool:
    """Whether a component (`scheduler`, `dag_processor`, `triggerer`) says of itself that it is well."""
    state = Airflow(address, "", "").health().get(component) or {}
    return bool(state.get("status") == "healthy")


if __name__ == "__main__":
    sys.exit(0 if healthy(*sys.argv[1:]) else 1)
