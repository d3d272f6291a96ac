//! Engines that speak and listen.

use std::path::Path;
use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use serde_spanned::Spanned;
use url::Url;

use super::name::{name, speed};
use super::secret::Filling;
use crate::config::file::File;
use crate::config::nearest::nearest;
use crate::config::raw::List;
use crate::config::raw::speech::{By, Engine, Headers};
use crate::config::secrets::SecretStore;
use crate::script::request::is_connection_header;
use crate::voice::settings::{
    AsrBackend, AsrEngine, EngineHttpService, EngineProgram, TtsBackend, TtsEngine,
};

/// What can stand in the arguments of a program that speaks.
const SAYS: &[&str] = &["out", "voice", "language", "speed", "wpm"];
/// What can stand in the arguments of a program that listens.
const LISTENS: &[&str] = &["in", "language"];

/// Reads engines of the daemon's file. What is faulty is none.
#[derive(Clone, Copy)]
pub(crate) struct Engines<'a> {
    pub(crate) file: &'a File,
    pub(crate) secrets: &'a SecretStore,
}

impl Engines<'_> {
    /// An engine that speaks. `key` names it in the daemon's file.
    pub(crate) fn say(self, key: &str, raw: &Engine) -> Option<Arc<TtsEngine>> {
        let by = match &raw.by {
            By::Command(command) => TtsBackend::Command(self.program(command.as_ref()?, SAYS)?),
            By::Http { url, model, headers } => {
                self.check_voice(raw);
                TtsBackend::Http(self.service(url.as_ref(), model.as_ref(), headers)?)
            }
            By::Switch { name, .. } => {
                self.check_voice(raw);
                TtsBackend::Switch(self::name(self.file, name.as_ref())?.to_string())
            }
            By::Vosk(_) | By::Unknown => return None,
        };
        let say = TtsEngine {
            name: match &by {
                TtsBackend::Command(program) => named(key, file_name(program)),
                TtsBackend::Http(service) => named(key, service.url.host_str().unwrap_or_default()),
                TtsBackend::Switch(name) => named(key, &format!("the switch's {name}")),
            },
            backend: by,
            voice: name(self.file, raw.voice.as_ref()),
            language: name(self.file, raw.language.as_ref()).unwrap_or_else(|| "en".into()),
            speed: speed(self.file, raw.speed.as_ref()).unwrap_or_default(),
        };
        Some(Arc::new(say))
    }

    /// An engine that listens.
    pub(crate) fn listen(self, raw: &Engine) -> Option<Arc<AsrEngine>> {
        let (name, by) = match &raw.by {
            By::Command(command) => {
                let program = self.program(command.as_ref()?, LISTENS)?;
                (file_name(&program).to_owned(), AsrBackend::Command(program))
            }
            By::Http { url, model, headers } => {
                let service = self.service(url.as_ref(), model.as_ref(), headers)?;
                (service.url.host_str().unwrap_or_default().into(), AsrBackend::Http(service))
            }
            By::Vosk(url) => {
                let help = "write `url = \"ws://127.0.0.1:2700\"`";
                let url = self.url(url.as_ref()?, &["ws", "wss"], help)?;
                (format!("vosk at {}", url.host_str().unwrap_or_default()), AsrBackend::Vosk(url))
            }
            By::Switch { name, grammar } => self.recognition(name.as_ref(), grammar.as_ref())?,
            By::Unknown => return None,
        };
        Some(Arc::new(AsrEngine { name: named("listen", &name), backend: by }))
    }

    fn recognition(
        self,
        name: Option<&Spanned<String>>,
        grammar: Option<&Spanned<String>>,
    ) -> Option<(String, AsrBackend)> {
        // Empty is the switch's default.
        let engine = match name.filter(|name| !name.get_ref().is_empty()) {
            Some(name) => self::name(self.file, Some(name))?,
            None => "".into(),
        };
        let grammar = grammar.map(|grammar| self.one_line(grammar)).unwrap_or_default();
        let shown = format!("the switch's {}", if engine.is_empty() { "default" } else { &engine });
        Some((shown, AsrBackend::Switch { engine, grammar: grammar.into() }))
    }

    fn one_line(self, given: &Spanned<String>) -> &str {
        if given.get_ref().contains(char::is_control) {
            self.file.fault_help(given.span(), "this is one line", "take the line break out");
        }
        given.get_ref()
    }

    fn check_voice(self, raw: &Engine) {
        if raw.voice.is_none() {
            let help = "add the name of one of its voices, such as `voice = \"alloy\"`";
            self.file.fault_help(raw.span.clone(), "this engine needs a `voice`", help);
        }
    }

    fn program(self, command: &List<String>, known: &[&str]) -> Option<EngineProgram> {
        let Some((program, arguments)) = command.get_ref().split_first() else {
            let help = "name the program first, then each argument";
            self.file.fault_help(command.span(), "`command` names no program", help);
            return None;
        };
        if program.get_ref().trim().is_empty() || program.get_ref().contains(['{', '}', '\0']) {
            let help = "write its name as it is in PATH, or its whole path";
            self.file.fault_help(program.span(), "this is no program", help);
            return None;
        }
        arguments.iter().for_each(|argument| self.check_argument(argument, known));
        if !is_there(program.get_ref()) {
            let what = format!("there is no program `{}`", program.get_ref());
            let help = "install it, or write its whole path; until then this engine fails";
            self.file.warn(program.span(), what, help);
        }
        Some(EngineProgram {
            executable: program.get_ref().clone(),
            arguments: arguments.iter().map(|argument| argument.get_ref().clone()).collect(),
        })
    }

    /// Letters in braces are meant to be filled in; other braces are the program's.
    fn check_argument(self, argument: &Spanned<String>, known: &[&str]) {
        let text = argument.get_ref();
        if text.contains('\0') {
            self.file.fault(argument.span(), "no argument of a program holds a NUL");
        }
        for (start, _) in text.match_indices('{') {
            let Some((inner, _)) = text[start + 1..].split_once('}') else { continue };
            let is_word = !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_alphabetic());
            if !is_word || known.contains(&inner) {
                continue;
            }
            let at = self.file.inside(argument, start..start + inner.len() + 2);
            let help = match nearest(inner, known.iter().copied()) {
                Some(near) => format!("did you mean `{{{near}}}`?"),
                None => format!("known here: {{{}}}", known.join("}, {")),
            };
            self.file.fault_help(at, format!("there is no `{{{inner}}}` here"), help);
        }
    }

    fn service(
        self,
        url: Option<&Spanned<String>>,
        model: Option<&Spanned<String>>,
        headers: &Headers,
    ) -> Option<EngineHttpService> {
        let headers = headers.iter().filter_map(|(name, value)| self.header(name, value));
        let headers = headers.collect();
        let model = model.map(|model| self.one_line(model).to_owned());
        let help = "write it as `https://api.example/v1/audio/speech`";
        let url = url.and_then(|url| self.url(url, &["http", "https"], help));
        Some(EngineHttpService { url: url?, model: model?, headers })
    }

    fn url(self, given: &Spanned<String>, schemes: &[&str], help: &str) -> Option<Url> {
        let url = Url::parse(given.get_ref()).ok();
        let url = url.filter(|url| schemes.contains(&url.scheme()) && url.has_host());
        let plain = !given.get_ref().contains(['{', '}']);
        if url.is_none() || !plain {
            self.file.fault_help(given.span(), "this is no address of an engine", help);
        }
        url
    }

    fn header(
        self,
        name: &Spanned<String>,
        value: &Spanned<String>,
    ) -> Option<(HeaderName, HeaderValue)> {
        let Ok(header) = HeaderName::from_bytes(name.get_ref().as_bytes()) else {
            let help = "write it as `headers = { Authorization = \"Bearer {secret.NAME}\" }`";
            self.file.fault_help(name.span(), "this is no header's name", help);
            return None;
        };
        if is_connection_header(&header) {
            let help = "take it out";
            self.file.fault_help(name.span(), "this header is the connection's own", help);
        }
        let filling = Filling { file: self.file, secrets: self.secrets, whose: "an engine" };
        let filled = filling.filled(value, str::to_owned);
        let Ok(mut written) = HeaderValue::from_str(&filled.text) else {
            let help = "take line breaks and control characters out, of its secrets too";
            self.file.fault_help(value.span(), "a header's value is one line", help);
            return None;
        };
        written.set_sensitive(filled.is_secret);
        Some((header, written))
    }
}

/// As in the log: where it stands in the file, and what it is.
pub(crate) fn named(key: &str, what: &str) -> String {
    format!("{key} ({what})")
}

fn file_name(program: &EngineProgram) -> &str {
    program.executable.rsplit('/').next().unwrap_or_default()
}

/// Whether a program can be run: by its path, or by its name in `PATH`.
pub(crate) fn is_there(program: &str) -> bool {
    if program.contains('/') {
        return is_executable(Path::new(program));
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| is_executable(&folder.join(program)))
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let metadata = std::fs::metadata(path);
    metadata.is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}
