//! A sound server with a library and a cache, and a client that sends any request.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dialscript::channel::Sound;
use dialscript::listener::NetworkListener;
use dialscript::voice::settings::{FolderPaths, SoundServerSettings};
use dialscript::voice::sound_server::{SoundUrls, serve};
use ipnet::IpNet;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) struct SoundServerSetup {
    folder: TempDir,
    pub(crate) address: SocketAddr,
    pub(crate) urls: Arc<SoundUrls>,
    pub(crate) stop: CancellationToken,
    pub(crate) served: JoinHandle<()>,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl SoundServerSetup {
    pub(crate) async fn open() -> Self {
        Self::open_for(&["127.0.0.0/8"]).await
    }

    /// For peers of some networks.
    pub(crate) async fn open_for(allow: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        for name in ["sounds/de", "cache"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let allow: Vec<IpNet> = allow.iter().map(|network| network.parse().unwrap()).collect();
        let any_port = "127.0.0.1:0".parse().unwrap();
        let listener = NetworkListener::bind("[sound_server]", any_port, allow).unwrap();
        let address = listener.socket.local_addr().unwrap();
        let urls = Arc::new(urls(folder.path(), &format!("http://{address}")));
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let served = tokio::spawn(serve(listener, urls.clone(), stopped));
        Self { folder, address, urls, stop, served }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Writes a file, and returns the path of its URL.
    pub(crate) fn served_file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.file(name, content);
        self.target(&served(&self.urls, path.to_str().unwrap()))
    }

    /// The request target of a URL.
    pub(crate) fn target(&self, url: &str) -> String {
        url.strip_prefix(&format!("http://{}", self.address)).unwrap().to_owned()
    }

    pub(crate) async fn get(&self, target: &str) -> Reply {
        self.ask("GET", target, "").await
    }

    /// Sends one request on its own connection.
    pub(crate) async fn ask(&self, method: &str, target: &str, headers: &str) -> Reply {
        let request =
            format!("{method} {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n");
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        Reply::read(&bytes)
    }
}

impl Reply {
    fn read(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a whole head");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let pair = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_lowercase(), value.to_owned())
        };
        Self { status, headers: lines.map(pair).collect(), body: bytes[end + 4..].to_vec() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(known, _)| known == name);
        header.map(|(_, value)| value.as_str())
    }
}

/// URLs of the folders `sounds` and `cache` in a folder.
pub(crate) fn urls(folder: &Path, base: &str) -> SoundUrls {
    let on_both = |name: &str| {
        let ours = folder.join(name);
        FolderPaths { on_switch: ours.clone(), local: ours }
    };
    let listen = "127.0.0.1:1".parse().unwrap();
    let server = SoundServerSettings { listen, url: base.to_owned(), allow: vec![] };
    SoundUrls::new(&server, &on_both("cache"), &on_both("sounds")).unwrap()
}

/// The URL of a file. The file must be one that is served.
pub(crate) fn served(urls: &SoundUrls, file: &str) -> String {
    match urls.switch_sound(&Sound::File(file.into())) {
        Sound::Url(url) => url.to_string(),
        other => panic!("{other:?} is not served"),
    }
}
