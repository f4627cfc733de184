//! Statements inside messages: `{ "by", "jws" }` on the wire, with the body where the core looks at it.
//!
//! A grant or a decision is signed by itself, so that others can show it for ever. On the wire its body
//! stands only inside its signature; here it is taken out, after the signature was found good with a key
//! that was the speaker's when it was made, and put back before a message is signed. Statements stand
//! inside statements (a decision holds the grant it was made on); both ways go all the way down.

use super::Fault;
use super::jws::{self, KeyBook};
use super::signature::SigningKey;
use serde_json::{Map, Value};

/// How many statements one message may hold; the answer to HELLO has the most.
const MOST: usize = 256;
/// How deep statements may stand in one another.
const DEEPEST: usize = 6;

/// Who signs what we state ourselves, and when.
#[derive(Clone, Copy, Debug)]
pub struct Speaker<'a> {
    /// Our own code.
    pub own: &'a str,
    /// Our key.
    pub key: &'a SigningKey,
    /// The time, in milliseconds since 1970.
    pub now: i64,
}

/// Makes of every statement its wire form; our own that has no signature yet is signed.
///
/// # Errors
/// [`Fault::Malformed`] for another's statement without its signature.
pub fn wrap(value: &mut Value, speaker: Speaker<'_>) -> Result<(), Fault> {
    match value {
        Value::Array(items) => items.iter_mut().try_for_each(|item| wrap(item, speaker)),
        Value::Object(members) => {
            members
                .values_mut()
                .try_for_each(|member| wrap(member, speaker))?;
            if !(members.contains_key("by") && members.contains_key("body")) {
                return Ok(());
            }
            let body = members.remove("body").unwrap_or_default();
            let signed = members
                .get("jws")
                .and_then(Value::as_str)
                .is_some_and(|jws| !jws.is_empty());
            if !signed {
                if members.get("by").and_then(Value::as_str) != Some(speaker.own) {
                    return Err(Fault::Malformed);
                }
                let text = jws::state(speaker.key, speaker.own, speaker.now, &body)?;
                members.insert("jws".to_owned(), Value::String(text));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Puts the body beside every statement, all signatures judged.
///
/// # Errors
/// Why one is not believed; [`Fault::TooLarge`] for too many or too deep.
pub fn unwrap(value: &mut Value, book: &dyn KeyBook) -> Result<(), Fault> {
    let mut left = MOST;
    go(value, book, &mut left, 0)
}

fn go(value: &mut Value, book: &dyn KeyBook, left: &mut usize, depth: usize) -> Result<(), Fault> {
    match value {
        Value::Array(items) => items
            .iter_mut()
            .try_for_each(|item| go(item, book, left, depth)),
        Value::Object(members) => match statement(members) {
            None if members.contains_key("by") && members.contains_key("body") => {
                Err(Fault::Malformed)
            }
            None => members
                .values_mut()
                .try_for_each(|member| go(member, book, left, depth)),
            Some((by, text)) => {
                *left = left
                    .checked_sub(1)
                    .filter(|_| depth < DEEPEST)
                    .ok_or(Fault::TooLarge)?;
                let statement = jws::read_statement::<Value>(&text, book)?;
                if statement.by != by {
                    return Err(Fault::BadSignature);
                }
                let mut body = statement.body;
                go(&mut body, book, left, depth + 1)?;
                members.insert("body".to_owned(), body);
                Ok(())
            }
        },
        _ => Ok(()),
    }
}

/// An object that is exactly a statement's wire form.
fn statement(members: &Map<String, Value>) -> Option<(String, String)> {
    let text = |name: &str| members.get(name)?.as_str().map(str::to_owned);
    (members.len() == 2)
        .then(|| Some((text("by")?, text("jws")?)))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::super::signature::{Algorithm, PublicKey};
    use super::*;
    use serde_json::json;

    struct Two(PublicKey, PublicKey);

    impl KeyBook for Two {
        fn key(
            &self,
            authority: &str,
            key_id: &str,
            _: i64,
        ) -> Result<(Algorithm, PublicKey), Fault> {
            [("32", &self.0), ("35", &self.1)]
                .into_iter()
                .find(|(code, key)| *code == authority && key.id() == key_id)
                .map(|(_, key)| (Algorithm::EdDsa, key.clone()))
                .ok_or(Fault::UnknownKey)
        }
    }

    fn key(seed: u8) -> SigningKey {
        SigningKey::of(Algorithm::EdDsa, &[seed; 32]).unwrap()
    }

    #[test]
    fn a_statement_within_a_statement_comes_back_as_it_was_said() {
        let (one, two) = (key(1), key(2));
        let book = Two(one.public(), two.public());
        let mut grant = json!({ "grant": { "by": "32", "body": { "fence": 7 } } });
        wrap(
            &mut grant,
            Speaker {
                own: "32",
                key: &one,
                now: 5,
            },
        )
        .unwrap();
        assert_eq!(grant["grant"].get("body"), None);
        unwrap(&mut grant, &book).unwrap();
        assert_eq!(grant["grant"]["body"]["fence"], 7);
        let mut decision = json!({ "phase": "DECIDED", "verdict": { "by": "35", "jws": "", "body": { "a": [grant] } } });
        wrap(
            &mut decision,
            Speaker {
                own: "35",
                key: &two,
                now: 6,
            },
        )
        .unwrap();
        let wire = decision.clone();
        unwrap(&mut decision, &book).unwrap();
        assert_eq!(
            decision["verdict"]["body"]["a"][0]["grant"]["body"]["fence"],
            7
        );
        // A third party hands it on without being able to sign for either.
        let mut again = decision.clone();
        wrap(
            &mut again,
            Speaker {
                own: "51",
                key: &key(3),
                now: 9,
            },
        )
        .unwrap();
        assert_eq!(again, wire);
    }

    #[test]
    fn nobody_speaks_for_another() {
        let book = Two(key(1).public(), key(2).public());
        let mut foreign = json!({ "by": "35", "body": {} });
        assert_eq!(
            wrap(
                &mut foreign,
                Speaker {
                    own: "32",
                    key: &key(1),
                    now: 1
                }
            ),
            Err(Fault::Malformed)
        );
        let mut own = json!({ "by": "32", "body": { "d": 1 } });
        wrap(
            &mut own,
            Speaker {
                own: "32",
                key: &key(1),
                now: 1,
            },
        )
        .unwrap();
        let text = own["jws"].clone();
        for mut forged in [
            json!({ "by": "35", "jws": text }),
            json!({ "by": "32", "jws": "a.b.c" }),
            json!({ "by": "32", "jws": text, "body": { "d": 2 } }),
            json!({ "by": "32", "body": { "d": 2 } }),
        ] {
            assert!(unwrap(&mut forged, &book).is_err(), "{forged}");
        }
    }

    #[test]
    fn too_many_and_too_deep_are_refused() {
        let (one, book) = (key(1), Two(key(1).public(), key(2).public()));
        let speaker = Speaker {
            own: "32",
            key: &one,
            now: 1,
        };
        let mut single = json!({ "by": "32", "body": {} });
        wrap(&mut single, speaker).unwrap();
        let mut many = Value::Array(vec![single.clone(); MOST + 1]);
        assert_eq!(unwrap(&mut many, &book), Err(Fault::TooLarge));
        let mut deep = single;
        for _ in 0..DEEPEST {
            deep = json!({ "by": "32", "body": { "in": deep } });
            wrap(&mut deep, speaker).unwrap();
        }
        assert_eq!(unwrap(&mut deep, &book), Err(Fault::TooLarge));
    }
}
