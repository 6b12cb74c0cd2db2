//! The JSON Schema of vocabularies, for editors and linters. Names that stand elsewhere in the file (types, roles, sets of fields)
//! are `check`'s to find.

use serde_json::{Value, json};

use super::{
    load::{CLASSES, HANDS, SIDES, TYPES},
    renaming::load::WORDS,
};
use crate::{
    document::schema::{defined, described, file, flag, names, reason, simple, table, text, texts, whole, word, words},
    model::{DeviceKind, Media},
};

/// The schema of `dialects/<dialect>.toml`.
pub fn file_schema() -> Value {
    let keys = [
        ("dialect", text("the name of the dialect")),
        ("title", text("the vendor's name for it")),
        ("guide", text("the document that the facts are from")),
        ("form", word("json: flat objects with fields that name the message", ["json", "soap"])),
        ("enums", word("the default form of enumerations on the wire", ["code", "name"])),
        (
            "name",
            texts(
                "the fields of a JSON object that name the message; in SOAP, the field that names an event in a line of JSON",
            ),
        ),
        ("request-name", texts("those of a request, if they are different")),
        ("prefix", text("an optional prefix of the names of events and replies")),
        ("ignore-case", flag("names of messages, fields and members match regardless of case")),
        ("parameter", text("the object that contains a request's fields")),
        ("headers", headers()),
        ("call-names", texts("the parts of a call's name, the most authoritative first")),
        (
            "media",
            words(
                "the media that the dialect's applications are told of unless their configuration says otherwise; all without it",
                Media::names(),
            ),
        ),
        ("enum", names("enumerations", enumeration())),
        ("record", names("records", record())),
        ("fields", names("sets of fields that several messages `include`", fields("the fields of the set"))),
        ("message", names("messages", message())),
        ("profile", names("wire profiles: namespaces, renames and changed shapes", profile())),
    ];
    let required = ["dialect", "title", "guide", "form"];
    file(
        "A vocabulary of cti-bridge",
        table("a dialect's messages", &required, keys),
        &[("field", field()), ("type", ty())],
    )
}

fn ty() -> Value {
    let plain: Vec<&str> = TYPES.iter().map(|(name, _)| *name).collect();
    json!({
        "type": "string",
        "pattern": "^(\\[[^\\[\\]]+\\]|[^\\[\\]]+)$",
        "description": format!("{}, an enumeration, a record, or [type] for a list", plain.join(", ")),
    })
}

fn fields(doc: &str) -> Value {
    names(doc, defined("field"))
}

fn field() -> Value {
    let thing = json!({ "type": "string", "pattern": format!("^({}|listed|call(\\..+)?)$", WORDS.map(|(word, _)| word).join("|")) });
    let by = json!({
        "type": "object",
        "properties": { "by": texts("the fields that tell by their values"), "else": thing },
        "required": ["by"],
        "additionalProperties": thing,
    });
    let keys = [
        ("type", defined("type")),
        (
            "role",
            json!({
                "type": "string",
                "pattern": "^((call|second|result)(\\..+)?|agent(\\.(id|number|name|station))?|service|request|session|tenant|platform|sequence|time(\\.utc)?)$",
                "description": "the meaning of the field",
            }),
        ),
        ("default", simple("the value if no rule sets one")),
        ("optional", flag("the field may be left out")),
        ("secret", flag("the value is never shown")),
        ("unit", text("the unit of its values")),
        ("min", whole("the least value")),
        ("max", whole("the greatest value")),
        ("alias", texts("other names that are only read")),
        ("doc", text("a note from the guide")),
        (
            "names",
            described(
                json!({ "anyOf": [thing, by] }),
                "of what the value is the id, where no role and no `devices` say it",
            ),
        ),
        ("quotes", flag("true writes numbers in quotes, false writes texts that are plain numbers without quotes")),
        (
            "separated",
            text("a list that is written as one text; the characters that separate its items, the written one first"),
        ),
        ("family", whole("a list of records that is written as numbered fields, at most so many")),
        ("joined", texts("a name that is composed of these fields of the message")),
    ];
    json!({ "anyOf": [defined("type"), table("a field", &["type"], keys)], "description": "a field: its type, or a table" })
}

