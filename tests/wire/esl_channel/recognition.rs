//! What a caller says, recognised by an engine of the switch.

use std::time::Duration;

use dialscript::channel::RecognizeResult;
use dialscript::channel::{
    AsrSource, Channel, DigitOptions, Digits, Exit, HandoverResult, Interruption, Sound,
    SpeechOptions, SpeechResult, TypeAhead,
};
use dialscript::esl::asr_result::parse_recognition;
use tokio::time::sleep;

use crate::wire::esl_channel::switch::{EslCall, FreeSwitch, call, said};
use crate::wire::questions::{four_digits, sounds};

/// What `listen` sends after the prompt.
const DETECT: &str = "detect:pocketsphinx {start-input-timers=false,no-input-timeout=5000,\
                      speech-timeout=1500,speech-complete-timeout=1500,\
                      recognition-timeout=15000}digits\n";
const NLSML: &str = "<?xml version=\"1.0\"?>\n<result grammar=\"digits\">\n  \
                     <interpretation grammar=\"digits\" confidence=\"97\">\n    \
                     <input mode=\"speech\">four seven</input>\n  </interpretation>\n</result>\n";

fn listen(engine: &str, grammar: &str) -> SpeechOptions {
    SpeechOptions {
        source: AsrSource::Switch { engine: engine.into(), grammar: grammar.into() },
        no_input_timeout: Duration::from_secs(5),
        end_silence: Duration::from_millis(1500),
        max_duration: Duration::from_secs(15),
        digits: None,
    }
}

fn or_keys() -> SpeechOptions {
    SpeechOptions { digits: Some(four_digits()), ..listen("pocketsphinx", "digits") }
}

async fn begins(switch: &mut FreeSwitch, prompt: &str) -> String {
    switch.sets("playback_terminators=none").await;
    switch.starts("play_and_detect_speech", &format!("{prompt} {DETECT}")).await
}

fn result(text: &str) -> String {
    let encoded = text.replace('%', "%25").replace('\n', "%0A");
    format!("Application-Response: DONE\nvariable_detect_speech_result: {encoded}\n")
}

#[tokio::test(start_paused = true)]
async fn the_words_come_from_the_engine_which_listens_during_the_last_sound() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.sets("playback_terminators=none").await;
        switch.runs("playback", "/s/first.wav").await;
        let argument = format!("execute-app-arg: /s/last.wav {DETECT}");
        let detection = switch.starts("play_and_detect_speech", &argument).await;
        switch.completes(&detection, &result(NLSML)).await;
    };
    let listen = listen("pocketsphinx", "digits");
    let mut prompt = sounds(&["/s/first.wav", "/s/last.wav"]);
    let (said, ()) = tokio::join!(channel.collect_speech(&mut prompt, &listen), calls);
    assert_eq!(said, Ok(SpeechResult::Words("four seven".into())));
}

#[tokio::test(start_paused = true)]
async fn a_prompt_that_is_no_file_is_played_before_recognition() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.sets("playback_terminators=none").await;
        let digits = switch.starts("say", "en number iterated 12\n").await;
        sleep(Duration::from_secs(1)).await;
        switch.completes_without_response(&digits).await;
        let argument = format!("execute-app-arg: silence_stream://10 {DETECT}");
        let detection = switch.starts("play_and_detect_speech", &argument).await;
        switch.completes(&detection, &result("yes")).await;
    };
    let listen = listen("pocketsphinx", "digits");
    let mut prompt = [Sound::Digits("12".into())].into_iter();
    let (said, ()) = tokio::join!(channel.collect_speech(&mut prompt, &listen), calls);
    assert_eq!(said, Ok(SpeechResult::Words("yes".into())));
}

