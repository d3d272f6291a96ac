//! Which branch is taken, and which condition each branch before it lost by, in the log.

use tracing::{Level, debug, enabled};

use super::CallRun;
use crate::script::branch::{BranchExplanation, ChosenBranch};
use crate::script::branch_context::BranchContext;
use crate::script::condition::ConditionTexts;
use crate::script::definition::Script;
use crate::script::template::masked;

/// Maximum number of branches without a match that are logged. A script can have tens of thousands.
const MAX_LOGGED_MISSES: usize = 50;
/// Maximum number of characters of a reason that are logged.
const MAX_REASON_CHARACTERS: usize = 200;

impl<C, T, V> CallRun<'_, C, T, V> {
    pub(super) fn log_branches(
        &self,
        script: &Script,
        chosen: Option<ChosenBranch<'_>>,
        context: &BranchContext<'_, impl ConditionTexts>,
    ) {
        if !enabled!(Level::DEBUG) {
            return;
        }
        let misses = chosen.map_or(script.branches.len(), |chosen| chosen.number - 1);
        for (number, branch) in (1..).zip(&script.branches[..misses]).take(MAX_LOGGED_MISSES) {
            debug!(number, why = self.explained(branch.explain(context)), "no match");
        }
        if let Some(ChosenBranch { number, branch, .. }) = chosen {
            debug!(number, why = self.explained(branch.explain(context)), "branch");
        }
    }

    fn explained(&self, explanation: BranchExplanation) -> String {
        let why = match &explanation {
            BranchExplanation::Matches(why)
            | BranchExplanation::Misses(why)
            | BranchExplanation::Unknown(why) => why,
        };
        let why = if self.state.contains_sensitive(why) { masked(why) } else { why };
        why.chars().take(MAX_REASON_CHARACTERS).collect()
    }
}
