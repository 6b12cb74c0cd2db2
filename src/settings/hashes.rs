//! Hashes that stand in place of passwords: PHC strings of argon2id and of PBKDF2 with SHA-256. Their parameters have bounds, so
//! that no file makes a log-on cost more than about half a second. Conversations do not verify: they have it done
//! ([`crate::port::Output::Verify`]).

use argon2::{
    Argon2, Params, Version,
    password_hash::{
        PasswordHasher, PasswordVerifier,
        phc::{Ident, Output, PasswordHash},
    },
};
use pbkdf2::pbkdf2_hmac;
use sha2::Sha256;

/// The prefixes by which a password is taken for a hash.
const PREFIXES: [&str; 2] = ["$argon2", "$pbkdf2"];
const ARGON2ID: &str = "argon2id";
const PBKDF2: &str = "pbkdf2-sha256";
/// The most memory in KiB, the most passes, the most memory times passes and the most lanes of argon2, and the most rounds of
/// PBKDF2. RFC 9106 recommends three passes over 64 MiB where memory is scarce.
const MOST_MEMORY: u32 = 64 << 10;
const MOST_PASSES: u32 = 10;
const MOST_WORK: u32 = 3 * MOST_MEMORY;
const MOST_LANES: u32 = 16;
const MOST_ROUNDS: u32 = 1_000_000;

/// Whether a password of a configuration is a hash of it, though maybe one that cannot be used.
pub fn is_hash(text: &str) -> bool {
    PREFIXES.iter().any(|prefix| text.starts_with(prefix))
}

/// A hash that can be used; the error says why one cannot, and shows nothing of it.
fn read(text: &str) -> Result<PasswordHash, String> {
    let form = || {
        format!(
            "is no hash in PHC form, such as ${ARGON2ID}$v=19$m=19456,t=2,p=1$<salt>$<hash> or \
             ${PBKDF2}$i=600000$<salt>$<hash>, with base64 without padding"
        )
    };
    let hash = PasswordHash::new(text).map_err(|_| form())?;
    if hash.salt.is_none() || hash.hash.is_none() {
        return Err(form());
    }
    let bound = |what: &str, given: u32, most: u32, unit: &str| match given > most {
        true => Err(format!("asks for {given}{unit} {what}: at most {most} are allowed")),
        false => Ok(()),
    };
    match hash.algorithm.as_str() {
        ARGON2ID => {
            let unknown = || "has parameters that argon2 does not know".to_owned();
            let params = Params::try_from(&hash).map_err(|_| unknown())?;
            hash.version.map_or(Ok(Version::default()), Version::try_from).map_err(|_| unknown())?;
            bound("of memory", params.m_cost(), MOST_MEMORY, " KiB")?;
            bound("passes", params.t_cost(), MOST_PASSES, "")?;
            bound("of memory in all its passes", params.m_cost() * params.t_cost(), MOST_WORK, " KiB")?;
            bound("lanes", params.p_cost(), MOST_LANES, "")?;
        }
        PBKDF2 => {
            let rounds = rounds(&hash).filter(|rounds| *rounds > 0).ok_or_else(form)?;
            bound("rounds", rounds, MOST_ROUNDS, "")?;
        }
        _ => return Err(format!("is a hash of another sort: {ARGON2ID} and {PBKDF2} are known")),
    }
    Ok(hash)
}

/// The rounds of PBKDF2.
fn rounds(hash: &PasswordHash) -> Option<u32> {
    hash.params.get_decimal("i")
}

/// Why a hash cannot be used, as the end of a sentence.
pub fn fault(text: &str) -> Option<String> {
    read(text).err()
}

