//! `dialscript check --connect`: opens a connection to every server that the files name, and sends no request.

use std::process::ExitCode;
use std::time::Duration;

use futures_util::{StreamExt, stream};

use super::json::ServerLine;
use super::servers::{ConfiguredServer, configured_servers};
use crate::cli::terminal::{escape_control, print_error, print_json, print_line, print_table};
use crate::config::{Config, counted};
use crate::web::probe::{ProbeError, ProbeReport, probe};

/// The time limit of one connection, with the TLS handshake.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// The most connections at the same time.
const MAX_CONCURRENT: usize = 16;

/// Prints one line for each server. The exit code is a failure if one of them can't be used.
pub(super) fn check_servers(config: &Config, json: bool) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let servers = match configured_servers(config) {
        Ok(servers) => servers,
        Err(error) => return print_error(&error.to_string()),
    };
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return print_error(&format!("could not start: {error}")),
    };
    let results = runtime.block_on(probe_all(&servers));
    // A DNS lookup that hangs is not waited for.
    runtime.shutdown_background();
    match json {
        true => print_json_results(&servers, &results),
        false => print_results(&servers, &results),
    }
}

/// What came of the attempt to connect to one server.
pub(in crate::cli) struct ServerResult {
    pub(in crate::cli) name: String,
    /// Such as "script order".
    pub(in crate::cli) used_for: String,
    pub(in crate::cli) is_usable: bool,
    /// The result in words.
    pub(in crate::cli) result: String,
    /// How to make it usable, if that is known.
    pub(in crate::cli) help: Option<String>,
}

/// Opens a connection to every server that the files name.
///
/// # Errors
///
/// When a TLS configuration can't be built.
pub(in crate::cli) async fn probe_servers(
    config: &Config,
) -> Result<Vec<ServerResult>, rustls::Error> {
    let servers = configured_servers(config)?;
    let results = probe_all(&servers).await;
    let result =
        |(server, result): (&ConfiguredServer, Result<ProbeReport, ProbeError>)| ServerResult {
            name: server.name.clone(),
            used_for: server.used_for(),
            is_usable: result.is_ok(),
            result: result.as_ref().map_or_else(describe_failure, describe_success),
            help: result.err().and_then(|error| error.help),
        };
    Ok(servers.iter().zip(results).map(result).collect())
}

async fn probe_all(servers: &[ConfiguredServer]) -> Vec<Result<ProbeReport, ProbeError>> {
    let probes = stream::iter(servers).map(|server| probe(&server.address, TIME_LIMIT));
    probes.buffered(MAX_CONCURRENT).collect().await
}

fn print_json_results(
    servers: &[ConfiguredServer],
    results: &[Result<ProbeReport, ProbeError>],
) -> ExitCode {
    for (server, result) in servers.iter().zip(results) {
        print_json(&ServerLine {
            server: &server.name,
            used_for: server.used_for(),
            ok: result.is_ok(),
            result: result.as_ref().map_or_else(describe_failure, describe_success),
            help: result.as_ref().err().and_then(|error| error.help.as_deref()),
        });
    }
    match results.iter().all(Result::is_ok) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn print_results(
    servers: &[ConfiguredServer],
    results: &[Result<ProbeReport, ProbeError>],
) -> ExitCode {
    let row = |(server, result): (&ConfiguredServer, &Result<ProbeReport, ProbeError>)| {
        let result = result.as_ref().map_or_else(describe_failure, describe_success);
        [server.name.clone(), server.used_for(), escape_control(&result)]
    };
    print_table(&servers.iter().zip(results).map(row).collect::<Vec<_>>());
    for (server, result) in servers.iter().zip(results) {
        if let Err(ProbeError { help: Some(help), .. }) = result {
            print_line(&format!("\n{}: {}", server.name, escape_control(help)));
        }
    }
    let failed = results.iter().filter(|result| result.is_err()).count();
    match failed {
        0 if servers.is_empty() => {
            print_line("no servers to connect to");
            ExitCode::SUCCESS
        }
        0 => {
            print_line(&format!("{}, no failures", counted(servers.len(), "server")));
            ExitCode::SUCCESS
        }
        _ => {
            let failed = counted(failed, "server");
            print_error(&format!("{failed} of {} cannot be used", servers.len()))
        }
    }
}

fn describe_success(report: &ProbeReport) -> String {
    let tls = report.tls_version.map(|version| format!(", {version}"));
    let certificate = report.certificate.as_ref();
    let until = certificate.map(|facts| format!(", certificate valid until {}", facts.not_after));
    format!("ok{}{}", tls.unwrap_or_default(), until.unwrap_or_default())
}

fn describe_failure(error: &ProbeError) -> String {
    let certificate = error.certificate.as_ref().map(|facts| {
        let (subject, issuer) = (&facts.subject, &facts.issuer);
        let until = facts.not_after;
        format!(
            " ({subject}, issued by {issuer}, valid until {until}, SHA-256 {})",
            facts.fingerprint
        )
    });
    format!("no connection: {}{}", error.reason, certificate.unwrap_or_default())
}
