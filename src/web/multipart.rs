//! Bodies of the type `multipart/form-data` (RFC 7578).

use bytes::Bytes;
use data_encoding::HEXLOWER;
use http::HeaderValue;
use ring::rand::{SecureRandom, SystemRandom};

/// Names, file names and types are written as they are: they must not contain quotes or line breaks.
pub(crate) struct MultipartForm {
    boundary: String,
    body: Vec<u8>,
}

impl MultipartForm {
    /// `None` if the system has no random numbers. A boundary that cannot be guessed never occurs in a value.
    pub(crate) fn new() -> Option<Self> {
        let mut random = [0; 16];
        SystemRandom::new().fill(&mut random).ok()?;
        Some(Self { boundary: HEXLOWER.encode(&random), body: Vec::new() })
    }

    pub(crate) fn text(mut self, name: &'static str, value: &str) -> Self {
        self.part(&format!("name=\"{name}\"\r\n"), value.as_bytes());
        self
    }

    pub(crate) fn file(
        mut self,
        name: &'static str,
        file_name: &'static str,
        content_type: &'static str,
        bytes: &[u8],
    ) -> Self {
        let description = format!(
            "name=\"{name}\"; filename=\"{file_name}\"\r\nContent-Type: {content_type}\r\n"
        );
        self.part(&description, bytes);
        self
    }

    fn part(&mut self, description: &str, value: &[u8]) {
        let head =
            format!("--{}\r\nContent-Disposition: form-data; {description}\r\n", self.boundary);
        self.body.extend_from_slice(head.as_bytes());
        self.body.extend_from_slice(value);
        self.body.extend_from_slice(b"\r\n");
    }

    /// The value of `Content-Type`, and the body. `None` never happens with a boundary of hexadecimal digits.
    pub(crate) fn finish(mut self) -> Option<(HeaderValue, Bytes)> {
        self.body.extend_from_slice(format!("--{}--\r\n", self.boundary).as_bytes());
        let content_type = format!("multipart/form-data; boundary={}", self.boundary);
        Some((HeaderValue::from_str(&content_type).ok()?, self.body.into()))
    }
}
