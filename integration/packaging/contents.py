"""Checks of the built packages, without installing them."""

import re
import shlex
import subprocess
import tempfile
from pathlib import Path

from lab.expect import expect

from . import build

# The same file in both packages: Debian compresses manual pages, and zsh has another folder.
ZSH_OF_DEBIAN, ZSH_OF_RPM = "usr/share/zsh/vendor-completions", "usr/share/zsh/site-functions"
ONLY_DEB = re.compile(r"usr/share/(lintian/|doc/dialscript/(copyright|changelog\.Debian\.gz)$)")
ONLY_RPM = re.compile(r"usr/share/licenses/")
CONFIGURATION = ["/etc/dialscript/dialscript.toml", "/etc/dialscript/scripts/hello.toml"]


def checks(packages):
    """All checks: a sentence and a function."""
    return [
        ("the .deb and the .rpm have the same files", lambda: _same_files(packages)),
        ("the configuration and the script are configuration files in both", lambda: _configuration_files(packages)),
        ("the packages depend on the C library, and the .rpm has its scripts", lambda: _dependencies(packages)),
        ("lintian reports nothing about the .deb", lambda: _lintian(packages)),
        ("man and mandoc read all manual pages without a warning", _manual_pages),
        ("bash, zsh and fish read their completions", _completions),
    ]


def _same_files(packages):
    with tempfile.TemporaryDirectory() as folder:
        deb, rpm = Path(folder) / "deb", Path(folder) / "rpm"
        rpm.mkdir()
        _output(["dpkg-deb", "--extract", str(packages.deb), str(deb)])
        _output(["sh", "-c", f"rpm2archive - < {shlex.quote(str(packages.rpm))} | tar --extract --gzip --directory={rpm}"])
        of_deb = {_common_name(path): _text(file) for path, file in _files(deb) if not ONLY_DEB.match(path)}
        of_rpm = {path: _text(file) for path, file in _files(rpm) if not ONLY_RPM.match(path)}
    expect("files", sorted(of_rpm), sorted(of_deb))
    expect("differ", [path for path in of_deb if of_deb[path] != of_rpm[path]], [])
    for path in ("usr/bin/dialscript", "usr/lib/systemd/system/dialscript.service", "usr/share/man/man1/dialscript.1"):
        expect(f"{path} is there", path in of_deb, True)


def _common_name(path):
    name = path.replace(ZSH_OF_DEBIAN, ZSH_OF_RPM)
    return name.removesuffix(".gz") if name.startswith("usr/share/man/") else name


def _files(folder):
    return [(str(file.relative_to(folder)), file) for file in folder.rglob("*") if file.is_file()]


def _text(file):
    return _output(["zcat", str(file)], text=False) if file.suffix == ".gz" else file.read_bytes()


def _configuration_files(packages):
    listed = _output(["dpkg-deb", "--info", str(packages.deb), "conffiles"]).split()
    expect("of the .deb", sorted(listed), CONFIGURATION)
    expect("of the .rpm", sorted(_output(["rpm", "-qpc", str(packages.rpm)]).split()), CONFIGURATION)


def _dependencies(packages):
    depends = _output(["dpkg-deb", "--field", str(packages.deb), "Depends"])
    expect(f"libc6 with a version in {depends!r}", bool(re.search(r"libc6 \(>= 2\.\d+\)", depends)), True)
    requires = _output(["rpm", "-qp", "--requires", str(packages.rpm)])
    expect("the .rpm requires the C library", "libc.so.6" in requires and "ca-certificates" in requires, True)
    scripts = _output(["rpm", "-qp", "--scripts", str(packages.rpm)])
    for kind in ("postinstall", "preuninstall", "postuninstall"):
        expect(f"the .rpm has the script {kind}", f"{kind} scriptlet" in scripts, True)


def _lintian(packages):
    done = subprocess.run(["lintian", str(packages.deb)], capture_output=True, text=True, check=False)
    expect("exit code and reports", (done.returncode, done.stdout.strip()), (0, ""))


def _manual_pages():
    pages = sorted((build.GENERATED / "man").iterdir())
    expect("pages of section 5", [p.name for p in pages if p.suffix == ".5"], ["dialscript-script.5", "dialscript.toml.5"])
    for page in pages:
        done = subprocess.run(["man", "--warnings", "-l", str(page)], capture_output=True, text=True, check=False)
        expect(f"warnings of man about {page.name}", done.stderr.strip(), "")
        # Of its levels, `error` is about pages that are shown otherwise than they were meant.
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "error", str(page)], capture_output=True, text=True, check=False)
        expect(f"errors of mandoc about {page.name}", (done.stdout + done.stderr).strip(), "")


def _completions():
    folder = build.GENERATED / "completions"
    _output(["bash", "-n", str(folder / "dialscript.bash")])
    _output(["zsh", "-n", str(folder / "_dialscript")])
    _output(["fish", "--no-execute", str(folder / "dialscript.fish")])


def _output(command, text=True):
    done = subprocess.run(command, capture_output=True, text=text, check=False)
    if done.returncode:
        raise AssertionError(f"{' '.join(command[:3])} failed:\n{done.stderr}")
    return done.stdout
