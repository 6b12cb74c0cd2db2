//! Losses as one screen of text, and whole as Markdown. What does not fit on the screen is counted by theme.

use std::fmt::Write;

use super::losses::{Loss, Losses, Section};

/// The size of the screen, in characters.
const WIDTH: usize = 100;
const LINES: usize = 40;
/// The width of the names of messages and fields.
const NAMES: usize = 40;
/// The most lines of one reason.
const REASON_LINES: usize = 2;

const WHOLE: &str =
    "Nothing: an application of the platform's own dialect gets every message whole; ids are rewritten.";

impl Losses {
    /// One screen.
    pub fn screen(&self) -> String {
        let mut title = format!("Lost between {} (platform) and {} (application)", self.from, self.to);
        if let Some(messages) = self.capture {
            let _ = write!(title, ", and how often in {messages} messages");
        }
        if self.whole {
            return format!("{}\n\n{WHOLE}\n", cut(&title, WIDTH));
        }
        let texts: Vec<Vec<Vec<String>>> =
            self.sections.iter().map(|section| section.losses.iter().map(|loss| self.lines(loss)).collect()).collect();
        let needed: Vec<usize> = texts.iter().map(|losses| losses.iter().map(Vec::len).sum()).collect();
        // Besides the losses there are the title, the two lines at the end, and an empty line and a title for each section.
        let room = shares(&needed, LINES - 4 - 2 * self.sections.len());
        let mut out = cut(&title, WIDTH) + "\n";
        for ((section, losses), room) in self.sections.iter().zip(&texts).zip(&room) {
            let _ = writeln!(out, "\n{}", cut(&section.headline(), WIDTH));
            let needed: usize = losses.iter().map(Vec::len).sum();
            let mut left = if needed > *room { room.saturating_sub(1) } else { *room };
            let mut shown = 0;
            while losses.get(shown).is_some_and(|lines| lines.len() <= left) {
                left -= losses[shown].len();
                losses[shown].iter().for_each(|line| _ = writeln!(out, "{line}"));
                shown += 1;
            }
            if shown < losses.len() {
                let _ = writeln!(out, "{}", cut(&rest(section, shown), WIDTH));
            }
        }
        let all = format!("cti-bridge coverage --losses --from {} --to {} --format markdown", self.from, self.to);
        let _ = write!(out, "\n{}\n", cut(&format!("All of it: {all}"), WIDTH));
        out
    }

    /// The lines of a loss: names on the left, and the reason beside them.
    fn lines(&self, loss: &Loss) -> Vec<String> {
        let count = match (self.capture, loss.count) {
            (None, _) => String::new(),
            (Some(_), None) => "       - ".to_owned(),
            (Some(_), Some(count)) => format!("{count:>8} "),
        };
        let names = names(loss, NAMES - 2 - count.len());
        let reason = if loss.sometimes { format!("sometimes: {}", loss.reason) } else { loss.reason.clone() };
        let mut lines = Vec::new();
        for (place, part) in wrapped(&reason, WIDTH - NAMES - 2).into_iter().enumerate() {
            let left = if place == 0 { format!("  {count}{names}") } else { String::new() };
            lines.push(format!("{left:<NAMES$}  {part}"));
        }
        lines
    }

    /// Everything, as Markdown.
    pub fn markdown(&self) -> String {
        let mut out = format!("## {} → {}\n", self.from, self.to);
        if self.whole {
            let _ = writeln!(out, "\n{WHOLE}");
        }
        for section in &self.sections {
            let _ = writeln!(out, "\n### {}\n", section.headline());
            if section.losses.is_empty() {
                continue;
            }
            let counts = self.capture.is_some();
            let _ = writeln!(out, "| what | why |{}", if counts { " in the capture |" } else { "" });
            let _ = writeln!(out, "|---|---|{}", if counts { "---:|" } else { "" });
            for loss in &section.losses {
                let sometimes = if loss.sometimes { "sometimes: " } else { "" };
                let count = loss.count.map_or_else(|| "-".to_owned(), |count| count.to_string());
                let count = if counts { format!(" {count} |") } else { String::new() };
                let (names, reason) = (names(loss, usize::MAX), loss.reason.replace('|', "\\|"));
                let _ = writeln!(out, "| {names} | {sometimes}{reason} |{count}");
            }
        }
        out
    }
}

