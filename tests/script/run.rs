//! Scripts as users write them, on a fake channel: every path of a call, in milliseconds.

mod amounts;
mod answers;
mod call;
mod chains;
mod compared_values;
mod conditions;
mod earlier_answers;
mod ended;
mod endings;
mod future_size;
mod hostile_forms;
mod limit;
mod music;
mod named_answers;
mod sounds;
mod speech;
mod spoken_forms;
mod spoken_keys;
mod variables;
