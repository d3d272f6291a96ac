"""Unpacks programs from Debian packages into a folder, without installing them.

apt gets its own state (lists, cache, and a list of installed packages), so that the packages of the host are neither
read nor changed. The packages are unpacked with dpkg-deb and tar, and no maintainer script runs.
"""

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

# Dependencies of Debian's Asterisk that are needed only by maintainer scripts, or by modules that the lab does not load
# (speech codecs, databases, Lua). They are declared as installed, so that neither they nor their dependencies are
# downloaded: 40 MB instead of 104 MB. Names that a suite does not have are ignored.
NOT_FOR_ASTERISK = """
    adduser passwd perl perl-base perl-modules-5.32 libperl5.32 perl-modules-5.40 libperl5.40 perl-modules-5.42
    libperl5.42 gnupg gpg dirmngr dpkg tar debconf debconf-2.0 lsb-base init-system-helpers install-info
    asterisk-config-custom libsnmp40 libsnmp45 libcodec2-1.2 libspandsp2 libspandsp2t64 libsybdb5 libpq5 libodbc1
    libodbc2 libradcli4 libiksemel3 libical3 libical3t64 liblua5.1-0 libneon27-gnutls libneon27t64 libjack-jackd2-0
    libportaudio2 libasound2 libunbound8 libvorbis0a libvorbisenc2 libvorbisfile3 libopencore-amrnb0
    libopencore-amrwb0 libvo-amrwbenc0 libopusenc0 libopusfile0 libopus0 libgmime-3.0-0 libgmime-3.0-0t64
    libglib2.0-0 libglib2.0-0t64
""".split()

# The speech programs depend on desktop audio. They load its libraries, and need nothing else of it.
NOT_FOR_SPEECH = """
    adduser perl perl-base debconf debconf-2.0 dbus dbus-bin dbus-daemon default-dbus-system-bus dpkg tar lsb-base
    init-system-helpers alsa-ucm-conf alsa-topology-conf
""".split()

# Needed only to start Redis as a service, or by maintainer scripts.
NOT_FOR_REDIS = """
    adduser passwd perl perl-base debconf debconf-2.0 lsb-base sysvinit-utils init-system-helpers procps dpkg tar
""".split()

# Needed only to start the web servers as services, or by maintainer scripts.
NOT_FOR_WEB_SERVERS = """
    adduser passwd perl perl-base debconf debconf-2.0 lsb-base init-system-helpers dpkg tar iproute2 sysvinit-utils
    procps ca-certificates openssl
""".split()

# Needed only by its web pages, to start it as a service, or by maintainer scripts.
NOT_FOR_PROMETHEUS = """
    adduser passwd perl perl-base debconf debconf-2.0 lsb-base init-system-helpers dpkg tar fonts-glyphicons-halflings
    libjs-bootstrap4 libjs-eonasdan-bootstrap-datetimepicker libjs-jquery libjs-jquery-hotkeys libjs-moment
    libjs-moment-timezone libjs-mustache libjs-popper.js libjs-rickshaw prometheus-node-exporter
""".split()

# The variable with the address of a Debian mirror, for machines whose apt has none, such as Ubuntu.
MIRROR = "DIALSCRIPT_MIRROR"

NOT_UNPACKED = ("doc", "man", "locale", "lintian")


@dataclass(frozen=True)
class Wanted:
    """Packages that are unpacked together. `word` is part of their folder's name, `left_out` is not downloaded."""

    word: str
    what: str
    packages: list
    left_out: list
    skipped: tuple = ()  # downloaded as a dependency, but not unpacked


ASTERISK = Wanted(
    "asterisk", "Asterisk", ["asterisk", "asterisk-core-sounds-en-wav"], NOT_FOR_ASTERISK, ("asterisk-config",)
)
SPEECH = Wanted(
    "speech", "espeak-ng, flite and pocketsphinx", ["espeak-ng", "flite", "pocketsphinx", "pocketsphinx-en-us"],
    NOT_FOR_SPEECH,
)

CLOCK = Wanted("clock", "libfaketime", ["libfaketime"], [])
REDIS = Wanted("redis", "Redis", ["redis-server"], NOT_FOR_REDIS)
VALKEY = Wanted("valkey", "Valkey", ["valkey-server"], NOT_FOR_REDIS)
WEB_SERVERS = Wanted("web", "nginx and gunicorn", ["nginx", "gunicorn"], NOT_FOR_WEB_SERVERS)
PROMETHEUS = Wanted("prometheus", "Prometheus", ["prometheus"], NOT_FOR_PROMETHEUS)
NODE = Wanted("node", "Node.js", ["nodejs"], NOT_FOR_WEB_SERVERS)


class SuiteUnavailable(Exception):
    """No configured mirror has the suite, or it could not be unpacked. The text is the reason, in one line."""


