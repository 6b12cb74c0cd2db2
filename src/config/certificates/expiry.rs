//! When a certificate expires: read from its DER as far as that, and no further. Whether it is to be trusted is for rustls.
//! No crate of the program tells the date: webpki keeps it to itself, and a parser of X.509 would bring eight more crates for it.

use std::path::Path;

use rustls::pki_types::{CertificateDer, pem::PemObject};

use crate::time::{self, Written};

/// When the first certificate of a file expires, in seconds since 1970. None if the file cannot be read.
pub fn of_file(path: &Path) -> Option<i64> {
    let certificates = CertificateDer::pem_file_iter(path).ok()?;
    certificates.filter_map(|certificate| of(&certificate.ok()?)).min()
}

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// The version, which the first certificates did not have.
const VERSION: u8 = 0xa0;

/// Certificate → to be signed → version, serial number, algorithm, issuer, validity → not before, not after.
fn of(der: &[u8]) -> Option<i64> {
    let (certificate, _) = element(der, SEQUENCE)?;
    let (mut signed, _) = element(certificate, SEQUENCE)?;
    if signed.first() == Some(&VERSION) {
        (_, signed) = element(signed, VERSION)?;
    }
    for tag in [INTEGER, SEQUENCE, SEQUENCE] {
        (_, signed) = element(signed, tag)?;
    }
    let (validity, _) = element(signed, SEQUENCE)?;
    let (.., rest) = any(validity)?;
    let (tag, text, _) = any(rest)?;
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let year_length = match tag {
        UTC_TIME => 2,
        GENERALIZED_TIME => 4,
        _ => return None,
    };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let (year, rest) = text.split_at_checked(year_length).filter(|_| digits && text.len() == year_length + 10)?;
    let year: u32 = year.parse().ok()?;
    let year = match (tag, year) {
        (UTC_TIME, 50..) => 1900 + year,
        (UTC_TIME, _) => 2000 + year,
        _ => year,
    };
    let part = |at: usize| &rest[2 * at..2 * at + 2];
    let text = format!("{year:04}-{}-{} {}:{}:{}", part(0), part(1), part(2), part(3), part(4));
    let (Written::Civil(millis) | Written::Moment(millis)) = time::parse(&text)?;
    Some(millis / 1000)
}

/// The content of the first element, which has this tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, content, rest) = any(der)?;
    (found == tag).then_some((content, rest))
}

/// The tag and the content of the first element, and what follows it.
fn any(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        // The length of the length, at most four bytes.
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn expiring(year: i32) -> CertificateDer<'static> {
        let mut params = CertificateParams::new(vec!["localhost".into()]).unwrap();
        params.not_after = date_time_ymd(year, 3, 4);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone()
    }

    #[test]
    fn a_certificate_says_when_it_expires() {
        // Up to 2049 the year has two digits.
        assert_eq!(of(&expiring(2031)), Some(1_930_348_800));
        assert_eq!(of(&expiring(2077)), Some(3_382_041_600));
    }

    #[test]
    fn what_is_no_certificate_expires_never_and_does_no_harm() {
        let whole = expiring(2031);
        for length in 0..200 {
            assert_eq!(of(&whole[..length]), None);
        }
        for place in 0..200 {
            let mut odd = whole.to_vec();
            odd[place] ^= 0x81;
            let _ = of(&odd);
        }
    }
}
