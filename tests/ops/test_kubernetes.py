"""ops/kubernetes/, rendered by kustomize, held against the API's schema and against docker-compose.yml."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from ops import kubernetes_environment, new_secrets, prepare

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "ops" / "kubernetes"
SCHEMA = json.loads((Path(__file__).parent / "kubernetes-schema" / "v1.34.json").read_text())
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OVERLAYS = ("base", "scale", "ingress")
DEFINITIONS = {
    ("v1", "Namespace"): "core.v1.Namespace", ("v1", "PersistentVolumeClaim"): "core.v1.PersistentVolumeClaim",
    ("v1", "Service"): "core.v1.Service", ("v1", "ConfigMap"): "core.v1.ConfigMap",
    ("batch/v1", "Job"): "batch.v1.Job", ("apps/v1", "Deployment"): "apps.v1.Deployment",
    ("networking.k8s.io/v1", "Ingress"): "networking.v1.Ingress",
}  # fmt: skip
rendered = pytest.mark.skipif(
    shutil.which("kubectl") is None, reason="kubectl, which renders the manifests, is not there"
)


@cache
def _render(overlay: str) -> tuple[dict[str, Any], ...]:
    done = subprocess.run(["kubectl", "kustomize", str(FOLDER / overlay)], capture_output=True, text=True, check=True)
    return tuple(yaml.safe_load_all(done.stdout))


def _find(overlay: str, kind: str) -> dict[str, dict[str, Any]]:
    return {entry["metadata"]["name"]: entry for entry in _render(overlay) if entry["kind"] == kind}


def _validate(entry: dict[str, Any]) -> list[str]:
    name = DEFINITIONS[entry["apiVersion"], entry["kind"]]
    schema = {**SCHEMA, "$ref": f"#/definitions/io.k8s.api.{name}"}
    return [f"{list(error.path)}: {error.message}" for error in jsonschema.Draft7Validator(schema).iter_errors(entry)]


@rendered
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_it_conforms_to_the_api(overlay: str) -> None:
    found = {f"{entry['kind']} {entry['metadata']['name']}": _validate(entry) for entry in _render(overlay)}
    assert len(found) > 15
    assert {name: mistakes for name, mistakes in found.items() if mistakes} == {}


@rendered
def test_the_schema_would_notice() -> None:
    entry = json.loads(json.dumps(_find("base", "Deployment")["door"]))
    entry["spec"]["template"]["spec"]["containers"][0]["volumeMonts"] = []
    assert _validate(entry)


def test_the_environment_is_that_of_docker_compose() -> None:
    for path, content in kubernetes_environment.render_files(COMPOSE).items():
        assert path.read_text() == content, f"{path.name}: run `python -m ops.kubernetes_environment`"
    plain, made = kubernetes_environment.build_environment(COMPOSE)
    names = {*plain, *(entry["name"] for entry in made if "value" in entry)}
    assert names == set(COMPOSE["x-environment"])
    assert not any("${" in str(value) for value in (*plain.values(), *(entry.get("value") for entry in made)))


def _list_workloads(overlay: str = "base") -> dict[str, dict[str, Any]]:
    """The pod template's spec of every workload of our image."""
    entries = {**_find(overlay, "Deployment"), **_find(overlay, "Job")}
    return {
        name: entry["spec"]["template"]["spec"] for name, entry in entries.items()
        if entry["metadata"].get("labels", {}).get("tongket/image") == "ours"
    }  # fmt: skip


@rendered
def test_services_commands_and_checks_are_those_of_docker_compose() -> None:
    services = {name: service for name, service in COMPOSE["services"].items() if "build" in service}
    workloads = _list_workloads()
    assert workloads.keys() == {"prepare" if name == "init" else name for name in services}
    for name, service in services.items():
        container = workloads["prepare" if name == "init" else name]["containers"][0]
        assert container["command"] == service["command"], name
        if "healthcheck" in service:
            probe = container["livenessProbe"]["exec"]["command"]
            test = service["healthcheck"]["test"]
            expected = ["sh", "-c", test[1].replace("$$", "$")] if test[0] == "CMD-SHELL" else test[1:]
            assert probe == expected == container["startupProbe"]["exec"]["command"], name
        own = {key for key in service["environment"] if key not in COMPOSE["x-environment"]}
        # every pod but the door's has them, as parts of addresses
        secrets = {"WAREHOUSE_PASSWORD", "AIRFLOW_DB_PASSWORD"}
        given = {entry["name"] for entry in container["env"]}
        assert own - secrets <= given, name


