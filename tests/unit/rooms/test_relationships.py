"""The one parser of what a part refers to: any way of writing it gives the same part, and hostile lists are refused."""

from __future__ import annotations

import pytest

from etl.ooxml.opc_package import PartRelationship, UneditablePackageError, parse_relationships

_NAMESPACE = "http://schemas.openxmlformats.org/package/2006/relationships"


def _list(entries: str, before: str = "", prefix: str = "") -> bytes:
    declared = f"xmlns{':' if prefix else ''}{prefix.rstrip(':')}"
    return f'{before}<{prefix}Relationships {declared}="{_NAMESPACE}">{entries}</{prefix}Relationships>'.encode()


@pytest.mark.parametrize(
    "target", ["worksheets/sheet1.xml", "/xl/worksheets/sheet1.xml", "../xl/./worksheets/sheet1.xml"]
)
@pytest.mark.parametrize("prefix", ["", "p:"])
def test_a_target_is_the_name_of_a_part(target: str, prefix: str) -> None:
    entry = f"<{prefix}Relationship Id='rId1' Type=\"a/worksheet\" Target='{target}'/>"
    found = parse_relationships(_list(entry, prefix=prefix), "xl/workbook.xml")
    assert found == (PartRelationship("rId1", "worksheet", "xl/worksheets/sheet1.xml", external=False),)


def test_an_outside_address_stays_as_it_is_written() -> None:
    entry = '<Relationship Id="r" Type="a/link" Target="https://a.vn/x?a=1&amp;b=../2" TargetMode="External"/>'
    (found,) = parse_relationships(_list(entry), "xl/externalLinks/externalLink1.xml")
    assert (found.target, found.external) == ("https://a.vn/x?a=1&b=../2", True)


def test_nothing_is_no_list() -> None:
    assert parse_relationships(b"", "xl/workbook.xml") == ()


_ENTRY = '<Relationship Id="r" Type="a/b" Target="c"/>'


@pytest.mark.parametrize(
    "data",
    [
        _list(_ENTRY)[:-5],
        _list(_ENTRY, '<!DOCTYPE r [<!ENTITY a "b">]>'),
        _list(_ENTRY * 5_001),
        _list(" " * 4_000_001),
    ],
    ids=["broken", "DTD", "too many", "too long"],
)
def test_a_hostile_list_is_refused(data: bytes) -> None:
    assert parse_relationships(_list(_ENTRY * 5_000), "a")[-1].target == "c"
    with pytest.raises(UneditablePackageError):
        parse_relationships(data, "a")
