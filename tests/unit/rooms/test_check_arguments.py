"""An expectation's arguments are looked up once, and are those that Great Expectations itself would give."""

from __future__ import annotations

from typing import Any

import pytest

from etl.catalog.rules import WITHOUT_EXPECTATION, Rules
from etl.check.evaluate import build_expectation

RUNTIME = {"result_format": {"result_format": "COMPLETE", "include_unexpected_rows": False}}


def _list_shipped(rules: Rules) -> list[Any]:
    ruled = [rule for rule in rules.by_code.values() if rule.frame not in WITHOUT_EXPECTATION]
    return [build_expectation(r.code, r.title, r.expectation, r.kwargs) for r in ruled]


def test_every_shipped_rule_has_its_own_arguments(rules: Rules) -> None:
    shipped = _list_shipped(rules)
    for expectation in shipped:
        arguments = expectation._get_runtime_kwargs(RUNTIME)
        assert expectation._get_success_kwargs().items() <= arguments.items()
        assert arguments.keys() == {*expectation._get_success_kwargs(), *expectation.runtime_keys}
        assert arguments["result_format"]["result_format"] == "COMPLETE"
        assert expectation._get_runtime_kwargs()["result_format"]["result_format"] == "BASIC"
        assert arguments["catch_exceptions"] is expectation.catch_exceptions
    assert len(shipped) > 20


def test_a_configuration_is_built_once_for_all_arguments(rules: Rules, monkeypatch: pytest.MonkeyPatch) -> None:
    expectation, built = _list_shipped(rules)[0], []
    kind = type(expectation)
    get = kind.configuration.fget
    monkeypatch.setattr(kind, "configuration", property(lambda self: built.append(1) or get(self)))
    expectation._get_runtime_kwargs(RUNTIME)
    assert built == [1]