impl Section {
    fn headline(&self) -> String {
        let sometimes = self.losses.iter().filter(|loss| loss.sometimes).flat_map(|loss| &loss.places);
        let mut sometimes: Vec<&str> = sometimes.map(|place| place.message.as_str()).collect();
        sometimes.sort_unstable();
        sometimes.dedup();
        let also = if sometimes.is_empty() { String::new() } else { format!(", and {} sometimes", sometimes.len()) };
        format!("{}: {} of {} {}{also}", self.title, self.lost(), self.of, self.unit)
    }
}

/// The names of a loss in at most so many characters. A field that several messages have is named once.
fn names(loss: &Loss, most: usize) -> String {
    let mut fields: Vec<(String, usize, &str)> = Vec::new();
    for place in &loss.places {
        let name = place.field.as_deref().unwrap_or(&place.message);
        match fields.iter_mut().find(|(known, _, _)| known == name) {
            Some((_, count, _)) => *count += 1,
            None => fields.push((name.to_owned(), 1, &place.message)),
        }
    }
    let is_field = loss.places.iter().any(|place| place.field.is_some());
    let names: Vec<String> = fields
        .into_iter()
        .map(|(name, count, message)| match count {
            1 if is_field => format!("{message}.{name}"),
            1 => name,
            count => format!("{name} ({count}×)"),
        })
        .collect();
    let mut out = String::new();
    for (place, name) in names.iter().enumerate() {
        let more = names.len() - place - 1;
        let lead = if place == 0 { "" } else { ", " };
        let tail = if more == 0 { 0 } else { format!(" + {more}").len() };
        if place > 0 && out.chars().count() + lead.len() + name.chars().count() + tail > most {
            let _ = write!(out, " + {}", more + 1);
            return out;
        }
        let room = most.saturating_sub(tail);
        out += lead;
        out += &if place == 0 { cut(name, room) } else { name.clone() };
    }
    out
}

/// What is left of a section after so many losses, by theme.
fn rest(section: &Section, shown: usize) -> String {
    let left = &section.losses[shown..];
    let mut themes: Vec<(&str, usize)> = Vec::new();
    for loss in left {
        match themes.iter_mut().find(|(theme, _)| *theme == loss.theme) {
            Some((_, count)) => *count += loss.places.len(),
            None => themes.push((loss.theme, loss.places.len())),
        }
    }
    themes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let count: usize = themes.iter().map(|(_, count)| count).sum();
    let mut line = format!("  and {count} more:");
    for (place, (theme, count)) in themes.iter().enumerate() {
        let further: usize = themes[place..].iter().map(|(_, count)| count).sum();
        let (lead, tail) = (if place == 0 { "" } else { "," }, format!(", others {further}"));
        let part = format!("{lead} {theme} {count}");
        if line.len() + part.len() + tail.len() > WIDTH {
            return line + &tail;
        }
        line += &part;
    }
    line
}

/// Divides lines among sections, one after the other, until each has what it needs or none are left.
fn shares(needed: &[usize], mut room: usize) -> Vec<usize> {
    let mut shares = vec![0; needed.len()];
    while room > 0 {
        let mut given = false;
        for (share, needed) in shares.iter_mut().zip(needed) {
            if *share < *needed && room > 0 {
                (*share, room, given) = (*share + 1, room - 1, true);
            }
        }
        if !given {
            break;
        }
    }
    shares
}

/// The text in lines of at most so many characters; what is longer than the lines allow is cut.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        let length = lines[last].chars().count();
        if length == 0 || length + 1 + word.chars().count() <= width || lines.len() == REASON_LINES {
            let lead = if length == 0 { "" } else { " " };
            lines[last] += &format!("{lead}{word}");
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.iter().map(|line| cut(line, width)).collect()
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    kept.trim_end().to_owned() + "…"
}
