//! Two platforms behind the same two applications.

use super::office::Kind;

pub const CRM_PASSWORD: &str = "crm-pass-55";
pub const RELAY_TOKEN: &str = "tk-relay-1";

/// Platforms `p0` and `p1` of these kinds; `desk` is a CTIPS application and the first, `crm` is the feed's.
pub fn configuration(kinds: [Kind; 2]) -> String {
    let platform = |(place, kind): (usize, &Kind)| match kind {
        Kind::Feed => format!(
            "[platform.p{place}]\ndialect = 'event-feed'\nlink_grace = '1ms'\naddress = '127.0.0.1:1'\nuser = 'feed'\npassword = 'pw-feed-1'\n"
        ),
        Kind::Ccas => format!(
            "[platform.p{place}]\ndialect = 'ccas'\nlink_grace = '1ms'\nlisten = '127.0.0.1:0'\ntoken = '{RELAY_TOKEN}'\n\
             pins = {{ 77 = 'pin-77', 78 = 'pin-78', 79 = 'pin-79' }}\n"
        ),
    };
    kinds.iter().enumerate().map(platform).collect::<String>()
        + &format!(
            "[application.desk]\ndialect = 'ctips'\nlisten = '127.0.0.1:0'\nusers = {{ Test01 = 'desk-pass-91' }}\n\
             platforms = ['p0', 'p1']\n[application.crm]\ndialect = 'event-feed'\nlisten = '127.0.0.1:0'\n\
             users = {{ crm = '{CRM_PASSWORD}' }}\nplatforms = ['p0', 'p1']\n"
        )
}
