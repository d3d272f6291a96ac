//! What real switches said.

use dialscript::agi::codec::{AgiCodec, AgiMessage};

use super::{Decoded, hear, transcript};

/// Commands and replies of the conversations that are not one for one.
const IRREGULAR: [(&str, usize, usize); 10] = [
    // `failure` has no reply; after AGIEXITONHANGUP a command came too late.
    ("/failure", 1, 0),
    ("/hup-exit", 1, 0),
    // A command interrupted another, which then had no reply.
    ("/getdata", 18, 17),
    ("/sip-moh", 6, 5),
    ("/sip-say", 14, 13),
    ("/stream", 13, 12),
    // Lines too long for the switch ran as several commands.
    ("16/long", 57, 85),
    ("22/long", 57, 61),
    // A line without its newline ran at the end.
    ("/noserverline", 0, 1),
    // Values with newlines, the first of which ends it.
    ("/vars", 77, 73),
];

#[test]
fn every_conversation_is_an_environment_and_then_a_reply_for_each_command() {
    for &transcript::Transcript { ref name, ref asterisk, commands } in transcript::all() {
        let heard = hear(AgiCodec::default(), &[asterisk]);
        let irregular = IRREGULAR.iter().find(|odd| name.ends_with(odd.0));
        let expected = irregular.map_or((commands, commands), |odd| (odd.1, odd.2));
        assert_eq!((commands, count_replies(&heard)), expected, "{name}");
        assert_eq!(heard.error.is_some(), name.ends_with("/vars"), "{name}: {:?}", heard.error);
        assert!(matches!(heard.messages[0], AgiMessage::Environment(_)), "{name}");
    }
}

#[test]
fn the_rest_of_a_value_with_newlines_is_not_a_reply() {
    let heard = hear(AgiCodec::default(), &[&transcript::named("22/vars").asterisk]);
    assert!(heard.error.unwrap().contains("invalid AGI reply: \")\""));
}

#[test]
fn every_conversation_has_a_caller_and_a_dialplan_location() {
    for transcript in transcript::all() {
        let heard = hear(AgiCodec::default(), &[&transcript.asterisk]);
        let AgiMessage::Environment(environment) = &heard.messages[0] else { panic!() };
        let caller = environment.caller();
        assert!(!environment.is_withheld(), "{}", transcript.name);
        assert!(!environment.script_request().name.is_empty(), "{}", transcript.name);
        assert_eq!((&caller.language[..], caller.context.is_empty()), ("en", false));
        assert!(caller.channel.contains('/') && caller.call_id.contains('.'));
        assert!(caller.name != "unknown" && caller.number != "unknown");
        assert!(caller.called != "h" && caller.called != "unknown");
        assert!(!caller.called.is_empty(), "{}", transcript.name);
    }
}

fn count_replies(heard: &Decoded<AgiMessage>) -> usize {
    heard.messages.iter().filter(|message| matches!(message, AgiMessage::Reply(_))).count()
}
