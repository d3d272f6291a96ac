//! The values of an answer as one flat list of nodes, each with its name and value as ranges of one text. The list is
//! small (16 bytes a node), has a bound, and is searched without recursion.

use std::ops::Range;

use super::value::AnswerFormatError;

/// The most values in an answer: elements, attributes, namespace declarations, keys and list items. Together with the
/// longest text of an answer, this bounds the memory of an answer to 381 KiB.
pub(super) const MAX_VALUES: usize = 8_000;
/// The deepest nesting. It is that of serde_json.
pub(super) const MAX_DEPTH: usize = 127;
/// The longest name, in bytes.
const MAX_NAME: usize = u16::MAX as usize;

/// The nodes in document order, each followed by all nodes in it. The first is the root.
pub(super) struct AnswerTree {
    text: Box<str>,
    nodes: Box<[AnswerNode]>,
}

/// `u32` is enough for offsets in the text, `u16` for indexes of nodes and for lengths of names.
struct AnswerNode {
    name_start: u32,
    value_start: u32,
    /// [`COMPOSITE`] and [`NULL`] are not lengths.
    value_len: u32,
    name_len: u16,
    /// The index of the first node that is not in this one.
    end: u16,
}

const COMPOSITE: u32 = u32::MAX;
const NULL: u32 = u32::MAX - 1;

/// What is stored for a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NodeValue<'a> {
    Text(&'a str),
    /// An XML element with child elements. In JSON it is a text that begins with `{` or `[`.
    Composite,
    /// An XML element with `xsi:nil="true"`.
    Null,
}

impl AnswerTree {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn name(&self, node: usize) -> &str {
        let AnswerNode { name_start, name_len, .. } = self.nodes[node];
        &self.text[name_start as usize..][..name_len.into()]
    }

    pub(super) fn value(&self, node: usize) -> NodeValue<'_> {
        let AnswerNode { value_start, value_len, .. } = self.nodes[node];
        match value_len {
            COMPOSITE => NodeValue::Composite,
            NULL => NodeValue::Null,
            length => NodeValue::Text(&self.text[value_start as usize..][..length as usize]),
        }
    }

    /// The nodes directly in a node.
    pub(super) fn children(&self, parent: usize) -> impl Iterator<Item = usize> {
        let end = usize::from(self.nodes[parent].end);
        let first = Some(parent + 1).filter(|first| *first < end);
        std::iter::successors(first, move |node| {
            Some(usize::from(self.nodes[*node].end)).filter(|next| *next < end)
        })
    }

    pub(super) fn children_named(&self, parent: usize, name: &str) -> Vec<usize> {
        self.children(parent).filter(|node| self.name(*node) == name).collect()
    }

    /// The memory on the heap, in bytes.
    pub(super) fn heap_size(&self) -> usize {
        self.text.len() + size_of_val(&*self.nodes)
    }
}

/// Builds a tree. Ranges are those of the text that [`TreeBuilder::finish`] gets.
#[derive(Default)]
pub(super) struct TreeBuilder {
    nodes: Vec<AnswerNode>,
    /// The open nodes, outermost first.
    open: Vec<usize>,
    /// What counts as a value but is not a node.
    uncounted: usize,
}

impl TreeBuilder {
    /// Counts a value that is not stored.
    pub(super) fn count_value(&mut self) -> Result<(), AnswerFormatError> {
        self.uncounted += 1;
        match self.nodes.len() + self.uncounted > MAX_VALUES {
            true => Err(AnswerFormatError::TooManyValues(MAX_VALUES)),
            false => Ok(()),
        }
    }

    /// Adds a node to the innermost open node.
    pub(super) fn add(
        &mut self,
        name: Range<usize>,
        value: Range<usize>,
    ) -> Result<(), AnswerFormatError> {
        self.count_value()?;
        self.uncounted -= 1;
        let name_len = u16::try_from(name.len());
        let name_len = name_len.map_err(|_| AnswerFormatError::NameTooLong(MAX_NAME))?;
        let index = self.nodes.len();
        let (name_start, value_start) = (offset(name.start), offset(value.start));
        let value_len = offset(value.len());
        let end = node_index(index + 1);
        self.nodes.push(AnswerNode { name_start, value_start, value_len, name_len, end });
        Ok(())
    }

    /// Opens the node that was added last: the next ones are in it.
    pub(super) fn open(&mut self, format: &'static str) -> Result<(), AnswerFormatError> {
        if self.open.len() == MAX_DEPTH {
            return Err(AnswerFormatError::TooDeep(format, MAX_DEPTH));
        }
        self.open.push(self.nodes.len().saturating_sub(1));
        Ok(())
    }

    /// Closes the innermost open node, and returns it.
    pub(super) fn close(&mut self) -> Option<usize> {
        let node = self.open.pop()?;
        self.nodes[node].end = node_index(self.nodes.len());
        Some(node)
    }

    /// The innermost open node.
    pub(super) fn innermost(&self) -> Option<usize> {
        self.open.last().copied()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub(super) fn has_text(&self, node: usize) -> bool {
        self.nodes[node].value_len < NULL
    }

    pub(super) fn is_composite(&self, node: usize) -> bool {
        self.nodes[node].value_len == COMPOSITE
    }

    pub(super) fn value_start(&self, node: usize) -> usize {
        self.nodes[node].value_start as usize
    }

    pub(super) fn set_value(&mut self, node: usize, value: Range<usize>) {
        self.nodes[node].value_start = offset(value.start);
        self.nodes[node].value_len = offset(value.len());
    }

    pub(super) fn set_composite(&mut self, node: usize) {
        self.nodes[node].value_len = COMPOSITE;
    }

    pub(super) fn set_null(&mut self, node: usize) {
        self.nodes[node].value_len = NULL;
    }

    pub(super) fn finish(self, text: Box<str>) -> AnswerTree {
        AnswerTree { text, nodes: self.nodes.into() }
    }
}

/// An answer is at most [`MAX_TEXT`](super::MAX_TEXT) bytes long, so every offset fits.
fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or_default()
}

/// There are at most [`MAX_VALUES`] nodes, so every index fits.
fn node_index(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}
