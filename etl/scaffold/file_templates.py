"""The office's templates of catalogue files: `templates/catalog/`.

Room: scaffold. Slots are written ``$name``; a template with another slot, or one that is missing, stops the command.
"""

from __future__ import annotations

from pathlib import Path
from string import Template

from etl.errors import TemplateError


def fill_file_template(templates: Path, file: str, /, **slots: object) -> str:
    """A template with its slots filled.

    Raises:
        TemplateError: the file is missing, or has a slot that nothing fills.
    """
    path = templates / "catalog" / file
    try:
        return Template(path.read_text(encoding="utf-8")).substitute(slots)
    except FileNotFoundError:
        raise TemplateError("the template is missing", where=str(path), fix="restore it from version control") from None
    except (KeyError, ValueError) as error:
        known = ", ".join(f"${slot}" for slot in sorted(slots))
        raise TemplateError(f"unknown slot: {error}", where=str(path), fix=f"slots: {known}; a dollar is $$") from None
