//! The examples of the table hold, `docs/reference/functions.md` is made of it (`UPDATE=1 cargo test --lib functions` writes it
//! anew), mistakes are reported at their places, and no expression panics or makes a text that is too long.

use std::{fmt::Write, fs};

use proptest::prelude::*;

use super::{
    super::{
        compile::{Compiler, Scope, unknown},
        results::{MOST_TEXT, Results},
        site::{NumberPlan, Place},
        syntax::{self, Mistake, Step},
        value_type::Ty,
    },
    *,
};
use crate::time;

/// The documentation that is made of the table.
const DOCUMENT: &str = "docs/reference/functions.md";

/// Names with their types; a leaf is a name's place.
struct Names(Vec<(&'static str, Ty)>);

impl Scope for Names {
    type Leaf = usize;

    fn path(&self, _: &Compiler<Self>, steps: &[Step]) -> Result<(usize, Ty), Mistake> {
        let [Step::Name { name, span }] = steps else {
            return Err(Mistake { span: 0..0, text: "names here have no fields".into() });
        };
        let place = self.0.iter().position(|(known, _)| known == name);
        let place = place.ok_or_else(|| unknown(span.clone(), "name", name, self.0.iter().map(|(known, _)| *known)))?;
        Ok((place, self.0[place].1.clone()))
    }
}

struct Given<'v> {
    values: &'v [Value<'v>],
    context: &'v Context<'v>,
}

impl<'v> Values<'v, usize> for Given<'v> {
    fn value(&self, leaf: &'v usize) -> Value<'v> {
        self.values[*leaf]
    }

    fn context(&self) -> &'v Context<'v> {
        self.context
    }
}

/// The place of the reference's examples.
fn berlin() -> Place {
    let numbers = NumberPlan { country: "49".into(), internal_length: 4, ..NumberPlan::default() };
    Place { numbers, zone: time::zone("CET-1CEST,M3.5.0,M10.5.0/3").unwrap() }
}

fn compile(text: &str, names: &Names, wanted: &Ty) -> Result<Expr<usize>, Mistake> {
    syntax::parse(text).and_then(|ast| Compiler { scope: names, tables: &[] }.compile(&ast, wanted))
}

/// The value of an expression, as rules write it.
fn value_in(place: &Place, text: &str) -> String {
    let expr = compile(text, &Names(Vec::new()), &Ty::Any).unwrap_or_else(|mistake| panic!("{text}: {mistake:?}"));
    let results = Results::default();
    let context = Context { tables: &[], place, results: &results };
    match expr.eval(&Given { values: &[], context: &context }) {
        Value::Absent => "absent".into(),
        Value::Text(text) => format!("'{text}'"),
        Value::Int(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        other => panic!("{text}: {other:?}"),
    }
}

#[track_caller]
fn is(text: &str, expected: &str) {
    assert_eq!(value_in(&berlin(), text), expected, "{text}");
}

fn document() -> String {
    let mut text = HEAD.to_owned();
    let sorts = [
        (Sort::Text, "Texts"),
        (Sort::Conversion, "Conversions"),
        (Sort::Telephone, "Telephone numbers"),
        (Sort::Time, "Times"),
    ];
    for (sort, title) in sorts {
        write!(text, "\n## {title}\n\n| function | type | result | example |\n|---|---|---|---|\n").unwrap();
        for function in FUNCTIONS.iter().filter(|function| function.sort == sort) {
            let (signature, (call, value)) = (function.signature(), function.example);
            let result = function.result.name();
            writeln!(text, "| `{signature}` | {result} | {} | `{call}` is `{value}` |", function.doc).unwrap();
        }
    }
    text
}

const HEAD: &str = "# Functions of rules

<!-- Made from src/mapping/functions/table.rs by `UPDATE=1 cargo test --lib functions`. -->

Expressions in rule files can call these functions: `set.ani = \"e164(caller) ?? caller\"`. Arguments in brackets may be left out.

- *Absent.* If an argument is absent, or a number is wanted and a text is none, the result is absent. `??` says what comes instead.
- *Types.* A number, an id or a member's code can stand where a text is wanted. A text cannot stand where a number is wanted:
  `number(x)` converts it. A number that is computed where a text is wanted is written as text.
- *Arithmetic.* `+`, `-`, `*`, `/` and `%` work on whole numbers of 64 bits; `/` drops the fraction, and `%` has the sign of its left
  side. A result that is out of range is absent, and so is a division by zero. `*`, `/` and `%` come before `+` and `-`, and these
  before `??`. A minus has spaces around it, because names may have hyphens: `a - b`.
- *Choice.* `if condition then value else value`; both values are of one type. A condition that is absent does not hold.
- *Bounds.* A text that a function makes has at most 65,536 bytes, and all that functions make for one message or transition have at
  most 4 MiB; results beyond that are absent. There are no loops. At most 64 expressions stand within each other.
- *Place.* Telephone numbers follow `numbers` of the platform or application in the configuration, times its `zone`. In the examples
  here, these are `numbers = { country = \"49\", internal_length = 4 }` and `zone = \"Europe/Berlin\"`. In a rule, a zone is `'UTC'`, an
  offset such as `'+02:00'`, or the rules of a place as POSIX writes them.
";

#[test]
fn the_documentation_is_the_table() {
    let made = document();
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all("docs/reference").unwrap();
        fs::write(DOCUMENT, &made).unwrap();
    }
    assert!(fs::read_to_string(DOCUMENT).is_ok_and(|kept| kept == made), "{DOCUMENT} is old: set UPDATE=1");
}

