//! All forms of `then`, `when`, durations and names, and the errors for invalid ones.

use std::time::Duration;

use dialscript::channel::HangupCause;
use dialscript::script::answer::TriggerAnswer;
use dialscript::script::branch::choose_branch;
use dialscript::script::branch_context::BranchContext;
use dialscript::script::condition::NoCallTexts;
use dialscript::script::definition::ThenAction;

use super::sample::filled;
use crate::support::config_folder::ConfigFolder;

/// A folder with a script that asks for input, and that ends with these lines.
fn asking(lines: &str) -> ConfigFolder {
    let folder = ConfigFolder::new();
    folder.script("next", "[otherwise]\nthen='hangup'\n");
    let rest = "[prompt]\nrepeat=1\n[keypress]\n[no_input]\n";
    folder.script("a", &format!("{rest}{lines}\n"));
    folder
}

fn then(text: &str) -> String {
    match &asking(&format!("[otherwise]\nthen={text:?}")).loaded("a").otherwise.then {
        ThenAction::Goto { extension, context, priority } => {
            let part = |part: &Option<_>| part.as_ref().map_or("-".to_owned(), filled);
            format!("goto {} {} {}", filled(extension), part(context), part(priority))
        }
        ThenAction::Hangup(Some(HangupCause(number))) => format!("hangup {number}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn every_form_of_then_is_read() {
    let table = [
        ("continue", "Continue"),
        ("again", "Again"),
        ("hangup", "Hangup(None)"),
        ("hangup busy", "hangup 17"),
        ("hangup no-answer", "hangup 19"),
        ("hangup  34", "hangup 34"),
        ("hangup 127", "hangup 127"),
        ("script next", "Script(\"next\")"),
        ("goto 100", "goto 100 - -"),
        (" goto  9100@shipping ", "goto 9100 shipping -"),
        ("goto s@a-b_c.d,1", "goto s a-b_c.d 1"),
        ("goto s@a,label", "goto s a label"),
        ("goto *{keypress}#@x", "goto *1234# x -"),
        ("goto 1@ext-{keypress},{keypress}", "goto 1 ext-1234 1234"),
    ];
    for (typed, meant) in table {
        assert_eq!(then(typed), meant, "{typed}");
    }
}

#[test]
fn every_invalid_then_is_an_error_with_a_fix() {
    let table = [
        ("", "`` is not a valid next step | write `continue`, `goto"),
        ("contine", "`contine` is not a valid next step | write only `continue`"),
        ("continue now", "`continue now` is not a valid next step | write only `continue`"),
        ("Goto 1@a", "`Goto 1@a` is not a valid next step | write `goto 1@a`"),
        ("goto", "`goto` is not a valid next step | write it as `goto EXT"),
        ("goto @a", "`goto @a` is not a valid next step | write it as `goto EXT"),
        ("goto 1,2", "`goto 1,2` is not a valid next step | write `goto 1@CONTEXT,2`"),
        (
            "Goto(agents,100,1)",
            "`Goto(agents,100,1)` is not a valid next step | write `goto 100@agents,1`",
        ),
        (
            "transfer 100 XML default",
            "`transfer 100 XML default` is not a valid next step | write `goto 100@default`",
        ),
        ("goto 1@a,0", "not a valid priority | priorities start at 1"),
        ("goto ${EXTEN}@a", "unknown placeholder `{EXTEN}` | write `{called}`"),
        ("goto ${called}@a", "not a valid destination | write `goto {called}@a`"),
        ("goto 1@a&b", "not a valid destination | "),
        ("hangup now", "unknown hangup cause `now` | "),
        ("hangup Busy", "unknown hangup cause `Busy` | did you mean `hangup busy`?"),
        ("hangup 0", "unknown hangup cause `0` | "),
        ("hangup 256", "unknown hangup cause `256` | "),
        ("script", "`script` is not a valid next step | write it as `script NAME`"),
        ("script nxt", "there is no script `nxt` | did you mean `script next`?"),
        (
            "script two words",
            "`script two words` is not a valid next step | write it as `script NAME`",
        ),
    ];
    for (typed, expected) in table {
        let errors = asking(&format!("[otherwise]\nthen={typed:?}")).errors();
        assert!(errors.iter().any(|error| error.starts_with(expected)), "{typed}: {errors:#?}");
    }
}

#[test]
fn durations_are_read_with_their_units() {
    let table =
        [("100ms", 100), ("4s", 4000), ("1500ms", 1500), ("1m 30s", 90_000), ("2m", 120_000)];
    for (typed, millis) in table {
        let folder = ConfigFolder::new();
        folder.script("a", &format!("[keypress]\ngap='{typed}'\n[no_input]\n"));
        let gap = folder.loaded("a").keypress.as_ref().unwrap().digit_options.inter_digit_timeout;
        assert_eq!(gap, Duration::from_millis(millis), "{typed}");
    }
}

#[test]
fn durations_and_numbers_out_of_range_are_errors_with_the_range() {
    let table = [
        ("[keypress]\ngap='99ms'", "out of range: must be between 100ms and 2m"),
        ("[keypress]\ngap='121s'", "out of range: must be between 100ms and 2m"),
        ("[keypress]\ngap=4", "a duration needs a unit: write \"4s\" for seconds"),
        ("[keypress]\ngap='4'", "a duration needs a unit: write \"4s\" for seconds"),
        (
            "[keypress]\ngap=1.5",
            "invalid type: floating point `1.5`, expected a duration with its unit",
        ),
        ("[keypress]\nfirst_digit='11m'", "out of range: must be between 100ms and 10m"),
        ("[keypress]\nlength=0", "out of range: must be between 1 and 32"),
        ("[keypress]\nlength='4'", "\"4\" is not a whole number without quotes or sign: write 4"),
        ("[keypress]\nlength='x'", "invalid type: string \"x\", expected a whole number"),
        ("[keypress]\nlength=4\nmin_length=5", "`min_length` is above `length`, which is 4"),
        ("[keypress]\nlength=4\nmin_length=33", "out of range: must be between 1 and 32"),
        ("[keypress]\n[prompt]\nrepeat=100", "out of range: must be between 0 and 99"),
        ("[keypress]\n[prompt]\nrepeat=-1", "invalid value: integer `-1`, expected a whole number"),
    ];
    for (typed, expected) in table {
        let folder = ConfigFolder::new();
        folder.script("a", &format!("{typed}\n[no_input]\n"));
        let errors = folder.errors();
        assert!(errors.iter().any(|error| error.starts_with(expected)), "{typed}: {errors:#?}");
    }
}

#[test]
fn cache_accepts_1_to_999_minutes() {
    for (typed, fine) in [("59s", false), ("1m", true), ("999m", true), ("1000m", false)] {
        let folder = ConfigFolder::new();
        let rest = "[trigger]\nurl='https://a.example/'\n[no_response]\n[[branch]]\nwhen='1'\n";
        folder.script("a", &format!("{rest}[response]\ncache='{typed}'\n"));
        assert_eq!(folder.load().is_ok(), fine, "{typed}");
    }
}

fn triggered(branches: &[&str]) -> ConfigFolder {
    triggered_with("", branches)
}

fn triggered_by_code(branches: &[&str]) -> ConfigFolder {
    triggered_with("[response]\nkey='code'\n", branches)
}

fn triggered_with(response: &str, branches: &[&str]) -> ConfigFolder {
    let folder = ConfigFolder::new();
    let mut script = format!("[trigger]\nurl='https://a.example/'\n[no_response]\n{response}");
    branches.iter().for_each(|when| script.push_str(&format!("[[branch]]\nwhen={when}\n")));
    folder.script("a", &script);
    folder
}

#[test]
fn every_form_of_when_matches_the_right_texts() {
    let table = [
        ("'007'", vec!["007"], vec!["7", "07", " 007"]),
        ("['a', 'b']", vec!["a", "b"], vec!["ab", "A"]),
        ("{min=200, max=299}", vec!["200", "250.5", "299"], vec!["199", "299.1", "x", ""]),
        ("{min=1.10}", vec!["1.1", "1.10", "99999999999999999999"], vec!["1.09", "-2"]),
        ("{max='-1'}", vec!["-1", "-99"], vec!["0", "-0.5"]),
        ("{pattern='^ORD-[0-9]+$'}", vec!["ORD-1"], vec!["ORD-", "XORD-1"]),
        ("{pattern='b'}", vec!["abc"], vec!["ac"]),
        ("{present=true}", vec!["x"], vec![""]),
        ("{absent=true}", vec![""], vec!["x"]),
        ("['a', {min=5, max=5}]", vec!["a", "5"], vec!["b"]),
    ];
    for (when, matching, others) in table {
        let script = triggered(&[when]).loaded("a");
        let takes = |text: &str| {
            choose_branch(&script.branches, &BranchContext::from_input(text, NoCallTexts)).is_some()
        };
        assert!(matching.iter().all(|text| takes(text)), "{when}");
        assert!(!others.iter().any(|text| takes(text)), "{when}");
    }
}

#[test]
fn every_form_of_status_matches_the_right_statuses() {
    let table = [
        ("{status=404}", vec![404], vec![400, 200]),
        ("{status='404'}", vec![404], vec![403]),
        ("{status='5xx'}", vec![500, 599], vec![499]),
    ];
    for (when, matching, others) in table {
        let script = triggered(&[when]).loaded("a");
        let takes = |status| {
            let answer = TriggerAnswer::parse(status, Some("text/html"), b"<html></html>");
            let context = BranchContext::from_answer(&answer, None, NoCallTexts);
            choose_branch(&script.branches, &context).is_some()
        };
        assert!(matching.into_iter().all(takes), "{when}");
        assert!(!others.into_iter().any(takes), "{when}");
    }
}

#[test]
fn only_a_branch_that_an_earlier_one_covers_is_an_error() {
    let covered = [
        ("'1'", "'1'"),
        ("{min=1}", "'1'"),
        ("{min=1}", "{min=1.0, max=3}"),
        ("{max=9}", "{max=8}"),
        ("{pattern='^a'}", "'ab'"),
        ("{pattern='^a'}", "{pattern='^a'}"),
        ("{pattern='.*'}", "{pattern='^a'}"),
        ("{present=true}", "'1'"),
        ("{present=true}", "{min=1}"),
        ("{absent=true}", "{absent=true}"),
        ("{status=404}", "{status='404'}"),
        ("{status='4xx'}", "{status=404}"),
    ];
    let free = [
        ("'1'", "'01'"),
        ("'1'", "{min=1, max=1}"),
        ("{min=2}", "'1'"),
        ("{min=1, max=5}", "{min=2}"),
        ("{min=1}", "{max=5}"),
        ("{pattern='^a'}", "'ba'"),
        ("{pattern='^a'}", "{pattern='^ab'}"),
        ("{absent=true}", "''"),
        ("{present=true}", "{absent=true}"),
        ("{present=true}", "{status=404}"),
        ("{status=404}", "{status='4xx'}"),
    ];
    for (earlier, later) in covered {
        assert_eq!(
            triggered(&[earlier, later]).errors(),
            [
                "this can never match: an earlier matcher covers it | remove this one, or move it before the other"
            ],
            "{later}"
        );
    }
    for (earlier, later) in free {
        assert!(triggered(&[earlier, later]).load().is_ok(), "{earlier} {later}");
    }
}

/// Earlier and later branches, without the brackets.
#[test]
fn a_branch_with_conditions_is_an_error_only_if_it_can_certainly_never_match() {
    let (full, caller) = ("{key='full', is='1'}", "{of='{caller}', is='1'}");
    let covered = [
        ("'1'", "'1'\nand = {key='full', is='1'}"),
        (full, full),
        (full, "'x'\nand = {key='full', is='1'}"),
        ("{key='full', present=true}", "'x'\nand = {key='full', is=['1', '2']}"),
        ("{key='code', is='1'}", "'1'"),
        (caller, caller),
        ("{is=['1', '2']}", "'2'"),
        ("{of='{caller}', present=true, not=true}", "{of='{caller}', absent=true}"),
    ];
    let contradicting = [
        "'1'\nand = {is='2'}",
        "'1'\nand = {is='1', not=true}",
        "'x'\nand = [{key='full', is='1'}, {key='full', is=['2', '3']}]",
        "'x'\nand = [{key='full', min=3}, {key='full', max=2}]",
        "'x'\nand = [{key='full', pattern='^a'}, {key='full', is='b'}]",
        "'x'\nand = [{key='full', absent=true}, {key='full', is='b'}]",
        "{status=404}\nand = {status='5xx'}",
        "'x'\nand = [{of='{caller}', absent=true}, {of='{caller}', present=true}]",
    ];
    let free = [
        ("'1'\nand = {key='full', is='1'}", "'1'"),
        ("'1'\nand = {key='full', is='1'}", "'1'\nand = {key='full', is='2'}"),
        ("{is='1', not=true}", "'2'"),
        ("'1'", "{is='1', not=true}"),
        ("{is='{arg.a}'}", "{is='{arg.a}'}"),
        (full, "'1'"),
        (full, "{key='empty', is='1'}"),
        (full, "'x'\nand = {key='full', is=['1', '2']}"),
        ("{of='{caller}', present=true}", "{of='{caller}', is=''}"),
        // On an answer that is not usable, the first branch does not match.
        (caller, "{status=500}\nand = {of='{caller}', is='1'}"),
        ("'y'", "'x'\nand = [{of='{caller}', is='1'}, {of='{called}', is='2'}]"),
        ("'y'", "'x'\nand = [{of='{caller}', absent=true}, {of='{caller}', is=''}]"),
        ("'y'", "'x'\nand = [{key='full', is='{arg.a}'}, {key='full', is='2'}]"),
        ("'y'", "'x'\nand = [{key='full', min=1}, {key='full', max=1}]"),
        ("'y'", "'x'\nand = [{is='1', not=true}, {present=true}]"),
    ];
    for (earlier, later) in covered {
        let errors = triggered_by_code(&[earlier, later]).errors();
        assert!(
            matches!(&errors[..], [one] if one.contains("an earlier matcher covers it")),
            "{later}: {errors:?}"
        );
    }
    for branch in contradicting {
        let errors = triggered_by_code(&[branch]).errors();
        assert!(
            matches!(&errors[..], [one] if one.contains("contradicts it")),
            "{branch}: {errors:?}"
        );
    }
    for (earlier, later) in free {
        let errors = triggered_by_code(&[earlier, later]).errors();
        assert!(errors.is_empty(), "{earlier} {later}: {errors:?}");
    }
}

#[test]
fn the_name_of_a_variable_cannot_call_a_function_of_the_switch() {
    for (name, fine) in [
        ("ORDER", true),
        ("_a1", true),
        ("1A", false),
        ("A-B", false),
        ("SHELL(x)", false),
        ("${A}", false),
        ("ÄB", false),
        ("DIALSCRIPT_CODE", false),
        ("Dialscript_Code", false),
    ] {
        let folder = ConfigFolder::new();
        folder.script("a", &format!("[otherwise]\nset={{ {name:?} = 'x' }}\n"));
        assert_eq!(folder.load().is_ok(), fine, "{name}");
    }
}

#[test]
fn a_huge_duration_is_out_of_range() {
    let folder = ConfigFolder::new();
    folder.script("a", "[keypress]\nlength = 4\ngap = '300000000000years'\n[no_input]\n");
    let errors = folder.load().unwrap_err().to_string();
    assert!(errors.contains("out of range"), "{errors}");
}

#[test]
fn a_keypress_pattern_must_match_the_whole_input() {
    for (pattern, right, wrong) in
        [("1|12", "12", "123"), ("(?x) 9999 # nines", "9999", "4711"), ("(?i)[0-4]+", "4", "45")]
    {
        let folder = ConfigFolder::new();
        let script = format!("[keypress]\npattern = '{pattern}'\n[no_input]\n");
        folder.script("a", &script);
        let keypress = folder.loaded("a").keypress.clone().unwrap();
        let whole = keypress.pattern.expect(pattern);
        assert!(whole.is_match(right) && !whole.is_match(wrong), "{pattern}");
    }
}

#[test]
fn the_settings_of_hold_media_come_from_the_script_or_the_daemons_file() {
    let folder = ConfigFolder::new();
    let rest = "url='https://a.example/'\n[no_response]\n";
    folder.daemon_file("[trigger]\nmusic_after='1s'\n");
    folder.script("plain", &format!("[trigger]\n{rest}"));
    let reassure = "reassure = { play = 'switch:beep' }";
    folder.script("short", &format!("[trigger]\nkeys='drop'\n{reassure}\n{rest}"));
    let own = "music_after='2s'\nkeys='keep'\n";
    let table = "[trigger.reassure]\nsay='One moment.'\nevery='60s'\n";
    folder.script("own", &format!("[trigger]\n{own}{rest}{table}"));
    let read = |name| {
        let hold_media = folder.loaded(name).trigger.clone().unwrap().hold_media;
        let reassurance = hold_media.reassurance.map(|r| (r.every.as_secs(), r.sounds.parts.len()));
        (hold_media.delay.as_secs(), reassurance, hold_media.keep_type_ahead)
    };
    assert_eq!(read("plain"), (1, None, false));
    assert_eq!(read("short"), (1, Some((10, 1)), false));
    assert_eq!(read("own"), (2, Some((60, 1)), true));
}
