//! Whether the names of web applications and speech services resolve, and a TLS handshake is possible.

use super::context::DoctorContext;
use super::finding::Finding;
use crate::cli::check::connect::probe_servers;
use crate::file_access::shell_quoted;

const CHECK: &str = "servers";

pub(super) async fn check(context: &DoctorContext<'_>) -> Vec<Finding> {
    let servers = match probe_servers(context.config).await {
        Ok(servers) => servers,
        Err(error) => {
            let fix = "apt install ca-certificates";
            return vec![Finding::problem(CHECK, error.to_string(), fix)];
        }
    };
    let finding = |server: &crate::cli::check::connect::ServerResult| {
        let message = format!("{} ({}): {}", server.name, server.used_for, server.result);
        match server.is_usable {
            true => Finding::ok(CHECK, message),
            false => {
                let help = server.help.clone();
                let file = shell_quoted(context.path);
                let check = format!("dialscript check --connect --config {file}");
                let fix = || format!("start the server or correct its URL, then {check}");
                Finding::problem(CHECK, message, help.unwrap_or_else(fix))
            }
        }
    };
    servers.iter().map(finding).collect()
}
