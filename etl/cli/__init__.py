"""The shell: commands, and how their results are printed. It decides nothing."""

from etl.cli import account_commands, import_commands  # add their commands to the shell's
from etl.cli.commands import main

__all__ = ["account_commands", "import_commands", "main"]
