"""The published formats of other systems, written down as strict schemas to hold exports against.

The schema files of IHE's ADX profile and of DHIS2 cannot be shipped. `adx.xsd` is what the profile's normative stylesheet
(data structure definition → schema) emits for messages without categories, its period type narrowed to a date and a
length; `data_value_set.json` is the payload that DHIS2's developer manual describes, and nothing beyond it.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from jsonschema import Draft202012Validator
from lxml import etree

_HERE = Path(__file__).parent


@lru_cache
def adx_schema() -> etree.XMLSchema:
    """The schema of an ADX data message."""
    return etree.XMLSchema(etree.parse(_HERE / "adx.xsd"))


def dhis2_problems(document: bytes) -> list[str]:
    """What in a document is no DHIS2 data value set; nothing where it is one."""
    schema = json.loads((_HERE / "data_value_set.json").read_text())
    return [f"{e.json_path}: {e.message}" for e in Draft202012Validator(schema).iter_errors(json.loads(document))]
