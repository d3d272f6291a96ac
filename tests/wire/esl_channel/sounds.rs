//! Sounds of all kinds: which application plays them, its arguments, and sounds that can not be played.

use std::sync::Arc;
use std::time::Duration;

use dialscript::channel::{
    Channel, DigitsEnd, Exit, HandoverResult, HoldMedia, HoldMusic, Interruption, MomentForm,
    Sound, SwitchMoment, SwitchTts, TypeAhead,
};
use dialscript::esl::channel::EslChannel;
use tokio::io::DuplexStream;
use tokio::time::sleep;

use crate::wire::esl_channel::switch::{EslCall, FreeSwitch, call, call_with};
use crate::wire::questions::{four_digits, heard};

async fn play(
    channel: &mut EslChannel<DuplexStream>,
    sounds: &[Sound],
) -> Result<(), Interruption> {
    channel.play(&mut sounds.iter().cloned(), TypeAhead::Discard).await
}

fn spoken(engine: &str, voice: &str, text: &str) -> Sound {
    let [engine, voice, text] = [engine, voice, text].map(str::to_owned);
    Sound::Tts(Arc::new(SwitchTts { engine, voice, text }))
}

fn file(name: &str) -> Sound {
    Sound::File(Arc::from(name))
}

/// An application that takes the time to be heard.
async fn is_heard(switch: &mut FreeSwitch, application: &str, argument: &str) {
    let uuid = switch.starts(application, argument).await;
    sleep(Duration::from_millis(800)).await;
    switch.completes_without_response(&uuid).await;
}

/// One that can't do it: FreeSWITCH does not say so.
async fn fails(switch: &mut FreeSwitch, application: &str, argument: &str) {
    let uuid = switch.starts(application, argument).await;
    sleep(Duration::from_millis(20)).await;
    switch.completes_without_response(&uuid).await;
}

