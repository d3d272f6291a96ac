//! The AGI environment (`launch_netscript`, `setup_env`).

use super::dialplan::FakeAsteriskCall;

/// All lines, with the empty line that ends them.
pub(super) fn environment(call: &FakeAsteriskCall, host: &str, uniqueid: &str) -> String {
    let mut lines = vec!["agi_network: yes".to_owned()];
    let mut line = |key: &str, value: &str| lines.push(format!("agi_{key}: {value}"));
    if !call.script.is_empty() {
        line("network_script", &call.script);
    }
    line("request", &format!("agi://{host}/{}", call.script));
    line("channel", "PJSIP/fake-00000001");
    line("language", &call.language);
    line("type", "PJSIP");
    line("uniqueid", uniqueid);
    line("version", "22.0.0");
    line("callerid", or_unknown(&call.caller));
    line("calleridname", or_unknown(&call.caller_name));
    line("callingpres", if call.caller.is_empty() { PRES_NUMBER_NOT_AVAILABLE } else { "0" });
    line("callingani2", "0");
    line("callington", "0");
    line("callingtns", "0");
    line("dnid", or_unknown(&call.called));
    line("rdnis", "unknown");
    line("context", &call.context);
    line("extension", &call.extension);
    line("priority", &call.priority.to_string());
    line("enhanced", "0.0");
    line("accountcode", "");
    line("threadid", "1");
    for (number, argument) in (1..).zip(&call.arguments) {
        line(&format!("arg_{number}"), argument);
    }
    lines.push(String::new());
    lines.join("\n")
}

/// `AST_PRES_NUMBER_NOT_AVAILABLE`
const PRES_NUMBER_NOT_AVAILABLE: &str = "67";

fn or_unknown(value: &str) -> &str {
    if value.is_empty() { "unknown" } else { value }
}
