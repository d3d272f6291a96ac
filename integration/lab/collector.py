"""A collector of traces. It reads them with the classes that OpenTelemetry generates from its protocol."""

import importlib
import subprocess
import sys

from . import host
from .deadline import wait_until
from .debian import SuiteUnavailable
from .scenario import LeftOut
from .web import Answer, Web

PACKAGE = "opentelemetry-proto==1.45.2"
INSTALL_TIMEOUT = 120  # seconds
REQUEST = "opentelemetry.proto.collector.trace.v1.trace_service_pb2"


def prepare(say=lambda line: None):
    """Installs the package into the cache with pip, and imports it."""
    folder = host.cache() / PACKAGE.replace("==", "-")
    if not folder.exists():
        say(f"installing {PACKAGE} into {folder}")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), PACKAGE]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_TIMEOUT, check=False)
        except subprocess.TimeoutExpired:
            raise SuiteUnavailable(f"pip did not install {PACKAGE} within {INSTALL_TIMEOUT} s") from None
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
            raise SuiteUnavailable(f"pip cannot install {PACKAGE}: {reason}")
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    return importlib.import_module(REQUEST)


class Collector(Web):
    """A collector on its own port, which takes everything."""

    def __init__(self):
        try:
            self._protocol = prepare()
        except SuiteUnavailable as reason:
            raise LeftOut(str(reason)) from None
        super().__init__()
        self.on("/v1/traces", Answer(content_type="application/x-protobuf"))

    @property
    def spans(self):
        """All spans that it has received."""
        spans = []
        for request in list(self.requests):
            message = self._protocol.ExportTraceServiceRequest.FromString(request.body)
            for resource in message.resource_spans:
                spans += [span for scope in resource.scope_spans for span in scope.spans]
        return spans

    def wait_for(self, name, within=15):
        """Waits for the span with this name, and returns all spans."""
        wait_until(lambda: any(span.name == name for span in self.spans), within, f"the span {name}")
        return self.spans
