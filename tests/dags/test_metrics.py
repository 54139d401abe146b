"""Our own metrics, through Airflow's OpenTelemetry exporter, to a real receiver; and a page that asks for these only."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import jsonschema
import yaml
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from etl.dispatch.operator_alerts import METRICS
from etl.settings import PROJECT_ROOT

METRICS_FOLDER = PROJECT_ROOT / "ops" / "metrics"
OVERLAY = yaml.safe_load((PROJECT_ROOT / "docker-compose.metrics.yml").read_text())


class Receiver(BaseHTTPRequestHandler):
    """Takes what OpenTelemetry sends, as Prometheus does."""

    sent: ClassVar[dict[str, float]] = {}

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        packed = self.headers.get("Content-Encoding") == "gzip"
        request = ExportMetricsServiceRequest.FromString(gzip.decompress(body) if packed else body)
        for resource in request.resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for point in metric.gauge.data_points:
                        self.sent[metric.name] = point.as_double or float(point.as_int)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


def test_every_metric_reaches_the_receiver(tmp_path: Path) -> None:
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        env = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "TONGKET", "OTEL"))}
        env |= {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
        env |= dict(OVERLAY["x-sends"]["environment"])
        env["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] = f"http://127.0.0.1:{server.server_port}/v1/metrics"
        command = [sys.executable, str(Path(__file__).with_name("measuring.py"))]
        done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
        server.shutdown()
    assert done.returncode == 0, done.stderr
    ours = {name: value for name, value in Receiver.sent.items() if "tongket" in name}
    assert ours == {f"airflow.tongket.{name}": 7.0 for name in METRICS}


def test_the_page_asks_for_what_is_measured_and_for_all_of_it() -> None:
    page = json.loads((METRICS_FOLDER / "grafana" / "dashboards" / "tongket.json").read_text())
    asked = {
        m for panel in page["panels"] for t in panel["targets"] for m in re.findall(r"airflow_tongket_(\w+)", t["expr"])
    }
    assert asked == set(METRICS)
    source = yaml.safe_load((METRICS_FOLDER / "grafana" / "datasources" / "prometheus.yml").read_text())
    assert {panel["datasource"]["uid"] for panel in page["panels"]} == {source["datasources"][0]["uid"]}
    assert len({panel["id"] for panel in page["panels"]}) == len(page["panels"])


def test_the_overlay_conforms_and_names_services_and_files_that_are_there() -> None:
    schema = json.loads((PROJECT_ROOT / "tests" / "ops" / "compose-spec" / "schema.json").read_text())
    jsonschema.validate(OVERLAY, schema)
    base = yaml.safe_load((PROJECT_ROOT / "docker-compose.yml").read_text())["services"]
    assert set(OVERLAY["services"]) - set(base) == {"prometheus", "grafana"}
    for name in ("prometheus", "grafana"):
        for volume in OVERLAY["services"][name]["volumes"]:
            source = volume.split(":")[0]
            assert source in OVERLAY["volumes"] or (PROJECT_ROOT / source).exists(), volume