#[tokio::test(start_paused = true)]
async fn a_failing_engine_gives_the_reason() {
    for error in ["USAGE ERROR", "GRAMMAR ERROR", "ASR INIT ERROR", "ERROR"] {
        let EslCall { mut channel, mut switch, .. } = call().await;
        let calls = async {
            let detection = begins(&mut switch, "silence_stream://10").await;
            switch.ends_with(&detection, &error.replace(' ', "%20")).await;
        };
        let listen = listen("pocketsphinx", "digits");
        let (said, ()) = tokio::join!(said(&mut channel, &listen), calls);
        assert_eq!(said, Ok(SpeechResult::Failed(error.into())));
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_prompt_does_not_stop_recognition() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        let detection = begins(&mut switch, "/s/missing.wav").await;
        switch.ends_with(&detection, "ERROR").await;
        let argument = format!("execute-app-arg: silence_stream://10 {DETECT}");
        let detection = switch.starts("play_and_detect_speech", &argument).await;
        switch.completes(&detection, &result("yes")).await;
    };
    let listen = listen("pocketsphinx", "digits");
    let mut prompt = sounds(&["/s/missing.wav"]);
    let (said, ()) = tokio::join!(channel.collect_speech(&mut prompt, &listen), calls);
    assert_eq!(said, Ok(SpeechResult::Words("yes".into())));
}

