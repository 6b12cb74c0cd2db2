//! `cti-bridge hash-password`: a hash to put into a configuration or a users file instead of a password.

use std::{
    io::{IsTerminal, Read},
    process::ExitCode,
};

use clap::Args;

use super::{failed, print};
use crate::settings::hashes;

/// The longest password that is read, in bytes.
const MOST: u64 = 4096;

#[derive(Args)]
pub struct Options {}

pub fn run(_: &Options) -> ExitCode {
    match read().and_then(|password| hashes::make(&password)) {
        Ok(hash) => print(&format!("{hash}\n")),
        Err(reason) => failed(reason),
    }
}

/// The password: typed twice and not shown, or the one line of stdin.
fn read() -> Result<String, String> {
    let password = if std::io::stdin().is_terminal() { typed() } else { line(&mut std::io::stdin().lock()) }?;
    if password.is_empty() { Err("the password is empty".into()) } else { Ok(password) }
}

fn typed() -> Result<String, String> {
    let ask = |prompt: &str| rpassword::prompt_password(prompt).map_err(|error| format!("the terminal: {error}"));
    let password = ask("Password: ")?;
    match ask("The same again: ")? == password {
        true => Ok(password),
        false => Err("the two differ".into()),
    }
}

fn line(input: &mut impl Read) -> Result<String, String> {
    let mut text = Vec::new();
    input.take(MOST + 1).read_to_end(&mut text).map_err(|error| format!("stdin: {error}"))?;
    if text.len() as u64 > MOST {
        return Err(format!("the password is longer than {MOST} bytes"));
    }
    let text = String::from_utf8(text).map_err(|_| "the password is not UTF-8")?;
    let text = text.strip_suffix('\n').map_or(&*text, |text| text.strip_suffix('\r').unwrap_or(text));
    if text.contains(['\r', '\n']) { Err("stdin has more than one line".into()) } else { Ok(text.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_one_line_without_its_end() {
        let read = |text: &[u8]| line(&mut &*text);
        for text in [&b"secret"[..], b"secret\n", b"secret\r\n"] {
            assert_eq!(read(text).unwrap(), "secret");
        }
        assert_eq!(read(" a b \n".as_bytes()).unwrap(), " a b ", "blanks belong to it");
        assert!(read(b"two\nlines\n").is_err() && read(b"\xff\n").is_err() && read(&[b'a'; 5000]).is_err());
    }
}
