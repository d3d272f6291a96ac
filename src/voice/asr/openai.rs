//! An OpenAI-compatible `/v1/audio/transcriptions`.

use reqwest::Method;
use reqwest::multipart::{Form, Part};

use super::{MAX_REPLY_BYTES, utterance::UtteranceAudio};
use crate::script::voice::AsrError;
use crate::voice::settings::EngineHttpService;
use crate::web::client::{HttpClient, HttpReply};

/// The service is the operator's word: it may be at any address.
const UNTRUSTED_HOST: bool = false;

pub(super) async fn transcribe(
    client: &HttpClient,
    service: &EngineHttpService,
    utterance: &UtteranceAudio,
    language: &str,
) -> Result<String, AsrError> {
    let form = build_form(service, utterance, language)?;
    let request = client.request(Method::POST, service.url.clone(), UNTRUSTED_HOST);
    let request = request.map_err(|refused| AsrError(refused.to_string()))?;
    let headers = service.headers.iter().cloned().collect();
    let request = request.headers(headers).multipart(form).build();
    let request = request.map_err(|_| AsrError("the request can't be made".into()))?;
    let reply = client.exchange(request, UNTRUSTED_HOST, MAX_REPLY_BYTES).await;
    parse_reply(&reply.map_err(|failed| AsrError(failed.to_string()))?)
}

fn build_form(
    service: &EngineHttpService,
    utterance: &UtteranceAudio,
    language: &str,
) -> Result<Form, AsrError> {
    let file = Part::bytes(utterance.to_wav()?).file_name("speech.wav").mime_str("audio/wav");
    let file = file.map_err(|_| AsrError("the request can't be made".into()))?;
    let form = Form::new()
        .part("file", file)
        .text("model", service.model.clone())
        .text("response_format", "json")
        .text("temperature", "0");
    Ok(match iso_639_1(language) {
        Some(language) => form.text("language", language),
        None => form,
    })
}

/// Services refuse anything else.
fn iso_639_1(language: &str) -> Option<String> {
    let primary = language.split(['-', '_']).next()?;
    let is_code = primary.len() == 2 && primary.bytes().all(|b| b.is_ascii_alphabetic());
    is_code.then(|| primary.to_ascii_lowercase())
}

#[derive(serde::Deserialize)]
struct TranscriptionReply {
    text: String,
}

/// JSON, or the text itself: some services know no other format.
fn parse_reply(reply: &HttpReply) -> Result<String, AsrError> {
    if !(200..300).contains(&reply.status) {
        return Err(AsrError(format!("it answered with status {}", reply.status)));
    }
    if let Ok(TranscriptionReply { text }) = serde_json::from_slice(&reply.body) {
        return Ok(text);
    }
    let content_type = reply.headers.get(http::header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    match content_type.to_ascii_lowercase().starts_with("text/plain") {
        true => Ok(String::from_utf8_lossy(&reply.body).into_owned()),
        false => Err(AsrError("there is no text in its reply".into())),
    }
}