#[test]
fn the_examples_of_the_table_hold() {
    for function in FUNCTIONS {
        let (text, expected) = function.example;
        is(text, expected);
        assert!(text.contains(&format!("{}(", function.name)), "{text} calls {}", function.name);
        assert!(function.doc.ends_with('.') && !function.doc.contains(['|', '\n']), "{}", function.doc);
        let may_lack = function.arguments.iter().skip_while(|argument| argument.count == Count::Once);
        assert!(may_lack.clone().all(|argument| argument.count != Count::Once), "{}", function.name);
        assert_eq!(FUNCTIONS.iter().filter(|other| other.name == function.name).count(), 1, "{}", function.name);
    }
}

#[test]
fn arithmetic_is_defined_at_its_edges() {
    is("7 / 2 * 2 + 7 % 2", "7");
    is("-7 / 2", "-3");
    is("-7 % 2", "-1");
    is("1 / 0", "absent");
    is("1 % 0 ?? 5", "5");
    is("9223372036854775807 + 1", "absent");
    is("-9223372036854775808 / -1", "absent");
    is("-9223372036854775808 % -1", "absent");
    is("2 * number('x')", "absent");
    is("1 + 2 == 3", "true");
    is("if 1 < 2 then 'yes' else 'no'", "'yes'");
    is("if number('x') then 1 else if true then 2 else 3", "2");
}

#[test]
fn texts_are_cut_between_characters() {
    is("slice('Zoë Ö', 2)", "'ë Ö'");
    is("slice('Zoë Ö', -1)", "'Ö'");
    is("slice('Zoë', -9, 2)", "'Zo'");
    is("slice('Zoë', 9)", "''");
    is("slice('Zoë', 0, -1)", "''");
    is("length('')", "0");
    is("split('a;b', ';', -1)", "'b'");
    is("split('a;b', ';', 2)", "absent");
    is("split('a;b', '', 0)", "absent");
    is("join('-', 1, number('x'), 'b')", "'1-b'");
    is("join('-', '')", "absent");
    is("pad(7, 3)", "'007'");
    is("pad('abc', 2)", "'abc'");
    is("pad('a', 3, 'xy')", "absent");
    is("pad('a', 9223372036854775807)", "absent");
    is("replace('abc', '', 'x')", "'abc'");
    is("prefix('sip:1', 'sip:')", "'sip:1'");
    is("upper('straße')", "'STRASSE'");
    is("contains(number('x'), 'a')", "absent");
    is("text(1 == 1)", "'true'");
    is("number('12a')", "absent");
}

