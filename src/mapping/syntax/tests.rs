//! The shape of expressions, and where mistakes in them are reported.

use super::*;

#[track_caller]
fn shape(text: &str, expected: &str) {
    assert_eq!(show(&parse(text).unwrap()), expected, "{text}");
}

fn show(ast: &Ast) -> String {
    let list = |parts: &[Ast]| parts.iter().map(show).collect::<Vec<_>>().join(" ");
    match &ast.node {
        Tree::Text(text) => format!("'{text}'"),
        Tree::Number(number) => number.to_string(),
        Tree::Bool(value) => value.to_string(),
        Tree::Path(steps) => steps_text(steps),
        Tree::Table { name, key } => format!("({name} {})", show(key)),
        Tree::Choice(parts) => format!("(?? {})", list(parts)),
        Tree::Compare { op, left, right } => format!("({op:?} {} {})", show(left), show(right)),
        Tree::All(parts) => format!("(and {})", list(parts)),
        Tree::Any(parts) => format!("(or {})", list(parts)),
        Tree::Not(inner) => format!("(not {})", show(inner)),
        Tree::Arithmetic { first, rest } => {
            let operation = |(op, right): &(Arithmetic, Ast)| format!(" {op:?} {}", show(right));
            format!("({}{})", show(first), rest.iter().map(operation).collect::<String>())
        }
        Tree::If(parts) => format!("(if {})", list(&parts[..])),
        Tree::Call { name, arguments, .. } => format!("{name}({})", list(arguments)),
    }
}

fn steps_text(steps: &[Step]) -> String {
    let text = |step: &Step| match step {
        Step::Name { name, .. } => format!(".{name}"),
        Step::At(place) => format!("[{place}]"),
        Step::Keyed { path, equals } => format!("[{}={}]", steps_text(path), show(equals)),
    };
    steps.iter().map(text).collect()
}

#[test]
fn expressions_have_the_shape_they_read_like() {
    shape("a-b.c", ".a-b.c");
    shape("a ?? b ?? 'x'", "(?? .a .b 'x')");
    shape("t[p[id = 42].value = guid] ?? t[0]", "(?? .t[.p[.id=42].value=.guid] .t[0])");
    shape("tables.media[call.media ?? 'voice']", "(media (?? .call.media 'voice'))");
    shape("a == 'x' and not b != -3 or c", "(or (and (Equal .a 'x') (not (Unequal .b -3))) .c)");
    shape("a == (b or true)", "(Equal .a (or .b true))");
    shape(
        "a <= 3 and a>=1 and a < 5 and a > 0",
        "(and (LessOrEqual .a 3) (GreaterOrEqual .a 1) (Less .a 5) (Greater .a 0))",
    );
}

#[test]
fn arithmetic_choices_and_calls_have_their_ranks() {
    shape("1 + 2 * 3 - 4", "(1 Add (2 Multiply 3) Subtract 4)");
    shape("a / b ?? 0", "(?? (.a Divide .b) 0)");
    shape("(a ?? 0) % 7 == 1", "(Equal ((?? .a 0) Remainder 7) 1)");
    shape("1 - -2", "(1 Subtract -2)");
    shape("call-profile - 1", "(.call-profile Subtract 1)");
    shape("if a then 'x' else if b then -1 else 'z'", "(if .a 'x' (if .b -1 'z'))");
    shape("slice(trim(a), 0, 5) ?? e164()", "(?? slice(trim(.a) 0 5) e164())");
    shape("not (a or b)", "(not (or .a .b))");
    shape("not starts-with(a, 'x') and (if a then true else b)", "(and (not starts-with(.a 'x')) (if .a true .b))");
}

#[test]
fn a_minus_has_spaces_and_nothing_is_too_deep() {
    let text = |text: &str| parse(text).unwrap_err();
    for (wrong, place) in [("a -3", 2), ("3-2", 1), ("(a)-1", 3), ("a- 3", 0), ("x[0] -1", 5)] {
        let mistake = text(wrong);
        assert_eq!((mistake.span.start, mistake.text.as_str()), (place, MINUS), "{wrong}");
    }
    assert_eq!(text("-a").text, "expected a value, found -");
    assert_eq!(text("if a then b").text, "expected `else`, found the end");
    assert_eq!(text("f(a b)").text, "expected `,` or `)`, found b");
    for open in ["(", "not ", "f(", "tables.t[", "a[b=", "if "] {
        let deep = text(&open.repeat(100_000));
        assert!(deep.text.contains("stand within each other"), "{open}: {}", deep.text);
    }
    assert!(parse(&format!("1{}", " + 1".repeat(1000))).is_ok(), "what stands in a row is not deep");
}

#[test]
fn a_mistake_is_shown_where_it_stands() {
    let at = |text: &str| {
        let mistake = parse(text).unwrap_err();
        (mistake.span.start, mistake.text)
    };
    assert_eq!(at("a ??"), (4, "expected a value, found the end".into()));
    assert_eq!(at("a b"), (2, "expected the end, found b".into()));
    assert_eq!(at("a = 'x'"), (2, "expected the end, found =".into()));
    assert_eq!(at("a == 'x"), (5, "the text has no end".into()));
    assert_eq!(at("a[b]"), (3, "expected `=`, found ]".into()));
    assert_eq!(at("a # b"), (2, "unexpected '#'".into()));
    assert_eq!(at("99999999999999999999"), (0, "the number is too large".into()));
}
