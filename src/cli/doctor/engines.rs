//! Whether the speech engines work: each text-to-speech engine speaks one sentence, and a recognizer that is a program
//! gets this sentence.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use tempfile::TempDir;

use super::context::DoctorContext;
use super::finding::Finding;
use crate::channel::{AsrSource, Sound};
use crate::file_access::{FileUser, shell_quoted};
use crate::script::template::RedactedText;
use crate::script::voice::{SoundError, SoundRequest, VoiceParams, VoiceService};
use crate::trigger::HttpTriggerClient;
use crate::voice::VoiceEngines;
use crate::voice::program::ProgramErrorReason;
use crate::voice::settings::{
    AsrBackend, EngineProgram, FolderPaths, TtsBackend, TtsEngine, VoiceSettings,
};
use crate::web::client::HttpClient;

const CHECK: &str = "engines";
/// What the engines speak and recognize.
const SENTENCE: &str = "one two three";

pub(super) async fn check(context: &DoctorContext<'_>) -> Vec<Finding> {
    if let Some(owner) = foreign_owner(context.path) {
        return vec![not_trusted(owner, context)];
    }
    let voice = &context.config.daemon.voice;
    let client = HttpTriggerClient::new(context.config.daemon.trigger.clone());
    let (client, folder) = match (client, TempDir::new()) {
        (Ok(client), Ok(folder)) => (client.client(), folder),
        (Err(error), _) => return not_possible(&error.to_string()),
        (_, Err(error)) => return not_possible(&error.to_string()),
    };
    let mut findings = Vec::new();
    let mut spoken = None;
    let engines = voice.default_engine.iter().chain(&voice.fallback_engine);
    for (index, engine) in engines.chain(voice.named_engines.values()).enumerate() {
        let folder = folder.path().join(index.to_string());
        let (finding, sound) = check_synthesizer(engine, voice, client.clone(), &folder).await;
        findings.push(finding);
        spoken = spoken.or(sound);
    }
    findings.extend(check_recognizer(voice, client, folder.path(), spoken).await);
    findings
}

/// The configuration names programs, which run with the rights of this process. So it must be a file that no other user
/// but root can write or replace. Returns another user that owns it, a link to it, or the folder in which it is.
fn foreign_owner(path: &Path) -> Option<u32> {
    let own = FileUser::of_this_process().uid;
    let file = path.canonicalize().ok()?;
    let folders = [path, &file].into_iter().filter_map(Path::parent);
    let folders =
        folders.map(|folder| if folder == Path::new("") { Path::new(".") } else { folder });
    let link = fs::symlink_metadata(path).ok();
    let found = folders.chain([&*file]).filter_map(|path| fs::metadata(path).ok());
    let mut owners = link.into_iter().chain(found).map(|found| found.uid());
    owners.find(|uid| *uid != own && *uid != 0)
}

fn not_trusted(owner: u32, context: &DoctorContext<'_>) -> Finding {
    let (file, user) = (context.path, context.host.accounts.user_name(owner));
    let message = format!(
        "the speech engines: {} or its folder belongs to user {user}, whose programs are not run by other users",
        file.display()
    );
    let fix = format!("sudo -u '#{owner}' dialscript doctor --config {}", shell_quoted(file));
    Finding::not_checked(CHECK, message, fix)
}

fn not_possible(error: &str) -> Vec<Finding> {
    let message = format!("the speech engines: {error}");
    vec![Finding::not_checked(CHECK, message, "repair this, and run it again")]
}