#[test]
fn telephone_numbers_are_read_as_people_write_them() {
    for text in
        ["030 123456", "+49 30 123456", "+49 (0)30/123456", "0049-30-123456", "tel:+4930123456", "030\u{a0}12.34.56"]
    {
        is(&format!("e164('{text}')"), "'+4930123456'");
        is(&format!("national('{text}')"), "'030123456'");
        is(&format!("is-internal('{text}')"), "false");
    }
    is("e164('4001')", "absent");
    is("national('4001')", "'4001'");
    is("is-internal(4001)", "true");
    is("is-internal('40012', 5)", "true");
    is("is-internal('4001', 3)", "false");
    is("is-internal('0305551', 0, '030555')", "true");
    is("e164('0033 1 23456789')", "'+33123456789'");
    is("national('+33123456789')", "'0033123456789'");
    is("e164('123456')", "absent");
    is("e164('02012345678', '39', '')", "'+3902012345678'");
    is("e164('8 495 1234567', '7', '8')", "'+74951234567'");
    for text in ["", "anonymous", "+", "00", "sip:4001@example", "+49301234567890123", "12345678901234567890123456789"]
    {
        is(&format!("e164('{text}')"), "absent");
    }
    is("is-internal('anonymous')", "absent");
    is("national('anonymous')", "absent");
    let america = NumberPlan {
        country: "1".into(),
        trunk: "1".into(),
        international: "011".into(),
        area: Some(String::new()),
        internal_length: 5,
        internal_prefixes: vec!["555".into()],
    };
    let there = Place { numbers: america, zone: Zone::default() };
    assert_eq!(value_in(&there, "e164('212 555 0100')"), "'+12125550100'");
    assert_eq!(value_in(&there, "e164('1 212 555 0100')"), "'+12125550100'");
    assert_eq!(value_in(&there, "e164('011 49 30 123456')"), "'+4930123456'");
    assert_eq!(value_in(&there, "is-internal('555-1234')"), "true");
    let local = NumberPlan { area: Some("30".into()), ..berlin().numbers };
    assert_eq!(value_in(&Place { numbers: local, zone: Zone::default() }, "e164('123456')"), "'+4930123456'");
    assert_eq!(value_in(&Place::default(), "e164('030123456') ?? 'unknown'"), "'unknown'");
}

#[test]
fn times_are_in_the_zone_of_the_place() {
    is("seconds-between('2026-07-01 10:00:00', '2026-07-01T08:00:05Z')", "5");
    is("seconds-between('2026-07-01 10:00:05', '2026-07-01 10:00:00')", "-5");
    is("seconds-between('soon', '2026-07-01 10:00:00')", "absent");
    is("format-time('2026-01-01T08:30:00Z', '%H:%M %z')", "'09:30 +0100'");
    is("format-time('2026-01-01 08:30:00', '%H:%M', 'UTC')", "'07:30'");
    is("format-time('2026-01-01 08:30:00', '%H:%M', '-03:30', 'UTC')", "'05:00'");
    is("format-time('soon', '%H')", "absent");
}

#[test]
fn a_mistake_stands_at_its_argument() {
    let names =
        Names(vec![("number", Ty::Text), ("place", Ty::Number), ("call-type", Ty::Number), ("call", Ty::Number)]);
    let wrong = |text: &str, part: &str, place: &str| {
        let mistake = compile(text, &names, &Ty::Any).expect_err(text);
        assert!(mistake.text.contains(part), "{text}: {}", mistake.text);
        assert_eq!(&text[mistake.span], place, "{text}");
    };
    wrong("trim(digit(number))", "unknown function `digit` (did you mean `digits`?)", "digit");
    wrong("1 + slice(number)", "an argument is missing: slice(text, start, [count]), as in slice('49", "slice(number)");
    wrong("trim(number, 2, 3)", "this argument is one too many: trim(text)", "2");
    wrong("slice(number, number)", "this is a text, a number is wanted here (`start` of slice(", "number");
    wrong("slice(number, nubmer)", "unknown name `nubmer` (did you mean `number`?)", "nubmer");
    wrong("1 + number", "this is a text, a number is wanted here", "number");
    wrong("if place then 1 else 'x'", "this is a text, what stands before it is a number", "'x'");
    wrong("place-1", "a minus has spaces around it", "place-1");
    wrong("call-typ", "did you mean `call-type`?); a minus has spaces around it", "call-typ");
    wrong("format-time(number, number)", "a pattern is a text in quotes", "number");
    wrong("format-time(number, '%!')", "this is no pattern of a time", "'%!'");
    wrong("format-time(number, '%H', 'Europe/Berlin')", "a zone here is 'UTC', an offset", "'Europe/Berlin'");
    wrong("is-internal(number, 'x')", "this is a text, a number is wanted here", "'x'");
    assert!(compile("trim(number)", &names, &Ty::Number).unwrap_err().text.contains("this is a text, a number"));
    assert!(compile("call-type - 1", &names, &Ty::Number).is_ok());
}

