//! Waiting for an answer, with and without music.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_soon_starts_no_music_and_a_late_one_ends_it_before_the_next_sound() {
    let Call { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(r#"SET MUSIC ON "jazz""#, "200 result=0").await;
        asterisk.answers("SET MUSIC OFF", "200 result=0").await;
        asterisk.answers(r#"STREAM FILE "/s/welcome" """#, "200 result=0 endpos=8000").await;
    };
    let music = Some(Music::Class("jazz".into()));
    let meanwhile = Meanwhile { after: Duration::from_millis(300), music, ..Meanwhile::default() };
    let calls = async {
        channel.wait(sleep(Duration::from_millis(299)), &meanwhile).await.unwrap();
        channel.wait(sleep(Duration::from_millis(301)), &meanwhile).await.unwrap();
        channel.play(&mut sounds(&["/s/welcome.wav"]), Keys::Ignored).await.unwrap();
    };
    tokio::join!(calls, switch);
}

#[tokio::test(start_paused = true)]
async fn sounds_as_music_are_broken_off_without_getting_out_of_step() {
    for late_reply in ["", "200 result=0 endpos=800\n"] {
        let Call { mut channel, mut asterisk, .. } = call().await;
        let switch = async {
            asterisk.answers(r#"STREAM FILE "/s/music" """#, "200 result=0 endpos=8000").await;
            asterisk.hears(r#"STREAM FILE "/s/music" """#).await;
            asterisk.answers("NOOP", &format!("{late_reply}200 result=0")).await;
            asterisk.answers(r#"SET VARIABLE "A" "b""#, "200 result=1").await;
            asterisk.hears_the_end().await;
        };
        let music = Some(Music::Sounds([Sound::File("/s/music.wav".into())].into()));
        let meanwhile = Meanwhile { after: Duration::ZERO, music, ..Meanwhile::default() };
        let calls = async {
            // The music must not look like a busy loop: its first turn takes a while.
            channel.wait(sleep(Duration::from_secs(1)), &meanwhile).await.unwrap();
            channel.leave(&[("A", "b".into())], &Exit::Continue).await
        };
        let slow_switch = async {
            sleep(Duration::from_millis(200)).await;
            switch.await;
        };
        assert_eq!(tokio::join!(calls, slow_switch).0, Left::AsAsked);
    }
}

#[tokio::test(start_paused = true)]
async fn a_511_to_a_sound_as_music_is_not_taken_for_the_reply_to_noop() {
    let Call { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers("ANSWER", "200 result=0").await;
        asterisk.hears(r#"STREAM FILE "/s/music" """#).await;
        let dead = "511 Command Not Permitted on a dead channel or intercept routine";
        asterisk.answers("NOOP", &format!("{dead}\n200 result=0")).await;
        asterisk.answers(r#"SET VARIABLE "A" "b""#, "200 result=1").await;
        asterisk.hears_the_end().await;
    };
    let music = Some(Music::Sounds([Sound::File("/s/music.wav".into())].into()));
    let meanwhile = Meanwhile { after: Duration::ZERO, music, ..Meanwhile::default() };
    let calls = async {
        channel.pick_up(true).await.unwrap();
        channel.wait(sleep(Duration::from_secs(1)), &meanwhile).await.unwrap();
        channel.leave(&[("A", "b".into())], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(calls, switch).0, Left::CallerGone);
}

#[tokio::test(start_paused = true)]
async fn a_command_that_is_broken_off_in_its_middle_is_finished_before_the_next() {
    let Call { mut channel, mut asterisk, .. } =
        call_over(duplex(16), Duration::from_secs(3600)).await;
    let music = Some(Music::Class("default".into()));
    let meanwhile = Meanwhile { after: Duration::ZERO, music, ..Meanwhile::default() };
    let switch = async {
        sleep(Duration::from_secs(2)).await;
        asterisk.answers(r#"SET MUSIC ON "default""#, "200 result=0").await;
        asterisk.answers("SET MUSIC OFF", "200 result=0").await;
        asterisk.answers(r#"SET VARIABLE "V" "1""#, "200 result=1").await;
    };
    let call = async {
        channel.wait(sleep(Duration::from_secs(1)), &meanwhile).await.unwrap();
        channel.leave(&[("V", "1".into())], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(call, switch).0, Left::AsAsked);
}
