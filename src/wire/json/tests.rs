//! The reader agrees with serde_json about every text, and about nothing else.

use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::{Map, Number, Value};

use super::*;
use crate::wire::tolerant;

/// Reads any value; every record is expected to have the key "key".
fn value(json: &mut Json) -> Result<Value, Malformed> {
    Ok(match json.token()? {
        Token::Null => Value::Null,
        Token::Bool(value) => Value::Bool(value),
        Token::Int(number) => Value::Number(number.into()),
        Token::Large(number) => Value::Number(number.into()),
        Token::Float(number) => Value::Number(Number::from_f64(number).ok_or(Malformed)?),
        Token::Text(text) => Value::String(text.into()),
        Token::List => {
            let mut list = Vec::new();
            while json.item()? {
                list.push(value(json)?);
            }
            Value::Array(list)
        }
        Token::Record => {
            let mut record = Map::new();
            loop {
                if json.has_end() {
                    break;
                }
                let key = match json.has_key(b",\"key\":") {
                    true => Some("key".into()),
                    false => json.key()?,
                };
                let Some(key) = key else { break };
                let usual = json.usual_int().map(Value::from);
                let text = json.text;
                let usual = usual.or_else(|| json.usual_text().map(|part| Value::from(&text[part])));
                let value = if let Some(usual) = usual { usual } else { value(json)? };
                record.insert(key.into(), value);
            }
            Value::Object(record)
        }
    })
}

fn read(text: &str) -> Result<Value, Malformed> {
    let mut json = Json::new(text);
    let value = value(&mut json)?;
    json.end()?;
    Ok(value)
}

fn skips(text: &str) -> bool {
    let mut json = Json::new(text);
    json.skip().is_ok() && json.end().is_ok()
}

/// The reader accepts and skips exactly the texts that serde_json accepts.
fn agrees(text: &str) {
    assert_eq!(read(text).ok(), serde_json::from_str(text).ok(), "{text}");
    let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok() && tolerant::mend(text).is_none();
    assert_eq!(skips(text), is_json, "{text}");
}

#[test]
fn what_is_json_is_read_and_nothing_else() {
    for text in [
        r#" { "key" : 1 , "b" : [ ] , "c" : { } } "#,
        r#"{"key":[1,-2,0,-0,1.5,-1e3,1E+2,9223372036854775807,-9223372036854775808]}"#,
        "[9223372036854775808,18446744073709551615,18446744073709551616,123456789012345678901234567890]",
        r#"["","1234567","12345678","123456789 äöü€","a\"b\\c\/\b\f\n\r\té😀"]"#,
        "[true,false,null]",
        "3",
    ] {
        assert!(serde_json::from_str::<Value>(text).is_ok(), "{text}");
        agrees(text);
    }
    for text in [
        "",
        " ",
        "{",
        "[",
        "]",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "{\"a\" 1}",
        "[1}",
        "{\"a\":1]",
        "1 1",
        "01",
        "-",
        "-01",
        "+1",
        "1.",
        ".5",
        "1e",
        "1e+",
        "1.e1",
        "0x1",
        "1e999",
        "tru",
        "True",
        "nulll",
        "\"",
        "\"a",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud83d\"",
        "[\"\\uDE00\\uD83D\",1]",
        "\"a\nb\"",
        "\"\u{1}\"",
        "\"12345678\u{1f}\"",
        "\"\\",
        "\"\\é\"",
        "\u{b}1",
        "NaN",
    ] {
        agrees(text);
        assert_eq!(read(text), Err(Malformed), "{text}");
    }
}

#[test]
fn how_deep_a_value_is_that_is_passed_over_does_not_matter() {
    let deep = |depth: usize| format!("{}{}", "[{\"a\":".repeat(depth) + "1", "}]".repeat(depth));
    assert!(skips(&deep(100_000)));
    assert!(!skips(&deep(10).replace("}]", "]}")));
}

#[test]
fn the_rest_of_a_record_can_be_passed_over() {
    let mut json = Json::new(r#"{"key":1,"b":{"c":[2]},"d":3}"#);
    assert_eq!(json.token(), Ok(Token::Record));
    assert_eq!(json.key(), Ok(Some("key".into())));
    assert_eq!(json.token(), Ok(Token::Int(1)));
    assert!(!json.has_key(b",\"c\":") && json.has_key(b",\"b\":"));
    assert_eq!(json.skip(), Ok(()));
    assert_eq!((json.skip_record(), json.end()), (Ok(()), Ok(())));
}

proptest! {
    #[test]
    fn it_agrees_about_anything_that_looks_like_json(text in r#"([\[\]{}:, ]|"(key|[a-zä ]{0,12}|\\[nu"0dx]{1,5})"|-?[0-9]{1,3}(\.[0-9])?|true|null){1,12}"#) {
        agrees(&text);
    }

    #[test]
    fn it_agrees_about_texts(text in any::<String>()) {
        agrees(&serde_json::to_string(&text).unwrap());
    }
}
