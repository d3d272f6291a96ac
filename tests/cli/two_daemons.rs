//! Two daemons with one cache folder.

use std::fs;
use std::net::SocketAddr;

use tempfile::{NamedTempFile, TempDir};

use crate::support::config_folder::ConfigFolder;
use crate::support::net::free_address;
use crate::support::program::{DaemonProcess, ProgramResult, dialscript};
use crate::support::wait::blocking_until;
use crate::support::wav;

struct CachingDaemon {
    process: DaemonProcess,
    address: SocketAddr,
    log: NamedTempFile,
}

impl CachingDaemon {
    /// Serves a script that speaks the caller's name.
    fn start(cache: &TempDir) -> Self {
        let folder = ConfigFolder::with_scripts(&[("hello", "[prompt]\nsay = '{caller_name}'\n")]);
        folder.file("tone.wav", wav::tone(100));
        let (address, tone) = (free_address(), folder.at("tone.wav"));
        folder.daemon_file(format!(
            "[asterisk]\nlisten = ['{address}']\n[freeswitch]\nlisten = []\n[folders]\ncache = '{}'\n\
             [speech]\nsay = {{ engine = 'command', command = ['cat', '{}'] }}\n",
            cache.path().display(),
            tone.display()
        ));
        let log = NamedTempFile::new().unwrap();
        let process = DaemonProcess::start(folder, log.reopen().unwrap());
        drop(DaemonProcess::connect(address));
        Self { process, address, log }
    }

    fn speak(&self, name: &str) {
        let mut program = dialscript();
        program.args(["call", "hello", "--caller-name", name, "--connect"]);
        let result =
            ProgramResult::from_output(program.arg(self.address.to_string()).output().unwrap());
        assert!(result.output.contains("the caller hears"), "{}", result.output);
    }

    fn wait_for_log(&self, words: &str) {
        blocking_until(words, || {
            fs::read_to_string(&self.log).unwrap().contains(words).then_some(())
        });
    }
}

fn cached_sounds(cache: &TempDir) -> usize {
    let entries = fs::read_dir(cache).unwrap();
    entries.filter(|entry| entry.as_ref().unwrap().path().extension().is_some()).count()
}

#[test]
fn the_second_daemon_says_so_and_stores_no_sounds_until_the_first_one_has_ended() {
    let cache = TempDir::new().unwrap();
    let mut first = CachingDaemon::start(&cache);
    first.speak("Ann");
    assert_eq!(cached_sounds(&cache), 1);
    let second = CachingDaemon::start(&cache);
    second.wait_for_log("another process owns the sound cache");
    second.speak("Bob");
    assert_eq!(cached_sounds(&cache), 1);
    first.process.process.kill().unwrap();
    first.process.process.wait().unwrap();
    second.speak("Bob");
    assert_eq!(cached_sounds(&cache), 2);
}
