//! The parts of a configuration file that a report may show: keys, and values that are known not to be secret.
//! Everything else is starred out byte by byte, so that offsets stay the same.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// Masks the text of a valid TOML file. A value is shown if `is_plain` accepts its key's path; credentials inside it
/// are starred out. Comments are not shown: a setting that was commented out may be a secret.
pub fn known(text: &str, table: &DeTable, is_plain: &dyn Fn(&str) -> bool) -> String {
    let mut mask = Mask { out: text.as_bytes().to_vec(), taken: Vec::new(), is_plain };
    mask.table(table, "");
    mask.comments();
    // Only whole values and comments are starred out.
    String::from_utf8(mask.out).unwrap_or_default()
}

struct Mask<'m> {
    out: Vec<u8>,
    /// The ranges of keys and values.
    taken: Vec<Range<usize>>,
    is_plain: &'m dyn Fn(&str) -> bool,
}

impl Mask<'_> {
    fn table(&mut self, table: &DeTable, path: &str) {
        for (key, value) in table.iter() {
            self.taken.push(key.span());
            let path = super::source::join(path, key.get_ref());
            self.value(value.get_ref(), value.span(), &path);
        }
    }

    fn value(&mut self, value: &DeValue, span: Range<usize>, path: &str) {
        match value {
            DeValue::Table(table) => self.table(table, path),
            DeValue::Array(items) => {
                items.iter().for_each(|item| self.value(item.get_ref(), item.span(), path));
            }
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => {
                self.taken.push(span.clone());
                let hidden = if (self.is_plain)(path) { self.credentials(span) } else { span };
                star(&mut self.out, hidden);
            }
        }
    }

    /// The credentials before the host, if a value is an address.
    fn credentials(&self, span: Range<usize>) -> Range<usize> {
        let value = &self.out[span.clone()];
        let Some(end) = value.iter().rposition(|byte| *byte == b'@') else { return span.start..span.start };
        let scheme = value.windows(3).position(|part| part == b"://").filter(|at| *at < end);
        let quotes = value.iter().take_while(|byte| [b'"', b'\''].contains(byte)).count();
        span.start + scheme.map_or(quotes, |at| at + 3)..span.start + end
    }

    fn comments(&mut self) {
        self.taken.sort_by_key(|range| range.start);
        let mut taken = std::mem::take(&mut self.taken).into_iter().peekable();
        let mut at = 0;
        while at < self.out.len() {
            while taken.peek().is_some_and(|range| range.end <= at) {
                taken.next();
            }
            match taken.peek() {
                Some(range) if range.contains(&at) => at = range.end,
                _ if self.out[at] == b'#' => {
                    let end = self.out[at..].iter().position(|byte| *byte == b'\n');
                    let end = end.map_or(self.out.len(), |length| at + length);
                    star(&mut self.out, at + 1..end);
                    at = end;
                }
                _ => at += 1,
            }
        }
    }
}

fn star(out: &mut [u8], range: Range<usize>) {
    for byte in out.get_mut(range).into_iter().flatten() {
        if !byte.is_ascii_whitespace() {
            *byte = b'*';
        }
    }
}

/// Masks the text of a file that is not valid TOML, where the ends of values are unknown. It shows headers, and keys up
/// to their `=`. It shows nothing of a line that continues the one before, and nothing at all after a quote that its
/// own line does not close.
pub fn unknown(text: &str) -> String {
    let mut out = text.as_bytes().to_vec();
    let (mut start, mut depth, mut is_lost) = (0, 0usize, false);
    for line in text.split_inclusive('\n') {
        let shown = match is_lost || depth > 0 {
            true => 0,
            false => shown(line),
        };
        star(&mut out, start + shown..start + line.len());
        // A line whose own brackets are not balanced is not a header.
        let is_header = depth == 0 && is_header(line);
        let (opened, closed, is_closed) = if is_header { (0, 0, true) } else { brackets(line) };
        depth = (depth + opened).saturating_sub(closed);
        is_lost |= !is_closed;
        start += line.len();
    }
    String::from_utf8(out).unwrap_or_default()
}

/// The length of the part of a line that may be shown, if the line begins an entry.
fn shown(line: &str) -> usize {
    if is_header(line) {
        return line.find('#').unwrap_or(line.len());
    }
    match line.find('=') {
        Some(at) if is_key(&line[..at], true) => at + 1,
        _ => 0,
    }
}

