"""TLS of private networks, against OpenSSL's own server: what is trusted, and what the log says about the rest."""

import re
import subprocess

from lab.expect import expect
from lab.openssl import SMALL, Certificates, OpensslServer
from lab.scenario import scenario

SCRIPT = """
    [trigger]
    url = "{url}"
    retry = 0
    [response]
    key = "code"
    [[branch]]
    when = "200"
    [no_response]
    then = "continue"
"""
TRUSTS = '[upstream."localhost:{port}"]\nca = "{ca}"\n'
REFUSED = "no connection: it refused the handshake: it needs TLS 1.3, or TLS 1.2 with ECDHE"
MISSES = [  # file, what its certificate lacks, options of the server
    ("version-1", "no connection: its certificate is X.509 version 1, which has no subjectAltName", ()),
    ("no-names", "no connection: its certificate has no subjectAltName", ()),
    ("other", "no connection: its certificate is for another host name: for shop.example and 192.0.2.1", ()),
    ("named", REFUSED, ("-tls1_2", "-cipher", "AES128-GCM-SHA256")),  # RSA key exchange only
    ("small", "no connection: its certificate cannot be used: its RSA key has only 1024 bits",
     ("-cipher", "DEFAULT@SECLEVEL=0")),
]


def asks(lab, servers):
    """Starts the daemon with a script for each server: a name, the server, and the file that is trusted."""
    lab.daemon.configure("".join(TRUSTS.format(port=server.port, ca=ca) for _, server, ca in servers))
    for name, server, _ in servers:
        lab.script(name, SCRIPT.format(url=server.url))
    lab.start()


def reason(lab, name):
    """The outcome and the reason of a call."""
    call = lab.call(name)
    call.wait_until_over()
    lab.daemon.wait_for_calls(len(lab.calls))
    line = next(line for line in lab.daemon.calls if line["script"] == name)
    return line["outcome"], line.get("reason") or ""


@scenario("the very certificate in `ca` is trusted: self-signed, without subjectAltName, or of X.509 version 1")
def pinned(lab):
    certificates = Certificates(lab.folder)
    certificates.self_signed("self-signed")
    certificates.self_signed("common-name", extensions=())
    certificates.from_office("version-1")
    servers = []
    for name in ("self-signed", "common-name", "version-1"):
        for version in ("-tls1_2", "-tls1_3"):
            server = lab.close_at_end(OpensslServer(certificates, name, version))
            servers.append((name + version.replace("_", ""), server, certificates.path(f"{name}.pem")))
    asks(lab, servers)
    for name, _, _ in servers:
        expect(name, reason(lab, name), ("matched", ""))


@scenario("the log says what the certificate of a server lacks, and `check --connect` says the same")
def rejected(lab):
    certificates = Certificates(lab.folder)
    certificates.from_office("version-1")
    certificates.from_office("no-names", "basicConstraints=CA:FALSE")
    certificates.from_office("other", "subjectAltName=DNS:shop.example,IP:192.0.2.1")
    certificates.from_office("named", "subjectAltName=DNS:localhost")
    certificates.self_signed("small", SMALL)
    servers = []
    for name, _, options in MISSES:
        server = lab.close_at_end(OpensslServer(certificates, name, *options))
        servers.append((name, server, certificates.path("small.pem" if name == "small" else "office.pem")))
    asks(lab, servers)
    for name, expected, _ in MISSES:
        outcome, found = reason(lab, name)
        expect(name, (outcome, found.startswith(expected), found), ("no_response", True, found))
    # `serve` has written the file.
    check = subprocess.run(
        [str(lab.daemon.binary), "check", "--connect", "--config", str(lab.folder / "dialscript.toml")],
        capture_output=True, text=True, check=False, timeout=30,
    )
    expect("the exit code of check", check.returncode, 1)
    for (name, expected, _), (_, server, _) in zip(MISSES, servers):
        line = next(line for line in check.stdout.splitlines() if line.startswith(f"localhost:{server.port} "))
        expect(name, (f"script {name}" in line, expected in line, line), (True, True, line))


@scenario("the command in the log makes a certificate that is accepted")
def remedy(lab):
    certificates = Certificates(lab.folder)
    certificates.from_office("no-names", "basicConstraints=CA:FALSE")
    server = lab.close_at_end(OpensslServer(certificates, "no-names"))
    asks(lab, [("asks", server, certificates.path("office.pem"))])
    expect("the outcome", reason(lab, "asks")[0], "no_response")
    command = re.search(r"openssl req -x509 [^;\"]*", lab.daemon.log).group()
    certificates.run(command.replace("ca.pem", "office.pem").replace("ca.key", "office.key"))
    server.close()
    server.serve("server")
    expect("the outcome", reason_of_last(lab), ("matched", ""))


def reason_of_last(lab):
    """The outcome and the reason of a further call."""
    lab.call("asks").wait_until_over()
    lab.daemon.wait_for_calls(len(lab.calls))
    return lab.daemon.calls[-1]["outcome"], lab.daemon.calls[-1].get("reason") or ""
