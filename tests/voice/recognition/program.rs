//! Running a program for one result.

use std::fs;
use std::time::{Duration, Instant};

use dialscript::script::voice::SpeakingRate;
use dialscript::voice::program::{
    ProgramError, ProgramErrorReason, ProgramInput, ProgramValues, run,
};
use dialscript::voice::settings::EngineProgram;

use crate::voice::recognition::setup::{LONG, SHORT, shell};

const MAX_OUTPUT: usize = 100_000;

async fn run_shell(
    program: &EngineProgram,
    input: ProgramInput<'_>,
) -> Result<String, ProgramError> {
    let values =
        ProgramValues { voice: "slt; rm -rf /", language: "{out} $(id)", speed: SpeakingRate(150) };
    let done = run(program, &values, input, LONG, MAX_OUTPUT).await;
    done.map(|bytes| String::from_utf8(bytes).unwrap())
}

async fn reason(script: &str, arguments: &[&str], time: Duration) -> ProgramErrorReason {
    let program = shell(script, arguments);
    let done =
        run(&program, &ProgramValues::default(), ProgramInput::Text("text"), time, MAX_OUTPUT)
            .await;
    done.expect_err("no result").reason
}

#[tokio::test]
async fn placeholders_are_replaced_once_within_each_argument() {
    let arguments = ["{voice}", "-l{language}-", "{speed}", "{wpm}", "{other} {", "{"];
    let program = shell(r#"printf '<%s>' "$@""#, &arguments);
    let wanted = "<slt; rm -rf /><-l{out} $(id)-><1.5><262><{other} {><{>";
    assert_eq!(run_shell(&program, ProgramInput::Text("")).await.unwrap(), wanted);
}

#[tokio::test]
async fn the_program_gets_a_fixed_environment() {
    let program = shell("env | cut -d= -f1 | sort | tr '\\n' ' '; echo $LC_ALL", &[]);
    let environment = run_shell(&program, ProgramInput::Text("")).await.unwrap();
    let names = environment.split_whitespace();
    // A shell adds two or three of its own.
    let names: Vec<_> =
        names.filter(|name| !["PWD", "SHLVL", "_", "OLDPWD"].contains(name)).collect();
    assert_eq!(names, ["HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "C.UTF-8"]);
}

#[tokio::test]
async fn the_result_is_the_file_out_and_its_folder_is_private_and_removed() {
    let script = r#"stat -c '%a %n' "$(dirname "$1")" > "$1"; echo noise; touch "$TMPDIR/more""#;
    let seen = run_shell(&shell(script, &["{out}"]), ProgramInput::Text("")).await.unwrap();
    let folder = seen.trim().strip_prefix("700 ").expect("a private folder");
    assert!(!fs::exists(folder).unwrap(), "{folder}");
}

#[tokio::test]
async fn big_pipes_do_not_block_each_other() {
    let text = "word ".repeat(400_000);
    let values = ProgramValues::default();
    let copy = shell("cat; head -c 3000000 /dev/zero >&2", &[]);
    let out = run(&copy, &values, ProgramInput::Text(&text), LONG, text.len()).await.unwrap();
    assert_eq!(out, text.as_bytes());
    let out = run(&shell("echo deaf", &[]), &values, ProgramInput::Text(&text), LONG, MAX_OUTPUT)
        .await
        .unwrap();
    assert_eq!(out, b"deaf\n");
}

#[tokio::test]
async fn an_input_file_is_passed_by_path_or_on_standard_input() {
    let file = ProgramInput::File(b"bytes");
    assert_eq!(run_shell(&shell(r#"cat "$1"; cat"#, &["{in}"]), file).await.unwrap(), "bytes");
    assert_eq!(run_shell(&shell("cat", &[]), file).await.unwrap(), "bytes");
}

#[tokio::test]
async fn each_failure_has_its_error_message() {
    assert_eq!(reason("exit 7", &[], LONG).await, ProgramErrorReason::ExitStatus(7));
    assert_eq!(reason("kill -KILL $$", &[], LONG).await, ProgramErrorReason::Signal(9));
    assert_eq!(reason("exec sleep 1000", &[], SHORT).await, ProgramErrorReason::TimedOut(SHORT));
    assert_eq!(reason("exec yes", &[], LONG).await, ProgramErrorReason::OutputTooLong(MAX_OUTPUT));
    assert_eq!(
        reason(r#"exec yes > "$1""#, &["{out}"], LONG).await,
        ProgramErrorReason::OutputTooLong(MAX_OUTPUT)
    );
    assert_eq!(
        reason("head -c 100001 /dev/zero", &[], LONG).await,
        ProgramErrorReason::OutputTooLong(MAX_OUTPUT)
    );
    assert_eq!(reason("true", &[], LONG).await, ProgramErrorReason::NoOutput);
    assert_eq!(reason("echo only here", &["{out}"], LONG).await, ProgramErrorReason::NoOutput);
    assert_eq!(reason(r#"mkfifo "$1""#, &["{out}"], LONG).await, ProgramErrorReason::NoOutput);
    assert_eq!(
        reason(r#"ln -s /dev/zero "$1""#, &["{out}"], LONG).await,
        ProgramErrorReason::NoOutput
    );
    let nothing = EngineProgram { executable: "/nonexistent/engine".into(), arguments: Vec::new() };
    let failed = run_shell(&nothing, ProgramInput::Text("")).await.unwrap_err();
    assert_eq!(failed.reason, ProgramErrorReason::NotInstalled);
    let folder = EngineProgram { executable: "/".into(), arguments: Vec::new() };
    let failed = run_shell(&folder, ProgramInput::Text("")).await.unwrap_err();
    assert!(matches!(failed.reason, ProgramErrorReason::CannotRun(_)), "{failed}");
}

#[tokio::test]
async fn a_result_of_the_maximum_length_is_accepted() {
    let program = shell("head -c 100000 /dev/zero", &[]);
    assert_eq!(run_shell(&program, ProgramInput::Text("")).await.unwrap().len(), MAX_OUTPUT);
}

#[tokio::test]
async fn children_that_keep_the_pipes_open_are_killed_at_the_timeout() {
    let begun = Instant::now();
    assert_eq!(
        reason("sleep 1000 & exit 0", &[], SHORT).await,
        ProgramErrorReason::TimedOut(SHORT)
    );
    assert!(begun.elapsed() < LONG);
}

#[tokio::test]
async fn the_last_line_of_standard_error_is_kept_and_is_in_no_error_message() {
    let script = r"printf 'first\n\033[31mcanary\007 %0300d\n\n' 0 >&2; exit 1";
    let failed = run_shell(&shell(script, &[]), ProgramInput::Text("")).await.unwrap_err();
    let stderr_line = failed.stderr_line.clone().unwrap();
    assert!(stderr_line.starts_with("[31mcanary 000"), "{stderr_line}");
    assert_eq!(stderr_line.chars().count(), 200);
    assert!(!format!("{failed} {failed:?}").contains("canary"));
}
