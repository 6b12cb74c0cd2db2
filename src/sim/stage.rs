//! Two columns for a terminal: what goes in on the left, what comes out on the right.

/// The width of the left column.
const LEFT: usize = 56;

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

    pub fn row(&self, left: &str, right: &str) {
        let pad = LEFT.saturating_sub(left.chars().count());
        (self.print)(format!("{left}{}{right}", " ".repeat(pad)).trim_end());
    }

    pub fn chapter(&self, text: &str) {
        (self.print)("");
        (self.print)(&format!("▶ {text}"));
    }
}
