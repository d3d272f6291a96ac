//! `auth`: the credentials of a request.

use std::ops::Range;

use serde_spanned::Spanned;

use crate::config::file::TomlFile;
use crate::config::script::context::ScriptContext;
use crate::config::table_reader::TableReader;
use crate::script::definition::AuthTemplate;
use crate::script::escape::EscapeContext;

const EXAMPLE: &str = "write `auth = { user = \"ivr\", password = \"{secret.SHOP}\" }` \
                       or `auth = { bearer = \"{secret.TOKEN}\" }`";

#[derive(Debug)]
pub(super) struct AuthTable {
    span: Range<usize>,
    user: Option<Spanned<String>>,
    password: Option<Spanned<String>>,
    bearer: Option<Spanned<String>>,
}

impl AuthTable {
    /// Reads `auth` of the table of a request.
    pub(super) fn read(request: &mut TableReader<'_, '_>) -> Option<Self> {
        let table = request.table_or_help("auth", EXAMPLE)?;
        Some(table.read_whole(|table| Self {
            span: table.span.clone(),
            user: table.take("user"),
            password: table.take("password"),
            bearer: table.take("bearer"),
        }))
    }

    /// Reports other credentials besides these, in the headers or in a URL.
    pub(super) fn check_only(&self, file: &TomlFile, has_others: bool) {
        if has_others {
            let help = "remove `auth`, or the `Authorization` header and the user name in the URL";
            let message = "this request has other credentials besides `auth`";
            file.error_with_help(self.span.clone(), message, help);
        }
    }

    pub(super) fn auth(&self, script: &ScriptContext<'_>) -> Option<AuthTemplate> {
        let text = |text: &Spanned<String>| script.template(text, EscapeContext::Header);
        match (&self.user, &self.password, &self.bearer) {
            (Some(user), Some(password), None) => {
                if user.get_ref().contains(':') {
                    let message =
                        "a user name cannot contain a colon: the password would start there";
                    script.file.error(user.span(), message);
                }
                Some(AuthTemplate::Basic(text(user), text(password)))
            }
            (None, None, Some(token)) => Some(AuthTemplate::Bearer(text(token))),
            (user, password, bearer) => {
                let twice = bearer.is_some() && (user.is_some() || password.is_some());
                let message = match twice {
                    true => "`auth` must not have both a password and a bearer token",
                    false => "`auth` is incomplete",
                };
                script.file.error_with_help(self.span.clone(), message, EXAMPLE);
                None
            }
        }
    }
}
