"""Catalogue files for a new office and a new plan: written once, never over anything, and taken back unchanged."""

from etl.scaffold.catalogue_change import CatalogueChange, apply_change, undo_change
from etl.scaffold.new_plan import PlanDraft, PlanHead, draft_plan
from etl.scaffold.new_scope import ScopeDraft, draft_scope

__all__ = [
    "CatalogueChange",
    "PlanDraft",
    "PlanHead",
    "ScopeDraft",
    "apply_change",
    "draft_plan",
    "draft_scope",
    "undo_change",
]