#[test]
fn what_is_computed_is_written_where_a_text_is_wanted() {
    let names = Names(vec![("n", Ty::Number)]);
    let results = Results::default();
    let place = Place::default();
    let context = Context { tables: &[], place: &place, results: &results };
    let values = [Value::Int(41)];
    for (text, expected) in [("n + 1", "42"), ("length('abc')", "3"), ("if true then n * 2 else 1", "82")] {
        let expr = compile(text, &names, &Ty::Text).unwrap();
        let value = expr.eval(&Given { values: &values, context: &context });
        assert!(matches!(value, Value::Text(text) if text == expected), "{text}: {value:?}");
    }
}

#[test]
fn results_are_bounded() {
    let long = "x".repeat(MOST_TEXT);
    let names = Names(vec![("long", Ty::Text)]);
    let place = Place::default();
    for text in [
        "join('', long, 'x')",
        "prefix(long, 'y')",
        "replace(long, 'x', 'yy')",
        "replace(long, 'x', long)",
        "pad(long, 65537)",
        "pad('é', 65536)",
        "upper(join('', long))",
    ] {
        let results = Results::default();
        let context = Context { tables: &[], place: &place, results: &results };
        let values = [Value::Text(&long)];
        let expr = compile(text, &names, &Ty::Any).unwrap();
        let value = expr.eval(&Given { values: &values, context: &context });
        let length = if let Value::Text(text) = value { text.len() } else { 0 };
        assert!(length <= MOST_TEXT, "{text}: {length}");
        assert_eq!(length > 0, text.starts_with("upper"), "{text}");
    }
}

/// Expressions of any shape, right and wrong.
fn expressions() -> impl Strategy<Value = String> {
    let constants =
        ["'a;b'", "''", "-1", "0", "9223372036854775807", "true", "'%H:%M'", "'+02:00'", "'2026-07-01 10:00:00'"];
    let leaf =
        prop::sample::select([&["words", "figure", "whatever"][..], &constants[..]].concat()).prop_map(str::to_owned);
    leaf.prop_recursive(5, 40, 4, |inner| {
        let function = prop::sample::select(FUNCTIONS.iter().map(|function| function.name).collect::<Vec<_>>());
        let call = (function, prop::collection::vec(inner.clone(), 0..5));
        let sign = prop::sample::select(vec!["+", "-", "*", "/", "%", "??", "==", "<", "and", "or"]);
        prop_oneof![
            4 => call.prop_map(|(name, arguments)| format!("{name}({})", arguments.join(", "))),
            2 => (inner.clone(), sign, inner.clone()).prop_map(|(left, sign, right)| format!("({left} {sign} {right})")),
            1 => [inner.clone(), inner.clone(), inner].prop_map(|[a, b, c]| format!("(if {a} then {b} else {c})")),
        ]
    })
}

proptest! {
    #[test]
    fn no_expression_panics_and_every_result_is_bounded(
        text in expressions(), words in "\\PC{0,40}", figure in any::<i64>(), whatever in "[0-9+(). é]{0,30}",
    ) {
        let names = Names(vec![("words", Ty::Text), ("figure", Ty::Number), ("whatever", Ty::Any)]);
        if let Ok(expr) = compile(&text, &names, &Ty::Any) {
            let (results, place) = (Results::default(), berlin());
            let context = Context { tables: &[], place: &place, results: &results };
            let values = [Value::Text(&words), Value::Int(figure), Value::Text(&whatever)];
            if let Value::Text(made) = expr.eval(&Given { values: &values, context: &context }) {
                prop_assert!(made.len() <= MOST_TEXT);
            }
        }
    }

    #[test]
    fn no_text_panics_the_parser(text in "[a-z0-9 '()+*/%<>=.,\\-\\[\\]]{0,60}") {
        let _ = compile(&text, &Names(Vec::new()), &Ty::Any);
    }

    #[test]
    fn a_number_that_is_dialled_is_the_same_number(digits in "[1-9][0-9]{4,9}") {
        let e164 = value_in(&berlin(), &format!("e164('0{digits}')"));
        prop_assert_eq!(&e164, &format!("'+49{digits}'"));
        prop_assert_eq!(value_in(&berlin(), &format!("national({e164})")), format!("'0{digits}'"));
    }
}