#[tokio::test(start_paused = true)]
async fn a_prompt_without_barge_in_is_played_before_recognition() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.sets("playback_terminators=none").await;
        let prompt = switch.starts("playback", "/s/prompt.wav\n").await;
        switch.key('4').await;
        sleep(Duration::from_secs(9)).await;
        switch.ends(&prompt).await;
        sleep(Duration::from_secs(3)).await;
        switch.key('7').await;
        switch.key('#').await;
    };
    let keys = Some(DigitOptions { barge_in: false, ..four_digits() });
    let listen = SpeechOptions { digits: keys, ..or_keys() };
    let mut prompt = sounds(&["/s/prompt.wav"]);
    let (said, ()) = tokio::join!(channel.collect_speech(&mut prompt, &listen), calls);
    assert!(
        matches!(&said, Ok(SpeechResult::Digits(Digits { digits, .. })) if digits == "47"),
        "{said:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_engine_name_that_is_not_one_word_is_never_sent() {
    for engine in ["", "a b", "a|b", "${system(id)}", "^^;a"] {
        let EslCall { mut channel, switch: _silent, .. } = call().await;
        let said = channel.collect_speech(&mut sounds(&[]), &listen(engine, "digits")).await;
        assert!(matches!(said, Ok(SpeechResult::Failed(_))), "{engine:?}: {said:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_ends_recognition_and_starts_digit_collection() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        let detection = begins(&mut switch, "silence_stream://10").await;
        switch.key('4').await;
        let closed = switch.starts("detect_speech", "execute-app-arg: stop\n").await;
        switch.ends(&closed).await;
        switch.key('7').await;
        switch.completes(&detection, "Application-Response: DONE\n").await;
        switch.key('#').await;
        // Recognition is stopped before the hand-over.
        switch.runs("detect_speech", "execute-app-arg: stop\n").await;
        switch.sets("playback_terminators=").await;
        switch.disconnects().await;
    };
    let listen = or_keys();
    let listened = async {
        let said = said(&mut channel, &listen).await;
        (said, channel.hand_over(&[], &Exit::Continue).await)
    };
    let ((said, left), ()) = tokio::join!(listened, calls);
    assert!(
        matches!(&said, Ok(SpeechResult::Digits(Digits { digits, .. })) if digits == "47"),
        "{said:?}"
    );
    assert_eq!(left, HandoverResult::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_recognition_that_never_ends_is_stopped() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        let detection = begins(&mut switch, "silence_stream://10").await;
        switch.runs("detect_speech", "execute-app-arg: stop\n").await;
        switch.completes(&detection, "Application-Response: DONE\n").await;
    };
    let listen = listen("pocketsphinx", "digits");
    let (said, ()) = tokio::join!(said(&mut channel, &listen), calls);
    assert!(matches!(said, Ok(SpeechResult::Failed(_))), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_during_recognition_stops_it_before_the_hand_over() {
    let EslCall { mut channel, mut switch, stop } = call().await;
    let calls = async {
        let detection = begins(&mut switch, "silence_stream://10").await;
        stop.cancel();
        switch.runs("break", "").await;
        switch.runs("detect_speech", "execute-app-arg: stop\n").await;
        switch.completes(&detection, "Application-Response: DONE\n").await;
        switch.sets("playback_terminators=").await;
        switch.disconnects().await;
    };
    let listen = listen("pocketsphinx", "digits");
    let listened = async {
        let said = said(&mut channel, &listen).await;
        assert_eq!(said, Err(Interruption::Shutdown));
        channel.hand_over(&[], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(listened, calls).0, HandoverResult::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_during_a_sound_after_a_recognition_interrupts_the_sound_first() {
    let EslCall { mut channel, mut switch, stop } = call().await;
    let calls = async {
        let detection = begins(&mut switch, "silence_stream://10").await;
        switch.completes(&detection, &result(NLSML)).await;
        let sound = switch.starts("playback", "/s/long.wav").await;
        stop.cancel();
        switch.breaks().await;
        switch.ends(&sound).await;
        switch.runs("detect_speech", "execute-app-arg: stop\n").await;
        switch.sets("playback_terminators=").await;
        switch.disconnects().await;
    };
    let listen = listen("pocketsphinx", "digits");
    let played = async {
        said(&mut channel, &listen).await.unwrap();
        let played = channel.play(&mut sounds(&["/s/long.wav"]), TypeAhead::Discard).await;
        assert_eq!(played, Err(Interruption::Shutdown));
        channel.hand_over(&[], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(played, calls).0, HandoverResult::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_while_the_engine_listens_is_reported_as_a_hang_up() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        begins(&mut switch, "silence_stream://10").await;
        switch.hangs_up().await;
    };
    let listen = listen("pocketsphinx", "digits");
    let (said, ()) = tokio::join!(said(&mut channel, &listen), calls);
    assert_eq!(said, Err(Interruption::caller_hung_up()));
}

#[tokio::test(start_paused = true)]
async fn parameters_of_a_grammar_follow_those_of_the_driver() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.sets("playback_terminators=none").await;
        let wanted = r"recognition-timeout=15000,speech-timeout=900}builtin:grammar/digits\\sonly";
        let detection = switch.starts("play_and_detect_speech", wanted).await;
        switch.completes(&detection, &result("")).await;
    };
    let listen = listen("unimrcp:lab", "{speech-timeout=900}builtin:grammar/digits only");
    let (said, ()) = tokio::join!(said(&mut channel, &listen), calls);
    assert_eq!(said, Ok(SpeechResult::NoInput));
}

#[test]
fn the_words_are_found_in_every_result_format_of_an_engine() {
    let spoken = |text: &str| RecognizeResult::Words(text.to_owned());
    let nlsml = |inside: &str| {
        format!("<?xml version=\"1.0\"?><result><interpretation>{inside}</interpretation></result>")
    };
    let table = [
        (NLSML.to_owned(), spoken("four seven")),
        (nlsml("<input mode=\"speech\"> four\n <b>seven</b> </input>"), spoken("four seven")),
        (nlsml("<instance>47</instance>"), spoken("47")),
        (nlsml("<instance>47</instance><input>four seven</input>"), spoken("four seven")),
        (nlsml("<input><noinput/></input>"), RecognizeResult::Silence),
        (nlsml("<input><nomatch/></input>"), spoken("")),
        ("<result xmlns=\"urn:x\"><input>yes</input></result>".into(), spoken("yes")),
        ("<result></result>".into(), spoken("")),
        ("{\"text\": \" four seven \"}".into(), spoken("four seven")),
        ("{\"alternatives\": [{\"confidence\": 1, \"text\": \"yes\"}]}".into(), spoken("yes")),
        ("{\"text\": \"\"}".into(), spoken("")),
        ("four seven\n".into(), spoken("four seven")),
        ("".into(), RecognizeResult::Silence),
        ("Completion-Cause: 002".into(), RecognizeResult::Silence),
        ("Completion-Cause: 001 no-match".into(), spoken("")),
    ];
    for (result, wanted) in table {
        assert!(parse_recognition(&result) == wanted, "{result}");
    }
}

#[test]
fn an_invalid_recognition_result_is_an_error() {
    let long = "x".repeat(70_000);
    for result in ["<result>", "<", "{", "{\"text\"", "Completion-Cause: 004", &long] {
        assert!(matches!(parse_recognition(result), RecognizeResult::Failed(_)), "{result:.40}");
    }
}
