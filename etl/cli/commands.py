"""The shell: everything a DAG does, on the same functions. Exit 0 done, 1 refused, 2 wrong use or broken set-up.

With `--json` a command prints one JSON document on standard output and nothing else.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from etl import steps
from etl.errors import RefusalError, TongketError, UsageError
from etl.file_io import is_hidden_sign
from etl.lineage import lineage_text
from etl.messages import Messages, load_messages
from etl.scaffold import PlanHead
from etl.settings import load_settings

app = typer.Typer(
    name="tongket",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
warehouse = typer.Typer(help="The store.", no_args_is_help=True)
app.add_typer(warehouse, name="warehouse")
catalogue = typer.Typer(help="What people decide, as files.", no_args_is_help=True)
app.add_typer(catalogue, name="catalogue")
new = typer.Typer(help="Catalogue files for a new office or plan.", no_args_is_help=True)
app.add_typer(new, name="new")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Scope = Annotated[str, typer.Option(help="Who runs the instance: kon-tum, tan-yen …")]
PeriodKey = Annotated[str, typer.Option("--period", help="2024, 2024Q3 …")]
Plan = Annotated[str | None, typer.Option(help="One plan only.")]
AsKnownAt = Annotated[str | None, typer.Option(help="As known at this time: 2024-04-20T08:00:00+07:00.")]
Geography = Annotated[
    str, typer.Option(help="Whose units: was (the period's own), is (today's), or a date's: 2025-06-30.")
]

REFUSED = 1
PROVED = {"signed", "signed_copy", "content_equal"}
"""What `verify` answers of a file that an office may rely on."""


@app.callback()
def set_up_logging(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log each file, on standard error.")] = False,
) -> None:
    """From district workbooks to the signed report."""
    if verbose:
        logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
        logging.getLogger("etl").setLevel(logging.INFO)


def print_line(text: object, *, err: bool = False) -> None:
    """Prints one line. What senders wrote may stand in it: no sign of it commands the terminal or begins a new line."""
    typer.echo("".join("\ufffd" if is_hidden_sign(sign) else sign for sign in str(text)), err=err)


def run_command(as_json: bool, work: Callable[[], Any], show: Callable[[Any], None]) -> Any:
    """Does the work and prints its result; an error of ours becomes its exit code and one clear message."""
    try:
        result = work()
    except TongketError as error:
        if as_json:
            payload = {"error": {"what": error.what, "where": error.where, "fix": error.fix}}
            typer.echo(json.dumps(payload, ensure_ascii=False))
        else:
            for line in f"tongket: {error.what}".split("\n"):
                print_line(line, err=True)
            for word, text in (("where", error.where), ("do", error.fix)):
                if text:
                    print_line(f"  {word}: {text}", err=True)
            if isinstance(error, RefusalError):
                print_line(f"  {_load_wording().format(error.message, **error.slots)}", err=True)
        raise typer.Exit(error.exit_code) from None
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False, indent=1))
    else:
        show(result)
    return result


def _load_wording() -> Messages:
    return load_messages(load_settings().templates)


def print_result(result: dict[str, Any]) -> None:
    """Prints a result: a line an entry."""
    for key, value in result.items():
        if isinstance(value, list | tuple):
            print_line(f"{key}:")
            for entry in value:
                print_line(f"  {entry}")
        else:
            print_line(f"{key}: {value}")


@app.command()
def forms(
    scope: Scope,
    period: PeriodKey,
    to: Annotated[Path, typer.Option(help="Folder to write to; one folder a unit below it.")],
    unit: Annotated[str | None, typer.Option(help="One unit only, by its code.")] = None,
    json_: Json = False,
) -> None:
    """Issue the workbooks of a period."""
    run_command(json_, lambda: steps.issue_forms(scope, period, to, unit), print_result)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Workbooks to check.")],
    answers: Annotated[
        bool, typer.Option("--return", help="Write the annotated copy beside each file: <name>.ket-qua.xlsx.")
    ] = False,
    json_: Json = False,
) -> None:
    """Say what intake would say of workbooks, offline and without a database."""

    def check_workbooks() -> Any:
        with _open_progress_bar(len(files), quiet=json_) as advance:
            results = steps.check_files(files, answers=answers, progress=advance)
        return results[0] if len(results) == 1 else {"accepted": all(f["accepted"] for f in results), "files": results}

    result = run_command(json_, check_workbooks, _show_verdicts)
    if not result["accepted"]:
        raise typer.Exit(REFUSED)


@contextmanager
def _open_progress_bar(length: int, *, quiet: bool) -> Iterator[Callable[[], object]]:
    """A progress bar on standard error, where somebody looks at it and there is more than one thing to wait for."""
    if quiet or length < 2 or not sys.stderr.isatty():
        yield lambda: None
        return
    with typer.progressbar(length=length, label=_load_wording().texts["shell.checking"], file=sys.stderr) as bar:
        yield lambda: bar.update(1)


def _show_verdicts(result: dict[str, Any]) -> None:
    wording = _load_wording()
    for verdict in result.get("files", [result]):
        word = wording.texts["shell.accepted" if verdict["accepted"] else "shell.refused"]
        counts = ", ".join(f"{wording.texts[f'level.{k}'].lower()} {n}" for k, n in verdict["counts"].items() if n)
        print_line(f"{word}  {verdict['file']}" + (f"  ({counts})" if counts else ""))
        for f in verdict["findings"]:
            place = f"{f['sheet']}!{f['cell']}" if f["cell"] else f["sheet"] or "-"
            level = wording.texts[f"level.{f['level']}"]
            print_line(f"  {level:<14}  {f['code']}  {place:<8}  {f['message']}  → {f['hint']}")
        if "answer" in verdict:
            print_line(f"  {wording.format('shell.answer', path=verdict['answer'])}")


@app.command()
def run(
    scope: Scope,
    period: Annotated[str | None, typer.Option(help="Compute and report this period too, whatever came in.")] = None,
    json_: Json = False,
) -> None:
    """Run the whole flow once without Airflow: inbox to outbox."""
    run_command(json_, lambda: steps.run_pipeline_once(scope, period), print_result)


@app.command()
def attain(
    scope: Scope,
    period: PeriodKey,
    plan: Plan = None,
    as_known_at: AsKnownAt = None,
    geography: Geography = "was",
    every: Annotated[bool, typer.Option("--units", help="Units and agencies row by row too, not counted.")] = False,
    json_: Json = False,
) -> None:
    """Say how far each indicator is from what the plans promise; of units and agencies how many rows stand where."""

    def list_rows() -> dict[str, Any]:
        rows = steps.list_attainment_rows(scope, period, plan, as_known_at, geography)
        return {"scope": scope, "period": period, "as_known_at": as_known_at, "geography": geography, "rows": rows}

    run_command(json_, list_rows, functools.partial(_show_attainment, every=every))


def _show_attainment(result: dict[str, Any], *, every: bool) -> None:
    counts: dict[tuple[str, str], Counter[str]] = {}
    for row in result["rows"]:
        if not every and not row["of_area"]:
            whose = "agencies" if row["of_agency"] else "units"
            counts.setdefault((row["plan"], whose), Counter())[row["status"]] += 1
            continue
        value = "-" if row["value"] is None else f"{row['value']:.4g}"
        print_line(
            f"{row['plan']:<9} {row['item']:<12} {row['unit']:<6} {value:>10} {row['unit_of_measure']:<12} "
            f"{row['written']:<14} {row['status']:<14} {row['class']}"
        )
    for (plan, whose), statuses in counts.items():
        said = ", ".join(f"{count} {status}" for status, count in statuses.most_common())
        print_line(f"{plan:<9} {whose}: {said} (row by row with --units)")


@app.command()
def report(
    scope: Scope, period: PeriodKey, plan: Plan = None, as_known_at: AsKnownAt = None, json_: Json = False
) -> None:
    """Draft the documents of a period."""
    run_command(json_, lambda: steps.draft_period_reports(scope, period, plan, as_known_at), print_result)


@app.command()
def trace(
    report: Annotated[str, typer.Argument(help="A file of a drafted report, its number, or plan:cadence:period.")],
    indicator: Annotated[str, typer.Argument(help="An indicator's code, or an item of the plan.")],
    unit: Annotated[str | None, typer.Argument(help="A unit's code; the whole area if left out.")] = None,
    json_: Json = False,
) -> None:
    """Follow a printed number down to files, sheets, cells and checks; exit 1 where it does not come out again."""
    lineage = run_command(
        json_, lambda: steps.trace_number(report, indicator, unit), _build_line_printer(lineage_text.format_trace_lines)
    )
    if not lineage["reproduces"]:
        raise typer.Exit(REFUSED)


@app.command()
def sign(
    report: Annotated[str, typer.Argument(help="The number of a drafted document, or a file of it.")],
    by: Annotated[str, typer.Option(help="Who decides: a person's name.")],
    send_back: Annotated[str | None, typer.Option(help="Send it back instead, for this reason.")] = None,
    number: Annotated[str, typer.Option(help="Its number in the register: 05.")] = "",
    date: Annotated[str, typer.Option(help="Its date: 2024-04-22.")] = "",
    signer: Annotated[str, typer.Option(help="The name under the text.")] = "",
    title: Annotated[
        list[str] | None,
        typer.Option(help="What stands above the signature, a line each; else as in the catalogue."),
    ] = None,
    json_: Json = False,
) -> None:
    """Approve a drafted document, print number, date and signer into it and publish it; or send it back."""

    def sign_or_send_back() -> Any:
        return steps.sign_document(report, by, send_back, number=number, date=date, signer=signer, title=title or ())

    run_command(json_, sign_or_send_back, print_result)


@app.command()
def attach(
    report: Annotated[str, typer.Argument(help="The number of a published document, or a file of it.")],
    file: Annotated[Path, typer.Argument(help="Its PDF as it came back signed.")],
    by: Annotated[str, typer.Option(help="Who takes it in: a person's name.")],
    json_: Json = False,
) -> None:
    """Take a published PDF in that came back with its digital signatures: it goes out in place of the unsigned one."""
    run_command(json_, lambda: steps.attach_signed_copy(report, file, by), print_result)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A file of a report.")],
    offline: Annotated[bool, typer.Option(help="Ask only the record beside the file, not the warehouse.")] = False,
    key: Annotated[Path | None, typer.Option(help="Its publisher's public key: khoa-cong-khai_….pem.")] = None,
    json_: Json = False,
) -> None:
    """Prove that a file is the signed one, or says the same: who, when, by which figures; exit 1 where it is not."""
    verdict = run_command(json_, lambda: steps.verify_file(file, offline=offline, key=key), print_result)
    if verdict["verdict"] not in PROVED:
        raise typer.Exit(REFUSED)


@app.command()
def dispatch(
    arrived: Annotated[str | None, typer.Option(help="Note that the message of this Message-ID arrived.")] = None,
    not_arrived: Annotated[str | None, typer.Option(help="Note that it did not: it is sent again.")] = None,
    by: Annotated[str, typer.Option(help="Who found that out: a person's name.")] = "",
    json_: Json = False,
) -> None:
    """Put published documents into their recipients' folders and list the messages that have not gone out."""

    def dispatch_or_settle() -> Any:
        if arrived and not_arrived:
            raise UsageError("both --arrived and --not-arrived", where="dispatch", fix="give one of them")
        message = arrived or not_arrived
        return steps.settle_mail(message, by, arrived=bool(arrived)) if message else steps.dispatch_folders()

    run_command(json_, dispatch_or_settle, print_result)


