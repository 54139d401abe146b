"""An Office file (ECMA-376, part 2) to edit: changed parts are replaced, the others are copied byte for byte.

Room: ooxml. Resolves no entity, refuses a DTD, follows no link, and never unpacks more of a part than
`MAX_PART_BYTES`. Same parts, same bytes: every entry has the same date.
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from dataclasses import dataclass, replace
from functools import lru_cache
from io import BytesIO
from typing import Any

from lxml import etree

MAX_PART_BYTES = 32_000_000
"""Bytes of one part that are worth a tree in memory; an issued form's largest sheet has 0.3 million."""
_MAX_RELATIONSHIPS = 5_000
CONTENT_TYPES = "[Content_Types].xml"
_CONTENT_TYPES_TAG = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_RELATIONSHIPS_TAG = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_RELATIONSHIPS_CONTENT_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
_RELATIONSHIP_TYPE_PREFIXES = {
    False: "http://schemas.openxmlformats.org/officeDocument/2006/relationships/",
    True: "http://purl.oclc.org/ooxml/officeDocument/relationships/",
}
_LOCAL, _CENTRAL, _END = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I"), struct.Struct("<4s4H2IH")
_NEEDS_VERSION, _DAY_ONE = 20, 33  # 2.0 (deflate); 1980-01-01 as MS-DOS writes it
_ENCRYPTED, _SIZES_FOLLOW, _UTF8 = 0x1, 0x8, 0x800
_ZIP64_SIZE = 0xFFFFFFFF


class UneditablePackageError(ValueError):
    """The package cannot be edited safely; the caller decides what goes out instead."""


@dataclass(frozen=True, slots=True)
class PartRelationship:
    """A relationship of a part. `kind` is the last word of its type, `target` a part's name (or an outside address)."""

    id: str
    kind: str
    target: str
    external: bool


@dataclass(frozen=True, slots=True)
class _ZipEntry:
    """An entry as it lies in the zip."""

    name: str
    flags: int
    method: int
    crc: int
    size: int
    data: bytes


