//! The grammar of `then`.

use std::ops::Range;

use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_till1};
use nom::character::complete::{char, multispace0, multispace1};
use nom::combinator::{all_consuming, map, opt, recognize, value};
use nom::multi::many1;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Offset, Parser};
use serde_spanned::Spanned;

use super::cause;
use super::scope::Scope;
use crate::channel::Destination;
use crate::config::nearest::nearest;
use crate::script::definition::ThenAction;
use crate::script::escape::EscapeContext;
use crate::script::template::{BraceSyntax, Template, TemplatePiece};

/// A `then` as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Typed<'a> {
    Continue,
    Goto { extension: &'a str, context: Option<&'a str>, priority: Option<&'a str> },
    Hangup(Option<&'a str>),
    Script(&'a str),
    Again,
}

const VERBS: [&str; 5] = ["continue", "goto", "hangup", "script", "again"];

/// Reads a `then`; what to write instead where it is none.
pub(crate) fn parse(text: &str) -> Result<Typed<'_>, String> {
    let whole = all_consuming(delimited(multispace0, then, multispace0)).parse(text);
    whole.map(|(_, typed)| typed).map_err(|_| instead(text))
}

fn then(input: &str) -> IResult<&str, Typed<'_>> {
    alt((
        value(Typed::Continue, tag("continue")),
        value(Typed::Again, tag("again")),
        preceded((tag("goto"), multispace1), goto),
        map(preceded((tag("script"), multispace1), word), Typed::Script),
        map(preceded(tag("hangup"), opt(preceded(multispace1, word))), Typed::Hangup),
    ))
    .parse(input)
}

fn word(input: &str) -> IResult<&str, &str> {
    take_till1(char::is_whitespace).parse(input)
}

fn goto(input: &str) -> IResult<&str, Typed<'_>> {
    let priority = opt(preceded(char(','), part));
    let place = (part, opt((preceded(char('@'), part), priority)));
    map(place, |(extension, place)| {
        let (context, priority) = place.unzip();
        Typed::Goto { extension, context, priority: priority.flatten() }
    })
    .parse(input)
}

fn part(input: &str) -> IResult<&str, &str> {
    let placeholder = recognize(delimited(char('{'), is_not("{}"), char('}')));
    recognize(many1(alt((placeholder, is_not("@,{} \t\r\n"))))).parse(input)
}

fn instead(text: &str) -> String {
    let verb = text.split_whitespace().next().unwrap_or_default();
    match nearest(verb, VERBS) {
        Some("goto") => {
            "write it as `goto EXTENSION@CONTEXT` or `goto EXTENSION@CONTEXT,PRIORITY`".to_owned()
        }
        Some("script") => "write it as `script NAME`".to_owned(),
        Some("hangup") => "write it as `hangup` or `hangup busy`".to_owned(),
        Some(near) => format!("write `{near}` alone"),
        None => "write `continue`, `goto EXTENSION@CONTEXT`, `hangup`, `script NAME` or `again`"
            .to_owned(),
    }
}

impl Scope<'_> {
    /// What a `then` means in this script.
    pub(crate) fn then(&self, text: &Spanned<String>) -> ThenAction {
        match parse(text.get_ref()) {
            Err(help) => {
                let what = format!("`{}` is no next step", text.get_ref());
                self.file.fault_help(text.span(), what, help);
                ThenAction::Continue
            }
            Ok(Typed::Continue) => ThenAction::Continue,
            Ok(Typed::Again) => ThenAction::Again,
            Ok(Typed::Hangup(typed)) => self.hangup(text, typed),
            Ok(Typed::Script(name)) => self.script(text, name),
            Ok(Typed::Goto { extension, context, priority }) => ThenAction::Goto {
                extension: self.part(text, extension),
                context: context.map(|context| self.part(text, context)),
                priority: priority.map(|priority| self.priority(text, priority)),
            },
        }
    }

    fn hangup(&self, text: &Spanned<String>, typed: Option<&str>) -> ThenAction {
        let cause = typed.map(|typed| {
            cause::cause(typed).or_else(|| {
                let what = format!("there is no hangup cause `{typed}`");
                self.file.fault_help(self.at(text, typed), what, cause::instead(typed));
                None
            })
        });
        ThenAction::Hangup(cause.flatten())
    }

    fn script(&self, text: &Spanned<String>, name: &str) -> ThenAction {
        if !self.world.chains.has(name) {
            let help = self.world.chains.nearest(name);
            let help = help.map(|near| format!("did you mean `script {near}`?"));
            let what = format!("there is no script `{name}`");
            self.file.push(self.at(text, name), what, help, None);
        }
        ThenAction::Script(name.to_owned())
    }

    fn part(&self, text: &Spanned<String>, part: &str) -> Template {
        let start = text.get_ref().offset(part);
        let pieces = self.placed_in(text, start..start + part.len(), BraceSyntax::Doubled);
        for (at, piece) in &pieces {
            if matches!(piece, TemplatePiece::Text(literal) if !Destination::is_valid_part(literal))
            {
                let help = "write letters, digits and _ + * # . - alone, 79 at the most";
                let at = self.file.inside(text, at.clone());
                self.file.fault_help(at, "no switch has such a place", help);
            }
        }
        Template::with_context(
            pieces.into_iter().map(|(_, piece)| piece),
            EscapeContext::Destination,
        )
    }

    /// Priorities count from 1; labels begin with a letter.
    fn priority(&self, text: &Spanned<String>, priority: &str) -> Template {
        let number = priority.starts_with(|c: char| c.is_ascii_digit());
        if number && priority.parse::<u32>().is_ok_and(|number| number == 0) {
            self.file.fault_help(
                self.at(text, priority),
                "no such priority",
                "priorities count from 1",
            );
        }
        self.part(text, priority)
    }

    fn at(&self, text: &Spanned<String>, part: &str) -> Range<usize> {
        let start = text.get_ref().offset(part);
        self.file.inside(text, start..start + part.len())
    }
}
