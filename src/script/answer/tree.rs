//! XML and forms, as one flat list of named nodes: repeated names are lists, attributes are children
//! named `@…`, or `@:…` where they are in a namespace.

use std::borrow::Cow;

use roxmltree::{Attribute, Document, Error, NodeId};

use super::{AnswerFormatError, AnswerValue};
use crate::script::path::{KeyPath, KeyPathStep};

/// roxmltree takes minutes for a small document of nothing but namespaces, and compares all attributes of an element
/// with each other: a stranger's document may have so many of both.
const MAX_ATTRIBUTES: usize = 4096;
const MAX_NAMESPACES: usize = 512;

/// Nodes in the order of the document; the first is the root.
pub(super) struct AnswerTree(Vec<AnswerNode>);

struct AnswerNode {
    parent: usize,
    name: Box<str>,
    text: Box<str>,
    has_children: bool,
}

impl AnswerTree {
    /// Reads XML.
    pub(super) fn parse_xml(text: &str) -> Result<Self, AnswerFormatError> {
        check_limits(text)?;
        let document = Document::parse(text).map_err(|error| xml_error(&error))?;
        if document.root_element().tag_name().name().eq_ignore_ascii_case("html") {
            return Err(AnswerFormatError::Html);
        }
        Ok(Self(elements(&document)))
    }

    /// Reads a form.
    pub(super) fn parse_form(text: &str) -> Self {
        let root = AnswerNode::new(0, "", "");
        let fields = form_urlencoded::parse(text.as_bytes());
        let fields = fields.map(|(name, value)| AnswerNode::new(0, &name, &value));
        Self(std::iter::once(root).chain(fields).collect())
    }

    /// What stands at a path that begins with the root's name, or else below the root.
    pub(super) fn lookup_xml(&self, path: &KeyPath) -> AnswerValue<'_> {
        let rooted = match path.steps() {
            [KeyPathStep::Key(name), rest @ ..] if *self.0[0].name == *local_name(name) => {
                self.walk(rest)
            }
            _ => Vec::new(),
        };
        self.value_at(&if rooted.is_empty() { self.walk(path.steps()) } else { rooted })
    }

    /// What stands in a field: `data.code` may be its very name, and `data.code[1]` the second of that name.
    pub(super) fn lookup_form(&self, path: &KeyPath) -> AnswerValue<'_> {
        let steps = path.steps();
        let named = self.form_fields(steps);
        match steps.split_last() {
            Some((KeyPathStep::Index(nth), before)) if named.is_empty() => {
                self.value_at(self.form_fields(before).get(*nth..=*nth).unwrap_or_default())
            }
            _ => self.value_at(&named),
        }
    }

    fn form_fields(&self, steps: &[KeyPathStep]) -> Vec<usize> {
        match steps {
            [] => Vec::new(),
            [KeyPathStep::Key(name)] => self.children(0, name),
            steps => self.children(0, &KeyPath::display_steps(steps).to_string()),
        }
    }

    /// What it takes in memory.
    pub(super) fn memory_size(&self) -> usize {
        self.0.iter().map(|node| size_of::<AnswerNode>() + node.name.len() + node.text.len()).sum()
    }

    fn walk(&self, steps: &[KeyPathStep]) -> Vec<usize> {
        steps.iter().fold(vec![0], |at, step| match (step, at.as_slice()) {
            (KeyPathStep::Key(name), [one]) => self.named(*one, name),
            (KeyPathStep::Key(_), _) => Vec::new(),
            (KeyPathStep::Index(nth), _) => at.get(*nth).copied().into_iter().collect(),
        })
    }

    /// The elements, or the attribute, of a name.
    fn named(&self, of: usize, name: &str) -> Vec<usize> {
        let Some(attribute) = name.strip_prefix('@') else {
            return self.children(of, local_name(name));
        };
        let (prefixed, local) = (attribute.contains(':'), local_name(attribute));
        let names = [format!("@{local}"), format!("@:{local}")];
        let [plain, spaced] = names.map(|name| self.children(of, &name));
        let (first, second) = if prefixed { (spaced, plain) } else { (plain, spaced) };
        if first.is_empty() { second } else { first }
    }

    fn children(&self, of: usize, name: &str) -> Vec<usize> {
        let nodes = self.0.iter().enumerate().skip(of + 1);
        nodes
            .filter(|(_, node)| node.parent == of && *node.name == *name)
            .map(|(at, _)| at)
            .collect()
    }

    fn value_at(&self, at: &[usize]) -> AnswerValue<'_> {
        match at {
            [] => AnswerValue::Absent,
            [one] if !self.0[*one].has_children => {
                AnswerValue::Text(Cow::Borrowed(&self.0[*one].text))
            }
            _ => AnswerValue::Composite,
        }
    }
}

impl AnswerNode {
    fn new(parent: usize, name: &str, text: &str) -> Self {
        Self { parent, name: name.into(), text: text.into(), has_children: false }
    }
}

/// Prefixes are the sender's to choose, so they name nothing.
fn local_name(name: &str) -> &str {
    match (name.starts_with('@'), name.rsplit_once(':')) {
        (false, Some((_, local))) => local,
        _ => name,
    }
}

fn elements(document: &Document<'_>) -> Vec<AnswerNode> {
    let mut nodes: Vec<AnswerNode> = Vec::new();
    let mut places = std::collections::HashMap::<NodeId, usize>::new();
    for element in document.descendants().filter(|node| node.is_element()) {
        let parent = element.parent().and_then(|node| places.get(&node.id()).copied());
        if let Some(parent) = parent {
            nodes[parent].has_children = true;
        }
        let place = nodes.len();
        places.insert(element.id(), place);
        let text: String =
            element.children().filter_map(|n| n.text().filter(|_| n.is_text())).collect();
        nodes.push(AnswerNode::new(parent.unwrap_or(0), element.tag_name().name(), text.trim()));
        // One in a namespace may have the name of one that is in none.
        let sign = |a: &Attribute<'_, '_>| if a.namespace().is_some() { "@:" } else { "@" };
        let attributes = element.attributes();
        let named = attributes.map(|a| (format!("{}{}", sign(&a), a.name()), a));
        nodes.extend(named.map(|(name, a)| AnswerNode::new(place, &name, a.value())));
    }
    nodes
}

fn check_limits(text: &str) -> Result<(), AnswerFormatError> {
    let limits = [("=", MAX_ATTRIBUTES), ("xmlns", MAX_NAMESPACES)];
    let over = limits.into_iter().find(|(sign, most)| text.matches(sign).nth(*most).is_some());
    over.map_or(Ok(()), |(_, most)| Err(AnswerFormatError::TooManyAttributes(most)))
}

fn xml_error(error: &Error) -> AnswerFormatError {
    match error {
        Error::DtdDetected => AnswerFormatError::Dtd,
        _ => AnswerFormatError::Xml(error.pos().row, error.pos().col),
    }
}
