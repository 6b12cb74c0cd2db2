//! The one table of functions.

use super::{
    Argument, Count, Function, Kind, Sort,
    number::{as_number, as_text},
    telephone::{e164, is_internal, national},
    text::{
        contains, digits, ends_with, join, length, lower, pad, prefix, replace, slice, split, starts_with,
        strip_prefix, trim, upper,
    },
    time::{format_time, seconds_between},
};

const fn one(name: &'static str, kind: Kind) -> Argument {
    Argument { name, kind, count: Count::Once }
}

const fn optional(name: &'static str, kind: Kind) -> Argument {
    Argument { name, kind, count: Count::AtMostOnce }
}

const fn several(name: &'static str, kind: Kind) -> Argument {
    Argument { name, kind, count: Count::Often }
}

const TEXT: Argument = one("text", Kind::Text);

pub const FUNCTIONS: &[Function] = &[
    // ── texts ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    Function {
        name: "digits",
        sort: Sort::Text,
        arguments: &[TEXT],
        result: Kind::Text,
        doc: "The digits 0 to 9 of a text, without everything else.",
        example: ("digits('+49 (30) 12-34')", "'49301234'"),
        run: digits,
    },
    Function {
        name: "trim",
        sort: Sort::Text,
        arguments: &[TEXT],
        result: Kind::Text,
        doc: "The text without white space at its ends.",
        example: ("trim('  Ann Lee ')", "'Ann Lee'"),
        run: trim,
    },
    Function {
        name: "lower",
        sort: Sort::Text,
        arguments: &[TEXT],
        result: Kind::Text,
        doc: "The text in lower case.",
        example: ("lower('Ann Lee')", "'ann lee'"),
        run: lower,
    },
    Function {
        name: "upper",
        sort: Sort::Text,
        arguments: &[TEXT],
        result: Kind::Text,
        doc: "The text in upper case.",
        example: ("upper('Ann Lee')", "'ANN LEE'"),
        run: upper,
    },
    Function {
        name: "length",
        sort: Sort::Text,
        arguments: &[TEXT],
        result: Kind::Number,
        doc: "The number of characters of a text.",
        example: ("length('Zoë')", "3"),
        run: length,
    },
    Function {
        name: "slice",
        sort: Sort::Text,
        arguments: &[TEXT, one("start", Kind::Number), optional("count", Kind::Number)],
        result: Kind::Text,
        doc: "The part of a text from the character at `start`: `count` characters, or all that follow. Characters are counted \
              from 0; a negative `start` counts from the end.",
        example: ("slice('4930123456', 2, 2)", "'30'"),
        run: slice,
    },
    Function {
        name: "starts-with",
        sort: Sort::Text,
        arguments: &[TEXT, one("start", Kind::Text)],
        result: Kind::Truth,
        doc: "Whether a text starts with another.",
        example: ("starts-with('4930123', '49')", "true"),
        run: starts_with,
    },
    Function {
        name: "ends-with",
        sort: Sort::Text,
        arguments: &[TEXT, one("end", Kind::Text)],
        result: Kind::Truth,
        doc: "Whether a text ends with another.",
        example: ("ends-with('agent@example', '@test')", "false"),
        run: ends_with,
    },
    Function {
        name: "contains",
        sort: Sort::Text,
        arguments: &[TEXT, one("part", Kind::Text)],
        result: Kind::Truth,
        doc: "Whether a text has another in it.",
        example: ("contains('sales;gold', 'gold')", "true"),
        run: contains,
    },
    Function {
        name: "replace",
        sort: Sort::Text,
        arguments: &[TEXT, one("old", Kind::Text), one("new", Kind::Text)],
        result: Kind::Text,
        doc: "The text with every `old` replaced by `new`. An empty `old` replaces nothing.",
        example: ("replace('a;b;c', ';', ', ')", "'a, b, c'"),
        run: replace,
    },
    Function {
        name: "strip-prefix",
        sort: Sort::Text,
        arguments: &[TEXT, one("prefix", Kind::Text)],
        result: Kind::Text,
        doc: "The text without a prefix, or as it is if it does not start with it.",
        example: ("strip-prefix('sip:4001', 'sip:')", "'4001'"),
        run: strip_prefix,
    },
    Function {
        name: "prefix",
        sort: Sort::Text,
        arguments: &[TEXT, one("prefix", Kind::Text)],
        result: Kind::Text,
        doc: "The text with a prefix before it, or as it is if it starts with it.",
        example: ("prefix('4001', 'sip:')", "'sip:4001'"),
        run: prefix,
    },
    Function {
        name: "pad",
        sort: Sort::Text,
        arguments: &[TEXT, one("width", Kind::Number), optional("fill", Kind::Text)],
        result: Kind::Text,
        doc: "The text with `fill` (one character, `'0'` by default) before it as often as it takes for `width` characters.",
        example: ("pad('42', 5)", "'00042'"),
        run: pad,
    },
    Function {
        name: "split",
        sort: Sort::Text,
        arguments: &[TEXT, one("separator", Kind::Text), one("place", Kind::Number)],
        result: Kind::Text,
        doc: "One of the parts of a text between separators. Parts are counted from 0; a negative place counts from the end. A \
              part that is not there is absent.",
        example: ("split('sales;gold;en', ';', 1)", "'gold'"),
        run: split,
    },
    Function {
        name: "join",
        sort: Sort::Text,
        arguments: &[one("separator", Kind::Text), several("part", Kind::Text)],
        result: Kind::Text,
        doc: "The parts as one text, with the separator between them. Parts that are absent or empty are left out; without any \
              other, the result is absent.",
        example: ("join(' ', 'Ann', '', 'Lee')", "'Ann Lee'"),
        run: join,
    },
    // ── conversions ───────────────────────────────────────────────────────────────────────────────────────────────────
    Function {
        name: "text",
        sort: Sort::Conversion,
        arguments: &[one("value", Kind::Text)],
        result: Kind::Text,
        doc: "A number, a truth value or the code of a member of an enumeration, written as text.",
        example: ("text(7)", "'7'"),
        run: as_text,
    },
    Function {
        name: "number",
        sort: Sort::Conversion,
        arguments: &[one("value", Kind::Text)],
        result: Kind::Number,
        doc: "The whole number that a text has, or the code of a member of an enumeration; absent for any other text.",
        example: ("number(' 042 ') + 1", "43"),
        run: as_number,
    },
    // ── telephone numbers ─────────────────────────────────────────────────────────────────────────────────────────────
    Function {
        name: "e164",
        sort: Sort::Telephone,
        arguments: &[one("number", Kind::Text), optional("country", Kind::Text), optional("trunk", Kind::Text)],
        result: Kind::Text,
        doc: "A telephone number in E.164: `+`, country, number. Absent for an internal number, for a number without the trunk \
              prefix where `area` is not set, and for a text that is no number of at most 15 digits.",
        example: ("e164('(030) 123 456')", "'+4930123456'"),
        run: e164,
    },
    Function {
        name: "national",
        sort: Sort::Telephone,
        arguments: &[one("number", Kind::Text), optional("country", Kind::Text), optional("trunk", Kind::Text)],
        result: Kind::Text,
        doc: "A telephone number as it is dialled in the country: with the trunk prefix, or with the international prefix if it \
              is another country's. An internal number stays one. Absent for a text that is no number.",
        example: ("national('+49 30 123456')", "'030123456'"),
        run: national,
    },
    Function {
        name: "is-internal",
        sort: Sort::Telephone,
        arguments: &[one("number", Kind::Text), optional("length", Kind::Number), optional("prefix", Kind::Text)],
        result: Kind::Truth,
        doc: "Whether a telephone number is an internal one: it has at most `length` digits, or starts with `prefix`. Absent for a \
              text that is no number.",
        example: ("is-internal('4001')", "true"),
        run: is_internal,
    },
    // ── times ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    Function {
        name: "seconds-between",
        sort: Sort::Time,
        arguments: &[one("from", Kind::Text), one("until", Kind::Text)],
        result: Kind::Number,
        doc: "The whole seconds from one time until another, negative if the second is the earlier one. A time without a zone is \
              in the zone of the configuration.",
        example: ("seconds-between('2026-11-20 10:27:44', '2026-11-20T10:29:00')", "76"),
        run: seconds_between,
    },
    Function {
        name: "format-time",
        sort: Sort::Time,
        arguments: &[
            one("time", Kind::Text),
            one("pattern", Kind::Pattern),
            optional("zone", Kind::Zone),
            optional("own-zone", Kind::Zone),
        ],
        result: Kind::Text,
        doc: "A time, written by a pattern in a zone. `own-zone` is the zone of a time that names none. Both are the zone of the \
              configuration where they are left out.",
        example: ("format-time('2026-07-01T08:30:00Z', '%d.%m.%Y %H:%M', '+02:00')", "'01.07.2026 10:30'"),
        run: format_time,
    },
];
