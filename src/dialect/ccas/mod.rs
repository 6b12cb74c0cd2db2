//! MiContact Center Enterprise's Agent Service (CCAS), through the relay beside its COM object. `platform` converses with the relay.
//! The relay itself is a program of its own (`relays/ccas`).

mod platform;
mod settings;

pub use platform::{Client, Settings};
pub use settings::entry;

use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::strangers;

/// The version of the relay's lines that is understood.
const VERSION: i64 = 1;

/// Checks a relay's first line. Whoever is refused gets the line in the error, and nothing more.
fn greet(line: &str, token: &SecretString) -> Result<(), String> {
    let refusal = |text: &str| Err(strangers::refusal(text));
    let Some(hello) = strangers::object(line) else { return refusal("the first line is no hello") };
    let field = |name| hello.get(name);
    if field("hello").and_then(|hello| hello.as_str()) != Some("ccas-relay") {
        return refusal("the first line is no hello of a ccas-relay");
    }
    if field("version").and_then(|version| version.as_i64()) != Some(VERSION) {
        return refusal(&format!("only version {VERSION} is spoken here"));
    }
    let given = field("token").and_then(|token| token.as_str()).unwrap_or_default();
    let same: bool = given.as_bytes().ct_eq(token.expose_secret().as_bytes()).into();
    if token.expose_secret().is_empty() || !same {
        return refusal("the token is wrong");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_relay_of_this_version_with_the_token_is_let_in() {
        let token = SecretString::from("secret");
        let hello = |token: &str| format!(r#"{{"hello":"ccas-relay","version":1,"token":"{token}"}}"#);
        assert_eq!(greet(&hello("secret"), &token), Ok(()));
        let odd = format!("\u{feff}{}\r", hello("secret\",\"site\":\"Z\\x\t"));
        assert_eq!(greet(&odd, &token), Ok(()));
        for (line, reason) in [
            ("", "hello"),
            ("[]", "hello"),
            (r#"{"hello":"other","version":1,"token":"secret"}"#, "ccas-relay"),
            (r#"{"hello":"ccas-relay","version":2,"token":"secret"}"#, "version 1"),
            (r#"{"hello":"ccas-relay","version":1}"#, "token"),
            (&hello("secre"), "token"),
            (&hello("secrets"), "token"),
            (&hello("Secret"), "token"),
            (&hello(""), "token"),
        ] {
            let refusal = greet(line, &token).unwrap_err();
            let json: serde_json::Value = serde_json::from_str(refusal.strip_suffix('\n').unwrap()).unwrap();
            assert!(json["error"].as_str().unwrap().contains(reason), "{line}: {refusal}");
        }
        assert!(greet(&hello(""), &SecretString::from("")).is_err(), "no token is no secret");
    }
}