fn headers() -> Value {
    let keys = [
        ("chapter", text("the chapter in the guide")),
        ("namespace", text("the namespace of the header")),
        ("fields", fields("the fields in the header")),
    ];
    table("the part of every request that is in the header of its envelope", &["chapter", "namespace"], keys)
}

fn enumeration() -> Value {
    let member = [
        ("code", whole("the number")),
        ("kind", word("the model's kind of device", DeviceKind::names())),
        ("wire", text("another name that is written")),
        ("alias", texts("other names that are only read")),
    ];
    let member = json!({ "anyOf": [{ "type": "integer" }, table("a member", &["code"], member)] });
    let list = json!({ "type": "array", "items": { "type": "string" } });
    let members = json!({ "anyOf": [list, { "type": "object", "additionalProperties": member }] });
    let keys = [
        ("chapter", text("the chapter in the guide")),
        ("wire", word("the form on the wire", ["code", "name"])),
        ("members", described(members, "names with their codes, or a list that is counted from 0")),
    ];
    table("an enumeration", &["chapter", "members"], keys)
}

fn record() -> Value {
    let keys = [
        ("chapter", text("the chapter in the guide")),
        ("fields", fields("the fields of the record")),
        ("tuple", flag("an array in the order of the fields")),
    ];
    table("a record", &["chapter"], keys)
}

fn message() -> Value {
    let device = json!({ "type": ["string", "array"], "items": { "type": "string" }, "minItems": 1, "maxItems": 3 });
    let name = json!({
        "type": "object",
        "properties": {
            "alias": texts("other names that are only read"),
            "only-field": text("the field that no other message has"),
            "nameless": texts("the fields by which the message is known"),
        },
        "additionalProperties": { "type": ["string", "integer"] },
    });
    let keys = [
        ("chapter", text("the chapter in the guide")),
        ("side", word("who says the message, and when", SIDES.map(|(name, _)| name))),
        (
            "name",
            described(name, "the name on the wire, by name field (in SOAP `class` or `operation`), if it differs"),
        ),
        ("extends", text("a record whose fields the message also has")),
        ("include", texts("sets of fields that the message has")),
        ("devices", names("name = [id, type, number]: three fields that together are a device of the model", device)),
        ("fields", fields("the fields of the message")),
        ("fixed", names("fields with the same value in each message", simple("the value"))),
        (
            "class",
            word("session: the conversation handles the message, not the rules; fault: a reply that refuses", CLASSES),
        ),
        ("faults", texts("the faults that can refuse the request")),
        ("bare", flag("a request's fields are the parameters of the operation; a reply's one field is its result")),
        ("returns", described(defined("type"), "the answer to a request that has no reply of its own")),
        ("results", texts("the members of a reply's results that are the reply's own")),
    ];
    table("a message", &["chapter", "side"], keys)
}

fn profile() -> Value {
    let namespaces =
        [("service", text("of operations")), ("callback", text("of calls back")), ("data", text("of records"))];
    let keys = [
        ("contract", text("the name of the service's contract")),
        ("callback_contract", text("the name of the contract of calls back")),
        ("event_class", text("the class of an event; {} is its name")),
        ("action", text("the SOAP action, of {namespace}, {contract} and {operation}")),
        ("namespaces", table("the namespaces", &["service", "data"], namespaces)),
        ("fault", text("the element of a fault's detail")),
        ("complete", word("whether the last update of each type or of the whole snapshot is marked", ["type", "all"])),
        ("void", texts("operations without a result")),
        ("list", texts("fields that are a list here: Message.Field or *.Field")),
        ("omit", texts("fields that are not there: Message.Field or *.Field")),
        ("pad", names("the number of items that lists of a label always have", whole("the number of items"))),
        ("rename", names("other names: of Message, Message.Field, *.Field or Enumeration.Member", reason("the name"))),
        ("hand", word("the style in which XML is written", HANDS)),
    ];
    table("a wire profile", &["contract", "action", "namespaces"], keys)
}
