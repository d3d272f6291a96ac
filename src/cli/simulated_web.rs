//! The web application of a simulated call: the real one, or the answers that the command line gives in its place.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::cli::matching::answer_file::{self, AnswerFile};
use crate::script::answer::TriggerAnswer;
use crate::script::definition::Script;
use crate::script::request::{
    CacheStatus, RequestTimings, TriggerClient, TriggerError, TriggerRequest, TriggerResult,
};
use crate::trigger::{HttpTriggerClient, MAX_BODY};

/// On the command line, a request without an answer.
const NO_ANSWER: &str = "none";

/// What the option `--answer` gives in place of an answer.
#[derive(Debug, Clone)]
pub(crate) enum GivenAnswer {
    Answer(AnswerFile),
    /// No answer comes in time.
    Missing,
}

/// Answers for the requests of a call, in their order.
#[derive(Debug, Clone)]
pub(crate) struct GivenAnswers(Arc<Mutex<VecDeque<GivenAnswer>>>);

/// Sends requests, or takes given answers and sends nothing.
pub(crate) struct SimulatedWeb {
    http: HttpTriggerClient,
    answers: Option<GivenAnswers>,
}

impl GivenAnswer {
    /// Reads a value of `--answer`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text == NO_ANSWER {
            return Ok(Self::Missing);
        }
        let answer = answer_file::read(Path::new(text)).map_err(|error| error.to_string())?;
        Ok(Self::Answer(answer))
    }

    fn result(self, request: &TriggerRequest) -> Result<Arc<TriggerAnswer>, TriggerError> {
        let Self::Answer(file) = self else {
            return Err(TriggerError::TimedOut(request.retry_policy.total_timeout));
        };
        if file.body.len() > MAX_BODY {
            return Err(TriggerError::BodyTooLong(MAX_BODY));
        }
        let content_type = file.content_type.as_deref();
        let status = file.status.unwrap_or(200);
        Ok(Arc::new(TriggerAnswer::parse_as(request.read_as, status, content_type, &file.body)))
    }
}

impl GivenAnswers {
    pub(crate) fn new(answers: Vec<GivenAnswer>) -> Self {
        Self(Arc::new(Mutex::new(answers.into())))
    }

    fn next(&self) -> Option<GivenAnswer> {
        self.0.lock().pop_front()
    }
}

impl SimulatedWeb {
    pub(crate) fn new(http: HttpTriggerClient, answers: Option<GivenAnswers>) -> Self {
        Self { http, answers }
    }

    pub(crate) fn http(&self) -> &HttpTriggerClient {
        &self.http
    }
}

impl TriggerClient for SimulatedWeb {
    async fn send(&self, request: TriggerRequest, script: &Arc<Script>) -> TriggerResult {
        let Some(answers) = &self.answers else { return self.http.send(request, script).await };
        let answer = answers.next().ok_or_else(|| {
            TriggerError::NotSent("there is no further --answer for this request".into())
        });
        match answer.and_then(|answer| answer.result(&request)) {
            Ok(answer) => TriggerResult {
                answer: Ok(answer),
                cache: CacheStatus::Off,
                timings: RequestTimings::default(),
                first_error: None,
            },
            Err(error) => TriggerResult::failed(error),
        }
    }

    fn send_detached(&self, request: TriggerRequest, script: &Arc<Script>) {
        if self.answers.is_none() {
            self.http.send_detached(request, script);
        }
    }
}
