//! How long calls, their questions and their hand-overs take.

use std::time::Duration;

use super::switch::Switch;
use crate::channel::HandoverResult;
use crate::histogram::DurationHistograms;
use crate::script::definition::ScriptLibrary;
use crate::script::report::CallReport;

/// The upper bounds of the buckets for whole calls, in seconds. A call lasts as long as its script runs.
const CALL_BOUNDS: &[f64] =
    &[1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0];
/// The bounds for input. A prompt of some seconds is part of it, and callers need seconds for each digit.
const INPUT_BOUNDS: &[f64] = &[1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 120.0];
/// The bounds for hand-overs: a few commands, each with a round trip to the switch.
const HANDOVER_BOUNDS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// The durations of the calls since the daemon started.
#[derive(Debug)]
pub struct CallTimes {
    /// From accepting the connection to closing it, by switch.
    pub calls: DurationHistograms<1>,
    /// Setting the standard variables and handing the call over, by switch.
    pub handovers: DurationHistograms<1>,
    /// From the start of a question to the end of its input, by script.
    pub inputs: DurationHistograms<1>,
}

impl Default for CallTimes {
    fn default() -> Self {
        let by_switch = |bounds| {
            DurationHistograms::with_labels(bounds, Switch::ALL.map(|switch| [switch.as_str()]))
        };
        Self {
            calls: by_switch(CALL_BOUNDS),
            handovers: by_switch(HANDOVER_BOUNDS),
            inputs: DurationHistograms::new(INPUT_BOUNDS),
        }
    }
}

impl CallTimes {
    pub(super) fn observe(&self, switch: Switch, duration: Duration, report: &CallReport) {
        let switch = [switch.as_str()];
        self.calls.observe(switch, duration);
        // After a hang-up there is nobody to hand over.
        if report.handover == Some(HandoverResult::Completed) {
            self.handovers.observe(switch, report.handover_time);
        }
        for (script, time) in &report.input_times {
            self.inputs.observe([&script.name], *time);
        }
    }

    /// Forgets the scripts that are not in the library any more.
    pub(crate) fn retain_scripts(&self, library: &ScriptLibrary) {
        self.inputs.retain(|[script]| library.scripts.contains_key(&**script));
    }
}
