//! XML, read event by event. An attribute is a child of its element, with a name that begins with `@`, or with `@:` if
//! the name has a namespace prefix.

use std::borrow::Cow;

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::tree::{AnswerTree, NodeValue, TreeBuilder};
use super::value::{AnswerFormatError, AnswerValue};
use crate::script::path::{KeyPath, KeyPathStep};

/// Parses a document. A root element `html` is refused unless `allow_html` is set.
pub(super) fn parse(text: &str, allow_html: bool) -> Result<AnswerTree, AnswerFormatError> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut document = XmlDocument { allow_html, ..XmlDocument::default() };
    loop {
        let start = byte_offset(reader.buffer_position());
        let event = reader.read_event();
        let failed = byte_offset(reader.error_position());
        let event = event.map_err(|_| invalid_at(text, failed))?;
        if event == Event::Eof {
            return document.finish(text);
        }
        document.add(&event, start).map_err(|error| match error {
            XmlEventError::Invalid => invalid_at(text, start),
            XmlEventError::Refused(error) => error,
        })?;
    }
}

/// The value at a path, and whether there is one. The path may start with the name of the root element, or with the
/// name of a child of the root.
pub(super) fn lookup<'a>(tree: &'a AnswerTree, path: &KeyPath) -> Option<AnswerValue<'a>> {
    let from_root = match path.steps() {
        [KeyPathStep::Key(name), rest @ ..] if tree.name(0) == local_name(name) => walk(tree, rest),
        _ => Vec::new(),
    };
    value_at(tree, &if from_root.is_empty() { walk(tree, path.steps()) } else { from_root })
}

/// The nodes at a path from the root.
fn walk(tree: &AnswerTree, steps: &[KeyPathStep]) -> Vec<usize> {
    steps.iter().fold(vec![0], |nodes, step| match (step, nodes.as_slice()) {
        (KeyPathStep::Key(name), [node]) => named_children(tree, *node, name),
        (KeyPathStep::Key(_), _) => Vec::new(),
        (KeyPathStep::Index(index), _) => nodes.get(*index).copied().into_iter().collect(),
    })
}

/// The child elements with a name, or the attribute `@name`.
fn named_children(tree: &AnswerTree, parent: usize, name: &str) -> Vec<usize> {
    let Some(attribute) = name.strip_prefix('@') else {
        return tree.children_named(parent, local_name(name));
    };
    let (prefixed, local) = (attribute.contains(':'), local_name(attribute));
    let names = [format!("@{local}"), format!("@:{local}")];
    let [plain, namespaced] = names.map(|name| tree.children_named(parent, &name));
    let (first, second) = if prefixed { (namespaced, plain) } else { (plain, namespaced) };
    if first.is_empty() { second } else { first }
}

fn value_at<'a>(tree: &'a AnswerTree, nodes: &[usize]) -> Option<AnswerValue<'a>> {
    Some(match nodes {
        [] => return None,
        [node] => match tree.value(*node) {
            NodeValue::Text(text) => AnswerValue::Text(Cow::Borrowed(text)),
            NodeValue::Composite => AnswerValue::Composite,
            NodeValue::Null => AnswerValue::Absent,
        },
        _ => AnswerValue::Composite,
    })
}

/// The name without its namespace prefix, which each sender chooses freely. Attributes are left as they are.
fn local_name(name: &str) -> &str {
    match (name.starts_with('@'), name.rsplit_once(':')) {
        (false, Some((_, local))) => local,
        _ => name,
    }
}

/// A document while it is read. `text` holds the names, the attributes and the texts of elements without children.
#[derive(Default)]
struct XmlDocument {
    builder: TreeBuilder,
    text: String,
    /// Where the open elements begin, in bytes.
    starts: Vec<usize>,
    allow_html: bool,
}

enum XmlEventError {
    /// The event is not well-formed XML.
    Invalid,
    Refused(AnswerFormatError),
}

impl From<AnswerFormatError> for XmlEventError {
    fn from(error: AnswerFormatError) -> Self {
        Self::Refused(error)
    }
}

