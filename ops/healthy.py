"""A container's health check: `python -m ops.healthy http://api-server:8080 scheduler`.

Asks Airflow's API, which costs less than starting `airflow jobs check` every time. Exit code 0 healthy, 1 not.
"""

from __future__ import annotations

import sys

from ops.airflow_api import AirflowClient

DATABASE = "metadatabase"


def is_component_healthy(address: str, component: str = DATABASE) -> bool:
    """Whether a component (`scheduler`, `dag_processor`, `triggerer`) says of itself that it is well."""
    state = AirflowClient(address, "", "").fetch_health().get(component) or {}
    return bool(state.get("status") == "healthy")


if __name__ == "__main__":
    sys.exit(0 if is_component_healthy(*sys.argv[1:]) else 1)
