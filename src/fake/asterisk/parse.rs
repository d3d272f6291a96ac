//! Parses command lines as `parse_args` and `find_command` do.

/// The maximum number of words in a command; more are dropped (`MAX_ARGS`, which also counts the final NULL).
const MAX_WORDS: usize = 127;

/// The words of a line. `"` quotes, and `\` escapes a character. Single quotes have no meaning.
pub(super) fn split_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let (mut quoted, mut escaped) = (false, false);
    for char in line.chars() {
        match char {
            '"' if !escaped => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' | '\t' if !quoted && !escaped => words.extend(word.take()),
            '\\' if !escaped => {
                escaped = true;
                continue;
            }
            _ => word.get_or_insert_default().push(char),
        }
        escaped = false;
    }
    words.extend(word);
    words.truncate(MAX_WORDS);
    words
}

/// Splits the arguments of a function at commas, except in quotes, parentheses and brackets. Quotes and backslashes are
/// removed (`__ast_app_separate_args` in `main/app.c`).
pub(super) fn split_arguments(text: &str) -> Vec<String> {
    let mut arguments = vec![String::new()];
    let (mut parentheses, mut brackets, mut quoted) = (0_u32, 0_u32, false);
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '(' => parentheses += 1,
            ')' => parentheses = parentheses.saturating_sub(1),
            '[' => brackets += 1,
            ']' => brackets = brackets.saturating_sub(1),
            '"' => quoted = !quoted,
            ',' if parentheses == 0 && brackets == 0 && !quoted => {
                arguments.push(String::new());
                continue;
            }
            _ => {}
        }
        let literal =
            if char == '\\' { chars.next() } else { Some(char).filter(|&char| char != '"') };
        arguments.last_mut().unwrap_or(&mut String::new()).extend(literal);
    }
    // An empty text has no argument at all.
    if text.is_empty() { Vec::new() } else { arguments }
}

/// The commands that this fake knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FakeAgiCommand {
    Answer,
    ChannelStatus,
    Exec,
    GetVariable,
    Hangup,
    Noop,
    RecordFile,
    SayAlpha,
    SayDateTime,
    SayDigits,
    SetContext,
    SetExtension,
    SetMusic,
    SetPriority,
    SetVariable,
    Speech,
    SpeechDestroy,
    StreamFile,
    Verbose,
    WaitForDigit,
}

const COMMANDS: [(&[&str], FakeAgiCommand); 20] = [
    (&["ANSWER"], FakeAgiCommand::Answer),
    (&["CHANNEL", "STATUS"], FakeAgiCommand::ChannelStatus),
    (&["EXEC"], FakeAgiCommand::Exec),
    (&["GET", "VARIABLE"], FakeAgiCommand::GetVariable),
    (&["HANGUP"], FakeAgiCommand::Hangup),
    (&["NOOP"], FakeAgiCommand::Noop),
    (&["RECORD", "FILE"], FakeAgiCommand::RecordFile),
    (&["SAY", "ALPHA"], FakeAgiCommand::SayAlpha),
    (&["SAY", "DATETIME"], FakeAgiCommand::SayDateTime),
    (&["SAY", "DIGITS"], FakeAgiCommand::SayDigits),
    (&["SET", "CONTEXT"], FakeAgiCommand::SetContext),
    (&["SET", "EXTENSION"], FakeAgiCommand::SetExtension),
    (&["SET", "MUSIC"], FakeAgiCommand::SetMusic),
    (&["SET", "PRIORITY"], FakeAgiCommand::SetPriority),
    (&["SET", "VARIABLE"], FakeAgiCommand::SetVariable),
    (&["SPEECH", "DESTROY"], FakeAgiCommand::SpeechDestroy),
    (&["SPEECH"], FakeAgiCommand::Speech),
    (&["STREAM", "FILE"], FakeAgiCommand::StreamFile),
    (&["VERBOSE"], FakeAgiCommand::Verbose),
    (&["WAIT", "FOR", "DIGIT"], FakeAgiCommand::WaitForDigit),
];

