"""The shell: commands, and how their results are printed. It decides nothing."""

from etl.cli.commands import main

__all__ = ["main"]
