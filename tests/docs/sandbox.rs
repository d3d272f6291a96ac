//! A folder in which the program runs as a reader of the manual would run it.

use std::env;
use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Programs in examples that need not be installed.
const STAND_INS: [&str; 2] = ["espeak-ng", "flite"];

/// A folder with a `dialscript.toml`, and programs on its search path.
pub(crate) struct Sandbox {
    folder: TempDir,
    programs: TempDir,
}

/// What a program wrote, and how it ended.
pub(crate) struct ProgramOutput {
    pub(crate) code: Option<i32>,
    pub(crate) output: String,
}

impl Sandbox {
    /// With an empty configuration.
    pub(crate) fn new() -> Self {
        let sandbox = Self { folder: TempDir::new().unwrap(), programs: TempDir::new().unwrap() };
        for name in STAND_INS {
            let file = sandbox.programs.path().join(name);
            fs::write(&file, "#!/bin/sh\nexit 1\n").unwrap();
            fs::set_permissions(&file, Permissions::from_mode(0o755)).unwrap();
        }
        sandbox.write("dialscript.toml", "");
        sandbox
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A file that only its owner can read, and the folders above it.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let file = self.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    }

    /// What a line of a shell writes to both outputs, in their order.
    pub(crate) fn shell(&self, line: &str) -> ProgramOutput {
        let together = format!("exec 2>&1\n{line}\n");
        self.finish(self.command("sh").args(["-c", &together]))
    }

    /// What the program writes to its standard error, and then to its standard output.
    pub(crate) fn dialscript(&self, arguments: &[&str]) -> ProgramOutput {
        self.finish(self.command(env!("CARGO_BIN_EXE_dialscript")).args(arguments))
    }

    /// A program in this folder, without the environment of the test.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path()).stdin(Stdio::null()).env_clear();
        command.env("PATH", self.search_path()).env("HOME", self.path());
        command.env("NO_COLOR", "1").env("LC_ALL", "C.UTF-8");
        command
    }

    fn search_path(&self) -> OsString {
        let ours = Path::new(env!("CARGO_BIN_EXE_dialscript")).parent().unwrap().to_owned();
        let system = env::var_os("PATH").unwrap_or_default();
        let system = env::split_paths(&system);
        let all = [self.programs.path().to_owned(), ours].into_iter().chain(system);
        env::join_paths(all).unwrap()
    }

    fn finish(&self, command: &mut Command) -> ProgramOutput {
        let done = command.output().unwrap();
        let output = [done.stderr, done.stdout].concat();
        ProgramOutput { code: done.status.code(), output: String::from_utf8(output).unwrap() }
    }
}