impl XmlDocument {
    fn add(&mut self, event: &Event<'_>, start: usize) -> Result<(), XmlEventError> {
        match event {
            Event::Start(element) => {
                self.start_element(element)?;
                self.starts.push(start);
            }
            Event::End(_) => self.end_element(),
            Event::Text(text) => self.add_text(&text.xml10_content())?,
            Event::CData(text) => self.add_text(&text.xml10_content())?,
            Event::GeneralRef(reference) => {
                let mut buffer = [0; 4];
                let text = resolve(reference, &mut buffer).ok_or(XmlEventError::Invalid)?;
                self.add_text(text)?;
            }
            Event::DocType(_) => return Err(AnswerFormatError::Dtd.into()),
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) | Event::Empty(_) | Event::Eof => {}
        }
        Ok(())
    }

    fn start_element(&mut self, element: &BytesStart<'_>) -> Result<(), XmlEventError> {
        let parent = self.builder.innermost();
        let name = element.local_name().into_inner();
        if name.is_empty() || (parent.is_none() && !self.builder.is_empty()) {
            return Err(XmlEventError::Invalid);
        }
        if parent.is_none() && name.eq_ignore_ascii_case("html") && !self.allow_html {
            return Err(AnswerFormatError::Html.into());
        }
        if let Some(parent) = parent.filter(|parent| !self.builder.is_composite(*parent)) {
            self.text.truncate(self.builder.value_start(parent));
            self.builder.set_composite(parent);
        }
        let name = self.store(&[name]);
        self.builder.add(name, 0..0)?;
        self.builder.open("XML")?;
        let is_nil = self.add_attributes(element)?;
        if let Some(node) = self.builder.innermost() {
            self.builder.set_value(node, self.text.len()..self.text.len());
            if is_nil {
                self.builder.set_null(node);
            }
        }
        Ok(())
    }

    /// Returns whether the element is `xsi:nil`. Its prefix may be any.
    fn add_attributes(&mut self, element: &BytesStart<'_>) -> Result<bool, XmlEventError> {
        let mut is_nil = false;
        for attribute in element.attributes() {
            let attribute = attribute.map_err(|_| XmlEventError::Invalid)?;
            if attribute.key.as_namespace_binding().is_some() {
                self.builder.count_value()?;
                continue;
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_err(|_| XmlEventError::Invalid)?;
            let (local, prefix) = attribute.key.decompose();
            let mark = if prefix.is_some() { "@:" } else { "@" };
            let name = self.store(&[mark, local.into_inner()]);
            is_nil |= prefix.is_some()
                && local.into_inner() == "nil"
                && matches!(value.trim(), "true" | "1");
            let value = self.store(&[&value]);
            self.builder.add(name, value)?;
        }
        Ok(is_nil)
    }

    fn store(&mut self, parts: &[&str]) -> std::ops::Range<usize> {
        let start = self.text.len();
        parts.iter().for_each(|part| self.text.push_str(part));
        start..self.text.len()
    }

    /// Adds text to the innermost element, unless it has child elements: then its text can't be looked up.
    fn add_text(&mut self, text: &str) -> Result<(), XmlEventError> {
        match self.builder.innermost() {
            Some(node) if !self.builder.is_composite(node) => self.text.push_str(text),
            Some(_) => {}
            None if text.trim().is_empty() => {}
            None => return Err(XmlEventError::Invalid),
        }
        Ok(())
    }

    fn end_element(&mut self) {
        self.starts.pop();
        let Some(node) = self.builder.close() else { return };
        if self.builder.has_text(node) {
            let start = self.builder.value_start(node);
            let text = &self.text[start..];
            let trimmed = text.trim_start();
            let start = start + text.len() - trimmed.len();
            self.builder.set_value(node, start..start + trimmed.trim_end().len());
        }
    }

    fn finish(self, text: &str) -> Result<AnswerTree, AnswerFormatError> {
        match self.starts.last() {
            Some(unclosed) => Err(invalid_at(text, *unclosed)),
            None if self.builder.is_empty() => Err(invalid_at(text, 0)),
            None => Ok(self.builder.finish(self.text.into())),
        }
    }
}

/// The text of `&amp;` or `&#65;`. Other entities need a DTD.
fn resolve<'b>(reference: &BytesRef<'_>, buffer: &'b mut [u8; 4]) -> Option<&'b str> {
    if let Some(character) = reference.resolve_char_ref().ok()? {
        return Some(character.encode_utf8(buffer));
    }
    resolve_predefined_entity(reference)
}

fn invalid_at(text: &str, position: usize) -> AnswerFormatError {
    let before = text.get(..position).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    AnswerFormatError::Xml(line, before[line_start..].chars().count() + 1)
}

fn byte_offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}