@app.command()
def remind(
    scope: Scope,
    day: Annotated[str, typer.Option(help="The day: 2024-04-22.")],
    json_: Json = False,
) -> None:
    """Write the reminders of a day; messages go out from Airflow alone."""
    run_command(json_, lambda: steps.remind_units(scope, day), print_result)


@app.command()
def export(
    scope: Scope,
    period: PeriodKey,
    format_: Annotated[str, typer.Option("--format", help="dhis2 (JSON data value set) or adx (XML).")],
    to: Annotated[Path, typer.Option(help="The file to write.")],
    json_: Json = False,
) -> None:
    """Write the figures of a period for the Ministry's systems: each unit's own, what is missing left out."""
    run_command(json_, lambda: steps.export_figures(scope, period, format_, to), print_result)


@app.command()
def feedback(
    scope: Scope,
    period: PeriodKey,
    unit: Annotated[str | None, typer.Option(help="One unit only, by its code.")] = None,
    json_: Json = False,
) -> None:
    """Write each unit's page of a quarter (a year for who reports by years): on time, complete, mended, figures."""
    run_command(json_, lambda: steps.write_unit_feedback(scope, period, unit), print_result)


@app.command()
def docs(
    scope: Scope,
    period: PeriodKey,
    to: Annotated[Path, typer.Option(help="The folder to write the page into.")],
    json_: Json = False,
) -> None:
    """Write what every rule said of a period's workbooks, and of the warehouse's views, as a page."""
    run_command(json_, lambda: steps.write_data_docs(scope, period, to), print_result)


