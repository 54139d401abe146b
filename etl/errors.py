"""Errors that stop a run. Bad data is never one of these: it is a Finding.

::

    TongketError                exit code 2, always says what, where and what to do
    ├── UsageError              the command or its arguments make no sense
    │   └── RefusalError        what a person decided or gave is refused; the reason has words in Vietnamese
    ├── SettingsError           an environment variable or path is wrong or missing
    ├── CatalogueError          a file in catalog/ or expectations/ is wrong
    ├── TemplateError           a template has an unknown or unused slot
    ├── ReportError             a report does not show what it was made from
    ├── StorageError            a folder cannot be read or written, or the disk is full
    ├── MailError               a message did not go out, or nobody knows whether it did
    └── WarehouseError          the database is away, or its schema is not ours
"""


class TongketError(Exception):
    """The root: one sentence each for what went wrong, where, and what to do.

    Args:
        what: What went wrong, in one sentence.
        where: File, key, address or folder it happened at.
        fix: What the reader should do now.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        self.what = what
        self.where = where
        self.fix = fix
        super().__init__(str(self))

    def __str__(self) -> str:
        parts = [self.what]
        if self.where:
            parts.append(f"Where: {self.where}")
        if self.fix:
            parts.append(f"Do: {self.fix}")
        return " | ".join(parts)

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments do not survive default pickling across process borders.
        return (_rebuild_error, (type(self), self.what, self.where, self.fix))


def _rebuild_error(kind: type[TongketError], what: str, where: str, fix: str) -> TongketError:
    return kind(what, where=where, fix=fix)


class UsageError(TongketError):
    """The command or its arguments make no sense."""


class RefusalError(UsageError):
    """What a person decided or gave is refused. `message` is what to tell them: a key of templates/messages.

    `slots` are that message's, by name.
    """

    def __init__(self, what: str, *, message: str, where: str = "", fix: str = "", **slots: object) -> None:
        super().__init__(what, where=where, fix=fix)
        self.message = f"refused.{message}"
        self.slots = slots

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild_refusal, (self.what, self.where, self.fix, self.message, self.slots))


def _rebuild_refusal(what: str, where: str, fix: str, message: str, slots: dict[str, object]) -> RefusalError:
    return RefusalError(what, message=message.removeprefix("refused."), where=where, fix=fix, **slots)


class SettingsError(TongketError):
    """An environment variable or path is wrong or missing."""


class CatalogueError(TongketError):
    """A file that people write (catalog/, expectations/) is wrong: file, key, what was expected."""


class TemplateError(TongketError):
    """A template has an unknown or unused slot."""


class ReportError(TongketError):
    """A report does not show what it was made from. Nothing was written."""


class StorageError(TongketError):
    """A folder cannot be read or written, or the disk is full. Nothing was lost."""


class MailError(TongketError):
    """A message did not go out, or nobody knows whether it did. It is never sent twice."""


class WarehouseError(TongketError):
    """The database is away, or its schema is not the one this code was written for."""
