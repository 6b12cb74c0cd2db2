//! Syntax errors of a configuration, one for each mistake, with what to write instead. A bracket that is not closed makes
//! everything after it wrong: it is the one mistake then, and its place is where it was opened.

use std::ops::Range;

use toml::de::Error;

/// The mistakes behind the errors of the parser, each with its place.
pub fn mistakes(text: &str, errors: &[Error]) -> Vec<(Range<usize>, String)> {
    if let Some(at) = unclosed(text).filter(|_| errors.iter().any(|error| error.message().starts_with("unclosed"))) {
        let (open, close) = if text.as_bytes()[at] == b'{' { ("{", "}") } else { ("[", "]") };
        return vec![(at..at + 1, format!("`{open}` is not closed: write `{close}` where it ends"))];
    }
    errors.iter().map(|error| (error.span().unwrap_or(0..0), said(error.message()))).collect()
}

fn said(message: &str) -> String {
    let help = match message {
        "duplicate key" => ": it is given above, in the same table; remove one of them",
        "key with no value, expected `=`" => ": write key = value",
        "invalid basic string, expected `\"`" => ": the text ends with its line; write the closing quote",
        "string values must be quoted, expected literal string" => ": write it in quotes",
        _ => "",
    };
    format!("{message}{help}")
}

/// The first bracket that is not closed, outside strings and comments.
fn unclosed(text: &str) -> Option<usize> {
    let mut open = Vec::new();
    let mut at = 0;
    while let Some(found) = text.get(at..)?.find(['"', '\'', '#', '[', ']', '{', '}']).map(|found| at + found) {
        let rest = &text[found..];
        at = found + 1;
        match text.as_bytes()[found] {
            b'[' | b'{' => open.push(found),
            b']' | b'}' => _ = open.pop(),
            b'#' => at = rest.find('\n').map_or(text.len(), |end| found + end),
            quote => at = found + string(rest, quote as char),
        }
    }
    open.first().copied()
}

/// The length of the string at the start of a text, with its quotes. A string of one line ends with its line at the latest.
fn string(text: &str, quote: char) -> usize {
    let triple = quote.to_string().repeat(3);
    if let Some(rest) = text.strip_prefix(triple.as_str()) {
        return rest.find(&triple).map_or(text.len(), |end| end + 6);
    }
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return at,
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use toml::de::DeTable;

    use super::*;

    #[test]
    fn a_bracket_that_is_not_closed_is_one_mistake() {
        for (text, place, part) in [
            ("pins = { 77 = \"}\"\n[b]\nc = 1\n", 7, "write `}`"),
            ("list = [ 1, # ]\n 2\nb = 1\n", 7, "write `]`"),
            ("a = 1\nb = { c = [1, 2 }\nd = ''']'''", 10, "write `}`"),
            ("a = \"x\nb = 1\n", 6, "closing quote"),
            ("a = x\n", 4, "in quotes"),
            ("a = 1\na = 2\n", 6, "remove one"),
            ("a 1\n", 2, "write key = value"),
        ] {
            let (_, errors) = DeTable::parse_recoverable(text);
            let found = mistakes(text, &errors);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(found[0].1.contains(part), "{text}: {found:?}");
            assert_eq!(found[0].0.start, place, "{text}: {found:?}");
        }
    }
}
