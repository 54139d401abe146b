"""Strict models over every file in `catalog/`. Unknown keys are forbidden; a typo fails at review.

Room: catalogue. Anyone above may read these values; nobody changes them at run time.
"""

from etl.catalog.models.base import Basis, Code, StrictModel, Text
from etl.catalog.models.corrections import CellContent, Correction
from etl.catalog.models.elements import (
    CellSign,
    DataElement,
    DefinitionVersion,
    Indicator,
    OfficialFigure,
    Relation,
    Side,
    Term,
    Threshold,
)
from etl.catalog.models.forms import DECISION_LEVELS, Column, DecisionLevel, EarlierVersion, Form, SheetDef
from etl.catalog.models.layouts import ForeignFigure, ForeignLayout
from etl.catalog.models.measure_units import MeasureUnit
from etl.catalog.models.nation_units import NationSource, NationSuccession, NationUnit
from etl.catalog.models.plans import Actor, CitedDocument, Deadline, Plan, ReportingDuty, Task
from etl.catalog.models.scopes import (
    HolidayCorrection,
    LevelDeadline,
    Office,
    Regime,
    ReportDef,
    Requirement,
    Scope,
    Submission,
    UnaskedLeads,
)
from etl.catalog.models.targets import (
    Baseline,
    ChanceClass,
    CountOf,
    Milestone,
    OutlookRules,
    Relative,
    Target,
    UnsupportedWording,
)
from etl.catalog.models.units import BodyName, Inheritance, Succession, Unit

__all__ = [
    "DECISION_LEVELS",
    "Actor",
    "Baseline",
    "Basis",
    "BodyName",
    "CellContent",
    "CellSign",
    "ChanceClass",
    "CitedDocument",
    "Code",
    "Column",
    "Correction",
    "CountOf",
    "DataElement",
    "Deadline",
    "DecisionLevel",
    "DefinitionVersion",
    "EarlierVersion",
    "ForeignFigure",
    "ForeignLayout",
    "Form",
    "HolidayCorrection",
    "Indicator",
    "Inheritance",
    "LevelDeadline",
    "MeasureUnit",
    "Milestone",
    "NationSource",
    "NationSuccession",
    "NationUnit",
    "Office",
    "OfficialFigure",
    "OutlookRules",
    "Plan",
    "Regime",
    "Relation",
    "Relative",
    "ReportDef",
    "ReportingDuty",
    "Requirement",
    "Scope",
    "SheetDef",
    "Side",
    "StrictModel",
    "Submission",
    "Succession",
    "Target",
    "Task",
    "Term",
    "Text",
    "Threshold",
    "UnaskedLeads",
    "Unit",
    "UnsupportedWording",
]
