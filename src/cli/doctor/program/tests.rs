use super::*;

fn output_of(script: &str, time_limit: Duration) -> Option<String> {
    program_output("sh", &["-c", script], time_limit)
}

/// A pipe holds 64 KiB.
#[test]
fn an_output_that_is_longer_than_a_pipe_is_read() {
    let output = output_of("head -c 300000 /dev/zero", Duration::from_secs(60));
    assert_eq!(output.unwrap().len(), 300_000);
}

#[test]
fn an_output_without_end_is_refused() {
    assert_eq!(output_of("cat /dev/zero", Duration::from_secs(60)), None);
}

#[test]
fn a_program_that_leaves_its_output_to_another_one_is_not_waited_for() {
    let started = Instant::now();
    assert_eq!(output_of("sleep 20 & echo started", Duration::from_millis(100)), None);
    assert!(started.elapsed() < Duration::from_secs(15));
}

#[test]
fn a_program_that_fails_has_no_output() {
    assert_eq!(output_of("echo x; exit 1", Duration::from_secs(60)), None);
    assert_eq!(output_of("echo x", Duration::from_secs(60)).as_deref(), Some("x\n"));
}
