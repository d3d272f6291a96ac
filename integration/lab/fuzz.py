"""Builds and runs the fuzz targets in integration/fuzz."""

import os
import re
import shutil
import subprocess
import time
import tomllib
from pathlib import Path

from .host import REPOSITORY
from .scenario import Result

FOLDER = REPOSITORY / "integration" / "fuzz"
DATA = REPOSITORY / "tests" / "data"

# What cargo-fuzz passes to rustc without a sanitizer (cargo-fuzz, project.rs).
COVERAGE = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg=fuzzing",
]

BUILD_SECONDS = 1800
INPUT_SECONDS = 10  # an input that takes longer is a failure
MEMORY_MB = 2048
LONGEST_INPUT = 20_000  # bytes
LAST_LINES = 30

# The files of tests/data that a corpus starts with. The corpus of a target that is not listed is empty at first.
SEEDS = {
    "agi": ["agi/**/*"],
    "esl": ["esl/**/*"],
    "audio": ["sounds/*"],
    "scripts": ["faulty/scripts/*.toml", "doubtful/scripts/*.toml"],
    "texts": ["faulty/scripts/*.toml"],
    "templates": ["faulty/scripts/*.toml"],
    "answers": ["web/*"],
}
# The bytes that select a variant at the beginning of an input.
PREFIXES = {"agi": b"\0" + bytes(16), "esl": bytes(16)}
MOST_SEEDS = 60
LONGEST_SEED = 8_000  # bytes
URL_SEEDS = [
    "127.0.0.1", "0x7f.1", "017700000001", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "①②⑦.0.0.1",
    "shop.example", "a.shop.example.", "shop.example@127.0.0.1", "127.0.0.1#.shop.example", "https://shop.example:80/",
    "http:/127.0.0.1/", "https:\\\\10.0.0.1\\", "10.0.0.1", "shop.example%2f", "xn--shop-.example", "..", "%2e%2e",
]


class NotPossible(Exception):
    """The targets cannot be built on this machine. The text is the reason, in one line."""


class BuildFailed(Exception):
    """The targets do not compile. The text is the output of cargo."""


def targets():
    """The names of all targets, from the manifest."""
    manifest = tomllib.loads((FOLDER / "Cargo.toml").read_text())
    return [binary["name"] for binary in manifest["bin"]]


def build(wanted, say):
    """Builds targets, all if none are given. Returns the program of each."""
    names = wanted or targets()
    compiler = next(filter(shutil.which, [os.environ.get("CXX", ""), "c++", "g++"]), None)
    if compiler is None:
        raise NotPossible("there is no C++ compiler for libFuzzer (package g++)")
    platform = _platform()
    say(f"building {len(names)} fuzz targets")
    command = ["cargo", "build", "--release", "--quiet", "--target", platform, "--target-dir", _target()]
    for name in names:
        command += ["--bin", name]
    # With an explicit platform, the flags are not used for build scripts.
    environment = {**os.environ, "RUSTFLAGS": " ".join([os.environ.get("RUSTFLAGS", ""), *COVERAGE]).strip()}
    try:
        done = subprocess.run(
            command, cwd=FOLDER, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=BUILD_SECONDS, check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotPossible(f"the build took longer than {BUILD_SECONDS} s") from None
    if done.returncode and "could not compile `dialscript" in done.stdout:
        raise BuildFailed("\n".join(done.stdout.splitlines()[-LAST_LINES:]))
    if done.returncode:
        raise NotPossible(f"the build failed: {(done.stdout.splitlines() or ['no output'])[-1].strip()}")
    built = _target() / platform / "release"
    return {name: built / name for name in names}


def run(name, binary, seconds):
    """Runs a target for some time, and returns a `scenario.Result`. Its corpus and what it finds are kept next to the
    programs."""
    corpus, found = _target() / "corpus" / name, _target() / "found" / name
    for folder in (corpus, found):
        folder.mkdir(parents=True, exist_ok=True)
    seeds = _write_seeds(name)
    started = time.monotonic()
    command = [
        binary, corpus, seeds, f"-max_total_time={seconds}", f"-timeout={INPUT_SECONDS}", f"-rss_limit_mb={MEMORY_MB}",
        f"-max_len={LONGEST_INPUT}", f"-artifact_prefix={found}/", "-print_final_stats=1",
    ]
    try:
        done = subprocess.run(
            command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace", text=True,
            timeout=seconds + 3 * INPUT_SECONDS + 60, check=False,
        )
        output, problem = done.stdout, done.returncode != 0
    except subprocess.TimeoutExpired as late:
        output, problem = (late.stdout or b"").decode(errors="replace"), True
    took = time.monotonic() - started
    runs = re.search(r"number_of_executed_units:\s*(\d+)", output)
    covered = re.findall(r"cov: (\d+)", output)
    sentence = (
        f"fuzz {name}: {int(runs[1]) if runs else 0:,} inputs, {covered[-1] if covered else 0} places in the program"
    )
    return Result(sentence, took, "\n".join(output.splitlines()[-LAST_LINES:]) if problem else None)


def _write_seeds(name):
    """Writes the inputs that the corpus starts with, and returns their folder."""
    folder = _target() / "seeds" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number, content in enumerate(_seeds(name)):
        (folder / str(number)).write_bytes(content)
    return folder


def _seeds(name):
    if name == "urls":
        return [bytes([number % 10]) + seed.encode() for number, seed in enumerate(URL_SEEDS * 3)]
    files = sorted(path for pattern in SEEDS.get(name, []) for path in DATA.glob(pattern) if path.is_file())
    contents = [path.read_bytes() for path in files[:MOST_SEEDS]]
    if name == "scripts":
        daemon = (DATA / "faulty" / "dialscript.toml").read_bytes()
        tables = re.split(rb"(?m)^(?=\[)", re.sub(rb"(?ms)^\[folders\].*?(?=^\[)", b"", daemon))
        contents += [b"\0\0" + table for table in tables]
    return [PREFIXES.get(name, b"") + content[:LONGEST_SEED] for content in contents]


def _target():
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    return (REPOSITORY / target / "fuzz").resolve()


def _platform():
    done = subprocess.run(["rustc", "-vV"], stdout=subprocess.PIPE, text=True, check=False)
    host = re.search(r"^host: (\S+)$", done.stdout, re.MULTILINE)
    if done.returncode or not host:
        raise NotPossible("there is no rustc")
    return host[1]
