//! Just enough of Rust's grammar for the rules of this folder: identifiers, literals and punctuation of a source, without
//! comments and without the items behind `#[cfg(test)]`. It does not parse, and it knows no macros.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What a token is; its text is without quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sort {
    Identifier,
    /// A string literal of any kind.
    Text,
    /// A lifetime, a character or a number, of which no rule asks.
    Other,
    Punctuation,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub sort: Sort,
    pub text: String,
    pub line: usize,
}

/// All sources under a folder, by path.
pub fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from(folder)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Whether a file belongs to the tests as a whole.
pub fn is_test(path: &Path) -> bool {
    path.iter().any(|part| part == "tests" || part == "tests.rs")
}

/// The tokens of a source that the program is made of.
pub fn program(source: &str) -> Vec<Token> {
    without_tests(tokens(source))
}

/// The paths from `crate` that a source names, without `crate`: those of groups one by one, `self` as the group's own.
pub fn paths(source: &str) -> Vec<Vec<String>> {
    let tokens = program(source);
    let mut found = Vec::new();
    for place in tokens.iter().enumerate().filter(|(_, token)| token.text == "crate").map(|(place, _)| place) {
        if let Some(rest) = behind_colons(&tokens[place + 1..]) {
            branch(rest, &mut Vec::new(), &mut found);
        }
    }
    found
}

/// Adds the paths that begin with `stem` and go on here; returns the tokens behind them.
fn branch<'t>(mut tokens: &'t [Token], stem: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> &'t [Token] {
    match tokens.first() {
        Some(token) if token.text == "{" => {
            tokens = &tokens[1..];
            while tokens.first().is_some_and(|token| token.text != "}") {
                tokens = branch(tokens, stem, found);
                // Behind a member there may be its new name.
                let end = tokens.iter().position(|token| matches!(token.text.as_str(), "," | "}"));
                tokens = &tokens[end.unwrap_or(tokens.len())..];
                if tokens.first().is_some_and(|token| token.text == ",") {
                    tokens = &tokens[1..];
                }
            }
            tokens.get(1..).unwrap_or_default()
        }
        Some(token) => {
            let own = token.text == "self";
            stem.extend((!own).then(|| token.text.clone()));
            tokens = match behind_colons(&tokens[1..]) {
                Some(rest) => branch(rest, stem, found),
                None => {
                    found.push(stem.clone());
                    &tokens[1..]
                }
            };
            stem.truncate(stem.len() - usize::from(!own));
            tokens
        }
        None => tokens,
    }
}

fn behind_colons(tokens: &[Token]) -> Option<&[Token]> {
    let [first, second, rest @ ..] = tokens else { return None };
    (first.text == ":" && second.text == ":").then_some(rest)
}

fn tokens(source: &str) -> Vec<Token> {
    let mut reader = Reader { letters: source.chars().collect(), place: 0, line: 1 };
    std::iter::from_fn(|| reader.next()).collect()
}

struct Reader {
    letters: Vec<char>,
    place: usize,
    line: usize,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.letters.get(self.place + ahead).copied()
    }

    fn take(&mut self) -> Option<char> {
        let letter = self.peek(0)?;
        self.place += 1;
        self.line += usize::from(letter == '\n');
        Some(letter)
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(letter) = self.peek(0).filter(|letter| wanted(*letter)) {
            taken.push(letter);
            self.take();
        }
        taken
    }

    fn next(&mut self) -> Option<Token> {
        self.skip_blanks();
        let line = self.line;
        let (sort, text) = match self.peek(0)? {
            '"' => (Sort::Text, self.text()),
            '\'' => (Sort::Other, self.quoted()),
            letter if letter.is_ascii_digit() => (Sort::Other, self.take_while(is_of_word)),
            letter if is_of_word(letter) => self.word(),
            letter => {
                self.take();
                (Sort::Punctuation, letter.to_string())
            }
        };
        Some(Token { sort, text, line })
    }

    /// White space and comments, which may be nested.
    fn skip_blanks(&mut self) {
        loop {
            self.take_while(char::is_whitespace);
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('/')) => drop(self.take_while(|letter| letter != '\n')),
                (Some('/'), Some('*')) => self.skip_block(),
                _ => return,
            }
        }
    }

    fn skip_block(&mut self) {
        let mut depth = 0;
        loop {
            let step = match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => 1,
                (Some('*'), Some('/')) => -1,
                _ => 0,
            };
            depth += step;
            if self.take().is_none() {
                return;
            }
            if step != 0 {
                self.take();
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// An identifier, or a literal that begins like one.
    fn word(&mut self) -> (Sort, String) {
        let word = self.take_while(is_of_word);
        match (word.as_str(), self.peek(0)) {
            ("b" | "c", Some('"')) => (Sort::Text, self.text()),
            ("b", Some('\'')) => (Sort::Other, self.quoted()),
            ("r" | "br" | "cr", Some('"' | '#')) => {
                let hashes = self.take_while(|letter| letter == '#').len();
                match self.peek(0) {
                    Some('"') => (Sort::Text, self.raw_text(hashes)),
                    _ => (Sort::Identifier, self.take_while(is_of_word)),
                }
            }
            _ => (Sort::Identifier, word),
        }
    }

    fn text(&mut self) -> String {
        self.take();
        let mut text = String::new();
        while let Some(letter) = self.take().filter(|letter| *letter != '"') {
            text.push(letter);
            if letter == '\\' {
                text.extend(self.take());
            }
        }
        text
    }

    fn raw_text(&mut self, hashes: usize) -> String {
        self.take();
        let mut text = String::new();
        while let Some(letter) = self.take() {
            if letter == '"' && (0..hashes).all(|ahead| self.peek(ahead) == Some('#')) {
                self.place += hashes;
                break;
            }
            text.push(letter);
        }
        text
    }

    /// A character or a lifetime.
    fn quoted(&mut self) -> String {
        self.take();
        if self.peek(0) == Some('\\') {
            let mut text: String = [self.take(), self.take()].into_iter().flatten().collect();
            text += &self.take_while(|letter| letter != '\'');
            self.take();
            return text;
        }
        if self.peek(1) == Some('\'') {
            let text = self.take().into_iter().collect();
            self.take();
            return text;
        }
        self.take_while(is_of_word)
    }
}

fn is_of_word(letter: char) -> bool {
    letter == '_' || letter.is_alphanumeric()
}

const TESTS_FOLLOW: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];