@app.command()
def diff(
    scope: Scope,
    period: PeriodKey,
    from_: Annotated[str, typer.Option("--from", help="The earlier time: 2024-04-20T08:00:00+07:00.")],
    to: Annotated[str, typer.Option(help="The later time.")],
    json_: Json = False,
) -> None:
    """Say what changed between two times: cells and their files, the catalogue, figures, verdicts."""
    run_command(
        json_,
        lambda: steps.compare_snapshots(scope, period, from_, to),
        _build_line_printer(lineage_text.format_difference_lines),
    )


def _build_line_printer(
    format_lines: Callable[[dict[str, Any], Messages], Iterable[str]],
) -> Callable[[dict[str, Any]], None]:
    def print_lines(result: dict[str, Any]) -> None:
        for line in format_lines(result, _load_wording()):
            print_line(line)

    return print_lines


@app.command()
def status(scope: Scope, period: PeriodKey, json_: Json = False) -> None:
    """Show units × state for a period."""
    run_command(json_, lambda: steps.list_unit_statuses(scope, period), _show_status)


def _show_status(result: dict[str, Any]) -> None:
    for unit in result["units"]:
        late = f"late {unit['late_days']}" if unit["late_days"] > 0 else ""
        print_line(
            f"{unit['unit']:<9} {unit['unit_name']:<40} {unit['form']:<22} {unit['state']:<9} "
            f"v{unit['version']} due {unit['due']} {late}"
        )


