"""The page inside Airflow: mounts `etl.page` at `/tongket`, with Airflow's login and roles, in its navigation,
and as a tab on each DAG, run and task.

Every process of Airflow imports this file, so the page itself is built at the first request, in the api-server alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from airflow.plugins_manager import AirflowPlugin

ADDRESS = "/tongket"
# The DAG that asks about the reports of a cadence: who may edit what waits for a person in it may decide here.
DAG_OF_CADENCE = {
    "month": "report_monthly",
    "quarter": "report_quarterly",
    "half": "report_six_nine_months",
    "nine_months": "report_six_nine_months",
    "year": "report_annual",
}
# What a DAG's work is seen on; of the others, how the installation does.
PAGE_OF_DAG = {
    **dict.fromkeys(DAG_OF_CADENCE.values(), "documents?shown=all&period={key}"),
    "attain": "scorecard?period={key}",
    **dict.fromkeys(("calendar", "open_period", "intake", "mail_door", "remind"), ""),
}


def build_app() -> Any:
    """The page, with Airflow's own login on every route."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import AccessView, DagAccessEntity, DagDetails
    from airflow.api_fastapi.core_api.security import get_user, requires_access_view
    from airflow.configuration import conf
    from fastapi import Depends

    from etl.page.page_app import build_page_app
    from etl.page.page_login import PageUser

    def authenticate(
        user: Any = Depends(get_user),  # noqa: B008 - how FastAPI names a dependency
        _: Any = Depends(requires_access_view(AccessView.WEBSITE)),  # noqa: B008
    ) -> PageUser:
        def may_decide(cadence: str) -> bool:
            return get_auth_manager().is_authorized_dag(
                method="PUT",
                access_entity=DagAccessEntity.HITL_DETAIL,
                details=DagDetails(id=DAG_OF_CADENCE[cadence]),
                user=user,
            )

        return PageUser(str(user.get_name() or user.get_id()), may_decide)

    return build_page_app(authenticate, conf.get_mandatory_value("api", "secret_key"), find_page_path, find_run_path)


def find_page_path(dag: str, run: str) -> str:
    """The page that shows what a DAG does; where a run has a period as its key, that period's."""
    from airflow.models import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        query = select(DagRun.partition_key).where(DagRun.dag_id == dag, DagRun.run_id == run)
        key = session.scalar(query) or ""
    return PAGE_OF_DAG.get(dag, "operations").format(key=quote(key))


def find_run_path(dag: str, at: datetime) -> str:
    """The page of the run of a DAG that was at work at a moment; its list of runs where none is on record any more."""
    from airflow.models import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    begun = select(DagRun.run_id).where(DagRun.dag_id == dag, DagRun.start_date <= at)
    with create_session() as session:
        run = session.scalar(
            begun.where((DagRun.end_date >= at) | DagRun.end_date.is_(None)).order_by(DagRun.start_date.desc())
        )
    return f"dags/{quote(dag)}/runs" + (f"/{quote(run, safe='')}" if run else "")


class LazyApp:
    """Builds the page at the first request."""

    def __init__(self) -> None:
        self._app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request, as ASGI gives it."""
        if self._app is None:
            self._app = build_app()
        await self._app(scope, receive, send)


def _build_view(name: str, path: str, route: str, destination: str = "nav") -> dict[str, Any]:
    href = f"{ADDRESS.lstrip('/')}/{path}"
    return {"name": name, "href": href, "destination": destination, "category": "browse", "url_route": route}


class TongketPage(AirflowPlugin):
    """Registers the page and its entries in the navigation."""

    name = "tongket_page"
    fastapi_apps = [{"app": LazyApp(), "url_prefix": ADDRESS, "name": "Tongket"}]  # noqa: RUF012 - as Airflow wants it
    external_views = [  # noqa: RUF012
        _build_view("Tongket: Theo dõi báo cáo", "", "tongket"),
        _build_view("Tongket: Văn bản", "documents", "tongket-documents"),
        _build_view("Tongket: Kết quả", "scorecard", "tongket-scorecard"),
        _build_view("Tongket: Lỗi số liệu", "findings", "tongket-findings"),
        _build_view("Tongket: Vận hành", "operations", "tongket-operations"),
        # Airflow fills in the braces: a tab on each DAG, run and task.
        _build_view("Tongket", "of?dag={DAG_ID}", "tongket-dag", "dag"),
        _build_view("Tongket", "of?dag={DAG_ID}&run={RUN_ID}", "tongket-run", "dag_run"),
        _build_view("Tongket", "of?dag={DAG_ID}", "tongket-task", "task"),
        _build_view("Tongket", "of?dag={DAG_ID}&run={RUN_ID}", "tongket-task-run", "task_instance"),
    ]