fn without_tests(tokens: Vec<Token>) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut rest = &tokens[..];
    while let Some((first, behind)) = rest.split_first() {
        let follow =
            rest.len() >= TESTS_FOLLOW.len() && rest.iter().zip(TESTS_FOLLOW).all(|(token, text)| token.text == text);
        if follow {
            rest = &rest[TESTS_FOLLOW.len()..];
            rest = &rest[item(rest)..];
        } else {
            kept.push(first.clone());
            rest = behind;
        }
    }
    kept
}

/// The length of the item, field or statement that comes first.
fn item(tokens: &[Token]) -> usize {
    let mut depth = 0;
    for (place, token) in tokens.iter().enumerate().filter(|(_, token)| token.sort == Sort::Punctuation) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" if depth == 0 => return place,
            "}" if depth == 1 => return place + 1,
            ")" | "]" | "}" => depth -= 1,
            ";" | "," if depth == 0 => return place + 1,
            _ => {}
        }
    }
    tokens.len()
}

#[test]
fn sources_become_tokens() {
    let source = r####"
        /* a /* nested */ comment */ use crate::x; // and "another"
        /// `Hidden`
        fn read<'l>(one: &'l str) -> char {
            let r#type = "say \"hello\" // not a comment";
            let raw = r#"a "quoted" text"#; let bytes = b"bytes"; let c = ['\'', '"', b'x', '\u{7f}', 'y'];
            "last" + 0xff
        }
    "####;
    let of = |wanted| tokens(source).into_iter().filter(move |token| token.sort == wanted).map(|token| token.text);
    let texts: Vec<String> = of(Sort::Text).collect();
    assert_eq!(texts, ["say \\\"hello\\\" // not a comment", "a \"quoted\" text", "bytes", "last"]);
    let identifiers: Vec<String> = of(Sort::Identifier).collect();
    let expected = "use crate x fn read one str char let type let raw let bytes let c".split(' ').map(str::to_owned);
    assert_eq!(identifiers, expected.collect::<Vec<_>>());
    let others: Vec<String> = of(Sort::Other).collect();
    assert_eq!(others, ["l", "l", "\\'", "\"", "x", "\\u{7f}", "y", "0xff"]);
    assert_eq!(tokens(source).iter().find(|token| token.text == "last").unwrap().line, 7);
}

#[test]
fn paths_are_found_in_groups() {
    let source = "
        use crate::{a::B, c::{self, d::*, e as f}, g}; // crate::comment
        pub(crate) fn h(i: crate::j::K<crate::l::M>) {}
        #[cfg(test)]
        mod tests { use crate::n; }
    ";
    let found: Vec<String> = paths(source).iter().map(|path| path.join(".")).collect();
    assert_eq!(found, ["a.B", "c", "c.d.*", "c.e", "g", "j.K", "l.M"]);
}

#[test]
fn tests_are_no_part_of_the_program() {
    let source = "
        struct Kept { a: u8, #[cfg(test)] gone: Vec<(u8, u8)>, b: u8 }
        #[cfg(test)]
        #[must_use]
        fn gone() -> [u8; 2] { { [gone, gone] } }
        fn kept() { #[cfg(test)] gone(gone, gone); b }
        #[cfg(test)]
        mod gone;
        mod kept;
        #[cfg(test)]
        mod tests { fn gone() {} }
        fn last() {}
    ";
    let texts: Vec<String> = program(source).into_iter().map(|token| token.text).collect();
    let expected = "struct Kept { a : u8 , b : u8 } fn kept ( ) { b } mod kept ; fn last ( ) { }";
    assert_eq!(texts.join(" "), expected);
}