@warehouse.command("migrate")
def run_migrations(json_: Json = False) -> None:
    """Bring the schema to this code's, and the catalogue in it to the present content."""
    run_command(json_, steps.migrate_warehouse, print_result)


@warehouse.command("status")
def show_warehouse_status(json_: Json = False) -> None:
    """Say whether the server answers and which migrations are applied."""
    run_command(json_, steps.read_warehouse_status, print_result)


@warehouse.command("backup")
def write_backup(
    to: Annotated[Path, typer.Option(help="The file to write; it must not be there yet.")], json_: Json = False
) -> None:
    """Write the warehouse to one file, from one moment, while work goes on."""
    run_command(json_, lambda: steps.back_up_warehouse(to), _show_backup)


@warehouse.command("restore")
def restore_backup(file: Annotated[Path, typer.Argument(help="The file of a backup.")], json_: Json = False) -> None:
    """Fill an empty warehouse from a backup and compare it, table by table, with what was backed up."""
    run_command(json_, lambda: steps.restore_from_backup(file), _show_backup)


def _show_backup(result: dict[str, Any]) -> None:
    rows = sum(table["rows"] for table in result["tables"])
    verified = ", verified" if result.get("verified") else ""
    print_line(f"{result['file']}: {len(result['tables'])} tables, {rows} rows, {result['taken_at']}{verified}")