@rendered
def test_each_variable_is_defined_before_it_is_used() -> None:
    for name, pod in _list_workloads("scale").items():
        seen: set[str] = set()
        for entry in pod["containers"][0]["env"]:
            assert set(re.findall(r"\$\((\w+)\)", entry.get("value", ""))) <= seen, (name, entry)
            seen.add(entry["name"])


@rendered
def test_every_secret_is_one_that_is_generated_and_the_superusers_is_for_prepare_alone() -> None:
    known = set(new_secrets.generate_secrets())
    for name, pod in _list_workloads("scale").items():
        keys = {
            entry["valueFrom"]["secretKeyRef"]["key"] for entry in pod["containers"][0]["env"] if "valueFrom" in entry
        }
        assert keys <= known
        assert ("POSTGRES_PASSWORD" in keys) is (name == "prepare"), name
        assert ("WAREHOUSE_DOOR_PASSWORD" in keys) is (name in {"prepare", "door"}), name
        assert name != "door" or keys == {"WAREHOUSE_DOOR_PASSWORD"}
    env = {entry["name"] for entry in _list_workloads()["prepare"]["containers"][0]["env"]}
    assert {*prepare.NEEDED, prepare.SECRET} <= env


@rendered
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nothing_runs_as_root_or_may_become_it_and_everything_is_limited(overlay: str) -> None:
    for entry in (*_find(overlay, "Deployment").values(), *_find(overlay, "Job").values()):
        pod = entry["spec"]["template"]["spec"]
        name, (container,) = entry["metadata"]["name"], pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["automountServiceAccountToken"] is False, name
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }, name  # fmt: skip
        assert container["resources"]["limits"]["memory"], name
        assert all("sizeLimit" in volume["emptyDir"] for volume in pod["volumes"] if "emptyDir" in volume), name


@rendered
def test_what_must_last_is_mounted_as_in_docker_compose() -> None:
    compose = {mount.split(":")[1] for mount in COMPOSE["services"]["worker"]["volumes"] if not mount.startswith("$")}
    for name, pod in _list_workloads().items():
        mounted = {mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}
        assert mounted == {*compose, "/tmp"}, name  # noqa: S108 - the path inside the container
        claims = {volume["persistentVolumeClaim"]["claimName"] for volume in pod["volumes"] if "emptyDir" not in volume}
        assert claims == set(_find("base", "PersistentVolumeClaim"))
    for claim in _find("base", "PersistentVolumeClaim").values():
        assert claim["spec"]["accessModes"] == ["ReadWriteMany"]


@rendered
def test_names_in_addresses_are_services() -> None:
    addresses = {"api-server", "postgres", "redis"}
    used = set(re.findall(r"(?:@|//)([a-z-]+)[:/]", json.dumps(_list_workloads("scale")))) - {"localhost"}
    assert addresses <= _find("scale", "Service").keys()
    assert used & {"api-server", "redis", "postgres"} == addresses


@rendered
def test_workers_and_redis_run_in_the_overlay_alone() -> None:
    counts = {
        overlay: {n: d["spec"]["replicas"] for n, d in _find(overlay, "Deployment").items()} for overlay in OVERLAYS
    }
    assert (counts["base"]["worker"], counts["base"]["redis"]) == (0, 0)
    assert (counts["scale"]["worker"], counts["scale"]["redis"]) == (2, 1)
    (config,) = _find("scale", "ConfigMap").values()
    assert config["data"]["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
    assert not _find("base", "Ingress"), "nothing is open to the outside by default"
    assert _find("ingress", "Ingress")
