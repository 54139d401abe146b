"""Units of measure: how many of one make another, and whether every unit in the catalogue is one that it knows.

Room: catalogue; called by the loader after the references.
"""

from __future__ import annotations

from collections.abc import Iterator

from etl.catalog import models
from etl.catalog.catalogue import Catalogue
from etl.catalog.catalogue_files import CatalogueReader
from etl.catalog.problems import Place, find_nearest


def check_measures(c: Catalogue, r: CatalogueReader) -> None:
    """Notes units that are unknown, and units of two dimensions where one must become the other."""
    if not c.measures:  # a catalogue from before units had factors
        return
    _check_names(c, r)
    for element in c.elements.values():
        _is_known(c, r, r.find_place(element).at("unit"), element.unit)
    for indicator in c.indicators.values():
        place = r.find_place(indicator)
        if _is_known(c, r, place.at("unit"), indicator.unit) and indicator.method == "sum":
            _check_sum_factor(c, r, place.at("factor"), indicator)
    for column in c.columns:
        code = column.data_element
        _check_convertible(c, r, r.find_place(column).at("unit"), column.unit, c.elements.get(code), code)
    for layout in c.layouts.values():
        for figure in layout.figures:
            code = figure.data_element
            _check_convertible(c, r, r.find_place(figure).at("unit"), figure.unit, c.elements.get(code), code)
    for target in (t for plan in c.plans.values() for t in plan.targets):
        _check_target(c, r, target)


def _check_target(c: Catalogue, r: CatalogueReader, target: models.Target) -> None:
    key, unit = ("unit_meant", target.unit_meant) if target.unit_meant else ("unit_written", target.unit_written)
    place, measured = r.find_place(target).at(key), c.indicators.get(target.indicator or "")
    scale = c.find_indicator_scale(unit, measured) if measured else None
    if scale is None:
        _check_convertible(c, r, place, unit, None if _counts_units(target) else measured, target.indicator or "")
    elif measured is not None and scale != 1:
        _check_scaled_target(r, place, target, measured)


def _counts_units(target: models.Target) -> bool:
    """Whether all its numbers are so many of so many (8/10 xã), which no unit of the indicator is needed for."""
    has_start = target.baseline is not None and target.baseline.value is not None
    numbers = [one for one in target.milestones if one.value is not None or one.relative is not None]
    return not has_start and not numbers and any(one.count for one in target.milestones)


def _check_names(c: Catalogue, r: CatalogueReader) -> None:
    seen: set[str] = set()
    for measure in c.measures:
        for name in (measure.name, *measure.aliases):
            if name.casefold() in seen:
                r.report(r.find_place(measure), f"unit of measure {name!r} stands twice", "keep one", value=name)
            seen.add(name.casefold())


def _is_known(c: Catalogue, r: CatalogueReader, place: Place, unit: str) -> bool:
    if not unit or c.find_measure(unit):
        return bool(unit)
    names = [name for measure in c.measures for name in (measure.name, *measure.aliases)]
    expected = "a unit of measures.yaml, or an entry for it there"
    r.report(place, f"unknown unit of measure {unit!r}", expected, value=unit, nearest=find_nearest(unit, names))
    return False


def _check_convertible(
    c: Catalogue,
    r: CatalogueReader,
    place: Place,
    unit: str,
    wanted: models.DataElement | models.Indicator | None,
    code: str,
) -> None:
    """A unit that is not what a number is kept in, but must become it."""
    if not _is_known(c, r, place, unit) or wanted is None or c.find_measure(wanted.unit) is None:
        return
    if c.find_measure_scale(unit, wanted.unit) is None:
        names = list(_list_dimension(c, wanted.unit))
        r.report(
            place,
            f"{unit!r} is no unit of what {code} counts in {wanted.unit!r}",
            f"one of: {', '.join(names)}",
            value=unit,
            nearest=find_nearest(unit, names),
        )


def _list_dimension(c: Catalogue, unit: str) -> Iterator[str]:
    wanted = c.find_measure(unit)
    return (measure.name for measure in c.measures if wanted and measure.dimension == wanted.dimension)


def _check_sum_factor(c: Catalogue, r: CatalogueReader, place: Place, indicator: models.Indicator) -> None:
    """A plain sum's factor is what turns its data elements' unit into its own."""
    side = indicator.numerator
    for element in (c.elements[code] for code in (side.elements if side else ()) if code in c.elements):
        scale = c.find_measure_scale(element.unit, indicator.unit)
        if element.unit and scale is not None and scale != indicator.factor:
            what = f"{element.code} in {element.unit!r} times {indicator.factor} is not in {indicator.unit!r}"
            r.report(place, what, f"factor {scale}, or another unit", value=indicator.factor)


def _check_scaled_target(r: CatalogueReader, place: Place, target: models.Target, indicator: models.Indicator) -> None:
    """A unit with a factor of its own, which nothing else in the target may say once more."""
    per = any(milestone.per for milestone in target.milestones)
    if per or target.floor is not None:
        what = "`per`" if per else "`floor`"
        expected = f"numbers in {indicator.unit!r}, or leave {what} out"
        r.report(place, f"{what} beside a unit with a factor of its own", expected, value=target.unit_written)
