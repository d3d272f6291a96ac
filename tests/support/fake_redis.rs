//! A small Redis in the test's own process: what the cache needs of it, all that is in it in sight.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// What it does with whoever connects.
#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) enum Mood {
    #[default]
    Good,
    /// Takes everything and never answers.
    Silent,
    /// Answers each command with an error, as one does whose memory is full.
    Full,
    /// Sends without end what nobody asked for.
    Flood,
}

#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) value: Vec<u8>,
    pub(crate) ends: Instant,
}

#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) entries: BTreeMap<String, Entry>,
    pub(crate) mood: Mood,
    /// Every command that came, its words apart.
    pub(crate) commands: Vec<Vec<Vec<u8>>>,
    pub(crate) connections: usize,
    /// Bytes that were sent and nobody had asked for.
    pub(crate) flooded: usize,
    pub(crate) password: Option<&'static str>,
    /// The names as they were when somebody began to look through them.
    scanned: Vec<String>,
}

impl Memory {
    fn live(&mut self, name: &str) -> Option<&mut Entry> {
        let now = Instant::now();
        self.entries.retain(|_, entry| entry.ends > now);
        self.entries.get_mut(name)
    }

    pub(crate) fn answers(&self) -> Vec<String> {
        let names = self.entries.keys().filter(|name| name.len() == "dialscript:1:".len() + 64);
        names.cloned().collect()
    }
}

/// The server: what is in it outlives its end.
pub(crate) struct FakeRedis {
    pub(crate) memory: Arc<Mutex<Memory>>,
    pub(crate) address: SocketAddr,
    serving: Option<JoinHandle<()>>,
}

impl FakeRedis {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut fake = Self { memory: Arc::default(), address, serving: None };
        fake.serve(listener);
        fake
    }

    /// A server that is away, and the port that it comes back on.
    pub(crate) async fn away() -> Self {
        let mut fake = Self::start().await;
        fake.kill().await;
        fake
    }

    /// The server is gone, and all connections with it.
    pub(crate) async fn kill(&mut self) {
        let serving = self.serving.take().unwrap();
        serving.abort();
        let _ = serving.await;
    }

    pub(crate) async fn restart(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serve(listener);
    }

    fn serve(&mut self, listener: TcpListener) {
        let memory = Arc::clone(&self.memory);
        let serving = async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                memory.lock().unwrap().connections += 1;
                connections.spawn(connection(stream, Arc::clone(&memory)));
            }
        };
        self.serving = Some(tokio::spawn(serving));
    }

    pub(crate) fn set(&self, mood: Mood) {
        self.memory.lock().unwrap().mood = mood;
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}/0", self.address)
    }

    /// Everything that it knows or was ever told.
    pub(crate) fn dump(&self) -> Vec<u8> {
        let memory = self.memory.lock().unwrap();
        let entries = memory.entries.iter();
        let entries = entries.flat_map(|(name, entry)| [name.as_bytes(), &entry.value].concat());
        entries.chain(memory.commands.concat().concat()).collect()
    }
}

async fn connection(stream: TcpStream, memory: Arc<Mutex<Memory>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut queued: Option<Vec<Vec<Vec<u8>>>> = None;
    let mut known = memory.lock().unwrap().password.is_none();
    loop {
        let words = command(&mut stream).await?;
        memory.lock().unwrap().commands.push(words.clone());
        let mood = memory.lock().unwrap().mood;
        match mood {
            Mood::Silent => std::future::pending().await,
            Mood::Flood => loop {
                stream.get_mut().write_all(b"$99999999999\r\n").await.ok()?;
                stream.get_mut().write_all(&vec![b'x'; 1 << 20]).await.ok()?;
                memory.lock().unwrap().flooded += 1 << 20;
            },
            Mood::Good | Mood::Full => {}
        }
        let name = words[0].to_ascii_uppercase();
        let reply = match (name.as_slice(), &mut queued) {
            (b"AUTH", _) => {
                known = words.last().map(Vec::as_slice)
                    == memory.lock().unwrap().password.map(str::as_bytes);
                if known { simple("OK") } else { error("WRONGPASS invalid pair") }
            }
            _ if !known => error("NOAUTH Authentication required."),
            (b"MULTI", _) => {
                queued = Some(Vec::new());
                simple("OK")
            }
            (b"EXEC", Some(commands)) => {
                let mut memory = memory.lock().unwrap();
                let replies: Vec<_> = commands.iter().map(|one| run(&mut memory, one)).collect();
                queued = None;
                array(&replies)
            }
            (_, Some(commands)) => {
                commands.push(words);
                simple("QUEUED")
            }
            (b"SET", None) if mood == Mood::Full => error("OOM command not allowed"),
            (_, None) => run(&mut memory.lock().unwrap(), &words),
        };
        stream.get_mut().write_all(&reply).await.ok()?;
    }
}

