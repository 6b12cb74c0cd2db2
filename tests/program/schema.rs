//! `cti-bridge mappings schema`: all shipped files are valid, and a wrong key is found. The check here knows the keywords that the
//! schemas use, but for `pattern`; `tests/interop` lets `taplo lint` say the same.

use std::fs;

use serde_json::Value;

use super::{cti_bridge, folder, stderr, stdout};

fn schema(arguments: &[&str]) -> Value {
    let output = cti_bridge(&[&["mappings", "schema"], arguments].concat(), "");
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    serde_json::from_str(stdout(&output)).unwrap()
}

/// Where a value does not fit, as paths.
fn misfits(root: &Value, schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    let fits = |schema: &Value| {
        let mut found = Vec::new();
        misfits(root, schema, value, path, &mut found);
        found.is_empty()
    };
    let Some(keywords) = schema.as_object() else {
        assert!(schema.is_boolean(), "{schema} is no schema");
        found.extend((schema == false).then(|| path.to_owned()));
        return;
    };
    let listed = |keyword: &str| keywords[keyword].as_array().unwrap().iter();
    for (keyword, wanted) in keywords {
        let is_right = match keyword.as_str() {
            "$schema" | "title" | "description" | "definitions" | "pattern" | "then" | "else" => true,
            "properties" | "items" if !(value.is_object() || value.is_array()) => true,
            "$ref" => {
                let defined = root.pointer(wanted.as_str().unwrap().trim_start_matches('#'));
                misfits(root, defined.unwrap_or_else(|| panic!("{wanted} is not defined")), value, path, found);
                true
            }
            "allOf" => {
                listed(keyword).for_each(|schema| misfits(root, schema, value, path, found));
                true
            }
            "anyOf" => listed(keyword).any(fits),
            "not" => !fits(wanted),
            "if" => {
                let branch = if fits(wanted) { "then" } else { "else" };
                keywords.get(branch).iter().for_each(|schema| misfits(root, schema, value, path, found));
                true
            }
            "enum" => listed(keyword).any(|known| known == value),
            "const" => wanted == value,
            "type" => {
                let is = |name: &Value| match name.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_i64(),
                    "boolean" => value.is_boolean(),
                    other => panic!("unknown type {other}"),
                };
                wanted.as_array().map_or_else(|| is(wanted), |names| names.iter().any(is))
            }
            "required" => !value.is_object() || listed(keyword).all(|key| value.get(key.as_str().unwrap()).is_some()),
            "properties" => {
                for (key, schema) in wanted.as_object().unwrap() {
                    let inner = value.get(key).into_iter();
                    inner.for_each(|value| misfits(root, schema, value, &format!("{path}.{key}"), found));
                }
                true
            }
            "additionalProperties" => {
                let known = |key: &String| keywords.get("properties").is_some_and(|keys| keys.get(key).is_some());
                for (key, value) in value.as_object().into_iter().flatten().filter(|(key, _)| !known(key)) {
                    misfits(root, wanted, value, &format!("{path}.{key}"), found);
                }
                true
            }
            "items" => {
                let items = value.as_array().into_iter().flatten();
                items.for_each(|item| misfits(root, wanted, item, &format!("{path}[]"), found));
                true
            }
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= wanted.as_u64().unwrap()),
            "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= wanted.as_u64().unwrap()),
            "minimum" => value.as_i64().is_none_or(|number| number >= wanted.as_i64().unwrap()),
            other => panic!("unknown keyword {other}"),
        };
        if !is_right {
            found.push(path.to_owned());
        }
    }
}

fn wrong(schema: &Value, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    misfits(schema, schema, &toml::from_str(text).unwrap(), "", &mut found);
    found
}

/// The texts of the files in a folder of `mappings`.
fn shipped(folder: &str) -> Vec<(String, String)> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap())).collect()
}

/// Changes a file in one place.
#[track_caller]
fn changed(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is gone");
    text.replacen(from, to, 1)
}

#[test]
fn every_shipped_file_is_valid() {
    for (sort, folder, count) in [("vocabulary", "mappings/dialects", 5), ("rules", "mappings", 10)] {
        let (schema, files) = (schema(&[sort]), shipped(folder));
        assert_eq!(files.len(), count);
        for (name, text) in files {
            assert_eq!(wrong(&schema, &text), Vec::<String>::new(), "{name}");
        }
    }
    let config = fs::read_to_string("config/cti-bridge.toml").unwrap();
    assert_eq!(wrong(&schema(&["configuration"]), &config), Vec::<String>::new());
}

