//! One request of a switch, answered.

use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use futures_util::stream::{Stream, try_unfold};
use http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LAST_MODIFIED,
};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::Frame;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use super::Urls;

/// What is read of a file at once, in bytes.
const PIECE: usize = 64 << 10;

pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Answers a request. Whatever is not a sound that was handed out is simply not there.
pub(super) async fn answer<B>(urls: &Urls, request: &Request<B>) -> Response<Body> {
    let head = match *request.method() {
        Method::GET => false,
        Method::HEAD => true,
        _ => return bare(StatusCode::NOT_FOUND),
    };
    let Some((root, path)) = urls.file(request.uri().path()) else {
        return bare(StatusCode::NOT_FOUND);
    };
    match open(&path).await {
        Ok((file, metadata)) => {
            let (kind, modified) = (Kind::of(&path), modified(&metadata));
            let max_age = root.max_age(&path);
            let found = Found { max_age, kind, tag: tag(&metadata), modified };
            let unchanged = found.is_known(request.headers());
            let body = (!unchanged && !head).then(|| pieces(file, metadata.len()));
            found.response(unchanged, metadata.len(), body)
        }
        Err(_) => bare(StatusCode::NOT_FOUND),
    }
}

/// Opens a file, and nothing else: a pipe would wait for its writer.
async fn open(path: &Path) -> io::Result<(File, Metadata)> {
    let is_file = |metadata: &Metadata| metadata.is_file();
    let there = tokio::fs::metadata(path).await?;
    if !is_file(&there) {
        return Err(io::ErrorKind::NotFound.into());
    }
    let file = File::open(path).await?;
    let metadata = file.metadata().await?;
    if is_file(&metadata) { Ok((file, metadata)) } else { Err(io::ErrorKind::NotFound.into()) }
}

fn bare(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(empty());
    *response.status_mut() = status;
    response
}

fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// Exactly `length` bytes of a file, however long it has become.
fn pieces(file: File, length: u64) -> Body {
    StreamBody::new(frames(file, length)).boxed_unsync()
}

fn frames(file: File, length: u64) -> impl Stream<Item = io::Result<Frame<Bytes>>> {
    try_unfold((file, length), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let mut piece = BytesMut::with_capacity(PIECE.min(left as usize));
        match (&mut file).take(left).read_buf(&mut piece).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => Ok(Some((Frame::data(piece.freeze()), (file, left - read as u64)))),
        }
    })
}

/// Asterisk names what it fetched by its type where it knows the type, else by the URL (`res_http_media_cache.c`,
/// `bucket_file_set_extension`): a `.wav16` that calls itself a WAV would be played as if it had 8 kHz.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Wav,
    Other,
}

impl Kind {
    fn of(path: &Path) -> Self {
        let is_wav = path.extension().is_some_and(|extension| extension == "wav");
        if is_wav { Self::Wav } else { Self::Other }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Wav => "audio/wav",
            Self::Other => "application/octet-stream",
        }
    }
}

/// A file that is there.
struct Found {
    max_age: Option<Duration>,
    kind: Kind,
    tag: String,
    modified: Option<SystemTime>,
}

impl Found {
    /// Whether the peer has it as it is.
    fn is_known(&self, headers: &HeaderMap) -> bool {
        let text =
            |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
        if let Some(tags) = text(IF_NONE_MATCH) {
            let mut tags = tags.split(',').map(|tag| tag.trim().trim_start_matches("W/"));
            return tags.any(|tag| tag == "*" || tag == self.tag);
        }
        let since = text(IF_MODIFIED_SINCE).and_then(|date| httpdate::parse_http_date(date).ok());
        // Dates have whole seconds.
        since
            .zip(self.modified)
            .is_some_and(|(since, modified)| seconds(modified) <= seconds(since))
    }

    fn response(self, unchanged: bool, length: u64, body: Option<Body>) -> Response<Body> {
        let kept = self.max_age.map(|time| format!("max-age={}", time.as_secs()));
        let kept = kept.unwrap_or_else(|| "no-store".to_owned());
        let mut response = Response::builder().header(ETAG, self.tag).header(CACHE_CONTROL, kept);
        if let Some(modified) = self.modified {
            response = response.header(LAST_MODIFIED, httpdate::fmt_http_date(modified));
        }
        response = match unchanged {
            true => response.status(StatusCode::NOT_MODIFIED),
            false => response
                .header(CONTENT_TYPE, self.kind.content_type())
                .header(CONTENT_LENGTH, length),
        };
        let body = body.unwrap_or_else(empty);
        response.body(body).unwrap_or_else(|_| bare(StatusCode::INTERNAL_SERVER_ERROR))
    }
}

/// As far as HTTP has words for it: from 1970 to the year 9999.
fn modified(metadata: &Metadata) -> Option<SystemTime> {
    let modified = metadata.modified().ok()?;
    let since = modified.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    (since.as_secs() < 253_402_300_800).then_some(modified)
}

/// Another one for every content: a file is written and then renamed.
fn tag(metadata: &Metadata) -> String {
    let modified = metadata.modified().map(nanoseconds).unwrap_or_default();
    format!("\"{modified:x}-{:x}\"", metadata.len())
}

fn nanoseconds(time: SystemTime) -> u128 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos()
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}
