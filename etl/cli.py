"""The shell: everything a DAG does, on the same functions. Exit 0 done, 1 refused, 2 wrong use or broken set-up.

With `--json` a command prints one JSON document on standard output and nothing else.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from etl.errors import TongketError, UsageError

app = typer.Typer(
    name="tongket",
    help="From district workbooks to the signed report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
warehouse = typer.Typer(help="The store.", no_args_is_help=True)
app.add_typer(warehouse, name="warehouse")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Scope = Annotated[str, typer.Option(help="Who runs the instance: kon-tum, tan-yen …")]
PeriodKey = Annotated[str, typer.Option("--period", help="2024, 2024Q3 …")]
Plan = Annotated[str | None, typer.Option(help="One plan only.")]
AsKnownAt = Annotated[str | None, typer.Option(help="As known at this time: 2024-04-20T08:00:00+07:00.")]

REFUSED = 1


def _run(as_json: bool, work: Callable[[], Any], show: Callable[[Any], None]) -> Any:
    """Does the work and prints its result; an error of ours becomes its exit code and one clear message."""
    try:
        result = work()
    except TongketError as error:
        if as_json:
            said = {"error": {"what": error.what, "where": error.where, "fix": error.fix}}
            typer.echo(json.dumps(said, ensure_ascii=False))
        else:
            typer.echo(f"tongket: {error.what}", err=True)
            for word, text in (("where", error.where), ("do", error.fix)):
                if text:
                    typer.echo(f"  {word}: {text}", err=True)
        raise typer.Exit(error.exit_code) from None
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False, indent=1))
    else:
        show(result)
    return result


def _plain(result: dict[str, Any]) -> None:
    for key, value in result.items():
        if isinstance(value, list | tuple):
            typer.echo(f"{key}:")
            for entry in value:
                typer.echo(f"  {entry}")
        else:
            typer.echo(f"{key}: {value}")


@app.command()
def forms(
    scope: Scope,
    period: PeriodKey,
    to: Annotated[Path, typer.Option(help="Folder to write to; one folder a unit below it.")],
    unit: Annotated[str | None, typer.Option(help="One unit only, by its code.")] = None,
    json_: Json = False,
) -> None:
    """Issue the workbooks of a period."""
    from etl import steps

    _run(json_, lambda: steps.issue_forms(scope, period, to, unit), _plain)


@app.command()
def check(files: Annotated[list[Path], typer.Argument(help="Workbooks to check.")], json_: Json = False) -> None:
    """Say what intake would say of workbooks, offline and without a database."""
    from etl import steps

    def work() -> Any:
        found = steps.check_files(files)
        return found[0] if len(found) == 1 else {"accepted": all(f["accepted"] for f in found), "files": found}

    result = _run(json_, work, _show_verdicts)
    if not result["accepted"]:
        raise typer.Exit(REFUSED)


def _show_verdicts(result: dict[str, Any]) -> None:
    for verdict in result.get("files", [result]):
        word = "ĐẠT" if verdict["accepted"] else "TRẢ LẠI"
        typer.echo(f"{word}  {verdict['file']}")
        for f in verdict["findings"]:
            place = f"{f['sheet']}!{f['cell']}" if f["cell"] else f["sheet"] or "-"
            typer.echo(f"  {f['code']}  {f['level']:<7}  {place:<8}  {f['message']}  → {f['hint']}")


@app.command()
def run(
    scope: Scope,
    period: Annotated[str | None, typer.Option(help="Compute and report this period too, whatever came in.")] = None,
    json_: Json = False,
) -> None:
    """Run the whole flow once without Airflow: inbox to outbox."""
    from etl import steps

    _run(json_, lambda: steps.run_once(scope, period), _plain)


@app.command()
def attain(
    scope: Scope, period: PeriodKey, plan: Plan = None, as_known_at: AsKnownAt = None, json_: Json = False
) -> None:
    """Say how far each indicator is from what the plans promise."""
    from etl import steps

    def work() -> dict[str, Any]:
        rows = steps.attain_rows(scope, period, plan, as_known_at)
        return {"scope": scope, "period": period, "as_known_at": as_known_at, "rows": rows}

    _run(json_, work, _show_attainment)


def _show_attainment(result: dict[str, Any]) -> None:
    for row in result["rows"]:
        value = "-" if row["value"] is None else f"{row['value']:.4g}"
        typer.echo(
            f"{row['plan']:<9} {row['item']:<12} {row['unit']:<6} {value:>10}  {row['written']:<14} "
            f"{row['status']:<14} {row['class']}"
        )


@app.command()
def report(
    scope: Scope, period: PeriodKey, plan: Plan = None, as_known_at: AsKnownAt = None, json_: Json = False
) -> None:
    """Draft the documents of a period."""
    from etl import steps

    _run(json_, lambda: steps.report_period(scope, period, plan, as_known_at), _plain)


@app.command()
def status(scope: Scope, period: PeriodKey, json_: Json = False) -> None:
    """Show units × state for a period."""
    from etl import steps

    _run(json_, lambda: steps.status(scope, period), _show_status)


def _show_status(result: dict[str, Any]) -> None:
    for unit in result["units"]:
        late = f"late {unit['late_days']}" if unit["late_days"] > 0 else ""
        typer.echo(
            f"{unit['unit']:<9} {unit['unit_name']:<40} {unit['form']:<22} {unit['state']:<9} "
            f"v{unit['version']} due {unit['due']} {late}"
        )


@warehouse.command("migrate")
def warehouse_migrate(json_: Json = False) -> None:
    """Bring the schema to this code's, and the catalogue in it to the present content."""
    from etl import steps

    _run(json_, steps.migrate, _plain)


@warehouse.command("status")
def warehouse_status(json_: Json = False) -> None:
    """Say whether the server answers and which migrations are applied."""
    from etl import steps

    _run(json_, steps.warehouse_status, _plain)


@warehouse.command("psql", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def warehouse_psql(context: typer.Context) -> None:
    """Open psql on the warehouse; further arguments are psql's own."""
    from etl import steps

    command, environment = _run(False, steps.psql_command, lambda _: None)
    os.execve(command[0], [*command, *context.args], environment)  # noqa: S606 - hands over to psql


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The console script. Wrong use exits 2 with one line, as JSON where JSON was asked for."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        app(words)
    except UsageError as error:
        typer.echo(f"tongket: {error}", err=True)
        raise SystemExit(error.exit_code) from None
    raise SystemExit(0)
