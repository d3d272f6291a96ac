//! The header `traceparent` and the field `trace` of the line `call` name the same trace.

use std::fs;
use std::net::SocketAddr;

use tempfile::NamedTempFile;

use crate::support::config_folder::ConfigFolder;
use crate::support::net::free_address;
use crate::support::program::{DaemonProcess, run};
use crate::support::wait::until;
use crate::support::web::{Reply, Web};

async fn call(switch: &str, address: SocketAddr) {
    let address = address.to_string();
    let arguments = ["call", "hello", "--switch", switch, "--digits", "1", "--connect", &address];
    assert_eq!(run(&arguments).await.code, 0);
}

#[tokio::test]
async fn web_applications_get_the_trace_that_the_line_of_the_call_names() {
    let mut web = Web::start(|_| Reply::json("{}")).await;
    let script = format!(
        "[prompt]\nplay = 'switch:beep'\n[keypress]\nlength = 1\n[trigger]\nurl = '{}'\n\
         [no_input]\nthen = 'hangup'\n[no_response]\nthen = 'hangup'\n",
        web.url("/?digit={keypress}")
    );
    let folder = ConfigFolder::with_scripts(&[("hello", &script)]);
    let (asterisk, freeswitch) = (free_address(), free_address());
    folder.daemon_file(format!(
        "[asterisk]\nlisten = ['{asterisk}']\n[freeswitch]\nlisten = ['{freeswitch}']\n"
    ));
    let log = NamedTempFile::new().unwrap();
    let _daemon = DaemonProcess::start(folder, log.reopen().unwrap());
    drop(DaemonProcess::connect(freeswitch));
    for (switch, address) in [("asterisk", asterisk), ("freeswitch", freeswitch)] {
        call(switch, address).await;
        let seen = web.next().await;
        let [header] = seen.headers("traceparent")[..] else { panic!("{seen:?}") };
        let trace = header.split('-').nth(1).unwrap();
        let words = [format!("switch=\"{switch}\""), format!("trace=\"{trace}\"")];
        until(&format!("{words:?}"), || {
            let log = fs::read_to_string(&log).unwrap();
            let mut lines = log.lines();
            lines.any(|line| words.iter().all(|words| line.contains(words)))
        })
        .await;
    }
}
