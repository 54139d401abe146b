"""Tongket: from district workbooks to the signed report."""

__version__ = "0.1.0"
