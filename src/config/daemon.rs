//! The daemon's file, `dialscript.toml`. Each table has a module; this one combines them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

mod breaker;
mod cache;
mod context;
pub(super) mod control;
mod egress;
mod folders;
pub(super) mod listener;
mod log;
mod metrics;
mod network;
mod otlp;
mod ports;
pub(super) mod reload;
mod secret_text;
mod server;
mod service_header;
pub(super) mod settings;
mod sound_server;
mod speech;
pub(super) mod trigger;
mod upstream;

use super::diagnostic::ConfigErrors;
use super::file::TomlFile;
use super::secrets::SecretStore;
use super::table_reader::{self, TableReader};
use crate::script::timezone::ScriptTimezone;
use crate::trigger::{TriggerSettings, upstream::UpstreamLimits};
use breaker::BreakerTable;
use cache::CacheTable;
use context::DaemonContext;
use control::ControlTable;
use egress::EgressTable;
use folders::{DaemonFolders, FoldersTable};
use listener::{ASTERISK_PORT, FREESWITCH_PORT, ListenerTable};
use log::LogTable;
use metrics::MetricsTable;
use otlp::OtlpTable;
use ports::ListenAddress;
use server::ServerTable;
use settings::DaemonSettings;
use sound_server::SoundServerTable;
use speech::DaemonSpeechTable;
use trigger::DaemonTriggerTable;
use upstream::UpstreamTable;

/// Tables of scripts that the daemon's file does not have.
const SCRIPT_TABLES: &[&str] =
    &["prompt", "keypress", "response", "branch", "otherwise", "no_input", "no_response"];

/// The daemon's file, parsed but not checked.
pub(crate) struct DaemonFile {
    file: TomlFile,
    folder: PathBuf,
    tables: DaemonTables,
}

#[derive(Debug, Default)]
struct DaemonTables {
    asterisk: ListenerTable,
    freeswitch: ListenerTable,
    folders: FoldersTable,
    server: ServerTable,
    trigger: DaemonTriggerTable,
    breaker: BreakerTable,
    cache: CacheTable,
    egress: EgressTable,
    log: LogTable,
    metrics: Option<MetricsTable>,
    otlp: Option<OtlpTable>,
    control: ControlTable,
    speech: DaemonSpeechTable,
    sound_server: Option<SoundServerTable>,
    upstreams: Vec<UpstreamTable>,
}

/// The daemon's file, in the current folder, if none is named.
pub(crate) const LOCAL_FILE: &str = "dialscript.toml";
/// The daemon's file for somebody who is in the folder of the scripts. It is not used, but named.
pub(crate) const PARENT_FILE: &str = "../dialscript.toml";
/// The daemon's file if there is no [`LOCAL_FILE`] either.
pub(crate) const SYSTEM_FILE: &str = "/etc/dialscript/dialscript.toml";

impl DaemonFile {
    pub(crate) fn open(path: &Path) -> Result<Self, ConfigErrors> {
        let is_fallback = path == Path::new(SYSTEM_FILE) && !Path::new(LOCAL_FILE).exists();
        let help = match is_fallback {
            true if Path::new(PARENT_FILE).exists() => {
                "run this in the folder above, which has a `dialscript.toml`, or with `--config ../dialscript.toml`"
            }
            true => {
                "create it (it may be empty), or name another file with `--config`; the current folder has no \
                 `dialscript.toml` either"
            }
            false => "create it (it may be empty), or name another file",
        };
        let file = TomlFile::open(path, help);
        let file = file.map_err(|error| ConfigErrors::sorted(vec![*error]))?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let tables = table_reader::parse(&file, &[], DaemonTables::read);
        Ok(Self { file, folder, tables })
    }

    /// Reads the tables of a daemon's file without checking them.
    pub(crate) fn read_tables(file: &TomlFile) {
        table_reader::parse(file, &[], DaemonTables::read);
    }

    pub(crate) fn folders(&self) -> DaemonFolders {
        self.tables.folders.folders(&self.file, &self.folder)
    }

    pub(crate) fn control_socket(&self) -> Option<PathBuf> {
        self.tables.control.socket(&self.file, &self.folder)
    }

    /// Whether the last valid version of a script serves while its file is faulty.
    pub(crate) fn serves_last_valid(&self) -> bool {
        self.tables.server.serves_last_valid()
    }

