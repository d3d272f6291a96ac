"""OpenSSL's own server, with certificates as private networks have them."""

import subprocess
from pathlib import Path

from .deadline import free_port, wait_until

SMALL = ["-newkey", "rsa:1024", "-nodes"]
KEY = ["-newkey", "rsa:2048", "-nodes"]

# With -HTTP, the file is the whole answer.
ANSWER = b'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{"code": 200}'


class Certificates:
    """A folder of certificates for localhost. The office CA issues certificates with a common name alone."""

    def __init__(self, folder):
        self._folder = folder / "certificates"
        self._folder.mkdir()
        self._openssl("req", "-x509", *KEY, "-subj", "/CN=Office CA", "-keyout", "office.key", "-out", "office.pem")

    def path(self, name):
        """The path of a file in the folder."""
        return self._folder / name

    def self_signed(self, name, key=KEY, extensions=("subjectAltName=DNS:localhost",)):
        """As `openssl req -x509` makes it: it may issue certificates itself (CA:TRUE)."""
        extensions = [word for extension in extensions for word in ("-addext", extension)]
        self._openssl("req", "-x509", *key, "-subj", "/CN=localhost", *extensions, "-keyout", f"{name}.key",
                      "-out", f"{name}.pem")

    def from_office(self, name, extensions=""):
        """Without any extension, OpenSSL makes a certificate of X.509 version 1."""
        self._openssl("req", *KEY, "-subj", "/CN=localhost", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self.path("extensions").write_text(extensions)
        given = ["-extfile", "extensions"] if extensions else []
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "office.pem", "-CAkey", "office.key",
                      "-CAcreateserial", *given, "-out", f"{name}.pem")

    def run(self, command):
        """Runs a command line that a message proposes, in this folder."""
        subprocess.run(command, shell=True, check=True, capture_output=True, cwd=self._folder)

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=self._folder)


class OpensslServer:
    """`openssl s_server` with one of the certificates. It answers GET /answer with the code 200."""

    def __init__(self, certificates, name, *options):
        self._certificates, self._options = certificates, options
        self.port = free_port()
        self.serve(name)

    @property
    def url(self):
        """The URL of its answer."""
        return f"https://localhost:{self.port}/answer"

    def serve(self, name):
        """Starts it with this certificate."""
        folder = self._certificates.path("served")
        folder.mkdir(exist_ok=True)
        (folder / "answer").write_bytes(ANSWER)
        certificate, key = self._certificates.path(f"{name}.pem"), self._certificates.path(f"{name}.key")
        self._process = subprocess.Popen(
            ["openssl", "s_server", "-accept", str(self.port), "-cert", str(certificate), "-key", str(key), "-HTTP",
             "-quiet", *self._options],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
        )
        wait_until(self._listens, 10, "openssl to listen")

    def close(self):
        """Kills it."""
        self._process.kill()
        self._process.wait()

    def _listens(self):
        if self._process.poll() is not None:
            raise AssertionError(f"openssl exited with {self._process.returncode}")
        # A connection would count as a failed handshake, so the kernel is asked instead.
        port = f":{self.port:04X} "
        lines = [line for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()]
        return any(port in line and " 0A " in line for line in lines)
