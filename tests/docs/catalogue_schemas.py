"""JSON Schemas of the catalogue's YAML files, generated from their models, and which file each is for."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from etl.catalog import models
from etl.catalog.contacts import Contacts, ReminderRules
from etl.catalog.exchange_identifiers import ExchangeRules

LISTS: dict[str, type[BaseModel]] = {
    "actors.yaml": models.Actor,
    "bodies.yaml": models.BodyName,
    "indicators.yaml": models.Indicator,
    "measures.yaml": models.MeasureUnit,
    "relations.yaml": models.Relation,
    "quality.yaml": models.Threshold,
    "inheritance.yaml": models.Inheritance,
    "unsupported.yaml": models.UnsupportedWording,
    "forms/forms.yaml": models.Form,
    "regimes/regimes.yaml": models.Regime,
    "calendar/holidays.yaml": models.HolidayCorrection,
}
ENTRIES: dict[str, type[BaseModel]] = {
    "outlook.yaml": models.OutlookRules,
    "contacts.yaml": Contacts,
    "reminders.yaml": ReminderRules,
    "exchange/exchange.yaml": ExchangeRules,
    "nation/source.yaml": models.NationSource,
    "plans/*.yaml": models.Plan,
    "scopes/*.yaml": models.Scope,
    "corrections/*.yaml": models.Correction,
    "layouts/*.yaml": models.ForeignLayout,
}


def build_schemas() -> dict[str, str]:
    """The text of each schema by the name of its file in `docs/schemas/`."""
    models: dict[str, object] = {name: list[model] for name, model in LISTS.items()}  # type: ignore[valid-type]
    models.update(ENTRIES)
    return {
        get_schema_name(pattern): json.dumps(
            {"title": f"catalog/{pattern}", **TypeAdapter(model).json_schema()}, ensure_ascii=False, indent=1
        )
        + "\n"
        for pattern, model in models.items()
    }


def get_schema_name(pattern: str) -> str:
    """``plans/*.yaml`` is ``plans.schema.json``, ``forms/forms.yaml`` is ``forms.schema.json``."""
    path = Path(pattern)
    return f"{path.parent if path.stem == '*' else path.stem}.schema.json"


def build_schema_comments(root: Path) -> dict[Path, str]:
    """The first line of each YAML file of the catalogue: which schema editors check it by."""
    return {
        path: f"# yaml-language-server: $schema={os.path.relpath(root / 'docs' / 'schemas' / get_schema_name(pattern), path.parent)}\n"
        for pattern in (*LISTS, *ENTRIES)
        for path in (root / "catalog").glob(pattern)
    }
