//! A fake Redis server in the process of the test. It has the commands that the shared cache uses, and the test can
//! read and change its state.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// How the server behaves to its clients.
#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) enum RedisBehavior {
    #[default]
    Normal,
    /// Reads commands and never replies.
    NoReply,
    /// Replies to each `SET` with an error, like a server whose memory is full.
    OutOfMemory,
    /// Replies to every command with this error.
    Refuse(&'static str),
    /// Replies to commands that write with this error, like a replica.
    RefuseWrites(&'static str),
    /// Sends a reply that never ends.
    Flood,
}

impl RedisBehavior {
    /// The error reply to a command.
    fn refusal_of(self, name: &[u8]) -> Option<&'static str> {
        let is_write = [&b"SET"[..], b"UNLINK", b"EVAL"].contains(&name);
        match self {
            Self::Refuse(error) => Some(error),
            Self::RefuseWrites(error) if is_write => Some(error),
            _ => None,
        }
    }
}

#[derive(Clone)]
pub(crate) struct RedisEntry {
    pub(crate) value: Vec<u8>,
    pub(crate) ends: Instant,
}

#[derive(Default)]
pub(crate) struct RedisState {
    pub(crate) entries: BTreeMap<String, RedisEntry>,
    pub(crate) behavior: RedisBehavior,
    /// All commands that were received, each as a list of words.
    pub(crate) commands: Vec<Vec<Vec<u8>>>,
    pub(crate) connections: usize,
    /// The number of bytes that were sent by [`RedisBehavior::Flood`].
    pub(crate) flood_bytes: usize,
    pub(crate) password: Option<&'static str>,
    /// The names of all entries at the start of the last `SCAN`.
    scanned: Vec<String>,
}

impl RedisState {
    /// An entry that has not expired.
    fn live(&mut self, name: &str) -> Option<&mut RedisEntry> {
        let now = Instant::now();
        self.entries.retain(|_, entry| entry.ends > now);
        self.entries.get_mut(name)
    }

    /// The names of the entries that are cached answers.
    pub(crate) fn cached_answers(&self) -> Vec<String> {
        let names = self.entries.keys().filter(|name| name.len() == "dialscript:1:".len() + 64);
        names.cloned().collect()
    }
}

/// The server. Its state is kept while it is stopped.
pub(crate) struct FakeRedis {
    pub(crate) state: Arc<Mutex<RedisState>>,
    pub(crate) address: SocketAddr,
    server_task: Option<JoinHandle<()>>,
}

impl FakeRedis {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut fake = Self { state: Arc::default(), address, server_task: None };
        fake.serve(listener);
        fake
    }

    /// A server that is not running yet. It can be started on its port by `restart`.
    pub(crate) async fn stopped() -> Self {
        let mut fake = Self::start().await;
        fake.stop().await;
        fake
    }

    /// Stops the server and closes all connections.
    pub(crate) async fn stop(&mut self) {
        let server_task = self.server_task.take().unwrap();
        server_task.abort();
        let _ = server_task.await;
    }

    pub(crate) async fn restart(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serve(listener);
    }

    fn serve(&mut self, listener: TcpListener) {
        let state = Arc::clone(&self.state);
        let accept_loop = async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                state.lock().unwrap().connections += 1;
                connections.spawn(connection(stream, Arc::clone(&state)));
            }
        };
        self.server_task = Some(tokio::spawn(accept_loop));
    }

    pub(crate) fn set_behavior(&self, behavior: RedisBehavior) {
        self.state.lock().unwrap().behavior = behavior;
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}/0", self.address)
    }

    /// All bytes that the server has stored or received.
    pub(crate) fn dump(&self) -> Vec<u8> {
        let state = self.state.lock().unwrap();
        let entries = state.entries.iter();
        let entries = entries.flat_map(|(name, entry)| [name.as_bytes(), &entry.value].concat());
        entries.chain(state.commands.concat().concat()).collect()
    }
}

