//! Examples beside the rules: an input and its expected results. `incoming` and `outgoing` run their own (`trial`), in the
//! `check` command and in the tests.

use std::{ops::Range, sync::Arc};

use serde_json::Value;

use crate::{
    diagnostic::{Problems, Source},
    document::{Node, Table},
};

/// An example of a rule file, as JSON. Messages are compared in this form.
#[derive(Debug, Clone)]
pub struct Example {
    /// The message that is given is a request. Some dialects use one name for a request and its answer.
    pub asks: bool,
    pub given: Value,
    expect: Vec<Value>,
    source: Arc<Source>,
    span: Range<usize>,
}

impl Example {
    pub fn read(section: Table, asks: bool, problems: &mut Problems) -> Option<Example> {
        let given = section.get("given").map(|node| json(node, problems));
        let expect = section.get("expect").map(|node| json(node, problems));
        let (source, span) = (section.source().clone(), section.span());
        let missing = given.is_none() || expect.is_none();
        if missing {
            section.problem(problems, "an example has `given` and `expect`");
        }
        section.finish(problems);
        let Some(Value::Array(expect)) = expect else { return None };
        Some(Example { asks, given: given?, expect, source, span })
    }

    /// The input as a line of text.
    pub fn text(&self) -> String {
        self.given.to_string()
    }

    /// Compares the results with the expected ones.
    pub fn check(&self, got: Vec<Value>, problems: &mut Problems) {
        let alike =
            got.len() == self.expect.len() && self.expect.iter().zip(&got).all(|(expect, got)| within(expect, got));
        if !alike {
            let all = |list: &[Value]| match list {
                [] => "nothing".to_owned(),
                list => list.iter().map(Value::to_string).collect::<Vec<_>>().join(" and "),
            };
            self.complain(
                format!("this example expects {}, but the rules say {}", all(&self.expect), all(&got)),
                problems,
            );
        }
    }

    /// Reports a problem at the example's place.
    pub fn complain(&self, text: String, problems: &mut Problems) {
        problems.add(&self.source, self.span.clone(), text);
    }
}

fn json(node: Node, problems: &mut Problems) -> Value {
    if let Some(text) = node.as_text() {
        return text.into();
    }
    if let Some(number) = node.as_integer() {
        return number.into();
    }
    if let Some(value) = node.as_boolean() {
        return value.into();
    }
    if let Some(items) = node.as_array() {
        return items.into_iter().map(|item| json(item, problems)).collect();
    }
    let Some(table) = node.table(problems) else { return Value::Null };
    let entries = table.entries();
    Value::Object(entries.into_iter().map(|(key, node)| (key.name.to_owned(), json(node, problems))).collect())
}

/// True if everything that is expected is there. Members that are not mentioned may have any value.
fn within(expect: &Value, got: &Value) -> bool {
    match (expect, got) {
        (Value::Object(expect), Value::Object(got)) => {
            expect.iter().all(|(key, value)| got.get(key).is_some_and(|got| within(value, got)))
        }
        (Value::Array(expect), Value::Array(got)) => {
            expect.len() == got.len() && expect.iter().zip(got).all(|(expect, got)| within(expect, got))
        }
        (expect, got) => expect == got,
    }
}