def unpacked(wanted, suite, cache, say=lambda line: None):
    """The folder with the unpacked packages of `suite`. They are unpacked if they are not in `cache` yet."""
    root = Path(cache) / f"{wanted.word}-{suite}"
    if root.exists():
        return root
    say(f"unpacking {wanted.what} of Debian {suite} ...")
    if not KEYRING.exists():
        raise SuiteUnavailable(f"{KEYRING} is missing (package debian-archive-keyring)")
    # Unpacked under a temporary name, so that an interrupted run leaves no folder that seems complete.
    part = root.with_name(root.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    state = Path(cache) / "apt" / root.name
    _unpack(_download(wanted, suite, state), part)
    shutil.rmtree(state)
    part.rename(root)
    return root


def unpacked_of_any(wanted, suites, cache, say=lambda line: None):
    """The same for the first suite that is available."""
    problem = None
    for suite in suites:
        try:
            return unpacked(wanted, suite, cache, say)
        except SuiteUnavailable as reason:
            problem = problem or reason
    raise problem


def mirrors():
    """The Debian mirror that DIALSCRIPT_MIRROR names, else those in this machine's apt (main archives only)."""
    if MIRROR in os.environ:
        return [os.environ[MIRROR]]
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)"],
        capture_output=True, text=True, check=False,
    ).stdout
    found = []
    for line in listed.splitlines():
        uri, release, component = (line.split() + ["", "", ""])[:3]
        if component == "main" and "-" not in release and uri not in found:
            found.append(uri)
    return found


def program(root, path):
    """The command line of an unpacked program. It uses the unpacked loader and libraries, so that neither chroot nor
    root is needed."""
    libraries = f"{next(root.glob('usr/lib/*/libc.so.6')).parent}:{root}/usr/lib"
    deeper = (folder for folder in root.glob("usr/lib/*/*") if folder.name in ("blas", "lapack", "pulseaudio"))
    libraries = ":".join([libraries, *map(str, deeper)])
    return [str(_loader(root)), "--library-path", libraries, str(root / path)]


def _loader(root):
    """The loader may be an absolute link (bullseye), which is resolved within the unpacked folder."""
    path = next(path for path in root.glob("usr/lib*/**/ld-linux-*.so.*"))
    while path.is_symlink():
        target = path.readlink()
        path = root / str(target).lstrip("/") if target.is_absolute() else path.parent / target
    return path


def _download(wanted, suite, state):
    """Downloads the packages and their dependencies; returns the paths of the .deb files."""
    # A suite such as sid changes: with packages of an earlier day, two versions of a library would be unpacked.
    shutil.rmtree(state, ignore_errors=True)
    for folder in ("lists/partial", "cache/archives/partial"):
        (state / folder).mkdir(parents=True)
    architecture = _output(["dpkg", "--print-architecture"]).strip()
    (state / "status").write_text("".join(_as_installed(name, architecture) for name in wanted.left_out))
    failure = f"apt has no Debian mirror: name one in the variable {MIRROR}, as its address begins in sources.list"
    for mirror in mirrors():
        (state / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror} {suite} main\n")
        (state / "apt.conf").write_text(_apt_configuration(state, architecture))
        environment = dict(os.environ, APT_CONFIG=str(state / "apt.conf"), LC_ALL="C")
        try:
            _output(["apt-get", "-qq", "update"], environment)
            _output(["apt-get", "-qq", "-y", "--download-only", "install", *wanted.packages], environment)
        except SuiteUnavailable as error:
            failure = str(error)
            continue
        debs = sorted((state / "cache/archives").glob("*.deb"))
        return [deb for deb in debs if deb.name.split("_")[0] not in wanted.skipped]
    raise SuiteUnavailable(failure)


def _as_installed(name, architecture):
    return (
        f"Package: {name}\nStatus: install ok installed\nArchitecture: {architecture}\nMulti-Arch: foreign\n"
        "Version: 9999:9999\nMaintainer: none\nDescription: left out\n\n"
    )


def _apt_configuration(state, architecture):
    return f"""
Dir::Etc::SourceList "{state}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State "{state}";
Dir::State::Lists "{state}/lists";
Dir::State::status "{state}/status";
Dir::Cache "{state}/cache";
APT::Architecture "{architecture}";
APT::Architectures {{ "{architecture}"; }};
APT::Install-Recommends "false";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "3";
# A mirror may be a copy of an earlier day. Its signatures are verified all the same.
Acquire::Check-Valid-Until "false";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Debug::NoLocking "true";
"""


def _unpack(debs, root):
    """Unpacks packages for merged /usr: /lib and similar folders are links before packages are unpacked into them."""
    for name in ("bin", "sbin", "lib", "lib64"):
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda deb: _unpack_one(deb, root), debs))
    sounds = root / "usr/share/asterisk/sounds"
    # In Debian a maintainer script creates this link with update-alternatives.
    if sounds.exists() and not (sounds / "en").exists():
        (sounds / "en").symlink_to("en_US_f_Allison")


def _unpack_one(deb, root):
    excluded = [f"--exclude=./usr/share/{name}/*" for name in NOT_UNPACKED]
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE) as package:
        tar = ["tar", "-x", "-C", str(root), "--keep-directory-symlink", "--no-same-owner", *excluded, "-f", "-"]
        done = subprocess.run(tar, stdin=package.stdout, capture_output=True, text=True, check=False)
    if done.returncode or package.returncode:
        raise SuiteUnavailable(f"{deb.name} could not be unpacked: {_last_line(done.stderr)}")


def _output(command, environment=None):
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SuiteUnavailable(f"{' '.join(command[:3])}: {_last_line(done.stderr)}")
    return done.stdout


def _last_line(text):
    return (text.strip().splitlines() or ["(no message)"])[-1]
