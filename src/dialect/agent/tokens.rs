//! The tokens by which a connection shows whose it is: secrets of single agents, and tokens that the site's server has
//! signed. Comparisons take the same time whatever differs. Nothing here is ever logged.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// The longest token in bytes.
const MOST: usize = 1024;
/// What every signed token begins with.
const SIGNED: &str = "v1";

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Tokens {
    /// Logon ids of agents with their tokens. Several agents may have one token, and one agent several.
    agents: Vec<(String, SecretString)>,
    signing_key: Option<SecretString>,
}

impl Tokens {
    pub fn new<A: Into<String>, T: Into<SecretString>>(
        agents: impl IntoIterator<Item = (A, T)>,
        signing_key: Option<SecretString>,
    ) -> Tokens {
        let agents = agents.into_iter().map(|(agent, token)| (agent.into(), token.into())).collect();
        Tokens { agents, signing_key }
    }

    /// The logon id of the agent whose token it is; the error is the reason for the log. `claimed` is the agent whom the
    /// peer names: it is needed where several have the token, and must not contradict it. `moment` is in milliseconds since
    /// 1970.
    pub fn owner(&self, token: &str, claimed: Option<&str>, moment: u64) -> Result<String, &'static str> {
        if token.is_empty() || token.len() > MOST {
            return Err("it has no token, or one that is too long");
        }
        let mut owners = Vec::new();
        for (agent, known) in &self.agents {
            // Every token is compared.
            let is_same: bool = known.expose_secret().as_bytes().ct_eq(token.as_bytes()).into();
            if is_same {
                owners.push(agent.clone());
            }
        }
        if owners.is_empty() {
            owners.push(self.signed(token, moment)?);
        }
        let is_meant = |agent: &String| claimed.is_none_or(|claimed| claimed == agent);
        let mut meant = owners.into_iter().filter(is_meant);
        let owner = meant.next().ok_or("its token is another agent's")?;
        if meant.any(|other| other != owner) {
            return Err("its token is several agents', and it does not say whose desktop it is");
        }
        Ok(owner)
    }

    /// The agent of a token that the site's server has signed:
    /// `v1.<base64url of the agent>.<expiry, seconds since 1970>.<base64url HMAC-SHA-256 of everything before the last dot>`.
    fn signed(&self, token: &str, moment: u64) -> Result<String, &'static str> {
        const UNKNOWN: &str = "its token is unknown";
        let key = self.signing_key.as_ref().ok_or(UNKNOWN)?;
        let (content, signature) = token.rsplit_once('.').ok_or(UNKNOWN)?;
        let signature = decoded(signature).ok_or(UNKNOWN)?;
        mac(key, content).verify_slice(&signature).map_err(|_| UNKNOWN)?;
        let mut parts = content.split('.');
        let (Some(SIGNED), Some(agent), Some(expiry), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err("its token is signed and malformed");
        };
        let agent = decoded(agent).and_then(|agent| String::from_utf8(agent).ok()).filter(|agent| !agent.is_empty());
        let (Some(agent), Ok(expiry)) = (agent, expiry.parse::<u64>()) else {
            return Err("its token is signed and malformed");
        };
        if moment / 1000 >= expiry { Err("its token has expired") } else { Ok(agent) }
    }

    /// The token that the site's server makes for an agent with its signing key.
    pub fn sign(key: &SecretString, agent: &str, expiry: u64) -> String {
        let content = format!("{SIGNED}.{}.{expiry}", URL_SAFE_NO_PAD.encode(agent));
        let signature = URL_SAFE_NO_PAD.encode(mac(key, &content).finalize().into_bytes());
        format!("{content}.{signature}")
    }
}

/// Some encoders pad with `=`, and some do not.
fn decoded(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

fn mac(key: &SecretString, content: &str) -> Hmac<Sha256> {
    let mac = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes());
    mac.expect("HMAC takes keys of any length").chain_update(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "a key of the site's server";

    fn tokens() -> Tokens {
        Tokens::new([("140", "secret")], Some(KEY.to_owned().into()))
    }

    #[test]
    fn a_signed_token_is_its_agents_until_it_expires() {
        let token = Tokens::sign(&KEY.to_owned().into(), "14.1é", 1000);
        assert_eq!(tokens().owner(&token, None, 999_999).unwrap(), "14.1é");
        assert_eq!(tokens().owner(&format!("{token}="), Some("14.1é"), 0).unwrap(), "14.1é");
        assert!(tokens().owner(&token, Some("140"), 0).is_err(), "it is another's");
        assert_eq!(tokens().owner(&token, None, 1_000_000), Err("its token has expired"));
        assert_eq!(tokens().owner("secret", None, 0).unwrap(), "140");
    }

    #[test]
    fn a_token_that_was_touched_is_unknown() {
        let token = Tokens::sign(&KEY.to_owned().into(), "141", 1000);
        for place in 0..token.len() {
            let mut touched = token.clone().into_bytes();
            touched[place] = if touched[place] == b'A' { b'B' } else { b'A' };
            let touched = String::from_utf8(touched).unwrap();
            // The last digit of base64 has bits that stand for nothing; they must be zero.
            assert!(tokens().owner(&touched, None, 0).is_err(), "{touched}");
        }
        assert!(tokens().owner(&Tokens::sign(&"another key".to_owned().into(), "141", 1000), None, 0).is_err());
        assert!(Tokens::default().owner(&token, None, 0).is_err());
        let long = Tokens::sign(&KEY.to_owned().into(), &"1".repeat(1000), 1000);
        assert!(tokens().owner(&long, None, 0).is_err());
    }

    #[test]
    fn a_signed_text_of_another_form_is_no_token() {
        for content in
            ["v2.MTQx.1000", "v1.MTQx", "v1..1000", "v1.MTQx.soon", "v1.MTQx.1000.x", "v1.!.1000", "v1./w.1000"]
        {
            let key = KEY.to_owned().into();
            let token = format!("{content}.{}", URL_SAFE_NO_PAD.encode(mac(&key, content).finalize().into_bytes()));
            assert!(tokens().owner(&token, None, 0).is_err(), "{content}");
        }
    }

    #[test]
    fn the_signature_is_what_other_languages_make_of_it() {
        // printf 'v1.MTQw.2000000000' | openssl dgst -sha256 -hmac "a key of the site's server" -binary | basenc --base64url
        let token = "v1.MTQw.2000000000.eaXzNGjQxivIqxUlzDI9z9-uRxOi54vEu6FL5MfzQ20";
        assert_eq!(Tokens::sign(&KEY.to_owned().into(), "140", 2_000_000_000), token);
    }
}
