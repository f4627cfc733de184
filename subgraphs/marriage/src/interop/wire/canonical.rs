//! JSON in its one canonical form (RFC 8785), so that one message has one text and one hash.
//!
//! Messages hold no fractions: a number is an integer that every JSON library keeps exactly, anything
//! else is refused. That leaves of the standard what is easy to get right in any language: members
//! sorted by the UTF-16 units of their names, no white space, the shortest escapes.

use super::Fault;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// The largest integer that every JSON library keeps exactly (2^53 - 1).
const EXACT: i64 = 9_007_199_254_740_991;

/// How deep a message may be nested; ours are four levels deep.
const DEEPEST: usize = 24;

/// The canonical text of a value.
///
/// # Errors
/// [`Fault::NotCanonical`] for a number that is no exact integer, or a value nested too deeply.
pub fn to_text(value: &impl Serialize) -> Result<String, Fault> {
    let value = serde_json::to_value(value).map_err(|_| Fault::NotCanonical)?;
    let mut text = String::with_capacity(512);
    write(&value, &mut text, 0)?;
    Ok(text)
}

/// Reads a text that must be canonical itself.
///
/// # Errors
/// [`Fault::NotCanonical`] when it is JSON but not in canonical form, [`Fault::Malformed`] when it is
/// no JSON or not of this type.
pub fn from_text<T: DeserializeOwned>(text: &[u8]) -> Result<T, Fault> {
    let value: Value = serde_json::from_slice(text).map_err(|_| Fault::Malformed)?;
    if to_text(&value)?.as_bytes() != text {
        return Err(Fault::NotCanonical);
    }
    serde_json::from_value(value).map_err(|_| Fault::Malformed)
}

fn write(value: &Value, text: &mut String, depth: usize) -> Result<(), Fault> {
    if depth > DEEPEST {
        return Err(Fault::NotCanonical);
    }
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => {
            let exact = number.as_i64().filter(|n| (-EXACT..=EXACT).contains(n));
            text.push_str(&exact.ok_or(Fault::NotCanonical)?.to_string());
        }
        Value::String(string) => quote(string, text)?,
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, text, depth + 1)?;
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
            sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            text.push('{');
            for (index, (name, member)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                quote(name, text)?;
                text.push(':');
                write(member, text, depth + 1)?;
            }
            text.push('}');
        }
    }
    Ok(())
}

/// serde_json escapes exactly as the standard asks: short forms where there are any, `\u00xx` in
/// lower case for other control characters, everything else as it is.
fn quote(string: &str, text: &mut String) -> Result<(), Fault> {
    text.push_str(&serde_json::to_string(string).map_err(|_| Fault::NotCanonical)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_are_sorted_by_utf16_units_and_nothing_is_spaced() {
        // The example of RFC 8785, section 3.2.3: the order differs from that of code points.
        let value = json!({ "\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7 });
        let text = to_text(&value).unwrap();
        let order: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
        // "\r", "1", U+0080, U+00F6, U+20AC, U+1F600 (D83D DE00), U+FB33; the name "1" is a digit too.
        assert_eq!(order.iter().collect::<String>(), "21467153");
        assert_eq!(
            to_text(&json!({ "b": [1, { "d": null, "c": true }], "a": "\u{1}\n\"\\/é" })).unwrap(),
            "{\"a\":\"\\u0001\\n\\\"\\\\/é\",\"b\":[1,{\"c\":true,\"d\":null}]}"
        );
    }

    #[test]
    fn fractions_and_numbers_beyond_exactness_are_refused() {
        for value in [json!(1.5), json!(1e300), json!(u64::MAX), json!(EXACT + 1)] {
            assert_eq!(to_text(&value), Err(Fault::NotCanonical));
        }
        assert_eq!(to_text(&json!(-EXACT)).unwrap(), format!("-{EXACT}"));
    }

    #[test]
    fn a_text_in_another_form_is_refused_and_the_canonical_one_read() {
        assert_eq!(
            from_text::<Value>(b"{\"a\":1,\"b\":2}").unwrap(),
            json!({ "a": 1, "b": 2 })
        );
        for other in [
            &b"{\"b\":2,\"a\":1}"[..],
            b"{ \"a\":1 }",
            b"{\"a\":1.0}",
            b"{\"a\":1,\"a\":1}",
            b"\"\\u0041\"",
        ] {
            assert_eq!(
                from_text::<Value>(other),
                Err(Fault::NotCanonical),
                "{}",
                String::from_utf8_lossy(other)
            );
        }
        assert_eq!(from_text::<Value>(b"{"), Err(Fault::Malformed));
        let deep = "[".repeat(60) + &"]".repeat(60);
        assert_eq!(
            from_text::<Value>(deep.as_bytes()),
            Err(Fault::NotCanonical)
        );
    }
}
