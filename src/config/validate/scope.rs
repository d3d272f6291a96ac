//! A script's typed tables with their context. To be replaced table by table.

use std::ops::Deref;

use crate::config::raw::script::Script;
use crate::config::script::context::ScriptContext;

#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) context: ScriptContext<'a>,
    pub(crate) raw: &'a Script,
}

impl<'a> Deref for Scope<'a> {
    type Target = ScriptContext<'a>;

    fn deref(&self) -> &Self::Target {
        &self.context
    }
}
