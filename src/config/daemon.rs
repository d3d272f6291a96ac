//! The daemon's file, `dialscript.toml`: one file of code per table. What needs several tables is here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

mod breaker;
mod cache;
mod context;
mod control;
mod egress;
pub(crate) mod folders;
pub(crate) mod listener;
pub(crate) mod log;
pub(crate) mod metrics;
mod network;
mod secret_text;
mod server;
pub(crate) mod settings;
mod sound_server;
mod speech;
mod trigger;
mod upstream;

use super::diagnostic::ConfigErrors;
use super::file::TomlFile;
use super::secrets::SecretStore;
use super::table_reader::{self, TableReader};
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
use server::ServerTable;
use settings::DaemonSettings;
use sound_server::SoundServerTable;
use speech::DaemonSpeechTable;
use trigger::DaemonTriggerTable;
use upstream::UpstreamTable;

/// The daemon's file, read and not checked yet.
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
    control: ControlTable,
    speech: DaemonSpeechTable,
    sound_server: Option<SoundServerTable>,
    upstreams: Vec<UpstreamTable>,
}

impl DaemonFile {
    pub(crate) fn open(path: &Path) -> Result<Self, ConfigErrors> {
        let help = "create it (it may be empty), or name another file";
        let file = TomlFile::open(path, help);
        let file = file.map_err(|error| ConfigErrors::sorted(vec![error]))?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let tables = table_reader::parse(&file, &[], DaemonTables::read);
        Ok(Self { file, folder, tables })
    }

    pub(crate) fn folders(&self) -> DaemonFolders {
        self.tables.folders.folders(&self.file, &self.folder)
    }

    pub(crate) fn control_socket(&self) -> Option<PathBuf> {
        self.tables.control.socket(&self.file, &self.folder)
    }

    /// Names of `[speech.engines]`, also of those with errors.
    pub(crate) fn engine_names(&self) -> BTreeSet<String> {
        self.tables.speech.engine_names().map(str::to_owned).collect()
    }

    /// Checks all tables but `[folders]`.
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
        DaemonSettings {
            freeswitch: tables.freeswitch.settings(file, FREESWITCH_PORT),
            limits: tables.server.limits(file, environment_timeout),
            trigger: tables.trigger_settings(context),
            trigger_defaults: tables.trigger.defaults(file),
            voice: tables.speech.settings(context, folders, sound_server, serves_asterisk),
            log: tables.log.settings(),
            metrics: tables.metrics.as_ref().and_then(|table| table.settings(file)),
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
    fn read(mut file: TableReader<'_, '_>) -> Self {
        let tables = Self {
            asterisk: read(&mut file, "asterisk", ListenerTable::read_asterisk),
            freeswitch: read(&mut file, "freeswitch", ListenerTable::read_freeswitch),
            folders: read(&mut file, "folders", FoldersTable::read),
            server: read(&mut file, "server", ServerTable::read),
            trigger: read(&mut file, "trigger", DaemonTriggerTable::read),
            breaker: read(&mut file, "breaker", BreakerTable::read),
            cache: read(&mut file, "cache", CacheTable::read),
            egress: read(&mut file, "egress", EgressTable::read),
            log: read(&mut file, "log", LogTable::read),
            metrics: file.table("metrics").map(MetricsTable::read),
            control: read(&mut file, "control", ControlTable::read),
            speech: read(&mut file, "speech", DaemonSpeechTable::read),
            sound_server: file.table("sound_server").map(SoundServerTable::read),
            upstreams: UpstreamTable::read_all(&mut file),
        };
        file.finish();
        tables
    }

    /// The requests of scripts have five tables.
    fn trigger_settings(&self, context: DaemonContext<'_>) -> TriggerSettings {
        let own = self.trigger.settings(context);
        let breaker = self.breaker.settings(context.file);
        let mut settings = TriggerSettings {
            upstream_limits: UpstreamLimits { breaker, ..own.upstream_limits },
            cache: self.cache.bounds(context.file),
            shared_cache: self.cache.shared(context),
            allow_hosts: self.egress.allow_hosts(),
            allow_networks: self.egress.allow_networks(),
            ..own
        };
        upstream::apply(&self.upstreams, context, &mut settings);
        settings
    }
}

/// A table that may be missing. It has no required keys.
fn read<T: Default>(
    file: &mut TableReader<'_, '_>,
    key: &'static str,
    read: impl FnOnce(&mut TableReader<'_, '_>) -> T,
) -> T {
    let Some(mut table) = file.table(key) else { return T::default() };
    let read = read(&mut table);
    table.finish();
    read
}
