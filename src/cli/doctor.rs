//! `dialscript doctor`: checks an installation, and names the command that fixes each problem.
//!
//! Each check has a file, and is independent of the others. A check takes a bounded time. What it can't find out, it
//! reports as not checked.

mod configuration;
mod context;
mod daemon;
mod dialplan;
mod engines;
mod files_below;
mod finding;
mod host;
mod limits;
mod modules;
mod program;
mod secrets;
mod sharing;
mod switches;
mod unit;
mod upstreams;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::config_file::ConfigFile;
use crate::cli::terminal::{print_error, print_usage_error};
use crate::config::{self, ServableConfig};
use context::DoctorContext;
use finding::DoctorReport;
use host::DoctorHost;

const EXAMPLES: &str = "\
Examples:
  sudo dialscript doctor
  sudo dialscript doctor --switch-user asterisk --dialplan /etc/asterisk/extensions.conf
  dialscript doctor --json";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    config: ConfigFile,
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
    /// The user of the switch [default: of the running process, else asterisk or freeswitch]
    #[arg(long, value_name = "USER")]
    switch_user: Option<String>,
    /// A dialplan to check: an extensions.conf, or an XML file of FreeSWITCH [default: those in /etc]. Can be repeated
    #[arg(long, value_name = "FILE")]
    dialplan: Vec<PathBuf>,
    /// The root of the file system of the switch, such as that of a container: its accounts, processes and
    /// configuration are read there
    #[arg(long, value_name = "FOLDER", default_value = "/", hide_default_value = true)]
    root: PathBuf,
}

/// Exit codes: 0 nothing is wrong, 1 warnings, 2 problems.
pub(super) fn doctor(options: DoctorArgs) -> ExitCode {
    let path = options.config.resolve_path();
    let host = DoctorHost::inspect(options.root, &path, options.switch_user.as_deref());
    if let Some(user) = options.switch_user.filter(|_| host.switches.is_empty()) {
        return print_usage_error(&format!("`--switch-user {user}`: this host has no such user"));
    }
    if let Some(error) = unit::run_in_environment_of_unit(host.unit.as_ref()) {
        return print_error(&error);
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return print_error(&format!("could not start: {error}")),
    };
    let mut report = DoctorReport::new(options.json);
    report.extend(configuration::check_user(&host).into_iter().collect());
    match config::load_valid(&path) {
        Ok(ServableConfig { config, .. }) => {
            let dialplans = &options.dialplan;
            let context = DoctorContext { config: &config, path: &path, host: &host, dialplans };
            runtime.block_on(run_checks(&context, &mut report));
        }
        Err(errors) => report.extend(configuration::report_errors(&errors, &path)),
    }
    // A DNS lookup that hangs is not waited for.
    runtime.shutdown_background();
    report.finish()
}

async fn run_checks(context: &DoctorContext<'_>, report: &mut DoctorReport) {
    report.extend(configuration::check(context));
    report.extend(daemon::check(context).await);
    report.extend(switches::check(context));
    report.extend(modules::check(context));
    report.extend(dialplan::check(context));
    report.extend(sharing::check(context));
    report.extend(engines::check(context).await);
    report.extend(upstreams::check(context).await);
    report.extend(secrets::check(context));
    report.extend(limits::check(context));
}