#[test]
fn a_wrong_key_or_word_of_a_vocabulary_is_found() {
    let schema = schema(&["vocabulary"]);
    let text = fs::read_to_string("mappings/dialects/ccas.toml").unwrap();
    for (from, to, place) in [
        ("ignore-case  =", "ignore-cas  =", ".ignore-cas"),
        ("form         = \"json\"", "form = \"xml\"", ".form"),
        ("[enum.flag]", "[enum.flag]\nwires = \"code\"", ".enum.flag.wires"),
        ("[record.ivr]", "[record.ivr]\ntuples = true", ".record.ivr.tuples"),
    ] {
        assert_eq!(wrong(&schema, &changed(&text, from, to)), [place]);
    }
    let message = "dialect = \"a\"\ntitle = \"\"\nguide = \"\"\nform = \"json\"\n[message.X]\nchapter = \"1\"\nside = \"event\"\n";
    assert!(wrong(&schema, message).is_empty());
    let message = |line: &str| wrong(&schema, &format!("{message}{line}\n"));
    assert!(message("fields = { A = \"[int]\", B = { type = \"id\", role = \"call\" } }").is_empty());
    assert_eq!(message("sides = \"event\""), [".message.X.sides"]);
    assert_eq!(message("class = \"sesion\""), [".message.X.class"]);
    assert_eq!(message("fields = { A = { type = \"id\", rolle = \"call\" } }"), [".message.X.fields.A"]);
}

#[test]
fn a_wrong_key_or_word_of_rules_is_found() {
    let schema = schema(&["rules"]);
    let site = "extends = \"shipped\"\nremove = [\"unread.TrunkID\"]\n[on.LOGON.note]\nafter = \"LOGON.agent\"\nmeans = \"noted\"\n";
    assert_eq!(wrong(&schema, site), Vec::<String>::new());
    for (from, to, place) in [
        ("means", "meens", ".on.LOGON.note.meens"),
        ("\"noted\"", "\"notted\"", ".on.LOGON.note.means"),
        ("after", "afters", ".on.LOGON.note.afters"),
        ("remove", "removes", ".removes"),
        ("means = \"noted\"", "means = \"noted\"\nset.annie = \"x\"", ".on.LOGON.note.set.annie"),
        ("means = \"noted\"", "means = \"noted\"\nfixed.party.kind = \"agnet\"", ".on.LOGON.note.fixed.party.kind"),
        ("means = \"noted\"", "means = \"noted\"\nabsent.X = \"y\"", ".on.LOGON.note.absent"),
        ("\"shipped\"", "\"shiped\"", ".extends"),
    ] {
        assert_eq!(wrong(&schema, &changed(site, from, to)), [place]);
    }
    let text = fs::read_to_string("mappings/to-ccas.toml").unwrap();
    for (from, to, place) in [
        ("[on.log-on]", "[on.log-onn]", ".on.log-onn"),
        ("emit              =", "emitt             =", ".on.log-on.emitt"),
        ("sides   = [\"request\"]", "sides = [\"requests\"]", ".sides"),
        ("orders  = \"answer\"", "orders = \"anser\"", ".refuse.answer-callback.orders"),
        ("[config]", "[unread]\nx = \"y\"\n[config]", ".unread"),
    ] {
        assert_eq!(wrong(&schema, &changed(&text, from, to)), [place]);
    }
}

#[test]
fn a_wrong_key_or_value_of_a_configuration_is_found() {
    let all = schema(&["configuration"]);
    let text = fs::read_to_string("config/cti-bridge.toml").unwrap();
    for (from, to, place) in [
        ("shutdown_grace", "shutdown_grase", ".shutdown_grase"),
        ("format = \"text\"", "format = \"texts\"", ".log.format"),
        ("silence ", "silense ", ".platform.mitel.silense"),
        ("max_calls    = 10000", "max_calls = 0", ".platform.mitel.max_calls"),
        ("# tls    = { ca", "tls    = { cas", ".platform.mitel.tls.cas"),
        ("release-code = 0", "release-cod = 0", ".platform.mitel.rules.release-cod"),
        ("call-end = \"completed\"", "call-end = \"complete\"", ".application.desk.rules.call-end"),
        ("dialect  = \"ccas\"", "dialect = \"cas\"", ".platform.micc.dialect"),
        // A key of another dialect.
        ("[platform.micc]", "[platform.micc]\nurls = []", ".platform.micc.urls"),
        ("# zone    = \"Europe/Berlin\"", "tables = { release-cod = {} }", ".platform.mitel.tables.release-cod"),
    ] {
        assert_eq!(wrong(&all, &changed(&text, from, to)), [place]);
    }
    let doc = "/definitions/platform-event-feed/properties/wrap_grace/description";
    assert!(all.pointer(doc).unwrap().as_str().unwrap().ends_with("shows may last up to call_expiry"), "{all}");
    // A site's rules may declare further settings.
    let site = folder("schema-site");
    fs::write(site.join("to-ccas.toml"), "extends = \"shipped\"\n[config]\nours = 1\n").unwrap();
    let with = schema(&["configuration", "--mappings", site.to_str().unwrap()]);
    let text = changed(&text, "campaign-reason = 0", "ours = 2");
    assert_eq!((wrong(&all, &text).len(), wrong(&with, &text).len()), (1, 0));
}
