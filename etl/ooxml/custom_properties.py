"""Custom properties of an Office document (ECMA-376-1, 22.3): *File › Info › Properties › Custom*.

Room: ooxml. Adds one part and what leads to it; every other part keeps its bytes.
"""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from etl.ooxml.opc_package import OpcPackage, UneditablePackageError
from etl.ooxml.zip_parts import ZIP_ERRORS

_PART = "docProps/custom.xml"
_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_NAMESPACE = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_VALUES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_FORMAT = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"  # the one identifier of custom properties (ECMA-376-1, 22.3.2.2)


def add_custom_properties(data: bytes, properties: Mapping[str, str]) -> bytes:
    """The file with more custom properties, each a text.

    Raises:
        UneditablePackageError: the file is no Office document.
    """
    package = _open_package(data)
    if _PART not in package:
        package.write_part(_PART, f'<Properties xmlns="{_NAMESPACE}"/>'.encode())
        package.declare_content_type(_PART, _CONTENT_TYPE)
        package.add_relationship("", "custom-properties", _PART)
    root = package.edit_part(_PART)
    first = max((int(entry.get("pid", "1")) for entry in root), default=1) + 1
    for pid, (name, value) in enumerate(properties.items(), start=first):
        entry = etree.SubElement(root, f"{{{_NAMESPACE}}}property", fmtid=_FORMAT, pid=str(pid), name=name)
        etree.SubElement(entry, f"{{{_VALUES}}}lpwstr", nsmap={"vt": _VALUES}).text = value
    return package.serialize_package()


def read_custom_properties(data: bytes) -> dict[str, str]:
    """The custom properties that are texts, by name; none where the file is no Office document or has none."""
    try:
        package = _open_package(data)
        root = package.parse_part(_PART) if _PART in package else ()
    except UneditablePackageError:
        return {}
    texts = ((entry.get("name", ""), entry.findtext(f"{{{_VALUES}}}lpwstr")) for entry in root)
    return {name: text for name, text in texts if text is not None}


def _open_package(data: bytes) -> OpcPackage:
    try:
        return OpcPackage(data)
    except ZIP_ERRORS as error:
        raise UneditablePackageError(f"no zip: {error}") from error