class OpcPackage:
    """The parts of one package.

    Raises:
        UneditablePackageError: an entry is encrypted, overlaps another, occurs twice or has an unknown compression.
    """

    def __init__(self, data: bytes = b"") -> None:
        self.strict = False
        self._archive = zipfile.ZipFile(BytesIO(data)) if data else None
        self._packed: dict[str, _ZipEntry | None] = {}
        self._new: dict[str, bytes] = {}
        self._trees: dict[str, Any] = {}
        self._edited: set[str] = set()
        for info in self._archive.infolist() if self._archive else ():
            if info.filename in self._packed:
                raise UneditablePackageError(f"{info.filename!r} stands twice in the zip")
            self._packed[info.filename] = _read_packed_entry(data, info)
        if sum(len(entry.data) for entry in self._packed.values() if entry) > len(data):
            raise UneditablePackageError("entries of the zip overlap")
        self._by_folded = {name.casefold(): name for name in self._packed}
        if len(self._by_folded) != len(self._packed):
            raise UneditablePackageError("two names in the zip differ in case only")

    @property
    def names(self) -> list[str]:
        """Every part, in the order of the zip."""
        return list(self._packed)

    def __contains__(self, name: str) -> bool:
        return name in self._packed

    def read_part(self, name: str, max_bytes: int = MAX_PART_BYTES) -> bytes:
        """A part as it is now.

        Raises:
            UneditablePackageError: it is larger than `max_bytes`.
        """
        if name in self._edited:
            tree = self._trees[name].getroottree()
            return etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True)  # type: ignore[no-any-return]
        if name in self._new:
            return self._new[name]
        data = self._read_original_part(name, max_bytes + 1)
        if len(data) > max_bytes:
            raise UneditablePackageError(f"{name!r} is larger than {max_bytes} bytes")
        return data

    def read_part_head(self, name: str, max_bytes: int) -> bytes:
        """The first bytes of a part as it is now."""
        fresh = name in self._edited or name in self._new
        return self.read_part(name)[:max_bytes] if fresh else self._read_original_part(name, max_bytes)

    def _read_original_part(self, name: str, max_bytes: int) -> bytes:
        if self._archive is None or name not in self._packed:
            raise UneditablePackageError(f"no part {name!r}")
        with self._archive.open(name) as stream:
            return stream.read(max_bytes)

    def parse_part(self, name: str) -> Any:
        """The root element of an XML part, for looking only."""
        if name not in self._trees:
            self._trees[name] = parse_part_xml(self.read_part(name))
        return self._trees[name]

    def edit_part(self, name: str) -> Any:
        """The root element of an XML part that will be changed."""
        root = self.parse_part(name)
        self._edited.add(name)
        self._new.pop(name, None)
        return root

    def write_part(self, name: str, data: bytes) -> None:
        """Replaces a part, or adds it at the end."""
        self._trees.pop(name, None)
        self._edited.discard(name)
        self._new[name] = data
        if name not in self._packed:
            self._packed[name] = None
            self._by_folded[name.casefold()] = name

    def remove_part(self, name: str) -> None:
        """Removes a part, with its own relationships and its content type."""
        for gone in (name, build_relationships_name(name)):
            if gone in self._packed:
                del self._packed[gone], self._by_folded[gone.casefold()]
                self._new.pop(gone, None)
                self._trees.pop(gone, None)
                self._edited.discard(gone)
        types = self.parse_part(CONTENT_TYPES)
        for entry in types.findall(f"{_CONTENT_TYPES_TAG}Override"):
            if entry.get("PartName", "").casefold() == f"/{name}".casefold():
                self.edit_part(CONTENT_TYPES).remove(entry)

    def find_free_part_name(self, pattern: str) -> str:
        """The first name that no part has: ``xl/comments{}.xml``."""
        number = 1
        while pattern.format(number).casefold() in self._by_folded:
            number += 1
        return pattern.format(number)

    # --- content types and relationships ----------------------------------------------------------

    def find_content_type(self, name: str) -> str:
        """The declared content type of a part; empty if none is."""
        types = self.parse_part(CONTENT_TYPES)
        for entry in types.findall(f"{_CONTENT_TYPES_TAG}Override"):
            if entry.get("PartName", "").casefold() == f"/{name}".casefold():
                return str(entry.get("ContentType", ""))
        ending = posixpath.splitext(name)[1][1:].casefold()
        for entry in types.findall(f"{_CONTENT_TYPES_TAG}Default"):
            if entry.get("Extension", "").casefold() == ending:
                return str(entry.get("ContentType", ""))
        return ""

    def declare_content_type(self, name: str, content_type: str) -> None:
        """Declares the content type of a new part."""
        if self.find_content_type(name) != content_type:
            entry = etree.SubElement(self.edit_part(CONTENT_TYPES), f"{_CONTENT_TYPES_TAG}Override")
            entry.set("PartName", f"/{name}")
            entry.set("ContentType", content_type)

    def list_relationships(self, name: str) -> list[PartRelationship]:
        """What a part refers to ('' is the package itself)."""
        rels = self._by_folded.get(build_relationships_name(name).casefold())
        listed = _list_relationships(self.parse_part(rels), name) if rels else ()
        known = self._by_folded
        return [r if r.external else replace(r, target=known.get(r.target.casefold(), r.target)) for r in listed]

    def find_related_part(self, name: str, kind: str) -> str:
        """The part of a kind that a part refers to; empty if there is none."""
        targets = [r.target for r in self.list_relationships(name) if r.kind == kind and not r.external]
        return targets[0] if targets and targets[0] in self else ""

    def add_relationship(self, name: str, kind: str, target: str) -> str:
        """Adds a relationship; gives its id."""
        rels = self._by_folded.get(build_relationships_name(name).casefold()) or build_relationships_name(name)
        if rels not in self:
            self.write_part(rels, f'<Relationships xmlns="{_RELATIONSHIPS_TAG[1:-1]}"/>'.encode())
            if self.find_content_type(rels) != _RELATIONSHIPS_CONTENT_TYPE:
                self.declare_content_type(rels, _RELATIONSHIPS_CONTENT_TYPE)
        root = self.edit_part(rels)
        taken, number = {entry.get("Id") for entry in root}, 1
        while f"rId{number}" in taken:
            number += 1
        entry = etree.SubElement(root, f"{_RELATIONSHIPS_TAG}Relationship")
        entry.set("Id", f"rId{number}")
        entry.set("Type", _RELATIONSHIP_TYPE_PREFIXES[self.strict] + kind)
        entry.set("Target", posixpath.relpath(f"/{target}", posixpath.dirname(f"/{name}")))
        return f"rId{number}"

    def remove_relationships(self, name: str, target: str) -> None:
        """Removes the relationships from a part to another, and the list when it is empty."""
        gone = {r.id for r in self.list_relationships(name) if r.target == target}
        rels = self._by_folded.get(build_relationships_name(name).casefold(), "")
        if gone:
            root = self.edit_part(rels)
            for entry in [e for e in root if e.get("Id") in gone]:
                root.remove(entry)
            if not len(root):
                self.remove_part(rels)

    # --- writing ----------------------------------------------------------------------------------

    def serialize_package(self) -> bytes:
        """The zip. Untouched entries keep their packed bytes."""
        out, central = BytesIO(), []
        for name, packed in self._packed.items():
            changed = name in self._edited or name in self._new
            entry = _compress_zip_entry(name, self.read_part(name)) if changed or packed is None else packed
            raw = _encode_entry_name(entry)
            shared = (entry.flags & ~_SIZES_FOLLOW, entry.method, 0, _DAY_ONE, entry.crc, len(entry.data), entry.size)
            central.append(
                _CENTRAL.pack(
                    b"PK\x01\x02", _NEEDS_VERSION, _NEEDS_VERSION, *shared, len(raw), 0, 0, 0, 0, 0, out.tell()
                )
                + raw
            )
            out.write(_LOCAL.pack(b"PK\x03\x04", _NEEDS_VERSION, *shared, len(raw), 0) + raw + entry.data)
        start = out.tell()
        out.write(b"".join(central))
        count = len(central)
        out.write(_END.pack(b"PK\x05\x06", 0, 0, count, count, out.tell() - start, start, 0))
        return out.getvalue()


