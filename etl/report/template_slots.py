"""Checks the slots of the Word template both ways: none it may not use, none left out.

Room: report. Called by `words` before anything is rendered. The slots are the fields of `view.WordView`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from types import GenericAlias
from typing import Any, get_args, get_type_hints

from jinja2 import Environment, TemplateSyntaxError, nodes

from etl.errors import TemplateError

_PARAGRAPH = re.compile(r"<w:p[ >].*?</w:p>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_SPACE = re.compile(r"\s+")
_SHOWN = 80
_HELPERS = {"loop"}


def list_template_slots(kind: type, prefix: str = "") -> dict[str, type | None]:
    """Every slot below a class by its dotted name; repeated things as ``results[].item``."""
    found: dict[str, type | None] = {}
    for name, hint in get_type_hints(kind).items():
        inner = _find_repeated_class(hint)
        found[f"{prefix}{name}"] = inner
        if inner is not None:
            found.update(list_template_slots(inner, f"{prefix}{name}[]."))
    return found


def _find_repeated_class(hint: object) -> type | None:
    inner = get_args(hint)[0] if isinstance(hint, GenericAlias) or get_args(hint) else None
    return inner if isinstance(inner, type) and is_dataclass(inner) and fields(inner) else None


@lru_cache(maxsize=16)
def validate_template_slots(xml: str, kind: type, path: Path, environment: Environment) -> None:
    """Compares the slots a template uses with those it is offered.

    Raises:
        TemplateError: a slot is unknown or unused, or a tag is malformed; with its name and place.
    """
    try:
        tree = environment.parse(xml)
    except TemplateSyntaxError as error:
        raise TemplateError(
            f"a tag is malformed: {error.message}",
            where=f"{path}, near tag line {error.lineno}",
            fix="compare with docs/reports.md",
        ) from None
    offered = list_template_slots(kind)
    used = set(_list_used_slots(tree, {}))
    for slot in sorted(used - offered.keys()):
        raise TemplateError(
            f"unknown slot {slot!r}",
            where=f"{path}, {_describe_slot_place(xml, slot)}",
            fix=_describe_nearest_slots(slot, offered),
        )
    for slot in sorted(offered.keys() - used):
        repeated = slot.rpartition("[].")[0]
        place = f"between for … in {repeated.rpartition('.')[2]} and endfor" if repeated else "in the text"
        raise TemplateError(
            f"unused slot {slot!r}", where=f"{path}, {place}", fix="put it back; a slot left out drops a fact"
        )


def _describe_slot_place(xml: str, slot: str) -> str:
    """The paragraph in which a slot stands, as its reader sees it in Word."""
    last = slot.rpartition(".")[2].removesuffix("[]")
    for paragraph in _PARAGRAPH.findall(xml):
        text = _SPACE.sub(" ", _TAG.sub("", paragraph)).strip()
        if re.search(rf"\b{re.escape(last)}\b", text):
            return f"paragraph “{text[:_SHOWN]}”"
    return "in the text"


def _describe_nearest_slots(slot: str, offered: Mapping[str, object]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(slot, offered, n=3)
    return f"did you mean {' or '.join(near)}?" if near else "remove it, or see the list in docs/reports.md"


def _list_used_slots(node: nodes.Node, names: Mapping[str, str]) -> Iterator[str]:
    """Slots used below a node; `names` says what each loop variable stands for."""
    if isinstance(node, nodes.For):
        yield from _list_used_slots(node.iter, names)
        source = _format_dotted_name(node.iter, names)
        inner = {**names, node.target.name: f"{source}[]"} if isinstance(node.target, nodes.Name) and source else names
        for child in (*node.body, *node.else_, *([node.test] if node.test else [])):
            yield from _list_used_slots(child, inner)
        return
    if isinstance(node, nodes.Getattr | nodes.Name):
        dotted = _format_dotted_name(node, names)
        if dotted is not None:
            yield dotted
            return
    for child in node.iter_child_nodes():
        yield from _list_used_slots(child, names)


def _format_dotted_name(node: Any, names: Mapping[str, str]) -> str | None:
    """The dotted name of an expression, None where it is a helper such as ``loop.index``."""
    if isinstance(node, nodes.Name):
        return None if node.name in _HELPERS else names.get(node.name, node.name)
    if isinstance(node, nodes.Getattr):
        inner = _format_dotted_name(node.node, names)
        return None if inner is None else f"{inner}.{node.attr}"
    return None
