//! `[hangup]`: the request that is sent when the caller hangs up before the end.

use super::context::ScriptContext;
use super::request::{RequestTable, Waiting};
use crate::config::table_reader::TableReader;
use crate::script::definition::ScriptTrigger;

#[derive(Debug)]
pub(crate) struct HangupTable {
    request: RequestTable,
}

impl HangupTable {
    pub(super) fn read(mut table: TableReader<'_, '_>) -> Self {
        let request = RequestTable::read_keys(&mut table);
        table.finish();
        Self { request }
    }

    pub(super) fn trigger(&self, script: &ScriptContext<'_>) -> ScriptTrigger {
        self.request.request(script, Waiting::Nobody)
    }
}
