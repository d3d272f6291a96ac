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

use super::SoundUrls;

/// What is read of a file at once, in bytes.
const CHUNK_BYTES: usize = 64 << 10;

pub(super) type SoundBody = UnsyncBoxBody<Bytes, io::Error>;

/// Answers a request. Whatever is not a sound that was handed out is simply not there.
pub(super) async fn respond<B>(urls: &SoundUrls, request: &Request<B>) -> Response<SoundBody> {
    let head = match *request.method() {
        Method::GET => false,
        Method::HEAD => true,
        _ => return empty_response(StatusCode::NOT_FOUND),
    };
    let Some((root, path)) = urls.verified_file(request.uri().path()) else {
        return empty_response(StatusCode::NOT_FOUND);
    };
    match open_regular_file(&path).await {
        Ok((file, metadata)) => {
            let (kind, modified) = (SoundFileType::from_path(&path), modified_time(&metadata));
            let max_age = root.max_age(&path);
            let found = ServedFile { max_age, file_type: kind, etag: etag(&metadata), modified };
            let unchanged = found.is_unmodified(request.headers());
            let body = (!unchanged && !head).then(|| file_body(file, metadata.len()));
            found.response(unchanged, metadata.len(), body)
        }
        Err(_) => empty_response(StatusCode::NOT_FOUND),
    }
}

/// Opens a file, and nothing else: a pipe would wait for its writer.
async fn open_regular_file(path: &Path) -> io::Result<(File, Metadata)> {
    let is_file = |metadata: &Metadata| metadata.is_file();
    let there = tokio::fs::metadata(path).await?;
    if !is_file(&there) {
        return Err(io::ErrorKind::NotFound.into());
    }
    let file = File::open(path).await?;
    let metadata = file.metadata().await?;
    if is_file(&metadata) { Ok((file, metadata)) } else { Err(io::ErrorKind::NotFound.into()) }
}

fn empty_response(status: StatusCode) -> Response<SoundBody> {
    let mut response = Response::new(empty_body());
    *response.status_mut() = status;
    response
}

fn empty_body() -> SoundBody {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// Exactly `length` bytes of a file, however long it has become.
fn file_body(file: File, length: u64) -> SoundBody {
    StreamBody::new(file_frames(file, length)).boxed_unsync()
}

fn file_frames(file: File, length: u64) -> impl Stream<Item = io::Result<Frame<Bytes>>> {
    try_unfold((file, length), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let mut piece = BytesMut::with_capacity(CHUNK_BYTES.min(left as usize));
        match (&mut file).take(left).read_buf(&mut piece).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => Ok(Some((Frame::data(piece.freeze()), (file, left - read as u64)))),
        }
    })
}

/// Asterisk names what it fetched by its type where it knows the type, else by the URL (`res_http_media_cache.c`,
/// `bucket_file_set_extension`): a `.wav16` that calls itself a WAV would be played as if it had 8 kHz.
#[derive(Debug, Clone, Copy)]
enum SoundFileType {
    Wav,
    Other,
}

impl SoundFileType {
    fn from_path(path: &Path) -> Self {
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
struct ServedFile {
    max_age: Option<Duration>,
    file_type: SoundFileType,
    etag: String,
    modified: Option<SystemTime>,
}

impl ServedFile {
    /// Whether the peer has it as it is.
    fn is_unmodified(&self, headers: &HeaderMap) -> bool {
        let text =
            |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
        if let Some(tags) = text(IF_NONE_MATCH) {
            let mut tags = tags.split(',').map(|tag| tag.trim().trim_start_matches("W/"));
            return tags.any(|tag| tag == "*" || tag == self.etag);
        }
        let since = text(IF_MODIFIED_SINCE).and_then(|date| httpdate::parse_http_date(date).ok());
        // Dates have whole seconds.
        since
            .zip(self.modified)
            .is_some_and(|(since, modified)| seconds(modified) <= seconds(since))
    }

    fn response(
        self,
        unchanged: bool,
        length: u64,
        body: Option<SoundBody>,
    ) -> Response<SoundBody> {
        let kept = self.max_age.map(|time| format!("max-age={}", time.as_secs()));
        let kept = kept.unwrap_or_else(|| "no-store".to_owned());
        let mut response = Response::builder().header(ETAG, self.etag).header(CACHE_CONTROL, kept);
        if let Some(modified) = self.modified {
            response = response.header(LAST_MODIFIED, httpdate::fmt_http_date(modified));
        }
        response = match unchanged {
            true => response.status(StatusCode::NOT_MODIFIED),
            false => response
                .header(CONTENT_TYPE, self.file_type.content_type())
                .header(CONTENT_LENGTH, length),
        };
        let body = body.unwrap_or_else(empty_body);
        response.body(body).unwrap_or_else(|_| empty_response(StatusCode::INTERNAL_SERVER_ERROR))
    }
}

/// As far as HTTP has words for it: from 1970 to the year 9999.
fn modified_time(metadata: &Metadata) -> Option<SystemTime> {
    let modified = metadata.modified().ok()?;
    let since = modified.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    (since.as_secs() < 253_402_300_800).then_some(modified)
}

/// Another one for every content: a file is written and then renamed.
fn etag(metadata: &Metadata) -> String {
    let modified = metadata.modified().map(nanoseconds).unwrap_or_default();
    format!("\"{modified:x}-{:x}\"", metadata.len())
}

fn nanoseconds(time: SystemTime) -> u128 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos()
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}
