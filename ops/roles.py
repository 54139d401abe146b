"""The roles of an office in Airflow: who looks, who decides on documents, who keeps the system.

`python -m ops.roles FILE` writes them as `airflow roles import` reads them, in a process that has Airflow's settings;
`ops.prepare` runs it. Made of the permissions that Airflow's own roles have, so that they follow its versions. Who
keeps the system decides on no document: that takes the right to edit what waits for a person.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

READER, APPROVER, ENGINEER = "TongketReader", "TongketApprover", "TongketEngineer"
REPORT_DAGS = ("report_monthly", "report_quarterly", "report_six_nine_months", "report_annual")
"""The DAGs whose documents wait for a decision. Who decides must be allowed to edit these, as FAB asks for the right to
edit a DAG of whoever answers what waits in it."""
Permission = tuple[str, str]


def list_role_permissions() -> dict[str, list[Permission]]:
    """Role → (action, resource), in the words of Airflow's FAB auth manager."""
    from airflow.providers.fab.auth_manager.security_manager.override import FabAirflowSecurityManagerOverride as Fab
    from airflow.providers.fab.www.security.permissions import (
        ACTION_CAN_EDIT,
        RESOURCE_DAG,
        RESOURCE_HITL_DETAIL,
        resource_name,
    )

    decide = (ACTION_CAN_EDIT, RESOURCE_HITL_DETAIL)
    edit_reports = [(ACTION_CAN_EDIT, resource_name(dag, RESOURCE_DAG)) for dag in REPORT_DAGS]
    keep = [*Fab.VIEWER_PERMISSIONS, *Fab.USER_PERMISSIONS, *Fab.OP_PERMISSIONS]
    return {
        READER: [*Fab.VIEWER_PERMISSIONS],
        APPROVER: [*Fab.VIEWER_PERMISSIONS, decide, *edit_reports],
        ENGINEER: [permission for permission in keep if permission != decide],
    }


def serialize_roles(permissions: dict[str, list[Permission]]) -> str:
    """The roles as `airflow roles import` reads them."""
    actions: dict[tuple[str, str], list[str]] = defaultdict(list)
    for role, granted in permissions.items():
        for action, resource in granted:
            actions[role, resource].append(action)
    return json.dumps(
        [{"name": role, "resource": resource, "action": ",".join(of)} for (role, resource), of in actions.items()]
    )


def create_permissions(permissions: dict[str, list[Permission]]) -> None:
    """Has FAB know every permission: the import takes no other, and those on single DAGs it makes only later."""
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    with get_application_builder() as builder:
        for permission in sorted({permission for granted in permissions.values() for permission in granted}):
            builder.sm.create_permission(*permission)


if __name__ == "__main__":
    role_permissions = list_role_permissions()
    create_permissions(role_permissions)
    Path(sys.argv[1]).write_text(serialize_roles(role_permissions), encoding="utf-8")
