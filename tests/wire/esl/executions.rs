//! Which message ends which execute.

use std::collections::HashMap;

use dialscript::esl::channel_data::SocketMode;
use dialscript::esl::codec::EslMessage;
use dialscript::esl::command::{EslCommand, EventLock, EventUuid, EventUuidGenerator};
use dialscript::esl::execution::{EslCallEnd, ExecutionEnd, ExecutionUpdate, PendingExecutions};

use super::transcript::{Packet, Transcript};
use super::{framed, messages, transcript};

fn execute(uuid: EventUuid) -> EslCommand {
    EslCommand::execute("playback", "x", uuid, EventLock::Nested).unwrap()
}

fn receive(executions: &mut PendingExecutions, bytes: &str) -> ExecutionUpdate {
    let heard = messages(bytes);
    assert_eq!(heard.len(), 1, "{bytes}");
    executions.handle_message(&heard[0])
}

fn reply(text: &str) -> String {
    format!("Content-Type: command/reply\nReply-Text: {text}\n\n")
}

fn event_text(name: &str, unique_id: &str, rest: &str) -> String {
    framed(&format!("Event-Name: {name}\nUnique-ID: {unique_id}\n{rest}\n"))
}

fn complete(unique_id: &str, uuid: &str) -> String {
    event_text("CHANNEL_EXECUTE_COMPLETE", unique_id, &format!("Application-UUID: {uuid}\n"))
}

const NOTICE: &str = "Content-Type: text/disconnect-notice\nContent-Disposition: linger\n\n";

#[test]
fn an_execute_ends_only_by_the_event_with_its_uuid() {
    let (mut ours, mut uuids) =
        (PendingExecutions::new("us", SocketMode::Async), EventUuidGenerator::default());
    let (first, second) = (uuids.generate(), uuids.generate());
    ours.record_sent(&execute(first));
    ours.record_sent(&execute(second));
    assert_eq!(ours.unanswered(), 2);
    assert_eq!(receive(&mut ours, &reply("+OK")), ExecutionUpdate::Replied);
    assert_eq!(receive(&mut ours, &reply("+OK")), ExecutionUpdate::Replied);
    for nobodys in [
        complete("us", "5339401d-a9b0-43b2-a623-84ae332d4e42"),
        complete("others", "dialscript-1"),
        complete("us", "dialscript-3"),
        event_text("CHANNEL_EXECUTE_COMPLETE", "us", ""),
        event_text("CHANNEL_EXECUTE", "us", "Application-UUID: dialscript-1\n"),
        event_text("CHANNEL_HANGUP", "others", ""),
        framed("Event-Name: CHANNEL_HANGUP\n\n"),
    ] {
        assert_eq!(receive(&mut ours, &nobodys), ExecutionUpdate::Unrelated, "{nobodys}");
    }
    // The later one ran inside the earlier one.
    let ended = |execution| ExecutionUpdate::Ended(execution, ExecutionEnd::Complete);
    assert_eq!(receive(&mut ours, &complete("us", "dialscript-2")), ended(second));
    assert!(ours.is_running(first) && !ours.is_running(second));
    assert_eq!(receive(&mut ours, &complete("us", "dialscript-1")), ended(first));
    assert_eq!(receive(&mut ours, &complete("us", "dialscript-1")), ExecutionUpdate::Unrelated);
}