def parse_part_xml(data: bytes) -> Any:
    """The root of an XML text: no DTD, no entity, nothing fetched.

    Raises:
        UneditablePackageError: it is not well-formed, or it has a DTD.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, strip_cdata=False
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise UneditablePackageError(f"broken XML: {error}") from error
    if root.getroottree().docinfo.doctype:
        raise UneditablePackageError("a DTD")
    return root


@lru_cache(maxsize=8)
def parse_relationships(data: bytes, name: str) -> tuple[PartRelationship, ...]:
    """What a foreign list says that a part refers to; nothing where there is no list. One list is in many workbooks.

    Raises:
        UneditablePackageError: it is broken, has a DTD, or is longer than any program writes it.
    """
    if len(data) > _MAX_RELATIONSHIPS * 800:
        raise UneditablePackageError(f"{name!r} refers to too many parts")
    return tuple(_list_relationships(parse_part_xml(data), name)) if data else ()


def _list_relationships(root: Any, name: str) -> list[PartRelationship]:
    entries = root.findall(f"{_RELATIONSHIPS_TAG}Relationship")
    if len(entries) > _MAX_RELATIONSHIPS:
        raise UneditablePackageError(f"{name!r} refers to too many parts")
    return [_build_relationship(entry, name) for entry in entries]


def _build_relationship(entry: Any, name: str) -> PartRelationship:
    target, external = entry.get("Target", ""), entry.get("TargetMode") == "External"
    if not external:
        target = posixpath.normpath(posixpath.join("/", posixpath.dirname(name), target))[1:]
    return PartRelationship(entry.get("Id", ""), entry.get("Type", "").rpartition("/")[2], target, external)


def build_relationships_name(name: str) -> str:
    """Where the relationships of a part stand."""
    folder, base = posixpath.split(name)
    return posixpath.join(folder, "_rels", f"{base}.rels")


def _read_packed_entry(data: bytes, info: zipfile.ZipInfo) -> _ZipEntry:
    is_supported = info.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
    if not is_supported or info.flag_bits & _ENCRYPTED or max(info.file_size, info.compress_size) >= _ZIP64_SIZE:
        raise UneditablePackageError(f"{info.filename!r} is encrypted or packed in an unknown way")
    name_length, extra_length = struct.unpack_from("<HH", data, info.header_offset + 26)
    start = info.header_offset + _LOCAL.size + name_length + extra_length
    packed = data[start : start + info.compress_size]
    if len(packed) != info.compress_size:
        raise UneditablePackageError(f"{info.filename!r} is cut off")
    return _ZipEntry(info.orig_filename, info.flag_bits, info.compress_type, info.CRC, info.file_size, packed)


def _compress_zip_entry(name: str, data: bytes) -> _ZipEntry:
    deflate = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = deflate.compress(data) + deflate.flush()
    flags = 0 if name.isascii() else _UTF8
    return _ZipEntry(name, flags, zipfile.ZIP_DEFLATED, zlib.crc32(data), len(data), packed)


def _encode_entry_name(entry: _ZipEntry) -> bytes:
    return entry.name.encode("utf-8" if entry.flags & _UTF8 else "cp437")
