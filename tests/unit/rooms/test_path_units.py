"""A milestone in thousands and a figure in people stand at the same height of the path's picture."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

from etl.page.scorecard_page import _draw_paths


def test_a_milestone_stands_where_its_figures_do() -> None:
    seen = (("2023", 500), ("2024", 11_357))
    path: list[Any] = [SimpleNamespace(item="1", period=key, value=value) for key, value in seen]
    stones: list[Any] = [SimpleNamespace(item="1", period="2025", value=Fraction("11.357"))]
    picture = _draw_paths(path, stones, "2024", {"1": Fraction(1000)})["1"]
    assert picture.observed[-1].y == picture.wanted[0].y
    unscaled = _draw_paths(path, stones, "2024", {})["1"]
    assert unscaled.observed[-1].y != unscaled.wanted[0].y
