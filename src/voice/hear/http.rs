//! An OpenAI-compatible `/v1/audio/transcriptions`.

use reqwest::Method;
use reqwest::multipart::{Form, Part};

use super::{MOST_ANSWER, utterance::Utterance};
use crate::script::voice::Deaf;
use crate::voice::settings::Service;
use crate::web::client::{Client, Reply};

/// The service is the operator's word: it may be at any address.
const GUARDED: bool = false;

pub(super) async fn words(
    client: &Client,
    service: &Service,
    utterance: &Utterance,
    language: &str,
) -> Result<String, Deaf> {
    let form = form(service, utterance, language)?;
    let request = client.request(Method::POST, service.url.clone(), GUARDED);
    let request = request.map_err(|refused| Deaf(refused.to_string()))?;
    let headers = service.headers.iter().cloned().collect();
    let request = request.headers(headers).multipart(form).build();
    let request = request.map_err(|_| Deaf("the request can't be made".into()))?;
    let reply = client.exchange(request, GUARDED, MOST_ANSWER).await;
    read(&reply.map_err(|failed| Deaf(failed.to_string()))?)
}

fn form(service: &Service, utterance: &Utterance, language: &str) -> Result<Form, Deaf> {
    let file = Part::bytes(utterance.wav()?).file_name("speech.wav").mime_str("audio/wav");
    let file = file.map_err(|_| Deaf("the request can't be made".into()))?;
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
struct Transcription {
    text: String,
}

/// JSON, or the text itself: some services know no other format.
fn read(reply: &Reply) -> Result<String, Deaf> {
    if !(200..300).contains(&reply.status) {
        return Err(Deaf(format!("it answered with status {}", reply.status)));
    }
    if let Ok(Transcription { text }) = serde_json::from_slice(&reply.body) {
        return Ok(text);
    }
    let content_type = reply.headers.get(http::header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    match content_type.to_ascii_lowercase().starts_with("text/plain") {
        true => Ok(String::from_utf8_lossy(&reply.body).into_owned()),
        false => Err(Deaf("there is no text in its reply".into())),
    }
}
