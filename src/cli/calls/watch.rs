//! `dialscript calls --watch`.

use std::io::{IsTerminal, Write, stdout};
use std::process::ExitCode;
use std::time::Duration;

use terminal_size::{Height, terminal_size};
use tokio::time::{MissedTickBehavior, interval};

use super::table::{CallList, print_call_table};
use crate::cli::control_connection::{ControlConnection, DaemonArgs};
use crate::cli::terminal::{print_error, print_json, print_line};
use crate::control::protocol::ControlRequest;

/// How often the list is printed.
const INTERVAL: Duration = Duration::from_secs(1);
/// Clears the screen, and moves the cursor to its first cell (ECMA-48: ED and CUP).
const CLEAR_SCREEN: &str = "\x1b[2J\x1b[H";

/// Prints the calls every second, as a table in place if standard output is a terminal. Ends with Ctrl-C, or when nobody
/// reads the output. If the daemon stops, says so and waits for it.
pub(super) fn watch_calls(daemon: DaemonArgs, request: &ControlRequest, json: bool) -> ExitCode {
    let connection = match daemon.connection() {
        Ok(connection) => connection,
        Err(code) => return code,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(watch(&connection, request, json)),
        Err(error) => print_error(&error.to_string()),
    }
}

async fn watch(connection: &ControlConnection, request: &ControlRequest, json: bool) -> ExitCode {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_first = true;
    loop {
        ticks.tick().await;
        let result = connection.send(request).await;
        if is_first && let Err(reason) = &result {
            return print_error(reason);
        }
        is_first = false;
        if !json {
            clear_terminal();
        }
        match result {
            Ok(replies) if json => print_array(&CallList::from(replies)),
            Ok(replies) => print_call_table(&CallList::from(replies), max_rows()),
            Err(reason) => drop(print_error(&format!("{reason}; waiting for a daemon"))),
        }
        if !json && !stdout().is_terminal() {
            print_line("");
        }
        if stdout().flush().is_err() {
            return ExitCode::SUCCESS;
        }
    }
}

fn print_array(list: &CallList) {
    print_json(&list.calls);
    if list.totals.omitted > 0 {
        print_error(&format!("{} more calls are left out", list.totals.omitted));
    }
}

/// As many calls as fit on the terminal, with the heading and two lines below.
fn max_rows() -> usize {
    match terminal_size() {
        Some((_, Height(rows))) if stdout().is_terminal() => {
            usize::from(rows).saturating_sub(3).max(1)
        }
        _ => usize::MAX,
    }
}

fn clear_terminal() {
    if stdout().is_terminal() {
        drop(write!(stdout(), "{CLEAR_SCREEN}"));
    }
}
