//! The HTTP response to a request for a sound.

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

use crate::voice::sound_store::is_temporary_name;
use crate::voice::sound_urls::{ServedRoot, SoundUrls};

/// Files are sent in chunks of this size.
const CHUNK_BYTES: usize = 64 << 10;

type SoundBody = UnsyncBoxBody<Bytes, io::Error>;

/// Returns the file for a signed URL. Every other request gets status 404.
pub(super) async fn respond<B>(urls: &SoundUrls, request: &Request<B>) -> Response<SoundBody> {
    let is_head = match *request.method() {
        Method::GET => false,
        Method::HEAD => true,
        _ => return empty_response(StatusCode::NOT_FOUND),
    };
    let Some((root, path)) = urls.verified_file(request.uri().path()) else {
        return empty_response(StatusCode::NOT_FOUND);
    };
    match open_regular_file(&path).await {
        Ok((file, metadata)) => {
            let headers = FileHeaders::new(root, &path, &metadata);
            let is_unmodified = headers.is_unmodified(request.headers());
            let body = (!is_unmodified && !is_head).then(|| file_body(file, metadata.len()));
            headers.response(is_unmodified, body)
        }
        Err(_) => empty_response(StatusCode::NOT_FOUND),
    }
}

/// Checks the type before opening the file, because opening a named pipe would block. Checks it again afterwards,
/// because the file may have been replaced.
async fn open_regular_file(path: &Path) -> io::Result<(File, Metadata)> {
    if !tokio::fs::metadata(path).await?.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let file = File::open(path).await?;
    let metadata = file.metadata().await?;
    if metadata.is_file() { Ok((file, metadata)) } else { Err(io::ErrorKind::NotFound.into()) }
}

fn empty_response(status: StatusCode) -> Response<SoundBody> {
    let mut response = Response::new(empty_body());
    *response.status_mut() = status;
    response
}

fn empty_body() -> SoundBody {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// Sends exactly `length` bytes of a file, even if it has grown.
fn file_body(file: File, length: u64) -> SoundBody {
    StreamBody::new(file_frames(file, length)).boxed_unsync()
}

fn file_frames(file: File, length: u64) -> impl Stream<Item = io::Result<Frame<Bytes>>> {
    try_unfold((file, length), |(mut file, remaining)| async move {
        if remaining == 0 {
            return Ok(None);
        }
        let mut chunk = BytesMut::with_capacity(CHUNK_BYTES.min(remaining as usize));
        match (&mut file).take(remaining).read_buf(&mut chunk).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => Ok(Some((Frame::data(chunk.freeze()), (file, remaining - read as u64)))),
        }
    })
}

/// The values of the response headers for one file.
struct FileHeaders {
    max_age: Option<Duration>,
    content_type: &'static str,
    length: u64,
    etag: String,
    modified: Option<SystemTime>,
}

impl FileHeaders {
    fn new(root: ServedRoot, path: &Path, metadata: &Metadata) -> Self {
        Self {
            max_age: max_age(root, path),
            content_type: content_type(path),
            length: metadata.len(),
            etag: etag(metadata),
            modified: modified_time(metadata),
        }
    }

    /// Whether the switch's cached copy is current.
    fn is_unmodified(&self, headers: &HeaderMap) -> bool {
        let text =
            |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
        if let Some(tags) = text(IF_NONE_MATCH) {
            let mut tags = tags.split(',').map(|tag| tag.trim().trim_start_matches("W/"));
            return tags.any(|tag| tag == "*" || tag == self.etag);
        }
        let since = text(IF_MODIFIED_SINCE).and_then(|date| httpdate::parse_http_date(date).ok());
        // HTTP dates have a resolution of one second.
        since
            .zip(self.modified)
            .is_some_and(|(since, modified)| seconds(modified) <= seconds(since))
    }

    fn response(self, is_unmodified: bool, body: Option<SoundBody>) -> Response<SoundBody> {
        let cache_control = match self.max_age {
            Some(time) => format!("max-age={}", time.as_secs()),
            None => "no-store".to_owned(),
        };
        let mut response =
            Response::builder().header(ETAG, self.etag).header(CACHE_CONTROL, cache_control);
        if let Some(modified) = self.modified {
            response = response.header(LAST_MODIFIED, httpdate::fmt_http_date(modified));
        }
        response = match is_unmodified {
            true => response.status(StatusCode::NOT_MODIFIED),
            false => {
                response.header(CONTENT_TYPE, self.content_type).header(CONTENT_LENGTH, self.length)
            }
        };
        let body = body.unwrap_or_else(empty_body);
        response.body(body).unwrap_or_else(|_| empty_response(StatusCode::INTERNAL_SERVER_ERROR))
    }
}

/// How long the switch may play its copy without asking again. A file of the cache never changes, since its name is
/// unique; a file of the library may be replaced. `None` for a sound that only one call uses: the switch must not cache
/// it.
fn max_age(root: ServedRoot, path: &Path) -> Option<Duration> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match root {
        ServedRoot::Library => Some(Duration::from_secs(60)),
        ServedRoot::Cache if is_temporary_name(name) => None,
        ServedRoot::Cache => Some(Duration::from_secs(24 * 60 * 60)),
    }
}

/// Asterisk derives the extension of a fetched file from the content type if it knows that type, else from the URL
/// (`res_http_media_cache.c`, `bucket_file_set_extension`). With `audio/wav` it would play a `.wav16` at 8 kHz.
fn content_type(path: &Path) -> &'static str {
    let is_wav = path.extension().is_some_and(|extension| extension == "wav");
    if is_wav { "audio/wav" } else { "application/octet-stream" }
}

/// `None` if HTTP can't express the time: it must be between 1970 and the year 9999.
fn modified_time(metadata: &Metadata) -> Option<SystemTime> {
    let modified = metadata.modified().ok()?;
    let since = modified.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    (since.as_secs() < 253_402_300_800).then_some(modified)
}

/// Made of the modification time and the length. The time changes with the content, since files are replaced as a
/// whole.
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
