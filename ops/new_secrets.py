"""Prints a fresh set of the secrets that `docker-compose.yml` asks for: `python3 -m ops.new_secrets >> .env`.

Standard library only, so that it runs on a server before anything is installed. It stores nothing.
"""

from __future__ import annotations

import base64
import secrets

# Hexadecimal passwords need no quoting, neither in a file of variables nor in an address.
PASSWORDS = (
    "POSTGRES_PASSWORD",
    "WAREHOUSE_PASSWORD",
    "WAREHOUSE_DOOR_PASSWORD",
    "AIRFLOW_DB_PASSWORD",
    "AIRFLOW_ADMIN_PASSWORD",
    "REDIS_PASSWORD",
)
KEYS = ("AIRFLOW_API_SECRET_KEY", "AIRFLOW_JWT_SECRET")
FERNET = "AIRFLOW_FERNET_KEY"


def generate_secrets() -> dict[str, str]:
    """A new value for each secret."""
    return {
        **{name: secrets.token_hex(20) for name in PASSWORDS},
        **{name: secrets.token_hex(64) for name in KEYS},
        FERNET: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }


if __name__ == "__main__":
    for name, value in generate_secrets().items():
        print(f"{name}={value}")
