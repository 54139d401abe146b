"""What the trial of docker-compose.yml rests on; the trial itself is `make compose-trial`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ops import compose_trial

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_every_service_that_stays_up_by_default_is_waited_for() -> None:
    lasting = {name for name, service in COMPOSE["services"].items() if "profiles" not in service} - {"init"}
    assert set(compose_trial.SERVICES) == lasting


def test_each_image_from_a_registry_has_a_stand_in() -> None:
    images = {service["image"] for service in COMPOSE["services"].values() if "build" not in service}
    images |= set(re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), flags=re.M))
    for image in images:
        text = (compose_trial.STAND_INS / image.split(":")[0] / "Containerfile").read_text()
        assert f"Stands in for {image} " in text


def test_the_stand_in_of_postgresql_gets_the_settings_that_it_reads() -> None:
    script = (compose_trial.STAND_INS / "postgres" / "docker-entrypoint.sh").read_text()
    read = set(re.findall(r"\$(POSTGRES_\w+)", script))
    assert read == set(COMPOSE["services"]["postgres"]["environment"])


def test_what_stands_in_its_way_is_one_line_and_no_failure_where_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(compose_trial, "_has_docker", lambda: False)
    monkeypatch.setattr(compose_trial, "_find_program", lambda name: None)
    assert compose_trial.main([]) == compose_trial.NO_PLACE
    assert compose_trial.main(["--where-possible"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("compose-trial: not run: no Docker engine answers") for line in lines)


def test_a_command_that_fails_is_named_with_what_it_said(tmp_path: Path) -> None:
    trial = compose_trial.Trial(tmp_path, "podman", (), {"PATH": "/usr/bin:/bin"}, {}, {})
    assert trial.run(["sh", "-c", "echo yes; exit 3"], codes=(3,)) == "yes\n"
    with pytest.raises(compose_trial.TrialFailed, match="no such volume") as failed:
        trial.run(["sh", "-c", "echo no such volume >&2; exit 1"])
    assert failed.value.exit_code == 1
    assert "no such volume" in (tmp_path / "log.txt").read_text()
