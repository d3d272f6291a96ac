//! Texts, engines and a caller who speaks, without a telephone.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn what_the_caller_says_is_understood_on_both_switches() {
    let home = Home::new(&[("ask", SPOKEN)]);
    for switch in ["asterisk", "freeswitch"] {
        let said = ["ask", "--say", "four seven double one", "--switch", switch];
        let told = home.call(&said).await;
        assert_eq!(told.all("hears", "sound"), ["\u{201c}Say your number.\u{201d}"], "{switch}");
        assert_eq!(told.all("says", "text"), ["four seven double one"], "{switch}");
        assert_eq!(told.all("goes_on", "to").len(), 1, "{switch}");
        let to = told.all("goes_on", "to")[0].as_str().unwrap();
        assert!(to.starts_with("4711@numbers"), "{switch}: {to}");
        let told = home.call(&["ask", "--switch", switch]).await;
        assert_eq!(told.code, 3, "nothing is said: {switch}");
        let told = home.call(&["ask", "--digits", "12", "--switch", switch]).await;
        assert!(told.all("goes_on", "to")[0].as_str().unwrap().starts_with("12@numbers"));
    }
}

const SPOKEN: &str = r#"
[prompt]
say = "Say your number."
[keypress]
length = 4
gap = "1s"
[speech]
language = "en"
filter = "numeric"
start = "2s"
[otherwise]
then = "goto {input}@numbers"
[no_input]
then = "continue"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_will_not_work_is_told_once_before_the_call() {
    let home = Home::new(&[("menu", MENU)]);
    let speech = "[speech]\nsay = { engine = 'command', command = ['no-such-program', '{out}'] }\n";
    fs::write(home.0.path().join("dialscript.toml"), speech).unwrap();
    let told = home.call(&["menu", "--digits", "1"]).await;
    assert_eq!(told.code, 0, "{}", told.errors);
    assert_eq!(told.errors.matches("there is no program `no-such-program`").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_folders_that_engines_need_are_created() {
    let asks = "[speech]\nlanguage = 'en'\nstart = '500ms'\n[no_input]\nthen = 'continue'\n";
    let home = Home::new(&[("menu", asks)]);
    let listen = "[speech]\nlisten = { engine = 'command', command = ['true', '{in}'] }\n";
    fs::write(home.0.path().join("dialscript.toml"), listen).unwrap();
    let recordings = home.0.path().join("recordings");
    home.call(&["menu"]).await;
    assert!(!recordings.exists());
    let told = home.call(&["menu", "--engines"]).await;
    assert_eq!(told.code, 3, "{:?} {}", told.lines, told.errors);
    assert!(recordings.is_dir());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_broken_off_leaves_no_engine_and_no_file_of_one() {
    let home = Home::new(&[("menu", "[prompt]\nsay = 'Hello.'\n")]);
    let place = |name: &str| home.0.path().join(name);
    let (begun, temporary, config) = (place("begun"), place("tmp"), place("dialscript.toml"));
    let engine = format!("echo $$ > {0}.new; mv {0}.new {0}; sleep 100", begun.display());
    let say = format!(
        "say = {{ engine = 'command', command = ['/bin/sh', '-c', '{engine}', '{{out}}'] }}"
    );
    fs::write(&config, format!("[speech]\ntimeout = '30s'\n{say}\n")).unwrap();
    fs::create_dir(&temporary).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_dialscript"));
    program.args(["call", "menu", "--engines", "--config"]).arg(&config).env("TMPDIR", &temporary);
    let mut child = program.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let pid = wait_for(|| fs::read_to_string(&begun).ok());
    let interrupt = ["-INT".to_owned(), child.id().to_string()];
    assert!(Command::new("kill").args(interrupt).status().unwrap().success());
    assert_eq!(wait_for(|| child.try_wait().unwrap()).code(), Some(130));
    let engine = Path::new("/proc").join(pid.trim()).join("exe");
    wait_for(|| (!engine.exists()).then_some(()));
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "files of the engine");
}

fn wait_for<T>(mut happens: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(happened) = happens() {
            return happened;
        }
        assert!(Instant::now() < until, "it never happens");
        std::thread::yield_now();
    }
}