impl FakeAgiCommand {
    /// Whether a key may end it.
    pub(super) fn takes_keys(self) -> bool {
        matches!(
            self,
            Self::StreamFile
                | Self::WaitForDigit
                | Self::SayDigits
                | Self::SayAlpha
                | Self::SayDateTime
                | Self::RecordFile
        )
    }

    /// The command at the start of the words, and its arguments.
    pub(super) fn parse(words: &[String]) -> Option<(Self, &[String])> {
        COMMANDS.iter().find_map(|(name, command)| {
            let (first, rest) = words.split_at_checked(name.len())?;
            let same = first.iter().zip(*name).all(|(word, part)| word.eq_ignore_ascii_case(part));
            same.then_some((*command, rest))
        })
    }

    /// Whether Asterisk runs the command on a channel that has hung up.
    pub(super) fn allowed_after_hangup(self) -> bool {
        matches!(
            self,
            Self::Exec
                | Self::GetVariable
                | Self::Noop
                | Self::SetVariable
                | Self::SpeechDestroy
                | Self::Verbose
        )
    }

    /// The text of a 520 reply.
    pub(super) fn usage(self) -> &'static str {
        match self {
            Self::StreamFile => STREAM_FILE,
            Self::WaitForDigit => WAIT_FOR_DIGIT,
            Self::GetVariable => GET_VARIABLE,
            Self::SayDigits => SAY_DIGITS,
            Self::SetVariable => "Sets a variable to the current channel.",
            Self::SetPriority => SET_PRIORITY,
            Self::SetContext => "Sets the context for continuation upon exiting the application.",
            Self::SetExtension => {
                "Changes the extension for continuation upon exiting the application."
            }
            Self::SetMusic => SET_MUSIC,
            Self::Exec => EXEC,
            _ => "",
        }
    }
}

const STREAM_FILE: &str = "Send the given file, allowing playback to be interrupted by the given digits, if any. Returns <literal>0</literal> if playback completes without a digit being pressed, or the ASCII numerical value of the digit if one was pressed, or <literal>-1</literal> on error or if the channel was disconnected. If musiconhold is playing before calling stream file it will be automatically stopped and will not be restarted after completion.
It sets the following channel variables upon completion:
<variable>PLAYBACKSTATUS</variable>: The status of the playback attempt as a text string.
    <value>SUCCESS</value>
    <value>FAILED</value>";
const WAIT_FOR_DIGIT: &str = "Waits up to <replaceable>timeout</replaceable> milliseconds for channel to receive a DTMF digit. Returns <literal>-1</literal> on channel failure, <literal>0</literal> if no digit is received in the timeout, or the numerical value of the ascii of the digit if one is received. Use <literal>-1</literal> for the <replaceable>timeout</replaceable> value if you desire the call to block indefinitely.";
const SAY_DIGITS: &str = "Say a given digit string, returning early if any of the given DTMF digits are received on the channel. Returns <literal>0</literal> if playback completes without a digit being pressed, or the ASCII numerical value of the digit if one was pressed or <literal>-1</literal> on error/hangup.";
const GET_VARIABLE: &str = "Returns <literal>0</literal> if <replaceable>variablename</replaceable> is not set. Returns <literal>1</literal> if <replaceable>variablename</replaceable> is set and returns the variable in parentheses.
Example return code: 200 result=1 (testvariable)";
const SET_PRIORITY: &str = "Changes the priority for continuation upon exiting the application. The priority must be a valid priority or label.";
const SET_MUSIC: &str = "Enables/Disables the music on hold generator. If <replaceable>class</replaceable> is not specified, then the <literal>default</literal> music on hold class will be used. This generator will be stopped automatically when playing a file.
Always returns <literal>0</literal>.";
const EXEC: &str = "Executes <replaceable>application</replaceable> with given <replaceable>options</replaceable>.
Returns whatever the <replaceable>application</replaceable> returns, or <literal>-2</literal> on failure to find <replaceable>application</replaceable>.
<note>NOTE:</note> exec does not evaluate dialplan functions and variables unless it is explicitly enabled by setting the <variable>AGIEXECFULL</variable> variable to <literal>yes</literal>.";
