//! Files are short: whoever opens one sees all of it soon. Tests may be longer.

use std::{fs, path::PathBuf};

const MOST: usize = 450;

#[test]
fn no_source_file_is_longer_than_450_lines() {
    let mut open = vec![PathBuf::from("src")];
    let (mut too_long, mut read) = (Vec::new(), 0);
    while let Some(path) = open.pop() {
        let name = path.display().to_string().replace('\\', "/");
        if path.is_dir() {
            if !name.ends_with("/tests") {
                open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            }
        } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
            read += 1;
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or_default().lines().count();
            if code > MOST {
                too_long.push(format!("{name}: {code} lines"));
            }
        }
    }
    assert!(read > 100, "the sources are elsewhere");
    assert_eq!(too_long, [""; 0]);
}
