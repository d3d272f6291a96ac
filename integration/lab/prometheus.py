"""Runs a real Prometheus, and promtool, which checks metrics, rules and queries."""

import json
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from . import debian, host
from .deadline import WaitTimeout, free_port, wait_until

SUITES = ["bookworm", "trixie", "sid"]  # of Debian: the first that is available

CONFIGURATION = """
global:
  scrape_interval: 1s
  evaluation_interval: 1s
rule_files: [{rules}]
scrape_configs:
  - job_name: dialscript
    scrape_interval: 1s
    scrape_timeout: 1s
    static_configs:
      - targets: ["127.0.0.1:{port}"]
"""


def prepare(say=lambda line: None):
    """Unpacks it if this was not done before. It takes some seconds."""
    return debian.unpacked_of_any(debian.PROMETHEUS, SUITES, host.cache(), say)


def promtool(*arguments, text=None, folder=None):
    """The output of promtool. If it finds a mistake, its output is the error."""
    command = [*debian.program(prepare(), "usr/bin/promtool"), *map(str, arguments)]
    done = subprocess.run(
        command, input=text, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        timeout=60,
    )
    if done.returncode:
        raise AssertionError(f"promtool {' '.join(map(str, arguments))}:\n{done.stdout}")
    return done.stdout


class Prometheus:
    """A Prometheus on loopback that scrapes one daemon each second, with alert rules."""

    def __init__(self, folder, metrics_port, rules):
        self._folder = Path(folder)
        self._folder.mkdir(parents=True)
        self._port = free_port()
        self._configuration = CONFIGURATION.format(rules=rules, port=metrics_port)
        self._process = None

    def start(self):
        """Starts it, and returns when it is ready."""
        configuration = self._folder / "prometheus.yml"
        configuration.write_text(self._configuration)
        command = [
            *debian.program(prepare(), "usr/bin/prometheus"), f"--config.file={configuration}",
            f"--storage.tsdb.path={self._folder / 'data'}", f"--web.listen-address=127.0.0.1:{self._port}",
        ]
        with open(self._folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        try:
            wait_until(self._is_ready, 20, "Prometheus to be ready")
        except WaitTimeout as reason:
            raise AssertionError(f"{reason}:\n{self.log}") from reason
        return self

    @property
    def log(self):
        """Everything that it has logged."""
        return (self._folder / "log").read_text()

    def query(self, expression):
        """The result of an expression now: a list of samples. A mistake in it is an error with its text."""
        data = self._get("query", query=expression)["data"]
        return data["result"] if data["resultType"] == "vector" else [data["result"]]

    def targets(self):
        """The scraped daemons, with `health` and `lastError`."""
        return self._get("targets", state="active")["data"]["activeTargets"]

    def rules(self):
        """All rules, with `health` and `lastError`."""
        return [rule for group in self._get("rules")["data"]["groups"] for rule in group["rules"]]

    def metadata(self):
        """Type and help of each metric, as Prometheus has read them."""
        return self._get("metadata")["data"]

    def close(self):
        """Stops it."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _is_ready(self):
        if self._process.poll() is not None:
            raise WaitTimeout(f"Prometheus exited with {self._process.returncode}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/-/ready", timeout=5):
                return True
        except OSError:
            return False

    def _get(self, what, **parameters):
        url = f"http://127.0.0.1:{self._port}/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters}: {error.read().decode()}") from error