/// True if a line is a header such as `[a.b]`, or was meant to be one.
fn is_header(line: &str) -> bool {
    let line = line.split('#').next().unwrap_or_default().trim();
    let inner = line.strip_prefix('[').map(|rest| rest.trim_start_matches('[').trim_end_matches(']'));
    inner.is_some_and(|inner| is_key(inner, false))
}

/// True if a text is a key such as `a.b`; with `quoted`, its parts may also be in quotes.
fn is_key(text: &str, quoted: bool) -> bool {
    let is_bare = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let inner = |part: &str| {
        let quote = part.chars().next().filter(|quote| ['"', '\''].contains(quote))?;
        part.strip_prefix(quote)?.strip_suffix(quote).map(is_bare)
    };
    text.split('.')
        .map(str::trim)
        .all(|part| !part.is_empty() && (is_bare(part) || (quoted && inner(part) == Some(true))))
}

/// The number of brackets that a line opens and closes outside of quotes, and whether every quote is closed.
fn brackets(line: &str) -> (usize, usize, bool) {
    let (mut opened, mut closed) = (0, 0);
    let mut rest = line;
    while let Some(at) = rest.find(['"', '\'', '#', '[', ']', '{', '}']) {
        let found = rest.as_bytes()[at];
        let more = &rest[at..];
        match found {
            b'#' => break,
            b'[' | b'{' => opened += 1,
            b']' | b'}' => closed += 1,
            quote => {
                let quote = quote as char;
                let triple = quote.to_string().repeat(3);
                let length = if more.starts_with(&triple) { 3 } else { 1 };
                let Some(end) = end_of(&more[length..], &triple[..length], quote == '"') else {
                    return (opened, closed, false);
                };
                rest = &more[length + end..];
                continue;
            }
        }
        rest = &more[1..];
    }
    (opened, closed, true)
}

/// The end of a text that began with this quote, including the closing quote.
fn end_of(text: &str, quote: &str, has_escapes: bool) -> Option<usize> {
    let mut at = 0;
    while at < text.len() {
        if has_escapes && text[at..].starts_with('\\') {
            at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8);
        } else if text[at..].starts_with(quote) {
            return Some(at + quote.len());
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_file_that_is_no_toml_only_keys_are_shown() {
        for (text, shown) in [
            ("[platform.mitel]\npassword = \"x\" # y\n", "[platform.mitel]\npassword = *** * *\n"),
            ("a.\"b\".c=x\n[a.b\nb = 2", "a.\"b\".c=*\n[a.b\nb = *"),
            ("password: \"x\"\nx = 1", "********* ***\nx = *"),
            ("users = { a = \"x\",\n b = \"x\"\n}\nnext = 1", "users = * * * ****\n * * ***\n*\nnext = *"),
            ("pins = [\n \"x=y\",\n[x]\n]\n[next]", "pins = *\n ******\n***\n*\n[next]"),
            ("a = \"x\nb = 1\n[c]\n", "a = **\n* * *\n***\n"),
            ("a = '''x\nb = 1\n'''\nc = 2\n", "a = ****\n* * *\n***\n* * *\n"),
            ("a = \"\"\"x=\"\"\"\nb = 'it''s'\nc = 2", "a = ********\nb = *******\nc = *"),
            ("# it's\na = \"\\\"\" # it's\nb = 2", "* ****\na = **** * ****\nb = *"),
            ("password x = y", "******** * * *"),
        ] {
            assert_eq!(unknown(text), shown, "{text}");
        }
    }

    #[test]
    fn of_a_file_that_is_toml_plain_values_are_shown_without_credentials() {
        let text = "a = 1 # x\n'q#r' = \"x#y\"\nurl = 'http://u:p@h/'\nb = [1, { c = '''x\ny''' }]\n'ä' = \"ö\"\n";
        let table = DeTable::parse(text).unwrap();
        let masked = known(text, table.get_ref(), &|path| path != "b.c" && path != "ä");
        assert_eq!(
            masked,
            "a = 1 # *\n'q#r' = \"x#y\"\nurl = 'http://***@h/'\nb = [1, { c = ****\n**** }]\n'ä' = ****\n"
        );
    }
}
