"""Environment variables for Kubernetes out of docker-compose.yml: `python -m ops.kubernetes_environment` writes them.

`environment.env` has the plain ones, for a ConfigMap that an office may overlay; `environment.yaml` those made of
secrets, as a patch of every workload of the image. docker-compose.yml is the one place where they are written by hand.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from etl.settings import PROJECT_ROOT

BASE = PROJECT_ROOT / "ops" / "kubernetes" / "base"
SECRET = "tongket-secrets"  # noqa: S105 - the name of a Secret
_OPTIONAL, _DEMANDED = re.compile(r"\$\{\w+:-([^}]*)\}"), re.compile(r"\$\{(\w+):\?[^}]*\}")


def build_environment(compose: dict[str, Any]) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """The plain variables by name; and, in the order that Kubernetes takes, secrets and what is made of them."""
    values = {name: _convert_references(str(value)) for name, value in compose["x-environment"].items()}
    plain = {name: value for name, value in values.items() if "$(" not in value}
    made = {name: value for name, value in values.items() if "$(" in value}
    secrets = sorted({name for value in made.values() for name in re.findall(r"\$\((\w+)\)", value)})
    return plain, [*map(build_secret_entry, secrets), *({"name": name, "value": value} for name, value in made.items())]


def build_secret_entry(name: str) -> dict[str, Any]:
    """A variable whose value is the secret of the same name."""
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": SECRET, "key": name}}}


def render_files(compose: dict[str, Any]) -> dict[Path, str]:
    """Content of both files by path."""
    head = "# Made by `python -m ops.kubernetes_environment` from docker-compose.yml: change it there.\n"
    plain, made = build_environment(compose)
    workload = {"spec": {"template": {"spec": {"containers": [{"name": "main", "env": made}]}}}}
    patch = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "any"}, **workload}
    return {
        BASE / "environment.env": head + "".join(f"{name}={value}\n" for name, value in plain.items()),
        BASE / "environment.yaml": head + yaml.safe_dump(patch, sort_keys=False, width=200),
    }


def _convert_references(value: str) -> str:
    return _DEMANDED.sub(r"$(\1)", _OPTIONAL.sub(r"\1", value)).strip()


if __name__ == "__main__":
    for path, content in render_files(yaml.safe_load((PROJECT_ROOT / "docker-compose.yml").read_text())).items():
        path.write_text(content)