#[test]
fn the_end_of_the_call_ends_all_executes_and_is_reported_once() {
    let (bye, hangup) = (NOTICE.to_owned(), event_text("CHANNEL_HANGUP", "us", ""));
    let done = event_text("CHANNEL_HANGUP_COMPLETE", "us", "");
    for (first, gone) in [
        (&bye, EslCallEnd::Disconnected),
        (&hangup, EslCallEnd::HungUp),
        (&done, EslCallEnd::HungUp),
    ] {
        let mut ours = PendingExecutions::new("us", SocketMode::Async);
        let mut uuids = EventUuidGenerator::default();
        let (before, after) = (uuids.generate(), uuids.generate());
        ours.record_sent(&execute(before));
        assert_eq!(receive(&mut ours, first), ExecutionUpdate::CallEnded(gone));
        for later in [&bye, &hangup, &done, &complete("us", "dialscript-1")] {
            assert_eq!(receive(&mut ours, later), ExecutionUpdate::Unrelated, "{later}");
        }
        assert_eq!((ours.call_end(), ours.is_running(before)), (Some(gone), false));
        // Taken and never run.
        ours.record_sent(&execute(after));
        assert!(!ours.is_running(after));
        assert_eq!(receive(&mut ours, &reply("+OK")), ExecutionUpdate::Replied);
        assert_eq!(receive(&mut ours, &reply("+OK")), ExecutionUpdate::Replied);
        assert_eq!(receive(&mut ours, &reply("+OK bye")), ExecutionUpdate::UnexpectedReply);
    }
}

#[test]
fn in_static_mode_the_reply_ends_an_execute() {
    let mut ours = PendingExecutions::new("us", SocketMode::Static);
    let uuid = EventUuidGenerator::default().generate();
    ours.record_sent(&EslCommand::my_events());
    ours.record_sent(&execute(uuid));
    assert_eq!(receive(&mut ours, &reply("+OK Events Enabled")), ExecutionUpdate::Replied);
    assert!(ours.is_running(uuid));
    assert_eq!(
        receive(&mut ours, &reply("+OK")),
        ExecutionUpdate::Ended(uuid, ExecutionEnd::Returned)
    );
    assert_eq!(receive(&mut ours, &complete("us", "dialscript-1")), ExecutionUpdate::Unrelated);
}

#[test]
fn an_execute_that_is_refused_or_timed_out_has_ended() {
    let (mut ours, mut uuids) =
        (PendingExecutions::new("us", SocketMode::Async), EventUuidGenerator::default());
    let (refused, given_up) = (uuids.generate(), uuids.generate());
    ours.record_sent(&execute(refused));
    ours.record_sent(&execute(given_up));
    let end = receive(&mut ours, &reply("-ERR command not found"));
    assert_eq!(end, ExecutionUpdate::Ended(refused, ExecutionEnd::Refused));
    assert!(ours.forget(given_up) && !ours.forget(given_up));
    assert_eq!(receive(&mut ours, &reply("-ERR x")), ExecutionUpdate::Replied);
    assert_eq!(receive(&mut ours, &complete("us", "dialscript-2")), ExecutionUpdate::Unrelated);
}

/// A conversation as `Executions` sees it: our names for its executes, and what its messages meant.
struct Replayed {
    sent: Vec<EventUuid>,
    meanings: Vec<ExecutionUpdate>,
}

/// Replays a conversation whose executes get names of ours.
fn replay(transcript: &Transcript) -> Replayed {
    let (mut names, mut uuids) = (HashMap::new(), EventUuidGenerator::default());
    let (mut executions, mut raw) = (None, Vec::new());
    let mut replayed = Replayed { sent: Vec::new(), meanings: Vec::new() };
    let mut waiting = Vec::new();
    for packet in &transcript.packets {
        match packet {
            Packet::ToSwitch(bytes) => {
                for command in transcript::commands(bytes) {
                    let command = ours(&command, &mut names, &mut uuids);
                    replayed.sent.extend(command.event_uuid());
                    match &mut executions {
                        Some(executions) => PendingExecutions::record_sent(executions, &command),
                        None => waiting.push(command),
                    }
                }
            }
            Packet::FromSwitch(bytes) => {
                raw.extend_from_slice(bytes);
                for message in whole_messages(&mut raw, &names) {
                    let executions = executions.get_or_insert_with(|| begin(&message, &waiting));
                    replayed.meanings.push(executions.handle_message(&message));
                }
            }
        }
    }
    replayed
}

fn begin(first: &EslMessage, waiting: &[EslCommand]) -> PendingExecutions {
    let EslMessage::ChannelData(data) = first else {
        return PendingExecutions::new("", SocketMode::Async);
    };
    let mut executions = PendingExecutions::new(data.unique_id().unwrap(), data.socket_mode());
    waiting.iter().for_each(|command| executions.record_sent(command));
    executions
}