/// Whether a hash is the password's. This takes long.
pub fn verify(hash: &str, password: &str) -> bool {
    let Ok(hash) = read(hash) else { return false };
    if hash.algorithm == Ident::new_unwrap(ARGON2ID) {
        return Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
    }
    let (Some(rounds), Some(salt), Some(expected)) = (rounds(&hash), hash.salt, hash.hash) else { return false };
    let made = Output::init_with(expected.len(), |made| {
        pbkdf2_hmac::<Sha256>(password.as_bytes(), salt.as_ref(), rounds, made);
        Ok(())
    });
    // Outputs are compared in a time that does not depend on where they differ.
    made.is_ok_and(|made| made == expected)
}

/// An argon2id hash of a password, with a salt of its own.
pub fn make(password: &str) -> Result<String, String> {
    let hash: Result<PasswordHash, _> = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_its_own_passwords_alone() {
        let made = make("Grüße ☎").unwrap();
        assert!(made.starts_with("$argon2id$v=19$m=19456,t=2,p=1$") && is_hash(&made) && fault(&made).is_none());
        assert!(verify(&made, "Grüße ☎") && !verify(&made, "Grüße") && !verify(&made, ""));
        assert_ne!(made, make("Grüße ☎").unwrap(), "each hash has a salt of its own");
    }

    #[test]
    fn hashes_that_other_programs_made_are_right() {
        // Python: b64encode(hashlib.pbkdf2_hmac('sha256', b'secret', b'saltsaltsaltsalt', 1000)), without padding.
        let pbkdf2 = "$pbkdf2-sha256$i=1000$c2FsdHNhbHRzYWx0c2FsdA$dClvKSmj66n6MdMWNv3Go4mvH1Ym2WIGiJvquqa+mfE";
        assert!(verify(pbkdf2, "secret") && !verify(pbkdf2, "Secret"));
    }

    #[test]
    fn a_hash_that_cannot_be_used_says_why() {
        let tail = "c2FsdHNhbHRzYWx0c2FsdA$dClvKSmj66n6MdMWNv3Go4mvH1Ym2WIGiJvquqa+mfE";
        for (hash, reason) in [
            (format!("$argon2id$v=19$m=65537,t=2,p=1${tail}"), "asks for 65537 KiB of memory: at most 65536"),
            (format!("$argon2id$v=19$m=65536,t=11,p=1${tail}"), "asks for 11 passes: at most 10"),
            (
                format!("$argon2id$v=19$m=65536,t=4,p=1${tail}"),
                "asks for 262144 KiB of memory in all its passes: at most 196608",
            ),
            (format!("$argon2id$v=19$m=65536,t=1,p=17${tail}"), "asks for 17 lanes: at most 16"),
            (format!("$argon2i$v=19$m=64,t=1,p=1${tail}"), "a hash of another sort"),
            (format!("$argon2id$v=19$m=1,t=1,p=1${tail}"), "parameters that argon2 does not know"),
            (format!("$argon2id$v=7$m=64,t=1,p=1${tail}"), "parameters that argon2 does not know"),
            (format!("$pbkdf2-sha256$i=1000001${tail}"), "asks for 1000001 rounds: at most 1000000"),
            (format!("$pbkdf2-sha256$i=0${tail}"), "no hash in PHC form"),
            (format!("$pbkdf2-sha256${tail}"), "no hash in PHC form"),
            (format!("$pbkdf2-sha256$29000${tail}"), "no hash in PHC form"),
            (format!("$pbkdf2-sha512$i=1000${tail}"), "a hash of another sort"),
            ("$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA".to_owned(), "no hash in PHC form"),
            ("$argon2".to_owned(), "no hash in PHC form"),
        ] {
            assert!(is_hash(&hash) && !verify(&hash, "secret"));
            let fault = fault(&hash).unwrap_or_default();
            assert!(fault.contains(reason), "{hash}: {fault}");
        }
        for costliest in
            ["$argon2id$v=19$m=65536,t=3,p=4$", "$argon2id$v=19$m=19660,t=10,p=1$", "$pbkdf2-sha256$i=1000000$"]
        {
            assert_eq!(fault(&format!("{costliest}{tail}")), None);
        }
        assert!(!is_hash("$ecret") && !is_hash("secret"));
    }
}
