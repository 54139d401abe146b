"""The file of facts: its schema, and that nothing is lost between the types and the file."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from etl.errors import StorageError
from etl.messages import load_messages
from etl.report.correction_report import CorrectionInput, build_correction_facts
from etl.report.report_facts import CorrectionFacts, parse_document_facts, parse_report_facts, serialize_facts
from tests.report.conftest import TEMPLATES, Drafted

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "facts.schema.json"


@cache
def _validator() -> Any:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _problems(data: bytes) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in _validator().iter_errors(json.loads(data))]


def test_every_drafts_facts_fit_the_schema_and_come_back_byte_for_byte(report: Drafted) -> None:
    data = report.paths["facts"].read_bytes()
    assert _problems(data) == []
    assert serialize_facts(parse_report_facts(data, "facts")) == data


def test_facts_without_a_part_or_with_a_word_for_a_number_fit_no_schema(report: Drafted) -> None:
    told = json.loads(report.paths["facts"].read_bytes())
    item, units = next(iter(told["figures"].items()))
    unit = next(iter(units))
    for change in (lambda f: f.pop("rows"), lambda f: f["figures"][item][unit]["value"].update(value="93")):
        broken = json.loads(json.dumps(told))
        change(broken)
        data = json.dumps(broken).encode()
        assert _problems(data)
        with pytest.raises(StorageError, match="no facts of a report"):
            parse_document_facts(data, "somewhere")


def test_a_correction_has_facts_of_its_own(report: Drafted) -> None:
    made = build_correction_facts(CorrectionInput(7, report.typed, report.typed, ()), load_messages(TEMPLATES))
    data = serialize_facts(made)
    assert _problems(data) == []
    assert isinstance(parse_document_facts(data, "correction"), CorrectionFacts)
    with pytest.raises(StorageError, match="those of a correction"):
        parse_report_facts(data, "correction")
