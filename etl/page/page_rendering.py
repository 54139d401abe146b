"""From rows to HTML: templates of `templates/page/`, and how a time, a number, a period and a name are written.

Everything is escaped. A catalogue that cannot be read costs names, not the page: codes stand in their place, and the
page says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from etl.catalog import Catalogue, load_catalogue
from etl.catalog import models as m
from etl.core.disk_usage import measure_disks
from etl.errors import CatalogueError, SettingsError
from etl.messages import Messages, load_messages
from etl.model import Period
from etl.model.numbers import format_number
from etl.model.vietnam_time import VIETNAM_ZONE, get_current_time
from etl.page.page_login import PageUser
from etl.settings import PROJECT_ROOT, Settings, load_settings
from etl.warehouse import page_views
from etl.warehouse.connect import build_engine

if TYPE_CHECKING:
    from sqlalchemy import Connection

FOLDER_NAME = "page"
Language = Literal["vi", "en"]


@dataclass(frozen=True)
class PageDesk:
    """What every page starts from. `catalogue` is None where its files cannot be read; `trouble` then says why.

    `root` is the address that the page is mounted at, with a slash at its end; `language` that of engineers' pages.
    """

    settings: Settings
    catalogue: Catalogue | None
    trouble: str
    wording: Messages
    user: PageUser
    now: dt.datetime
    root: str
    language: Language

    @property
    def today(self) -> dt.date:
        """The day in Viet Nam."""
        return self.now.astimezone(VIETNAM_ZONE).date()

    @property
    def airflow(self) -> str:
        """The address of Airflow's own pages, which this page is mounted below."""
        return self.root.rstrip("/").rpartition("/")[0] + "/"

    @contextmanager
    def open_reader(self) -> Iterator[Connection]:
        """A connection in the reader's role."""
        engine = build_engine(self.settings, "reader")
        try:
            with engine.connect() as conn:
                page_views.start_reading(conn)
                yield conn
        finally:
            engine.dispose()

    def find_scope(self, scope: str) -> m.Scope | None:
        """The scope of that name; None where there is none, or no catalogue."""
        return self.catalogue.scopes.get(scope) if self.catalogue else None

    def get_name(self, kind: str, code: str) -> str:
        """What a scope, form or plan is called; its code where the catalogue does not say."""
        if self.catalogue is None:
            return code
        if kind == "scope":
            scope = self.catalogue.scopes.get(code)
            return scope.name if scope else code
        if kind == "form":
            form = self.catalogue.forms.get(code)
            return form.title if form else code
        plan = self.catalogue.plans.get(code)
        return plan.short_title if plan else code


def open_desk(user: PageUser, root: str, language: Language = "vi") -> PageDesk:
    """Settings, names and words as they are now, for a page that is mounted at `root`."""
    settings = load_settings()
    catalogue, trouble = None, ""
    try:
        catalogue = load_catalogue(settings.catalog)
    except CatalogueError as error:
        trouble = str(error)
    wording = load_messages(settings.templates)
    return PageDesk(settings, catalogue, trouble, wording, user, get_current_time(), root, language)


def count_pages(found: int) -> int:
    """How many pages a list of that many rows has; one where it has none."""
    return max(1, -(-found // page_views.PAGE_SIZE))


def _build_environment(templates: Path) -> Environment:
    loader = FileSystemLoader(templates / FOLDER_NAME)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined)


def render_page(desk: PageDesk, template: str, *, language: Language = "vi", **context: object) -> str:
    """A page of `templates/page/`. In a template, `t(Vietnamese, English)` is the one that the page is shown in."""
    environment = _build_environment(desk.settings.templates)
    environment.filters.update(
        moment=lambda at: format_page_moment(at, desk.wording if language == "vi" else None),
        day=format_page_day,
        period=format_page_period,
        number=format_page_number,
        size=format_page_size,
    )
    return environment.get_template(template).render(
        desk=desk,
        words=desk.wording.texts,
        simulated=desk.settings.simulated,
        short_disks=[disk.name for disk in measure_disks(desk.settings) if disk.is_short],
        root=desk.root,
        language=language,
        t=lambda vietnamese, english: vietnamese if language == "vi" else english,
        **context,
    )


def render_error_page(status: int, what: str = "", fix: str = "") -> str:
    """What went wrong, for whoever met it; shows nothing of the warehouse, for it may be shown to anyone."""
    try:
        templates = load_settings().templates
    except SettingsError:  # the page is asked to say just that
        templates = PROJECT_ROOT / "templates"
    return _build_environment(templates).get_template("error.html").render(status=status, what=what, fix=fix)


def format_page_moment(at: dt.datetime | str | None, wording: Messages | None) -> str:
    """A time in Viet Nam, as the documents write it, or for engineers without wording; nothing for none."""
    if not at:
        return ""
    moment = dt.datetime.fromisoformat(at) if isinstance(at, str) else at
    local = moment.astimezone(VIETNAM_ZONE)
    return wording.format_moment(local) if wording else f"{local:%Y-%m-%d %H:%M} (UTC+7)"


def format_page_day(day: dt.date | None) -> str:
    """A day: ``05/04/2024``."""
    return f"{day:%d/%m/%Y}" if day else ""


def format_page_period(key: str | None) -> str:
    """A period's name; what is no period stays as it is."""
    return Period.parse(key).name if key and Period.is_key(key) else key or ""


def format_page_number(value: Any, decimals: int | None = None) -> str:
    """A number as documents print it; nothing for none: missing is not zero."""
    return "" if value is None else format_number(Fraction(value), decimals)


def format_page_size(size: int | None) -> str:
    """Bytes in MB or GB."""
    if size is None:
        return ""
    return f"{format_number(size / 1e9, 1)} GB" if size >= 1e9 else f"{format_number(size / 1e6, 1)} MB"
