//! `method`: what the request asks the web application to do.

use http::Method;
use serde_spanned::Spanned;

use crate::config::script::context::ScriptContext;
use crate::config::value::{FromText, ParsedText};

#[derive(Debug, Clone)]
pub(super) struct RequestMethod(Method);

impl FromText for RequestMethod {
    const EXPECTED: &'static str =
        "\"GET\", \"POST\", \"PUT\", \"PATCH\", \"DELETE\" or \"HEAD\", in capital letters";

    fn from_text(text: &str) -> Option<Self> {
        let known =
            [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD];
        known.into_iter().find(|method| method.as_str() == text).map(Self)
    }
}

/// The method of a request: the one that is given, else POST with a body and GET without.
pub(super) fn method(
    script: &ScriptContext<'_>,
    given: Option<&Spanned<ParsedText<RequestMethod>>>,
    has_body: bool,
) -> Method {
    let Some(given) = given else { return if has_body { Method::POST } else { Method::GET } };
    let ParsedText(RequestMethod(method)) = given.get_ref();
    if has_body && matches!(*method, Method::GET | Method::HEAD) {
        let message = format!("a {method} request has no body, but this one has a `body`");
        let help = "remove `method`: a request with a `body` is a POST. \
                    Or remove `body`, and write the values into the query of `url`";
        script.file.error_with_help(given.span(), message, help);
    }
    method.clone()
}