/// Speaks the sentence with one engine, within the timeout of `[speech]`. Returns the sound too.
async fn check_synthesizer(
    engine: &Arc<TtsEngine>,
    voice: &VoiceSettings,
    client: Arc<HttpClient>,
    folder: &Path,
) -> (Finding, Option<Vec<u8>>) {
    let name = &engine.name;
    if let TtsBackend::Switch(_) = engine.backend {
        let message = format!("the engine {name} is part of the switch");
        return (Finding::not_checked(CHECK, message, "call a script that speaks"), None);
    }
    let settings = VoiceSettings {
        default_engine: Some(engine.clone()),
        fallback_engine: None,
        sound_server: None,
        ..in_folder(voice, folder)
    };
    let engines = VoiceEngines::new(settings, client, None);
    let text = RedactedText::public(SENTENCE.to_owned());
    let request = SoundRequest::Text { text, voice_params: Arc::new(VoiceParams::default()) };
    let started = Instant::now();
    let rendered = engines.render(request, false).await;
    let took = started.elapsed();
    engines.abort().await;
    match rendered {
        Ok(sound) => {
            let bytes = match &sound.sound {
                Sound::File(file) => fs::read(&**file).ok(),
                _ => None,
            };
            let message = format!("the engine {name} speaks ({:.1} s)", took.as_secs_f64());
            (Finding::ok(CHECK, message), bytes)
        }
        Err(error) => {
            let message = format!("an engine does not speak: {error}");
            (Finding::problem(CHECK, message, engine_fix(&engine.backend, &error)), None)
        }
    }
}

fn engine_fix(backend: &TtsBackend, error: &SoundError) -> String {
    match backend {
        TtsBackend::Command(program) if is_missing(error) => {
            format!(
                "install the program {}; Debian's espeak-ng: apt install espeak-ng",
                shell_quoted(Path::new(&*program.executable))
            )
        }
        TtsBackend::Command(program) => {
            format!("run it by hand as the daemon's user: {}", command_line(program))
        }
        TtsBackend::Http(_) => {
            "dialscript check --connect, then look at the log of the service".into()
        }
        TtsBackend::Switch(_) => "call a script that speaks".into(),
    }
}

/// Whether the program of an engine does not exist. The error has the reason as text at its end.
fn is_missing(error: &SoundError) -> bool {
    error.0.ends_with(&ProgramErrorReason::NotInstalled.to_string())
}

/// The command as the daemon's file has it. It has no secrets: these can only stand in headers.
fn command_line(program: &EngineProgram) -> String {
    let arguments = program.arguments.iter().map(String::as_str);
    let words = [&*program.executable].into_iter().chain(arguments);
    words.map(|word| shell_quoted(Path::new(word))).collect::<Vec<_>>().join(" ")
}

/// A service is only connected to: that is a check of its own.
async fn check_recognizer(
    voice: &VoiceSettings,
    client: Arc<HttpClient>,
    folder: &Path,
    spoken: Option<Vec<u8>>,
) -> Option<Finding> {
    let engine = voice.asr_engine.as_ref()?;
    let name = &engine.name;
    let AsrBackend::Command(program) = &engine.backend else {
        let message = format!("the recognizer {name}: only whether its server can be reached");
        let fix = "call a script with [speech]";
        return Some(Finding::not_checked(CHECK, message, fix));
    };
    let Some(spoken) = spoken else {
        let message = format!("the recognizer {name}: no engine speaks the sentence for it");
        return Some(Finding::not_checked(CHECK, message, "call a script with [speech]"));
    };
    let engines = VoiceEngines::new(in_folder(voice, folder), client, None);
    let Ok((AsrSource::Recording(file), Some(recording))) = engines.asr_source() else {
        return None;
    };
    if let Err(error) = fs::write(&*file, spoken) {
        return not_possible(&error.to_string()).pop();
    }
    let started = Instant::now();
    let transcript = engines.transcribe(recording, "en").await;
    let took = started.elapsed().as_secs_f64();
    Some(match transcript {
        Ok(text) => {
            let message = format!(
                "the recognizer {name} understands {text:?} for {SENTENCE:?} ({took:.1} s)"
            );
            Finding::ok(CHECK, message)
        }
        Err(error) => {
            let fix = format!("run it by hand as the daemon's user: {}", command_line(program));
            Finding::problem(CHECK, format!("the recognizer fails: {error}"), fix)
        }
    })
}

/// The settings, with folders that nobody else uses.
fn in_folder(voice: &VoiceSettings, folder: &Path) -> VoiceSettings {
    let own = FolderPaths { local: folder.to_owned(), on_switch: folder.to_owned() };
    VoiceSettings { cache_folder: own.clone(), recordings_folder: own, ..voice.clone() }
}
