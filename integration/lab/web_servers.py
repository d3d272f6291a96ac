"""Runs real web servers that close idle connections: nginx, Node.js and gunicorn, each as its users configure it."""

import os
import socket
import subprocess
from pathlib import Path

from . import debian, host
from .deadline import WaitTimeout, free_port, wait_until

SUITES = ["bookworm", "trixie"]  # of Debian: the first that is available
# Later packages of Node.js read parts of it from /usr/share/nodejs, which only root could provide.
NODE_SUITES = ["bullseye"]
ANSWER = '{"code":200}'

NGINX = """
daemon off;
master_process off;
pid "FOLDER/pid";
error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path "FOLDER/body";
    proxy_temp_path "FOLDER/proxy";
    fastcgi_temp_path "FOLDER/fastcgi";
    uwsgi_temp_path "FOLDER/uwsgi";
    scgi_temp_path "FOLDER/scgi";
    keepalive_timeout SECONDSs;
    server {
        listen 127.0.0.1:PORT;
        default_type application/json;
        location / { return 200 'ANSWER'; }
    }
}
"""

NODE = """
const server = require("http").createServer((request, response) => {
    request.resume();
    request.on("end", () => {
        response.setHeader("Content-Type", "application/json");
        response.end('ANSWER');
    });
});
server.keepAliveTimeout = SECONDS * 1000;
server.listen(PORT, "127.0.0.1");
"""

GUNICORN = """
def application(environ, start_response):
    environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "LENGTH")])
    return [b'ANSWER']
"""


def prepare(say=lambda line: None):
    """Unpacks them if this was not done before. It takes some seconds."""
    servers = debian.unpacked_of_any(debian.WEB_SERVERS, SUITES, host.cache(), say)
    return servers, debian.unpacked_of_any(debian.NODE, NODE_SUITES, host.cache(), say)


class WebServer:
    """One server with its own folder and port, which keeps idle connections for a number of seconds."""

    def __init__(self, folder, name, keep_alive):
        self.name, self.keep_alive = name, keep_alive
        self.port = free_port()
        self._folder = Path(folder)
        self._folder.mkdir(parents=True)
        self._process = None

    def start(self):
        """Starts it, and returns when it accepts connections."""
        servers, node = prepare()
        root = node if self.name == "node" else servers
        command, environment = getattr(self, f"_{self.name}")(root)
        with open(self._folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self._folder,
                env={**os.environ, **environment}, start_new_session=True,
            )
        try:
            wait_until(self._accepts, 20, f"{self.name} to accept connections")
        except WaitTimeout as reason:
            raise AssertionError(f"{reason}:\n{(self._folder / 'log').read_text()}") from reason
        return self

    def close(self):
        """Kills it with its workers."""
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, 9)
            self._process.wait()

    def _accepts(self):
        if self._process.poll() is not None:
            raise WaitTimeout(f"it exited with {self._process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def _file(self, name, text):
        values = {
            "FOLDER": self._folder, "SECONDS": self.keep_alive, "PORT": self.port, "ANSWER": ANSWER,
            "LENGTH": len(ANSWER),
        }
        for word, value in values.items():
            text = text.replace(word, str(value))
        (self._folder / name).write_text(text)
        return str(self._folder / name)

    def _nginx(self, root):
        command = debian.program(root, "usr/sbin/nginx")
        return [*command, "-p", str(self._folder), "-c", self._file("nginx.conf", NGINX)], {}

    def _node(self, root):
        return [*debian.program(root, "usr/bin/node"), self._file("server.js", NODE)], {}

    def _gunicorn(self, root):
        self._file("application.py", GUNICORN)
        python = next(path for path in root.glob("usr/bin/python3.*") if path.suffix[1:].isdigit())
        options = ["--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread", "--threads", "32"]
        options += ["--keep-alive", str(self.keep_alive), "--worker-tmp-dir", str(self._folder)]
        command = [*debian.program(root, python.relative_to(root)), "-m", "gunicorn", *options, "application"]
        # The interpreter would otherwise look for its library on the host.
        packages = f"{root}/usr/lib/python3/dist-packages:{self._folder}"
        return command, {"PYTHONHOME": f"{root}/usr", "PYTHONPATH": packages, "PYTHONDONTWRITEBYTECODE": "1"}
