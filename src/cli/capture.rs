//! A capture, as messages: lines, or the raw bytes of an event feed, in which NUL ends each message and line ends are nothing
//! but white space. The bytes show which of the two it is. Their meaning is not looked at.

use std::io::{BufRead, Chain, Cursor, Read as _};

/// The longest message that is read, in bytes.
const MAX_MESSAGE: usize = 1 << 20;

/// What ends each message of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Line,
    Nul,
}

pub struct Capture<R> {
    input: Chain<Cursor<Vec<u8>>, R>,
    end: End,
    message: Vec<u8>,
}

/// The bytes of a message without what ends it, or the reason why it cannot be used.
type Taken<'c> = Result<&'c [u8], String>;

impl<R: BufRead> Capture<R> {
    /// Reads as much as shows what ends the messages: as a rule the first line.
    pub fn open(mut input: R) -> std::io::Result<Capture<R>> {
        let mut ahead = Vec::new();
        let end = loop {
            let read = input.fill_buf()?;
            let (length, is_over) = (read.len(), read.is_empty());
            ahead.extend_from_slice(read);
            input.consume(length);
            match shown(&ahead) {
                Some(end) => break end,
                None if is_over || ahead.len() > MAX_MESSAGE => break End::Line,
                None => {}
            }
        };
        Ok(Capture { input: Cursor::new(ahead).chain(input), end, message: Vec::new() })
    }

    /// What a number of this capture counts.
    pub fn unit(&self) -> &'static str {
        match self.end {
            End::Line => "line",
            End::Nul => "message",
        }
    }

    /// The next message, which may be blank; none at the end. One that is too long is skipped and returned as an error.
    pub fn read(&mut self) -> std::io::Result<Option<Taken<'_>>> {
        self.message.clear();
        let wanted = match self.end {
            End::Line => b'\n',
            End::Nul => b'\0',
        };
        let (mut is_too_long, mut is_ended) = (false, false);
        while !is_ended {
            let available = self.input.fill_buf()?;
            if available.is_empty() {
                break;
            }
            let end = memchr::memchr(wanted, available);
            let part = &available[..end.unwrap_or(available.len())];
            is_too_long |= self.message.len() + part.len() > MAX_MESSAGE;
            if !is_too_long {
                self.message.extend_from_slice(part);
            }
            is_ended = end.is_some();
            let used = end.map_or(available.len(), |end| end + 1);
            self.input.consume(used);
        }
        if !is_ended && !is_too_long && self.message.is_empty() {
            return Ok(None);
        }
        let too_long = || Err(format!("longer than {MAX_MESSAGE} bytes"));
        Ok(Some(if is_too_long { too_long() } else { Ok(&self.message) }))
    }
}

/// What ends the messages of a capture that begins so, as far as that shows it.
fn shown(ahead: &[u8]) -> Option<End> {
    if matches!(ahead, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        // UTF-16 is refused as a line.
        return Some(End::Line);
    }
    let nul = memchr::memchr(b'\0', ahead);
    let before = &ahead[..nul.unwrap_or(ahead.len())];
    let mut lines = before.split_inclusive(|byte| *byte == b'\n').skip_while(|line| line.trim_ascii().is_empty());
    // A first line that is complete shows lines, unless the NUL comes right after its end.
    let is_line = lines.next().is_some_and(|line| line.ends_with(b"\n") && !is_open(line));
    match nul {
        Some(_) if is_line && lines.any(|line| !line.trim_ascii().is_empty()) => Some(End::Line),
        Some(_) => Some(End::Nul),
        None => is_line.then_some(End::Line),
    }
}

/// Whether a string, object or list of this text ends after it.
fn is_open(text: &[u8]) -> bool {
    let (mut depth, mut in_string) = (0i64, false);
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' if in_string => _ = bytes.next(),
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth -= 1,
            _ => {}
        }
    }
    in_string || depth > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (&'static str, Vec<String>) {
        // A buffer of three bytes: every boundary falls somewhere.
        let mut capture = Capture::open(std::io::BufReader::with_capacity(3, text.as_bytes())).unwrap();
        let mut messages = Vec::new();
        while let Some(message) = capture.read().unwrap() {
            messages.push(String::from_utf8_lossy(message.unwrap()).into_owned());
        }
        (capture.unit(), messages)
    }

    #[test]
    fn the_bytes_show_what_ends_a_message() {
        for (text, unit, messages) in [
            ("", "line", &[][..]),
            ("{\"a\":1}\n{\"b\":2}", "line", &["{\"a\":1}", "{\"b\":2}"]),
            ("{\"a\":1}\0{\"b\":2}\0", "message", &["{\"a\":1}", "{\"b\":2}"]),
            ("{\"a\":1}\0{\"b\"", "message", &["{\"a\":1}", "{\"b\""]),
            ("{\n\"a\": {\n}\n}\n\0\n{\n}\0", "message", &["{\n\"a\": {\n}\n}\n", "\n{\n}"]),
            ("\0{\"a\":1}\0", "message", &["", "{\"a\":1}"]),
            ("\n\n{\"a\":1}\n", "line", &["", "", "{\"a\":1}"]),
            ("{\"a\": \n{\"b\":2}\n", "line", &["{\"a\": ", "{\"b\":2}"]),
            ("{\"a\":\"}\n\"}\0", "message", &["{\"a\":\"}\n\"}"]),
            ("rubbish\n{\"b\":2}\n", "line", &["rubbish", "{\"b\":2}"]),
            ("{\"a\":1}\n{\"b\":\"\0\"}\n", "line", &["{\"a\":1}", "{\"b\":\"\0\"}"]),
        ] {
            let messages: Vec<String> = messages.iter().map(|text| text.to_string()).collect();
            assert_eq!(read(text), (unit, messages), "{text:?}");
        }
    }
}
