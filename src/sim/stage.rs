//! Two columns on a terminal: the platform on the left, the application on the right.

/// The width of the left column.
const LEFT: usize = 56;
/// The width of the right column.
const RIGHT: usize = 62;

pub struct Stage {
    print: fn(&str),
}

impl Stage {
    pub fn new(print: fn(&str)) -> Stage {
        Stage { print }
    }

    pub fn title(&self, left: &str, right: &str) {
        self.row(left, right);
        self.row(&"─".repeat(LEFT - 2), &"─".repeat(LEFT - 2));
    }

    /// Prints one row, wrapped to as many lines as its texts need.
    pub fn row(&self, left: &str, right: &str) {
        let (left, right) = (fold(left, LEFT - 2), fold(right, RIGHT));
        for place in 0..left.len().max(right.len()) {
            let part = |side: &[String]| side.get(place).cloned().unwrap_or_default();
            (self.print)(format!("{:LEFT$}{}", part(&left), part(&right)).trim_end());
        }
    }

    pub fn chapter(&self, text: &str) {
        (self.print)("");
        (self.print)(&format!("▶ {text}"));
    }
}

/// Breaks a text between words into lines of at most `width` characters. Continuation lines are indented.
fn fold(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.len() - 1;
        let used = lines[line].chars().count();
        if used > 0 && used + 1 + word.chars().count() > width {
            lines.push(format!("    {word}"));
        } else {
            if used > 0 {
                lines[line].push(' ');
            }
            lines[line].push_str(word);
        }
    }
    lines
}
