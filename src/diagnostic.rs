//! Errors in files that a person wrote, with their place: the one form of report for vocabularies, rules, examples and the
//! configuration. This module does not know the meaning of the files.

use std::{ops::Range, sync::Arc};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::one_line::one_line;

/// A text file, with the name that its author knows.
#[derive(Debug)]
pub struct Source {
    /// The name to print: a path, or `built in: …` for a file in the binary.
    pub name: String,
    pub text: String,
    /// The two files that are read as this one.
    joined: Option<[Arc<Source>; 2]>,
}

impl Source {
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Source> {
        Arc::new(Source { name: name.into(), text: text.into(), joined: None })
    }

    /// Two files that are read as one. Errors are shown in the one that they are from.
    pub fn joined(first: &Arc<Source>, second: &Arc<Source>) -> Arc<Source> {
        let text = format!("{}\n{}", first.text, second.text);
        Arc::new(Source { name: second.name.clone(), text, joined: Some([first.clone(), second.clone()]) })
    }

    /// The file, and the place in it, of a place in the text.
    fn origin(self: &Arc<Source>, span: Range<usize>) -> (Arc<Source>, Range<usize>) {
        let Some([first, second]) = &self.joined else { return (self.clone(), span) };
        match span.start.checked_sub(first.text.len() + 1) {
            Some(start) => (second.clone(), start..start + span.len()),
            None => (first.clone(), span),
        }
    }

    /// Line and column, both from 1, of a byte offset; columns count characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..self.text.floor_char_boundary(offset)];
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (line, before[start..].chars().count() + 1)
    }
}

/// One error, with its place and, if there is one, its fix.
#[derive(Debug, Clone)]
pub struct Problem {
    pub source: Arc<Source>,
    pub span: Range<usize>,
    pub text: String,
    pub help: Option<String>,
}

impl Problem {
    /// The report for a person: file, line, column, the line itself, and the help.
    pub fn render(&self, renderer: &Renderer) -> String {
        let end = self.span.end.min(self.source.text.len());
        let span = self.span.start.min(end)..end;
        let mut annotation = AnnotationKind::Primary.span(span);
        if let Some(help) = &self.help {
            annotation = annotation.label(help.as_str());
        }
        let snippet = Snippet::source(self.source.text.as_str()).path(self.source.name.as_str()).annotation(annotation);
        let group: Group = Level::ERROR.primary_title(self.text.as_str()).element(snippet);
        renderer.render(&[group])
    }
}

/// All errors, in the order in which they were found, so that they are reported at once.
#[derive(Debug, Default)]
pub struct Problems {
    list: Vec<Problem>,
}

impl Problems {
    pub fn add(&mut self, source: &Arc<Source>, span: Range<usize>, text: impl Into<String>) {
        self.add_with_help(source, span, text, None);
    }

    pub fn add_with_help(
        &mut self,
        source: &Arc<Source>,
        span: Range<usize>,
        text: impl Into<String>,
        help: Option<String>,
    ) {
        // Line ends in quoted text from outside are escaped.
        let (text, help) = (one_line(&text.into()).into_owned(), help.map(|help| one_line(&help).into_owned()));
        let (source, span) = source.origin(span);
        let problem = Problem { source, span, text, help };
        // A value that is used in several places is read several times; its error is reported once.
        let is_same = |other: &Source| other.name == problem.source.name && other.text == problem.source.text;
        let known = |other: &Problem| {
            other.span == problem.span
                && other.text == problem.text
                && (Arc::ptr_eq(&other.source, &problem.source) || is_same(&other.source))
        };
        if !self.list.iter().any(known) {
            self.list.push(problem);
        }
    }

    /// Reports an unknown name, with the nearest known one.
    pub fn unknown<'a>(
        &mut self,
        source: &Arc<Source>,
        span: Range<usize>,
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) {
        let help = nearest(name, known).map(|right| format!("did you mean `{right}`?"));
        self.add_with_help(source, span, format!("unknown {what} `{name}`"), help);
    }

    /// From now on, reports show the problems of one source with the text of another, in which all offsets are the same.
    pub fn show(&mut self, source: &Arc<Source>, instead: &Arc<Source>) {
        for problem in self.list.iter_mut().filter(|problem| Arc::ptr_eq(&problem.source, source)) {
            problem.source = instead.clone();
        }
    }

    /// Whether something was reported at this place.
    pub fn has_at(&self, source: &Arc<Source>, span: Range<usize>) -> bool {
        let (source, span) = source.origin(span);
        self.list.iter().any(|known| Arc::ptr_eq(&known.source, &source) && known.span == span)
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.list.iter()
    }

    /// All reports, one after the other, as plain text without colours.
    pub fn render(&self) -> String {
        let renderer = Renderer::plain();
        self.list.iter().map(|problem| problem.render(&renderer) + "\n").collect()
    }
}

/// The question after an unknown name, with the known name that is most similar; empty if none is similar enough.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, known).map(|right| format!(" (did you mean `{right}`?)")).unwrap_or_default()
}

/// The known name that is most similar to `name`, if any is similar enough.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let alike = |candidate: &str| strsim::jaro_winkler(&lower, &candidate.to_lowercase());
    known
        .into_iter()
        .map(|candidate| (alike(candidate), candidate))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_shows_file_line_column_the_line_and_the_nearest_name() {
        let source = Source::new("rules.toml", "[on.established]\nset.party = \"joining-devce\"\n");
        let mut problems = Problems::default();
        let start = source.text.find("joining").unwrap();
        problems.unknown(&source, start..start + 13, "field", "joining-devce", ["joining-device", "cause"]);
        let report = problems.render();
        for part in
            ["unknown field `joining-devce`", "rules.toml:2:14", "set.party =", "did you mean `joining-device`?"]
        {
            assert!(report.contains(part), "{part:?} is missing in:\n{report}");
        }
    }

    #[test]
    fn nothing_alike_is_no_help() {
        assert_eq!(nearest("zzz", ["guid", "cause"]), None);
        assert_eq!(nearest("callid", ["CallId", "AgentId"]), Some("CallId"));
    }

    #[test]
    fn positions_count_characters() {
        let source = Source::new("a", "x\näö=1");
        assert_eq!(source.position(source.text.find('=').unwrap()), (2, 3));
    }
}