fn ours(
    command: &str,
    names: &mut HashMap<String, EventUuid>,
    uuids: &mut EventUuidGenerator,
) -> EslCommand {
    let name = command.lines().find_map(|line| line.strip_prefix("Event-UUID: "));
    let Some(name) = name.filter(|_| command.contains("call-command: execute")) else {
        return EslCommand::my_events();
    };
    execute(*names.entry(name.to_owned()).or_insert_with(|| uuids.generate()))
}

fn whole_messages(raw: &mut Vec<u8>, names: &HashMap<String, EventUuid>) -> Vec<EslMessage> {
    let mut renamed = Vec::new();
    let mut start = 0;
    for (body, end) in transcript::frames(raw) {
        let head = String::from_utf8_lossy(&raw[start..body]).into_owned();
        let text = String::from_utf8_lossy(&raw[body..end]).into_owned();
        let new = names.iter().fold(text.clone(), |text, (name, uuid)| {
            text.replace(&format!("-UUID: {name}\n"), &format!("-UUID: {uuid}\n"))
        });
        let length = |text: &str| format!("Content-Length: {}\n", text.len());
        renamed.push(head.replace(&length(&text), &length(&new)) + &new);
        start = end;
    }
    raw.drain(..start);
    messages(renamed.concat())
}

#[test]
fn every_execute_of_every_conversation_ends() {
    for transcript in transcript::all() {
        // JSON events are skipped, and one reply breaks the framing of the next.
        if ["h_events_json", "p_sizes_encoding"].contains(&transcript.name.as_str()) {
            continue;
        }
        let Replayed { sent, meanings } = replay(transcript);
        assert!(!meanings.contains(&ExecutionUpdate::UnexpectedReply), "{}", transcript.name);
        let ended = meanings.iter().filter(|meaning| matches!(meaning, ExecutionUpdate::Ended(..)));
        let gone = meanings.iter().any(|meaning| matches!(meaning, ExecutionUpdate::CallEnded(_)));
        let all = ended.count() == sent.len();
        assert!(all || gone || transcript.name == "l_peer_dies_async", "{}", transcript.name);
    }
}

fn ends(name: &str) -> Vec<ExecutionUpdate> {
    let meant = replay(transcript::named(name)).meanings;
    let ending = |meaning: &ExecutionUpdate| {
        matches!(meaning, ExecutionUpdate::Ended(..) | ExecutionUpdate::CallEnded(_))
    };
    meant.into_iter().filter(ending).collect()
}

#[test]
fn the_end_of_the_call_ends_executes_without_an_end_event() {
    let hung_up = ExecutionUpdate::CallEnded(EslCallEnd::HungUp);
    for name in ["i2_unknown_application", "c2_app_hangup", "c3_sendmsg_hangup"] {
        let ends = ends(name);
        assert_eq!(ends.last(), Some(&hung_up), "{name}: {ends:?}");
    }
}

#[test]
fn a_real_switch_in_static_mode_replies_to_each_execute() {
    let Replayed { sent, meanings } = replay(transcript::named("d_sync"));
    let returned = |uuid: &EventUuid| {
        meanings.contains(&ExecutionUpdate::Ended(*uuid, ExecutionEnd::Returned))
    };
    assert_eq!(sent.len(), 5);
    assert!(sent.iter().all(returned));
}

#[test]
fn executes_nest_without_a_lock_and_queue_with_one() {
    let Replayed { sent, meanings } = replay(transcript::named("o_event_lock_order"));
    let order: Vec<_> = meanings
        .iter()
        .filter_map(|meaning| match meaning {
            ExecutionUpdate::Ended(uuid, ExecutionEnd::Complete) => {
                sent.iter().position(|sent| sent == uuid)
            }
            _ => None,
        })
        .collect();
    assert_eq!(order, [0, 3, 2, 1, 4, 5, 6, 7, 8]);
}
