"""An office's `catalog/` and `templates/` take effect: checked as a whole, then put in place of those in force at once.

Called by the shell and, through it, by `ops.prepare`. `TONGKET_OFFICE` names a link; what it points at is a folder of
one content, which nobody changes any more. So a broken edit changes nothing, and whoever reads while the link moves
goes on reading what it began with.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from etl.catalog import load_catalogue
from etl.catalog.loader import list_catalogue_problems
from etl.core.instance import Result
from etl.dispatch.letter import list_letter_mistakes
from etl.errors import TongketError, UsageError
from etl.file_io import create_folder, sync_folder, translate_os_errors, write_folder_atomic
from etl.messages import load_messages
from etl.report.template_check import list_report_template_mistakes
from etl.settings import Settings, get_office_link, load_settings

_PARTS = ("catalog", "templates")
_KEPT = 10
"""So many contents stay, the one in force among them: what began to read an older one has long ended."""


def adopt_office_files(candidate: Path) -> Result:
    """Checks `catalog/` and `templates/` of a folder and makes a copy of them the ones in force.

    Gives `version` (the content's hash), `changed`, and `mistakes`: where there are any, nothing was changed.

    Raises:
        UsageError: `TONGKET_OFFICE` is not set, or names a folder; a folder has not both parts.
        StorageError: the copy cannot be written.
    """
    link = get_office_link()
    if link is None:
        raise UsageError(
            "no place for files in force is configured",
            where="TONGKET_OFFICE",
            fix="without it, edit the files in place",
        )
    if link.exists() and not link.is_symlink():
        raise UsageError(f"{link} is no link", where="TONGKET_OFFICE", fix="name a link that is not there yet")
    for part in _PARTS:
        if not (candidate / part).is_dir():
            raise UsageError(
                f"{candidate} has no {part}/ folder", where=str(candidate), fix="name the folder that has it"
            )
    with translate_os_errors(candidate):
        files = _read_office_files(candidate)
    version = _compute_version(files)
    folder = link.parent / version
    if link.is_symlink() and link.readlink() == Path(version) and folder.is_dir():
        mistakes = _list_office_mistakes(folder)  # a newer release may refuse what an older one took
        return {"version": version, "changed": False, "mistakes": mistakes}
    create_folder(link.parent)
    if not folder.is_dir():
        write_folder_atomic(folder, files)
    mistakes = _list_office_mistakes(folder)
    if mistakes:
        shutil.rmtree(folder)
    else:
        _move_link(link, version)
        _remove_older_contents(link)
    return {"version": version, "changed": not mistakes, "mistakes": mistakes}


def check_office_files() -> Result:
    """What this release finds wrong with the files in force; `mistakes` is empty where it can work with them."""
    settings = load_settings()
    return {"mistakes": _list_office_mistakes(settings.office)}


def _read_office_files(candidate: Path) -> dict[str, bytes]:
    """Every plain file of both folders by its path; what a link leads to is not taken."""
    return {
        path.relative_to(candidate).as_posix(): path.read_bytes()
        for part in _PARTS
        for path in sorted((candidate / part).rglob("*"))
        if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts
    }


def _compute_version(files: dict[str, bytes]) -> str:
    lines = (f"{hashlib.sha256(data).hexdigest()} {path}\n" for path, data in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


def _list_office_mistakes(folder: Path) -> list[str]:
    """All of them, each in a line or two, with places as the office knows them."""
    settings = load_settings(folder)
    checks: tuple[Callable[[Settings], Iterator[str]], ...] = (
        _list_catalogue_mistakes,
        _list_scope_mistakes,
        _list_template_mistakes,
    )
    return [mistake.replace(f"{settings.office}{os.sep}", "") for check in checks for mistake in check(settings)]


def _list_catalogue_mistakes(settings: Settings) -> Iterator[str]:
    for problem in list_catalogue_problems(settings.catalog):
        if not problem.undecided:  # a proposal is left aside until a person has decided
            yield f"{problem.where}: {problem.what}; expected: {problem.expected}"


def _list_scope_mistakes(settings: Settings) -> Iterator[str]:
    try:
        catalogue = load_catalogue(settings.catalog)
    except TongketError:
        return  # said above
    for name in settings.scopes:
        if name not in catalogue.scopes:
            yield f"catalog/scopes/: {name!r} of TONGKET_SCOPES is not there, or waits for a decision"


def _list_template_mistakes(settings: Settings) -> Iterator[str]:
    """Every shipped file is there, and what is filled in can be filled in."""
    shipped, templates = settings.home / "templates", settings.templates
    for path in sorted(shipped.rglob("*")):
        name = path.relative_to(shipped)
        if (
            path.is_file()
            and path.suffix != ".py"
            and "__pycache__" not in name.parts
            and not (templates / name).is_file()
        ):
            yield f"templates/{name.as_posix()}: the file is missing"
    try:
        load_messages(templates)
    except TongketError as error:
        yield str(error)
    yield from list_letter_mistakes(templates, shipped)
    yield from list_report_template_mistakes(templates)
    yield from _list_page_mistakes(templates, shipped)


def _list_page_mistakes(templates: Path, shipped: Path) -> Iterator[str]:
    """Pages: tags that can be read, and no name or filter that the shipped page does not use."""
    from jinja2 import TemplateSyntaxError

    for path in sorted(shipped.rglob("*.html")):
        name = path.relative_to(shipped)
        if name.parts == ("report.html",) or not (templates / name).is_file():
            continue
        try:
            used = _list_page_names((templates / name).read_text(encoding="utf-8"))
        except TemplateSyntaxError as error:
            yield f"templates/{name.as_posix()}:{error.lineno}: a tag is malformed: {error.message}"
        except UnicodeDecodeError as error:
            yield f"templates/{name.as_posix()}: not readable as UTF-8: {error.reason}"
        else:
            for slot in sorted(used - _list_page_names(path.read_text(encoding="utf-8"))):
                yield f"templates/{name.as_posix()}: unknown name {slot!r}"


def _list_page_names(text: str) -> set[str]:
    """What a page takes from outside: names that it does not set itself, and filters."""
    from jinja2 import Environment, nodes

    tree = Environment(autoescape=True).parse(text)
    names = {(name.name, name.ctx) for name in tree.find_all(nodes.Name)}
    set_there = {name for name, how in names if how != "load"}
    return ({name for name, _ in names} - set_there) | {used.name for used in tree.find_all(nodes.Filter)}


def _move_link(link: Path, version: str) -> None:
    moved = link.with_name(f".{link.name}-{os.getpid()}")
    with translate_os_errors(link):
        moved.unlink(missing_ok=True)
        moved.symlink_to(version)
        moved.replace(link)
        sync_folder(link.parent)


def _remove_older_contents(link: Path) -> None:
    current = link.resolve()
    folders = [path for path in link.parent.iterdir() if path.is_dir() and not path.is_symlink() and path != current]
    for folder in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True)[_KEPT - 1 :]:
        shutil.rmtree(folder, ignore_errors=True)