/// One command, as clients send it: an array of bulk strings.
async fn command(stream: &mut BufReader<TcpStream>) -> Option<Vec<Vec<u8>>> {
    let count = number(stream, '*').await?;
    let mut words = Vec::new();
    for _ in 0..count {
        let length = number(stream, '$').await?;
        let mut word = vec![0; length + 2];
        stream.read_exact(&mut word).await.ok()?;
        word.truncate(length);
        words.push(word);
    }
    Some(words)
}

async fn number(stream: &mut BufReader<TcpStream>, kind: char) -> Option<usize> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    line.trim().strip_prefix(kind)?.parse().ok()
}

fn run(memory: &mut Memory, words: &[Vec<u8>]) -> Vec<u8> {
    let text = |at: usize| String::from_utf8(words[at].clone()).unwrap();
    match text(0).to_ascii_uppercase().as_str() {
        "SET" => set(memory, words, &text(1)),
        "GETRANGE" => {
            assert_eq!(text(2), "0");
            let most = text(3).parse::<usize>().unwrap() + 1;
            let value = memory.live(&text(1)).map(|entry| entry.value.clone()).unwrap_or_default();
            bulk(&value[..value.len().min(most)])
        }
        "PTTL" => {
            let left = memory.live(&text(1)).map(|entry| entry.ends - Instant::now());
            int(left.map_or(-2, |left| i64::try_from(left.as_millis()).unwrap()))
        }
        "EXISTS" => int(memory.live(&text(1)).is_some().into()),
        "UNLINK" => {
            let names = (1..words.len()).map(text);
            int(names.filter(|name| memory.entries.remove(name).is_some()).count() as i64)
        }
        "EVAL" => {
            assert!(text(1).contains("'GET'"), "{}", text(1));
            let (name, token) = (text(3), &words[4]);
            let ours = memory.live(&name).filter(|entry| entry.value == *token);
            let is_ours = match (ours, text(1).contains("'PEXPIRE'")) {
                (None, _) => false,
                (Some(entry), true) => {
                    entry.ends = Instant::now() + Duration::from_millis(text(5).parse().unwrap());
                    true
                }
                (Some(_), false) => {
                    assert!(text(1).contains("'DEL'"), "{}", text(1));
                    memory.entries.remove(&name).is_some()
                }
            };
            int(is_ours.into())
        }
        "SCAN" => scan(memory, &text(1), &text(3)),
        other => panic!("the fake knows no {other}"),
    }
}

fn set(memory: &mut Memory, words: &[Vec<u8>], name: &str) -> Vec<u8> {
    let only_new = words.iter().any(|word| word == b"NX");
    let at = words.iter().position(|word| word == b"PX").expect("nothing is kept for ever");
    let time = std::str::from_utf8(&words[at + 1]).unwrap().parse().unwrap();
    if only_new && memory.live(name).is_some() {
        return b"$-1\r\n".to_vec();
    }
    let ends = Instant::now() + Duration::from_millis(time);
    memory.entries.insert(name.to_owned(), Entry { value: words[2].clone(), ends });
    simple("OK")
}

/// Three names at a time, by their place.
fn scan(memory: &mut Memory, cursor: &str, pattern: &str) -> Vec<u8> {
    let (cursor, prefix) = (cursor.parse::<usize>().unwrap(), pattern.trim_end_matches('*'));
    if cursor == 0 {
        memory.scanned = memory.entries.keys().cloned().collect();
    }
    let next = if cursor + 3 < memory.scanned.len() { cursor + 3 } else { 0 };
    let found = memory.scanned.iter().skip(cursor).take(3).filter(|name| name.starts_with(prefix));
    let found: Vec<_> = found.map(|name| bulk(name.as_bytes())).collect();
    array(&[bulk(next.to_string().as_bytes()), array(&found)])
}

fn simple(text: &str) -> Vec<u8> {
    format!("+{text}\r\n").into_bytes()
}

fn error(text: &str) -> Vec<u8> {
    format!("-{text}\r\n").into_bytes()
}

fn int(number: i64) -> Vec<u8> {
    format!(":{number}\r\n").into_bytes()
}

fn bulk(bytes: &[u8]) -> Vec<u8> {
    [format!("${}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

fn array(replies: &[Vec<u8>]) -> Vec<u8> {
    [format!("*{}\r\n", replies.len()).into_bytes(), replies.concat()].concat()
}
