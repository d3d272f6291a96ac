//! How FreeSWITCH reads a command, following its source line by line.

/// A command as `read_packet` keeps it.
pub(crate) struct Packet {
    head: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Packet {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(its, _)| its.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// `switch_ivr_parse_event`
    pub(crate) fn application_argument(&self) -> &str {
        match self.get("execute-app-arg") {
            None if self.get("content-type") == Some("text/plain") => &self.body,
            argument => argument.unwrap_or_default(),
        }
    }

    /// The first lines of `parse_command`.
    pub(crate) fn unloads(&self) -> bool {
        let head = self.head.to_ascii_lowercase();
        head.contains("mod_event_socket") && (head.contains("unload") || head.contains("reload"))
    }
}

/// `read_packet`: headers up to two line ends, values without the spaces before them, then the body.
pub(crate) fn read_packet(bytes: &[u8]) -> Vec<Packet> {
    let mut packets = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = rest.windows(2).position(|pair| pair == b"\n\n").unwrap();
        let head = String::from_utf8(rest[..end].to_vec()).unwrap();
        let headers: Vec<_> = head.split(['\r', '\n']).skip(1).filter_map(header).collect();
        let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length = length.map_or(0, |(_, length)| length.parse().unwrap());
        let body = String::from_utf8(rest[end + 2..end + 2 + length].to_vec()).unwrap();
        rest = &rest[end + 2 + length..];
        packets.push(Packet { head, headers, body });
    }
    packets
}

fn header(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    Some((name.to_owned(), value.trim_start_matches(' ').to_owned()))
}

/// `switch_channel_expand_variables_check`; what it would evaluate is an error.
pub(crate) fn expand(text: &str) -> Result<String, String> {
    if !has_variable(text) && !has_escape(text) {
        return Ok(text.to_owned());
    }
    let input: Vec<char> = text.chars().chain(['\0', '\0', '\0']).collect();
    let (mut at, mut out) = (0, String::new());
    while input[at] != '\0' {
        let mut literal = false;
        if input[at] == '\\' {
            match input[at + 1] {
                '$' => {
                    literal = true;
                    at += 1;
                    if input[at + 1] == '$' {
                        at += 1;
                    }
                }
                '\'' => {
                    at += 2;
                    continue;
                }
                '\\' => {
                    out.push('\\');
                    at += 2;
                    continue;
                }
                _ => {}
            }
        }
        if input[at] == '$' && !literal {
            if input[at + 1] == '$' {
                at += 1;
            }
            if input[at + 1] == '{' {
                return Err(text.to_owned());
            }
        }
        out.push(input[at]);
        at += 1;
    }
    Ok(out)
}

/// `switch_string_var_check_const`
fn has_variable(text: &str) -> bool {
    let mut dollar = false;
    for char in text.chars() {
        match char {
            '$' => dollar = true,
            '{' if dollar => return true,
            '\\' => {}
            _ => dollar = false,
        }
    }
    false
}

/// `switch_string_has_escaped_data`
fn has_escape(text: &str) -> bool {
    [r"\\", r"\n", r"\s", r"\t", r"\'"].iter().any(|escape| text.contains(escape))
}

/// `cleanup_separated_string`
pub(crate) fn cleanup(text: &str, separator: Option<char>) -> String {
    let input: Vec<char> = text.trim_start_matches(' ').chars().chain(['\0']).collect();
    let (mut out, mut end, mut quoted, mut at) = (Vec::new(), None, false, 0);
    while input[at] != '\0' {
        let next = input[at + 1];
        let escaped = match next {
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            's' => Some(' '),
            '\'' | '"' | '\\' => Some(next),
            other => separator.filter(|&separator| separator == other),
        };
        match (input[at], escaped) {
            ('\\', Some(char)) => {
                at += 1;
                out.push(char);
                end = Some(out.len());
            }
            ('\'', _) if quoted || input[at + 1..].contains(&'\'') => {
                quoted = !quoted;
                if quoted {
                    end = Some(out.len());
                }
            }
            (char, _) => {
                out.push(char);
                if char != ' ' || quoted {
                    end = Some(out.len());
                }
            }
        }
        at += 1;
    }
    out.truncate(end.unwrap_or(out.len()));
    out.into_iter().collect()
}

/// `separate_string_char_delim`
pub(crate) fn split(text: &str, separator: char) -> Vec<String> {
    let (mut parts, mut part, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => {
                part.push(char);
                part.extend(chars.next());
            }
            '\'' if quoted || chars.as_str().contains('\'') => {
                quoted = !quoted;
                part.push(char);
            }
            char if char == separator && !quoted => parts.push(std::mem::take(&mut part)),
            char => part.push(char),
        }
    }
    parts.push(part);
    parts.iter().map(|part| cleanup(part, Some(separator))).collect()
}

/// `base_set`: the name and what the variable holds then.
pub(crate) fn set(argument: &str) -> Result<(String, String), String> {
    let (name, value) = argument.split_once('=').unwrap_or((argument, ""));
    Ok((name.to_owned(), expand(value)?))
}