async fn connection(stream: TcpStream, state: Arc<Mutex<RedisState>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut queued: Option<Vec<Vec<Vec<u8>>>> = None;
    let mut authenticated = state.lock().unwrap().password.is_none();
    loop {
        let words = command(&mut stream).await?;
        state.lock().unwrap().commands.push(words.clone());
        let behavior = state.lock().unwrap().behavior;
        match behavior {
            RedisBehavior::NoReply => std::future::pending().await,
            RedisBehavior::Flood => loop {
                stream.get_mut().write_all(b"$99999999999\r\n").await.ok()?;
                stream.get_mut().write_all(&vec![b'x'; 1 << 20]).await.ok()?;
                state.lock().unwrap().flood_bytes += 1 << 20;
            },
            _ => {}
        }
        let name = words[0].to_ascii_uppercase();
        let reply = match (name.as_slice(), &mut queued) {
            (b"AUTH", _) => {
                authenticated = words.last().map(Vec::as_slice)
                    == state.lock().unwrap().password.map(str::as_bytes);
                if authenticated { simple("OK") } else { error("WRONGPASS invalid pair") }
            }
            _ if !authenticated => error("NOAUTH Authentication required."),
            (name, _) if let Some(text) = behavior.refusal_of(name) => error(text),
            (b"MULTI", _) => {
                queued = Some(Vec::new());
                simple("OK")
            }
            (b"EXEC", Some(commands)) => {
                let mut state = state.lock().unwrap();
                let replies: Vec<_> = commands.iter().map(|one| run(&mut state, one)).collect();
                queued = None;
                array(&replies)
            }
            (_, Some(commands)) => {
                commands.push(words);
                simple("QUEUED")
            }
            (b"SET", None) if behavior == RedisBehavior::OutOfMemory => {
                error("OOM command not allowed")
            }
            (_, None) => run(&mut state.lock().unwrap(), &words),
        };
        stream.get_mut().write_all(&reply).await.ok()?;
    }
}

/// Reads a command, which clients send as an array of bulk strings.
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

fn run(state: &mut RedisState, words: &[Vec<u8>]) -> Vec<u8> {
    let text = |at: usize| String::from_utf8(words[at].clone()).unwrap();
    match text(0).to_ascii_uppercase().as_str() {
        "SET" => set(state, words, &text(1)),
        "GETRANGE" => {
            assert_eq!(text(2), "0");
            let max_bytes = text(3).parse::<usize>().unwrap() + 1;
            let value = state.live(&text(1)).map(|entry| entry.value.clone()).unwrap_or_default();
            bulk(&value[..value.len().min(max_bytes)])
        }
        "PTTL" => {
            let left = state.live(&text(1)).map(|entry| entry.ends - Instant::now());
            int(left.map_or(-2, |left| i64::try_from(left.as_millis()).unwrap()))
        }
        "EXISTS" => int(state.live(&text(1)).is_some().into()),
        "UNLINK" => {
            let names = (1..words.len()).map(text);
            int(names.filter(|name| state.entries.remove(name).is_some()).count() as i64)
        }
        "EVAL" => {
            assert!(text(1).contains("'GET'"), "{}", text(1));
            let (name, token) = (text(3), &words[4]);
            let ours = state.live(&name).filter(|entry| entry.value == *token);
            let is_ours = match (ours, text(1).contains("'PEXPIRE'")) {
                (None, _) => false,
                (Some(entry), true) => {
                    entry.ends = Instant::now() + Duration::from_millis(text(5).parse().unwrap());
                    true
                }
                (Some(_), false) => {
                    assert!(text(1).contains("'DEL'"), "{}", text(1));
                    state.entries.remove(&name).is_some()
                }
            };
            int(is_ours.into())
        }
        "SCAN" => scan(state, &text(1), &text(3)),
        other => panic!("the fake does not have the command {other}"),
    }
}

fn set(state: &mut RedisState, words: &[Vec<u8>], name: &str) -> Vec<u8> {
    let only_new = words.iter().any(|word| word == b"NX");
    let at = words.iter().position(|word| word == b"PX").expect("every entry has an expiry time");
    let time = std::str::from_utf8(&words[at + 1]).unwrap().parse().unwrap();
    if only_new && state.live(name).is_some() {
        return b"$-1\r\n".to_vec();
    }
    let ends = Instant::now() + Duration::from_millis(time);
    state.entries.insert(name.to_owned(), RedisEntry { value: words[2].clone(), ends });
    simple("OK")
}

/// Returns three names at a time. The cursor is the index of the next name.
fn scan(state: &mut RedisState, cursor: &str, pattern: &str) -> Vec<u8> {
    let (cursor, prefix) = (cursor.parse::<usize>().unwrap(), pattern.trim_end_matches('*'));
    if cursor == 0 {
        state.scanned = state.entries.keys().cloned().collect();
    }
    let next = if cursor + 3 < state.scanned.len() { cursor + 3 } else { 0 };
    let found = state.scanned.iter().skip(cursor).take(3).filter(|name| name.starts_with(prefix));
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
