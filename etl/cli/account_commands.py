"""`tongket accounts`: the accounts by which units use the doors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from etl import steps
from etl.cli.commands import Json, Scope, app, print_result, run_command

accounts = typer.Typer(help="Accounts of reporting units at the doors.", no_args_is_help=True)
app.add_typer(accounts, name="accounts")

By = Annotated[str, typer.Option(help="Who decides: a person's name.")]
Unit = Annotated[str, typer.Option(help="The unit's code, as it is today.")]
Folder = Annotated[Path, typer.Option(help="The folder to write the sheets into.")]


@accounts.command("issue")
def issue_unit_accounts(
    scope: Scope,
    to: Folder,
    by: By,
    unit: Annotated[str | None, typer.Option(help="One unit only, by its code.")] = None,
    json_: Json = False,
) -> None:
    """Give an account to each unit that has none, on a sheet to hand over: the secret stands nowhere else."""
    run_command(json_, lambda: steps.issue_accounts(scope, to, by, unit), print_result)


@accounts.command("rotate")
def rotate_unit_account(unit: Unit, to: Folder, by: By, json_: Json = False) -> None:
    """Give a unit a new secret, on a new sheet; the old one and its sessions end at once."""
    run_command(json_, lambda: steps.rotate_account(unit, to, by), print_result)


@accounts.command("revoke")
def revoke_unit_account(unit: Unit, by: By, json_: Json = False) -> None:
    """End a unit's account at every door, at once."""
    run_command(json_, lambda: steps.revoke_account(unit, by), print_result)


@accounts.command("sheet")
def write_unit_register(scope: Scope, to: Folder, json_: Json = False) -> None:
    """Write the register that units sign when they receive their accounts; it holds no secret."""
    run_command(json_, lambda: steps.write_account_register(scope, to), print_result)
