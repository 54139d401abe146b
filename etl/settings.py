"""The one module that reads the environment, at run time and never at import.

Every setting is documented in `.env.example` and `docs/settings.md`; a test keeps the three equal.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from etl.errors import SettingsError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DOORS = ("web", "webdav", "mail")


@dataclass(frozen=True)
class Settings:
    """Where things are and how strict intake is. Paths are absolute."""

    home: Path
    office: Path
    var: Path
    database_url: str
    scopes: tuple[str, ...]
    min_age_seconds: float
    received_clock: str
    batches: int
    max_file_mb: float
    quarantine_folder: str
    reannounce_minutes: int
    simulated: bool
    smtp_connection: str
    alert_addresses: tuple[str, ...]
    alert_webhook: str
    disk_percent: int
    backups_folder: str
    keep_days: int
    keep_quiet_days: int
    airflow_database_url: str
    imap_connection: str
    doors: tuple[str, ...]
    door_address: str
    door_quota_mb: float

    @property
    def catalog(self) -> Path:
        """What people decide, as data: the folder in force now, which stays as it is when another takes its place."""
        return (self.office / "catalog").resolve()

    @property
    def expectations(self) -> Path:
        """The rules of checking."""
        return self.home / "expectations"

    @property
    def sql(self) -> Path:
        """Migrations, views and queries."""
        return self.home / "sql"

    @property
    def templates(self) -> Path:
        """What an office can edit, in the folder in force now."""
        return (self.office / "templates").resolve()

    @property
    def inbox(self) -> Path:
        """Where units drop their files: one folder a unit."""
        return self.var / "inbox"

    @property
    def archive(self) -> Path:
        """Every content ever taken, by hash."""
        return self.var / "archive"

    @property
    def quarantine(self) -> Path:
        """What was never opened: links, special files, files far too large. On the inbox's own file system."""
        return Path(self.quarantine_folder).resolve() if self.quarantine_folder else self.var / "quarantine"

    @property
    def outbox(self) -> Path:
        """Forms, answers, drafts and reports."""
        return self.var / "outbox"

    @property
    def backups(self) -> Path:
        """Nightly backups of the warehouse."""
        return Path(self.backups_folder).resolve() if self.backups_folder else self.var / "backups"

    @property
    def secrets(self) -> Path:
        """The installation's own keys, readable by its account alone."""
        return self.var / "secrets"

    @property
    def trust_roots(self) -> Path:
        """Certificates (.pem, .crt, .cer) that the office trusts to vouch for digital signatures."""
        return self.secrets / "trust"

    @property
    def door_staging(self) -> Path:
        """Where the doors keep what is sent until it is whole and checked; the inbox never sees half of a file."""
        return self.var / "doors"

    @property
    def pgdata(self) -> Path:
        """Data folder of the private server, used when no database address is given."""
        return self.var / "pg"


def _parse_number_setting(name: str, default: float, *, least: float) -> float:
    text = os.environ.get(name, "").strip() or str(default)
    try:
        value = float(text)
    except ValueError:
        value = least - 1
    if value < least:
        raise SettingsError(
            f"{name}={text!r} is not a number of at least {least:g}", where=name, fix="correct or unset it"
        )
    return value


def _parse_list_setting(name: str, default: str) -> tuple[str, ...]:
    return tuple(entry.strip() for entry in (os.environ.get(name, "") or default).split(",") if entry.strip())


def _parse_doors_setting() -> tuple[str, ...]:
    doors = tuple(dict.fromkeys(_parse_list_setting("TONGKET_DOORS", ",".join(DOORS))))
    if doors != ("none",) and not set(doors) <= set(DOORS):
        fix = f"name some of {', '.join(DOORS)}, or 'none'"
        raise SettingsError(f"TONGKET_DOORS={doors}", where="TONGKET_DOORS", fix=fix)
    return tuple(name for name in doors if name != "none")


def get_office_link() -> Path | None:
    """The link to the office's files in force, which `tongket catalogue adopt` moves; None where none is configured."""
    name = os.environ.get("TONGKET_OFFICE", "").strip()
    return Path(name).absolute() if name else None


def load_settings(office: Path | None = None) -> Settings:
    """The settings as the environment has them now.

    Args:
        office: A folder whose `catalog/` and `templates/` are used in place of those in force.

    Raises:
        SettingsError: a value is malformed; names the variable.
    """
    home = Path(os.environ.get("TONGKET_HOME", "") or PROJECT_ROOT).resolve()
    if not (home / "sql").is_dir():
        raise SettingsError(f"{home} has no sql/ folder", where="TONGKET_HOME", fix="point it at the project's folder")
    office = office or get_office_link() or home
    if not (office / "catalog").is_dir():
        fix = "point it at the project's folder" if office == home else "run `tongket catalogue adopt FOLDER`"
        raise SettingsError(
            f"{office} has no catalog/ folder", where="TONGKET_HOME" if office == home else str(office), fix=fix
        )
    var = Path(os.environ.get("TONGKET_VAR", "") or home / "var").resolve()
    clock = os.environ.get("TONGKET_RECEIVED_CLOCK", "").strip() or "wall"
    if clock not in {"wall", "mtime"}:
        raise SettingsError(
            f"TONGKET_RECEIVED_CLOCK={clock!r}",
            where="TONGKET_RECEIVED_CLOCK",
            fix="use 'wall', or 'mtime' for simulations",
        )
    return Settings(
        home=home,
        office=office,
        var=var,
        database_url=os.environ.get("TONGKET_DATABASE_URL", "").strip(),
        scopes=_parse_list_setting("TONGKET_SCOPES", "quang-ngai,bac-ninh"),
        min_age_seconds=_parse_number_setting("TONGKET_MIN_AGE_SECONDS", 10.0, least=0.0),
        received_clock=clock,
        batches=int(_parse_number_setting("TONGKET_BATCHES", 2, least=1)),
        max_file_mb=_parse_number_setting("TONGKET_MAX_FILE_MB", 50.0, least=0.001),
        reannounce_minutes=int(_parse_number_setting("TONGKET_REANNOUNCE_MINUTES", 30, least=0)),
        quarantine_folder=os.environ.get("TONGKET_QUARANTINE", "").strip(),
        simulated=os.environ.get("TONGKET_SIMULATED", "").strip() == "1",
        smtp_connection=os.environ.get("TONGKET_SMTP_CONNECTION", "").strip() or "smtp_default",
        alert_addresses=_parse_list_setting("TONGKET_ALERT_TO", ""),
        alert_webhook=os.environ.get("TONGKET_ALERT_WEBHOOK", "").strip(),
        disk_percent=int(_parse_number_setting("TONGKET_DISK_PERCENT", 90, least=1)),
        backups_folder=os.environ.get("TONGKET_BACKUPS", "").strip(),
        keep_days=int(_parse_number_setting("TONGKET_KEEP_DAYS", 30, least=1)),
        keep_quiet_days=int(_parse_number_setting("TONGKET_KEEP_QUIET_DAYS", 1, least=1)),
        airflow_database_url=os.environ.get("TONGKET_AIRFLOW_DATABASE_URL", "").strip(),
        imap_connection=os.environ.get("TONGKET_IMAP_CONNECTION", "").strip() or "imap_default",
        doors=_parse_doors_setting(),
        door_address=(os.environ.get("TONGKET_DOOR_ADDRESS", "").strip() or "http://localhost:8090").rstrip("/"),
        door_quota_mb=_parse_number_setting("TONGKET_DOOR_QUOTA_MB", 200.0, least=1.0),
    )