    /// The names in `[speech.engines]`, including engines with errors.
    pub(crate) fn engine_names(&self) -> BTreeSet<String> {
        self.tables.speech.engine_names().map(str::to_owned).collect()
    }

    /// The time zone of the texts of scripts that name none.
    pub(crate) fn timezone(&self) -> ScriptTimezone {
        self.tables.speech.timezone(&self.file)
    }

    /// Checks all tables except `[folders]`.
    pub(crate) fn settings(
        &self,
        secrets: &SecretStore,
        folders: &DaemonFolders,
    ) -> DaemonSettings {
        let (tables, file) = (&self.tables, &self.file);
        let context = DaemonContext { file, secrets, folder: &self.folder };
        let sound_server = tables.sound_server.as_ref().and_then(|table| table.settings(file));
        let environment_timeout = tables.asterisk.environment_timeout(file);
        let asterisk = tables.asterisk.settings(file, ASTERISK_PORT);
        let serves_asterisk = tables.asterisk.is_served();
        ports::check(file, &tables.listen_addresses());
        DaemonSettings {
            freeswitch: tables.freeswitch.settings(file, FREESWITCH_PORT),
            limits: tables.server.limits(file, environment_timeout),
            trigger: tables.trigger_settings(context),
            trigger_defaults: tables.trigger.defaults(file),
            voice: tables.speech.settings(context, folders, sound_server, serves_asterisk),
            log: tables.log.settings(),
            metrics: tables.metrics.as_ref().and_then(|table| table.settings(file)),
            otlp: tables.otlp.as_ref().and_then(|table| table.settings(context)),
            control: self.control_socket(),
            asterisk,
        }
    }

    /// The file with its diagnostics.
    pub(crate) fn into_file(self) -> TomlFile {
        self.file
    }
}

impl DaemonTables {
    fn read(file: &mut TableReader<'_, '_>) -> Self {
        file.explain(
            SCRIPT_TABLES,
            "this table belongs in a script, a file NAME.toml in the scripts folder",
        );
        Self {
            asterisk: file.read_table("asterisk", ListenerTable::read_asterisk).unwrap_or_default(),
            freeswitch: file
                .read_table("freeswitch", ListenerTable::read_freeswitch)
                .unwrap_or_default(),
            folders: file.read_table("folders", FoldersTable::read).unwrap_or_default(),
            server: file.read_table("server", ServerTable::read).unwrap_or_default(),
            trigger: file.read_table("trigger", DaemonTriggerTable::read).unwrap_or_default(),
            breaker: file.read_table("breaker", BreakerTable::read).unwrap_or_default(),
            cache: file.read_table("cache", CacheTable::read).unwrap_or_default(),
            egress: file.read_table("egress", EgressTable::read).unwrap_or_default(),
            log: file.read_table("log", LogTable::read).unwrap_or_default(),
            metrics: file.read_table("metrics", MetricsTable::read),
            otlp: file.read_table("otlp", OtlpTable::read),
            control: file.read_table("control", ControlTable::read).unwrap_or_default(),
            speech: file.read_table("speech", DaemonSpeechTable::read).unwrap_or_default(),
            sound_server: file.read_table("sound_server", SoundServerTable::read),
            upstreams: UpstreamTable::read_all(file),
        }
    }

    /// The addresses of all listeners, in the order of the documentation.
    fn listen_addresses(&self) -> Vec<ListenAddress> {
        let mut addresses = self.asterisk.addresses("[asterisk]", ASTERISK_PORT);
        addresses.extend(self.freeswitch.addresses("[freeswitch]", FREESWITCH_PORT));
        addresses.extend(self.sound_server.as_ref().and_then(SoundServerTable::address));
        addresses.extend(self.metrics.as_ref().and_then(MetricsTable::address));
        addresses
    }

    /// Combines `[trigger]`, `[breaker]`, `[cache]`, `[egress]` and `[upstream]`.
    fn trigger_settings(&self, context: DaemonContext<'_>) -> TriggerSettings {
        let trigger = self.trigger.settings(context);
        let breaker = self.breaker.settings(context.file);
        let mut settings = TriggerSettings {
            upstream_limits: UpstreamLimits { breaker, ..trigger.upstream_limits },
            cache: self.cache.limits(context.file),
            shared_cache: self.cache.shared(context),
            allow_hosts: self.egress.allow_hosts(context.file),
            allow_networks: self.egress.allow_networks(context.file),
            ..trigger
        };
        upstream::apply(&self.upstreams, context, &mut settings);
        settings
    }
}
