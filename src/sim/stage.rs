//! Two columns on a terminal: the platform on the left, the application on the right. It owns widths, colours and the names of
//! people beside their ids; what is shown is the demo's.

use std::cell::RefCell;

/// How a terminal shows the stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// The most characters of a line.
    pub width: usize,
    pub has_colour: bool,
}

impl Look {
    /// The widths at which two columns can be read.
    pub const NARROWEST: usize = 80;
    pub const WIDEST: usize = 140;

    fn left(self) -> usize {
        self.width.clamp(Look::NARROWEST, Look::WIDEST) * 45 / 100
    }

    fn right(self) -> usize {
        self.width.clamp(Look::NARROWEST, Look::WIDEST) - self.left()
    }
}

/// Someone who appears: what an id is called in either column, the id, and the name.
pub type Person = (&'static str, i64, &'static str);

pub struct Stage {
    print: fn(&str),
    look: Look,
    people: &'static [Person],
    /// The lines of a left cell that are longer than the right one's: rows without a left cell stand beside them.
    rest: RefCell<Vec<String>>,
}

/// Codes of ANSI terminals.
const BOLD: &str = "1";
const DIM: &str = "2";
const GREEN: &str = "32";
const CYAN: &str = "36";

impl Stage {
    pub fn new(print: fn(&str), look: Look, people: &'static [Person]) -> Stage {
        Stage { print, look, people, rest: RefCell::default() }
    }

    /// The heads of the columns, and what a reader needs to know.
    pub fn title(&self, left: &str, right: &str, legend: &[&str]) {
        let rule = |width: usize| "─".repeat(width - 2);
        self.cells(left, right, |_| BOLD);
        self.end_row();
        self.cells(&rule(self.look.left()), &rule(self.look.right()), |_| DIM);
        for text in legend {
            for line in fold(text, self.look.left() + self.look.right(), "   ") {
                self.line(&paint(&line, DIM, self.look));
            }
        }
    }

    /// One row, wrapped to as many lines as its texts need.
    pub fn row(&self, left: &str, right: &str) {
        self.cells(&self.named(left), &self.named(right), |text| match text.chars().next() {
            Some('→') => GREEN,
            Some('←') => CYAN,
            Some('·' | '(') => DIM,
            _ => "",
        });
    }

    pub fn chapter(&self, text: &str) {
        self.end_row();
        self.line("");
        for line in fold(&format!("▶ {text}"), self.look.left() + self.look.right(), "  ") {
            self.line(&paint(&line, BOLD, self.look));
        }
    }

    fn cells(&self, left: &str, right: &str, style: impl Fn(&str) -> &'static str) {
        let width = self.look.left();
        let cell = |text: &str, width: usize| -> Vec<String> {
            fold(text, width, "    ").iter().map(|line| paint(line, style(text), self.look)).collect()
        };
        if !left.is_empty() {
            self.end_row();
            *self.rest.borrow_mut() = cell(left, width - 2);
        }
        let right = if right.is_empty() { Vec::new() } else { cell(right, self.look.right()) };
        let mut rest = self.rest.borrow_mut();
        let count = right.len().max(1).min(rest.len());
        let left: Vec<String> = rest.drain(..count).collect();
        drop(rest);
        for place in 0..right.len().max(1) {
            let part = |side: &[String]| side.get(place).cloned().unwrap_or_default();
            let (left, right) = (part(&left), part(&right));
            let gap = if right.is_empty() { 0 } else { width - shown(&left) };
            self.line(&format!("{left}{}{right}", " ".repeat(gap)));
        }
    }

    /// Shows what is left of the last row.
    fn end_row(&self) {
        self.rest.take().iter().for_each(|line| self.line(line));
    }

    fn line(&self, text: &str) {
        (self.print)(text);
    }

    /// The text, with the names of people behind their ids.
    fn named(&self, text: &str) -> String {
        let mut named = String::new();
        for word in text.split_inclusive(' ') {
            named += word.trim_end();
            let of_id = |(title, id, _): &&Person| named.ends_with(&format!("{title}{id}"));
            if let Some((.., name)) = self.people.iter().find(of_id) {
                named += &format!(" ({name})");
            }
            named += &word[word.trim_end().len()..];
        }
        named
    }
}

fn paint(text: &str, style: &str, look: Look) -> String {
    match look.has_colour && !style.is_empty() && !text.is_empty() {
        true => format!("\x1b[{style}m{text}\x1b[0m"),
        false => text.to_owned(),
    }
}

/// The number of characters that a line takes on the terminal: without the codes of its colour.
fn shown(line: &str) -> usize {
    let parts = line.split('\x1b');
    parts
        .map(|part| part.strip_prefix('[').and_then(|code| code.split_once('m')).map_or(part, |(_, text)| text))
        .map(|text| text.chars().count())
        .sum()
}

/// Breaks a text between words into lines of at most `width` characters. Continuation lines are indented.
fn fold(text: &str, width: usize, indent: &str) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.len() - 1;
        let used = lines[line].chars().count();
        if used > 0 && used + 1 + word.chars().count() > width {
            lines.push(format!("{indent}{word}"));
        } else {
            if used > 0 {
                lines[line].push(' ');
            }
            lines[line].push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_named_behind_their_ids_and_nobody_else_is() {
        const PEOPLE: &[Person] = &[("agent ", 40, "Ann"), ("RecID=", 40, "Ann")];
        let stage = Stage::new(|_| {}, Look { width: 80, has_colour: false }, PEOPLE);
        for (text, named) in [
            ("→ held 900 agent 40", "→ held 900 agent 40 (Ann)"),
            ("HOLD RecID=40 CallID=40", "HOLD RecID=40 (Ann) CallID=40"),
            ("agent 400", "agent 400"),
        ] {
            assert_eq!(stage.named(text), named);
        }
    }

    #[test]
    fn codes_of_colours_take_no_room() {
        let look = Look { width: 80, has_colour: true };
        assert_eq!(shown(&paint("→ held", GREEN, look)), 6);
        assert_eq!(shown("→ held [m"), 9);
    }

    #[test]
    fn lines_are_folded_between_words() {
        assert_eq!(fold("one two three", 7, "  "), ["one two", "  three"]);
        assert_eq!(fold("", 7, "  "), [""]);
    }
}
