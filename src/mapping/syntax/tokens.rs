//! The text of an expression → its tokens, with their places.

use std::ops::Range;

use super::Mistake;

#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    Name(String),
    Text(String),
    Number(i64),
    Sign(&'static str),
    End,
}

const SIGNS: [&str; 19] =
    ["??", "==", "!=", "<=", ">=", "<", ">", "=", "[", "]", "(", ")", ".", ",", "+", "-", "*", "/", "%"];

/// The words that a value stands behind.
const WORDS: [&str; 6] = ["or", "and", "not", "if", "then", "else"];

pub const MINUS: &str = "a minus has spaces around it: `a - b`";

pub fn tokens(text: &str) -> Result<Vec<(Token, Range<usize>)>, Mistake> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let run = |fits: fn(char) -> bool| rest.find(|c| !fits(c)).unwrap_or(rest.len());
        let (token, length) = if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        } else if c.is_ascii_alphabetic() || c == '_' {
            let length = run(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
            if rest[..length].ends_with('-') {
                return Err(Mistake { span: at..at + length, text: MINUS.into() });
            }
            (Token::Name(rest[..length].to_owned()), length)
        } else if c.is_ascii_digit() || (c == '-' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
            let length = 1 + rest[1..].find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len() - 1);
            let number = rest[..length].parse();
            let span = at..at + length;
            // Right behind another value, this is a minus that lacks its spaces.
            let ends_value = |token: &Token| match token {
                Token::Name(name) => !WORDS.contains(&name.as_str()),
                Token::Text(_) | Token::Number(_) => true,
                Token::Sign(sign) => matches!(*sign, ")" | "]"),
                Token::End => false,
            };
            if c == '-' && tokens.last().is_some_and(|(token, _)| ends_value(token)) {
                return Err(Mistake { span, text: MINUS.into() });
            }
            (Token::Number(number.map_err(|_| Mistake { span, text: "the number is too large".into() })?), length)
        } else if c == '\'' {
            let Some(end) = rest[1..].find('\'') else {
                return Err(Mistake { span: at..text.len(), text: "the text has no end".into() });
            };
            (Token::Text(rest[1..1 + end].to_owned()), end + 2)
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (Token::Sign(sign), sign.len())
        } else {
            return Err(Mistake { span: at..at + c.len_utf8(), text: format!("unexpected {c:?}") });
        };
        tokens.push((token, at..at + length));
        at += length;
    }
    tokens.push((Token::End, text.len()..text.len()));
    Ok(tokens)
}
