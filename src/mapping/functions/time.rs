//! Functions on times. Zones come with the place or stand in the rule; no clock is read.

use super::Arguments;
use crate::{message::Value, time};

pub fn seconds_between<'v>(arguments: &Arguments<'_, 'v>) -> Value<'v> {
    let moment = |place| time::moment(arguments.text(place)?, arguments.zone(place));
    let seconds = |(from, until): (i64, i64)| until.checked_sub(from).map(|millis| millis / 1000);
    moment(0).zip(moment(1)).and_then(seconds).map(Value::Int).unwrap_or_default()
}

pub fn format_time<'v>(arguments: &Arguments<'_, 'v>) -> Value<'v> {
    let (Some(text), Some(pattern)) = (arguments.text(0), arguments.text(1)) else { return Value::Absent };
    let moment = time::moment(text, arguments.zone(3));
    let written = moment.and_then(|moment| time::write_by(pattern, moment, arguments.zone(2)));
    written.and_then(|text| arguments.made(text)).unwrap_or_default()
}
