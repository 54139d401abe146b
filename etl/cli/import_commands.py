"""`tongket import` and `tongket imports`: tables that others issued, seen by a person before they are taken in."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from etl import steps
from etl.cli.commands import REFUSED, Json, Scope, app, print_line, print_result, run_command
from etl.errors import UsageError

imports = typer.Typer(help="Tables that others issued: what waits, what was taken in.", no_args_is_help=True)
app.add_typer(imports, name="imports")

By = Annotated[str, typer.Option(help="Who decides: a person's name.")]
Reason = Annotated[str, typer.Option(help="Why.")]


@app.command("import")
def import_table(
    file: Annotated[str, typer.Argument(help="A table: CSV, a workbook, or the number of a delivery that waits.")],
    scope: Scope,
    layout: Annotated[str, typer.Option(help="Its layout in catalog/layouts; found by its headers if left out.")] = "",
    period: Annotated[str, typer.Option(help="Its period, where the table does not print it.")] = "",
    sheet: Annotated[str, typer.Option(help="The workbook's sheet, where it has several.")] = "",
    preview: Annotated[bool, typer.Option("--preview", help="Only show what would be read, cell by cell.")] = False,
    by: Annotated[str, typer.Option(help="Who has looked at the preview and confirms: a person's name.")] = "",
    json_: Json = False,
) -> None:
    """Read a foreign table into our forms, into the inbox; exit 1 where anything in it is not certain."""

    def preview_or_import() -> Any:
        if bool(by) == preview:
            raise UsageError(
                "--preview or --by", where="import", fix="look with --preview, then confirm with --by NAME"
            )
        choice = steps.TableChoice(layout, period, sheet)
        return steps.preview_import(scope, file, choice) if preview else steps.import_table(scope, file, by, choice)

    result = run_command(json_, preview_or_import, _show_import)
    if result["problems"]:
        raise typer.Exit(REFUSED)


def _show_import(result: dict[str, Any]) -> None:
    """A line for each cell, then one for each reason not to take them."""
    for cell in result["cells"]:
        print_line(
            f"{cell['cell']:<6} {cell['written']:>14} -> {cell['value']:>14}  "
            f"{cell['unit']:<6} {cell['unit_name']:<28} {cell['name']}"
        )
    for problem in result["problems"]:
        print_line(f"!! {problem['cell'] or '-':<4} {problem['message']}")
    for path in result.get("written", ()):
        print_line(path)
    number = f"import {result['import']}: " if "import" in result else ""
    counts = f"{len(result['cells'])} cells, {len(result['problems'])} problems"
    print_line(f"{number}{result['layout']} {result['period']}: {counts}")


@imports.command("list")
def list_table_imports(json_: Json = False) -> None:
    """Say which tables wait for a person, and what was taken in of others, newest first."""
    run_command(json_, steps.list_imports, print_result)


@imports.command("send-back")
def send_back_waiting_table(
    delivery: Annotated[int, typer.Argument(help="The number of the delivery that waits.")],
    by: By,
    reason: Reason,
    json_: Json = False,
) -> None:
    """Refuse a table that waits; its sender is told why."""
    run_command(json_, lambda: steps.send_back_table(delivery, by, reason), print_result)


@imports.command("withdraw")
def withdraw_table_import(
    number: Annotated[int, typer.Argument(help="The number of the import.")],
    by: By,
    reason: Reason,
    json_: Json = False,
) -> None:
    """Take back what an import brought: its numbers are missing again, and both stay on record."""
    run_command(json_, lambda: steps.withdraw_import(number, by, reason), print_result)
