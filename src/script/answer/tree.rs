//! XML and forms as one flat list of named nodes. Nodes with the same parent and name are a list. An attribute is a
//! child node whose name starts with `@`, or with `@:` if the attribute is in a namespace.

use std::borrow::Cow;

use roxmltree::{Attribute, Document, Error, NodeId};

use super::value::{AnswerFormatError, AnswerValue};
use crate::script::path::{KeyPath, KeyPathStep};

/// Limits against hostile documents. roxmltree compares all attributes of an element with each other, and takes minutes
/// to parse a small document that consists of namespace declarations.
const MAX_ATTRIBUTES: usize = 4096;
const MAX_NAMESPACES: usize = 512;

/// The nodes in document order; the first is the root.
pub(super) struct AnswerTree(Vec<AnswerNode>);

struct AnswerNode {
    parent: usize,
    name: Box<str>,
    text: Box<str>,
    has_children: bool,
}

impl AnswerTree {
    pub(super) fn parse_xml(text: &str) -> Result<Self, AnswerFormatError> {
        check_limits(text)?;
        let document = Document::parse(text).map_err(|error| xml_error(&error))?;
        if document.root_element().tag_name().name().eq_ignore_ascii_case("html") {
            return Err(AnswerFormatError::Html);
        }
        Ok(Self(elements(&document)))
    }

    pub(super) fn parse_form(text: &str) -> Self {
        let root = AnswerNode::new(0, "", "");
        let fields = form_urlencoded::parse(text.as_bytes());
        let fields = fields.map(|(name, value)| AnswerNode::new(0, &name, &value));
        Self(std::iter::once(root).chain(fields).collect())
    }

    /// The value at a path in XML. The path may start with the name of the root element, or with the name of a child of
    /// the root.
    pub(super) fn lookup_xml(&self, path: &KeyPath) -> AnswerValue<'_> {
        let from_root = match path.steps() {
            [KeyPathStep::Key(name), rest @ ..] if *self.0[0].name == *local_name(name) => {
                self.walk(rest)
            }
            _ => Vec::new(),
        };
        self.value_at(&if from_root.is_empty() { self.walk(path.steps()) } else { from_root })
    }

    /// The value of a form field. `data.code` is the field with this exact name, and `data.code[1]` is the second field
    /// with the name `data.code`.
    pub(super) fn lookup_form(&self, path: &KeyPath) -> AnswerValue<'_> {
        let steps = path.steps();
        let exact = self.form_fields(steps);
        match steps.split_last() {
            Some((KeyPathStep::Index(index), name)) if exact.is_empty() => {
                self.value_at(self.form_fields(name).get(*index..=*index).unwrap_or_default())
            }
            _ => self.value_at(&exact),
        }
    }

    fn form_fields(&self, steps: &[KeyPathStep]) -> Vec<usize> {
        match steps {
            [] => Vec::new(),
            [KeyPathStep::Key(name)] => self.children(0, name),
            steps => self.children(0, &KeyPath::display_steps(steps).to_string()),
        }
    }

    /// The memory that the nodes use, in bytes.
    pub(super) fn memory_size(&self) -> usize {
        self.0.iter().map(|node| size_of::<AnswerNode>() + node.name.len() + node.text.len()).sum()
    }

    /// The indexes of the nodes at a path from the root.
    fn walk(&self, steps: &[KeyPathStep]) -> Vec<usize> {
        steps.iter().fold(vec![0], |nodes, step| match (step, nodes.as_slice()) {
            (KeyPathStep::Key(name), [node]) => self.named_children(*node, name),
            (KeyPathStep::Key(_), _) => Vec::new(),
            (KeyPathStep::Index(index), _) => nodes.get(*index).copied().into_iter().collect(),
        })
    }

    /// The child elements with a name, or the attribute `@name`.
    fn named_children(&self, parent: usize, name: &str) -> Vec<usize> {
        let Some(attribute) = name.strip_prefix('@') else {
            return self.children(parent, local_name(name));
        };
        let (prefixed, local) = (attribute.contains(':'), local_name(attribute));
        let names = [format!("@{local}"), format!("@:{local}")];
        let [plain, namespaced] = names.map(|name| self.children(parent, &name));
        let (first, second) = if prefixed { (namespaced, plain) } else { (plain, namespaced) };
        if first.is_empty() { second } else { first }
    }

    fn children(&self, parent: usize, name: &str) -> Vec<usize> {
        let nodes = self.0.iter().enumerate().skip(parent + 1);
        nodes
            .filter(|(_, node)| node.parent == parent && *node.name == *name)
            .map(|(index, _)| index)
            .collect()
    }

    fn value_at(&self, nodes: &[usize]) -> AnswerValue<'_> {
        match nodes {
            [] => AnswerValue::Absent,
            [node] if !self.0[*node].has_children => {
                AnswerValue::Text(Cow::Borrowed(&self.0[*node].text))
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

/// The name without its namespace prefix, which each sender chooses freely. Attributes are left as they are.
fn local_name(name: &str) -> &str {
    match (name.starts_with('@'), name.rsplit_once(':')) {
        (false, Some((_, local))) => local,
        _ => name,
    }
}

/// The nodes of all elements, each followed by the nodes of its attributes.
fn elements(document: &Document<'_>) -> Vec<AnswerNode> {
    let mut nodes: Vec<AnswerNode> = Vec::new();
    let mut indexes = std::collections::HashMap::<NodeId, usize>::new();
    for element in document.descendants().filter(|node| node.is_element()) {
        let parent = element.parent().and_then(|node| indexes.get(&node.id()).copied());
        if let Some(parent) = parent {
            nodes[parent].has_children = true;
        }
        let index = nodes.len();
        indexes.insert(element.id(), index);
        let text: String =
            element.children().filter_map(|n| n.text().filter(|_| n.is_text())).collect();
        nodes.push(AnswerNode::new(parent.unwrap_or(0), element.tag_name().name(), text.trim()));
        // An attribute in a namespace may have the same local name as one without.
        let prefix = |a: &Attribute<'_, '_>| if a.namespace().is_some() { "@:" } else { "@" };
        let attributes = element.attributes();
        let named = attributes.map(|a| (format!("{}{}", prefix(&a), a.name()), a));
        nodes.extend(named.map(|(name, a)| AnswerNode::new(index, &name, a.value())));
    }
    nodes
}

/// Counts `=` and `xmlns` in the text, before the XML parser sees it.
fn check_limits(text: &str) -> Result<(), AnswerFormatError> {
    let limits = [("=", MAX_ATTRIBUTES), ("xmlns", MAX_NAMESPACES)];
    let exceeded = limits.into_iter().find(|(mark, max)| text.matches(mark).nth(*max).is_some());
    exceeded.map_or(Ok(()), |(_, max)| Err(AnswerFormatError::TooManyAttributes(max)))
}

fn xml_error(error: &Error) -> AnswerFormatError {
    match error {
        Error::DtdDetected => AnswerFormatError::Dtd,
        _ => AnswerFormatError::Xml(error.pos().row, error.pos().col),
    }
}
