"""Builds the .deb and the .rpm, of the metadata in Cargo.toml."""

import os
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

from lab import host

from . import manual, tools

# Where the metadata has the generated files.
GENERATED = host.REPOSITORY / "target/package"
NEWER = "99.0.0-1"  # the version of the .deb to which the test upgrades


class BuildFailed(Exception):
    """A package could not be built. The text is the output of the program that failed."""


@dataclass(frozen=True)
class Packages:
    """The files of both packages, and of a .deb with a later version."""

    deb: Path
    rpm: Path
    newer_deb: Path


def version():
    """The version of dialscript."""
    return tomllib.loads((host.REPOSITORY / "Cargo.toml").read_text())["package"]["version"]


def architecture():
    """The architecture of this host, as Debian calls it."""
    return subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()


def packages(binary, say):
    """Builds the packages with this program."""
    environment = tools.cargo_environment(say)
    generate(binary)
    # cargo-deb and cargo-generate-rpm take the program from the folder `release` of cargo's target folder.
    target = host.cache() / "packages"
    (target / "release").mkdir(parents=True, exist_ok=True)
    shutil.copy2(binary, target / "release/dialscript")
    _run(["strip", str(target / "release/dialscript")], environment)
    environment["CARGO_TARGET_DIR"] = str(target)
    built = Packages(target / "dialscript.deb", target / "dialscript.rpm", target / "dialscript-newer.deb")
    deb = ["cargo", "deb", "--no-build", "--no-strip", "--output"]
    _run([*deb, str(built.deb)], environment)
    _run([*deb, str(built.newer_deb), "--fast", "--deb-version", NEWER], environment)
    # The default compression, zstd at its highest level, takes minutes.
    _run(["cargo", "generate-rpm", "--payload-compress", "gzip", "--output", str(built.rpm)], environment)
    return built


def generate(binary):
    """Writes the files that are in no folder of the repository: manual pages, completions, the Debian changelog."""
    shutil.rmtree(GENERATED, ignore_errors=True)
    for what in ("man", "completions"):
        (GENERATED / what).mkdir(parents=True)
        _run([str(binary), "generate", what, str(GENERATED / what)], os.environ)
    manual.write(host.REPOSITORY / "docs", GENERATED / "man", version())
    (GENERATED / "changelog").write_text(_debian_changelog())


def _debian_changelog():
    """What Debian wants to know of a version. The date is that of the commit, so that a build can be repeated."""
    command = ["git", "log", "-1", "--format=%at"]
    done = subprocess.run(command, cwd=host.REPOSITORY, capture_output=True, text=True, check=False)
    seconds = float(os.environ.get("SOURCE_DATE_EPOCH") or done.stdout.strip() or 0) or None
    maintainer = tomllib.loads((host.REPOSITORY / "Cargo.toml").read_text())["package"]["metadata"]["deb"]["maintainer"]
    return (
        f"dialscript ({version()}-1) unstable; urgency=medium\n\n  * Release {version()}.\n\n"
        f" -- {maintainer}  {formatdate(seconds)}\n"
    )


def _run(command, environment):
    done = subprocess.run(
        command, cwd=host.REPOSITORY, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False,
    )
    if done.returncode:
        raise BuildFailed(f"{' '.join(command[:3])} failed:\n{done.stdout.strip()}")