#[tokio::test(start_paused = true)]
async fn digits_and_letters_are_spoken_in_the_language_of_the_channel() {
    let wanted = [("de", "de"), ("pt_BR", "pt"), ("en-GB", "en"), ("english", "en"), ("", "en")];
    for (language, said) in wanted {
        let variables = format!("variable_default_language: {language}\n");
        let EslCall { mut channel, mut switch, .. } = call_with("async", "full", &variables).await;
        let calls = async {
            switch.sets("playback_terminators=none").await;
            let digits = format!("execute-app-arg: {said} number iterated 12\n");
            is_heard(&mut switch, "say", &digits).await;
            let letters = format!("execute-app-arg: {said} name_spelled pronounced ab1\n");
            is_heard(&mut switch, "say", &letters).await;
        };
        let sounds = [Sound::Digits("12".into()), Sound::Letters("ab1".into())];
        assert_eq!(tokio::join!(play(&mut channel, &sounds), calls).0, Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn digits_in_a_language_without_sounds_are_spoken_in_english() {
    let variables = "variable_default_language: hi\n";
    let EslCall { mut channel, mut switch, .. } = call_with("async", "full", variables).await;
    let calls = async {
        switch.sets("playback_terminators=none").await;
        fails(&mut switch, "say", "hi number iterated 12\n").await;
        is_heard(&mut switch, "say", "en number iterated 12\n").await;
    };
    let sounds = [Sound::Digits("12".into())];
    assert_eq!(tokio::join!(play(&mut channel, &sounds), calls).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_date_is_said_in_a_time_zone_that_every_freeswitch_has_and_the_dialplan_gets_its_own_back()
 {
    let variables = "variable_default_language: de\nvariable_timezone: America/New_York\n";
    let EslCall { mut channel, mut switch, .. } = call_with("async", "full", variables).await;
    let calls = async {
        switch.sets("timezone=1;playback_terminators=none").await;
        // 1 December 2026, 14:30, one second before: the time zone is one second ahead of UTC.
        fails(&mut switch, "say", "de current_date pronounced 1796135399\n").await;
        is_heard(&mut switch, "say", "en current_date pronounced 1796135399\n").await;
        switch.sets("timezone=1").await;
        is_heard(&mut switch, "say", "de current_time pronounced 1796135399\n").await;
        switch.sets("timezone=1").await;
        is_heard(&mut switch, "say", "de current_date_time pronounced 1796135399\n").await;
        switch.sets("playback_terminators=;timezone=America/New_York").await;
        std::future::pending().await
    };
    let moment = |form| Sound::Moment(SwitchMoment { form, clock_seconds: 1_796_135_400 });
    let sounds = [MomentForm::Date, MomentForm::Time, MomentForm::DateTime].map(moment);
    let left = async {
        assert_eq!(play(&mut channel, &sounds).await, Ok(()));
        channel.hand_over(&[], &Exit::Continue).await
    };
    tokio::select! {
        left = left => assert_eq!(left, HandoverResult::Completed),
        () = calls => {}
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_zone_that_a_script_sets_stays_after_a_date_was_said() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.sets("timezone=Asia/Tokyo;timezone=1;playback_terminators=none").await;
        is_heard(&mut switch, "say", "en current_date pronounced 1796135399\n").await;
        switch.sets("playback_terminators=;timezone=Asia/Tokyo").await;
        std::future::pending().await
    };
    let moment = SwitchMoment { form: MomentForm::Date, clock_seconds: 1_796_135_400 };
    let left = async {
        channel.set_variables(&[("timezone", "Asia/Tokyo".into())]).await.unwrap();
        assert_eq!(play(&mut channel, &[Sound::Moment(moment)]).await, Ok(()));
        channel.hand_over(&[], &Exit::Continue).await
    };
    tokio::select! {
        left = left => assert_eq!(left, HandoverResult::Completed),
        () = calls => {}
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_say_behind_a_slow_answer_is_noticed() {
    let variables = "variable_default_language: hi\n";
    let EslCall { mut channel, mut switch, .. } = call_with("async", "full", variables).await;
    let calls = async {
        let answer = switch.starts("answer", "").await;
        switch.sets("playback_terminators=none").await;
        let failed = switch.starts("say", "hi number iterated 12\n").await;
        sleep(Duration::from_secs(1)).await;
        switch.completes_without_response(&answer).await;
        switch.completes_without_response(&failed).await;
        is_heard(&mut switch, "say", "en number iterated 12\n").await;
    };
    let sounds = [Sound::Digits("12".into())];
    let played = async {
        channel.pick_up(true).await.unwrap();
        play(&mut channel, &sounds).await
    };
    assert_eq!(tokio::join!(played, calls).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_text_is_spoken_by_its_engine_and_voice() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.sets("playback_terminators=none").await;
        is_heard(&mut switch, "speak", "execute-app-arg: flite|kal|Order 7, please.\n").await;
    };
    let sounds = [spoken("flite", "kal", " Order 7, please. ")];
    assert_eq!(tokio::join!(play(&mut channel, &sounds), calls).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_hostile_text_is_not_evaluated_by_freeswitch_or_the_synthesizer() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.sets("playback_terminators=none").await;
        let text = "flite|kal|(voice=x) $(system(id)) $$(b) a b  c 'd\n";
        is_heard(&mut switch, "speak", &format!("execute-app-arg: {text}")).await;
    };
    let sounds = [spoken("flite", "kal", "{voice=x} ${system(id)}\r$${b}\na|b \\c 'd\0")];
    assert_eq!(tokio::join!(play(&mut channel, &sounds), calls).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_text_that_would_hang_up_the_call_is_not_spoken() {
    let EslCall { mut channel, switch: _silent, .. } = call().await;
    let sounds = [
        spoken("flite", "kal", " \n"),
        spoken("", "kal", "text"),
        spoken("flite|kal", "x", "text"),
        spoken("flite", "a|b", "text"),
        spoken("^^;flite", "kal", "text"),
        spoken("fl'ite", "k'al", "text"),
        spoken("${system(id)}", "kal", "text"),
        Sound::Digits("".into()),
        Sound::Letters("|; ".into()),
    ];
    assert_eq!(play(&mut channel, &sounds).await, Ok(()), "nothing is sent");
}

#[tokio::test(start_paused = true)]
async fn a_sound_that_can_not_be_played_does_not_lose_the_others() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.sets("playback_terminators=none").await;
        switch.runs("playback", "/s/a, b!c 'd.wav").await;
        let missing = switch.starts("playback", "/s/missing.wav").await;
        switch.ends_with(&missing, "FILE%20NOT%20FOUND").await;
        fails(&mut switch, "speak", "none|kal|text").await;
        switch.runs("playback", "/s/last.wav").await;
    };
    let sounds = [
        file("/s/a, b!c 'd.wav"),
        file("/s/missing.wav"),
        spoken("none", "kal", "text"),
        file("/s/last.wav"),
    ];
    assert_eq!(tokio::join!(play(&mut channel, &sounds), calls).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_sound_of_the_sound_server_is_fetched_by_whichever_module_is_loaded() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.sets("playback_terminators=none").await;
        let url = "execute-app-arg: http://10.0.0.5:8085/a.wav\n";
        let fetched = switch.starts("playback", url).await;
        switch.ends_with(&fetched, "FILE%20NOT%20FOUND").await;
        switch.runs("playback", "http_cache://http://10.0.0.5:8085/a.wav\n").await;
        // The module is known now.
        switch.runs("playback", "http_cache://http://10.0.0.5:8085/b.wav\n").await;
    };
    let served = |name: &str| Sound::Url(format!("http://10.0.0.5:8085/{name}").into());
    let sounds = [served("a.wav"), served("b.wav")];
    assert_eq!(tokio::join!(play(&mut channel, &sounds), calls).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_key_interrupts_spoken_digits_too() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.sets("playback_terminators=none").await;
        let said = switch.starts("say", "number iterated").await;
        switch.key('4').await;
        switch.breaks().await;
        switch.completes_without_response(&said).await;
        switch.key('#').await;
    };
    let question = four_digits();
    let mut prompt = [Sound::Digits("123".into()), file("/s/never-heard.wav")].into_iter();
    let asked = channel.collect_digits(&mut prompt, &question);
    assert_eq!(tokio::join!(asked, calls).0, heard("4", DigitsEnd::Terminator));
}

#[tokio::test(start_paused = true)]
async fn keys_count_while_a_sound_is_synthesized_and_end_the_prompt() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        sleep(Duration::from_secs(1)).await;
        switch.key('4').await;
        switch.key('#').await;
    };
    let question = four_digits();
    let mut prompt = SlowSounds(vec![file("/s/never-heard.wav")]);
    let asked = channel.collect_digits(&mut prompt, &question);
    assert_eq!(tokio::join!(asked, calls).0, heard("4", DigitsEnd::Terminator));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_while_a_sound_is_synthesized_ends_the_prompt() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        sleep(Duration::from_secs(1)).await;
        switch.hangs_up().await;
    };
    let mut prompt = SlowSounds(vec![file("/s/never-heard.wav")]);
    let played = channel.play(&mut prompt, TypeAhead::Discard);
    assert_eq!(tokio::join!(played, calls).0, Err(Interruption::caller_hung_up()));
}

#[tokio::test(start_paused = true)]
async fn music_may_be_sounds_of_any_kind() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.sets("playback_timeout_sec=30").await;
        let music = switch.starts("speak", "flite|kal|One moment").await;
        switch.breaks().await;
        switch.completes_without_response(&music).await;
        switch.sets("playback_timeout_sec=;playback_terminators=none").await;
        is_heard(&mut switch, "speak", "flite|kal|Done").await;
    };
    let music = Some(HoldMusic::Sounds([spoken("flite", "kal", "One moment")].into()));
    let hold_media = HoldMedia { delay: Duration::ZERO, music, ..HoldMedia::default() };
    let waited = async {
        channel.wait(sleep(Duration::from_secs(2)), &hold_media).await.unwrap();
        play(&mut channel, &[spoken("flite", "kal", "Done")]).await
    };
    assert_eq!(tokio::join!(waited, calls).0, Ok(()));
}

/// Sounds that take 5 s each to be made.
struct SlowSounds(Vec<Sound>);

impl dialscript::channel::SoundStream for SlowSounds {
    async fn next(&mut self) -> Option<Sound> {
        sleep(Duration::from_secs(5)).await;
        self.0.pop()
    }
}