@warehouse.command("psql", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def open_psql(context: typer.Context) -> None:
    """Open psql on the warehouse; further arguments are psql's own."""
    command, environment = run_command(False, steps.build_psql_command, lambda _: None)
    os.execve(command[0], [*command, *context.args], environment)  # noqa: S606 - hands over to psql


@catalogue.command("check")
def check_catalogue_files(json_: Json = False) -> None:
    """Say everything that is wrong in catalog/, each with its file and line; exit 1 where anything is."""
    result = run_command(json_, steps.check_catalogue, _show_problems)
    if result["problems"]:
        raise typer.Exit(REFUSED)


@catalogue.command("adopt")
def adopt_files(
    folder: Annotated[Path, typer.Argument(help="With catalog/ and templates/; a copy of them is taken.")],
    json_: Json = False,
) -> None:
    """Check an office's catalog/ and templates/ and let them take effect at once; exit 1 where anything is wrong."""
    result = run_command(json_, lambda: steps.adopt_office_files(folder), _show_adoption)
    if result["mistakes"]:
        raise typer.Exit(REFUSED)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _show_adoption(result: dict[str, Any]) -> None:
    for mistake in result["mistakes"]:
        print_line(mistake)
    if result["mistakes"]:
        print_line(f"{_count(len(result['mistakes']), 'mistake')}; nothing was changed")
    else:
        print_line(f"{result['version']}: in force{'' if result['changed'] else ' already'}")


def _show_problems(result: dict[str, Any]) -> None:
    """A line for each mistake, and below it what was expected."""
    problems = sorted(result["problems"], key=lambda problem: problem["undecided"])
    for problem in problems:
        near = f" -> did you mean {problem['nearest']!r}?" if problem["nearest"] else ""
        print_line(f"{problem['where']}: {problem['what']}")
        print_line(f"    expected: {problem['expected']}{near}")
    files = sorted({problem["file"] for problem in problems})
    undecided = sum(problem["undecided"] for problem in problems)
    told = [_count(len(problems) - undecided, "mistake"), _count(undecided, "value") + " to decide"]
    if files:
        counted = " and ".join(part for part in told if not part.startswith("0 "))
        print_line(f"{counted} in {_count(len(files), 'file')}: {', '.join(files)}")
    else:
        print_line(f"{result['catalogue']}: {result['files']} files, no mistakes")
    if result["unaddressed"]:
        print_line(
            f"forms without place and contact (`receivers` in contacts.yaml): {', '.join(result['unaddressed'])}"
        )


@new.command("scope")
def create_scope(
    province: Annotated[str, typer.Option(help="The province's code since 01/07/2025: 92.")],
    id_: Annotated[str, typer.Option("--id", help="The scope's name; made from the province's if left out.")] = "",
    from_year: Annotated[int | None, typer.Option(help="The first year of forms; this year if left out.")] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take back what the same words wrote, if nobody touched it.")
    ] = False,
    json_: Json = False,
) -> None:
    """Write the scope, units and recipients of a province, and say what is left to decide."""
    run_command(json_, lambda: steps.create_scope(province, id_, from_year, undo=undo), print_result)


@new.command("plan")
def create_plan(
    table: Annotated[Path, typer.Argument(help="The table of targets: CSV, or a workbook.")],
    id_: Annotated[str, typer.Option("--id", help="The plan's name in the catalogue, and its file's.")],
    title: Annotated[str, typer.Option(help="The plan's title.")],
    number: Annotated[str, typer.Option(help="Its number: 12/KH-UBND.")] = "",
    date: Annotated[str, typer.Option(help="Its day: 2026-02-03.")] = "",
    issuer: Annotated[str, typer.Option(help="Who issued it: a code of actors.yaml.")] = "",
    sheet: Annotated[str, typer.Option(help="The workbook's sheet, where it has several.")] = "",
    undo: Annotated[
        bool, typer.Option("--undo", help="Take back what the same words wrote, if nobody touched it.")
    ] = False,
    json_: Json = False,
) -> None:
    """Write a plan from a table of its targets; what is not certain is marked, and `catalogue check` refuses it."""
    head = PlanHead(id_, title, number, issuer, date, table.name)
    run_command(json_, lambda: steps.create_plan(head, str(table), sheet, undo=undo), print_result)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The console script. Wrong use exits 2 with one line, as JSON where JSON was asked for."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        app(words)
    except UsageError as error:
        print_line(f"tongket: {error}", err=True)
        raise SystemExit(error.exit_code) from None
    raise SystemExit(0)
