//! How an entry stands in Redis: with its name, its stamps and the end of its life.
//!
//! Never the key itself: it holds what a client wrote into an argument, and somebody will write a number of a
//! person where none belongs.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::{Buf as _, BufMut as _, Bytes};

use super::key::Name;

/// A value that changes with each invalidation.
pub(super) type Stamp = [u8; 8];

/// An entry found: its body and how long it may still be kept.
pub(super) type Found = (Bytes, Duration);

/// The first byte of an entry: the layout's version.
const LAYOUT: u8 = 3;

fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
}

/// Layout: version, end of life (ms since 1970), number of stamps, stamps, name, body.
pub(super) fn encode(name: &Name, stamps: &[Stamp], body: &Bytes, ttl: Duration) -> Vec<u8> {
    let mut out = Vec::with_capacity(16 + stamps.len() * 8 + name.len() + body.len());
    out.put_u8(LAYOUT);
    let ttl = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
    out.put_u64(now_ms().saturating_add(ttl));
    out.put_u32(u32::try_from(stamps.len()).unwrap_or(u32::MAX));
    for stamp in stamps {
        out.put_slice(stamp);
    }
    out.put_slice(name);
    out.put_slice(body);
    out
}

/// The body and the rest of its life, if the value is an entry of this very name under these stamps.
pub(super) fn decode(mut value: Bytes, name: &Name, current: &[Stamp]) -> Option<Found> {
    if value.try_get_u8().ok()? != LAYOUT {
        return None;
    }
    let left = value.try_get_u64().ok()?.checked_sub(now_ms())?;
    if usize::try_from(value.try_get_u32().ok()?).ok()? != current.len() {
        return None;
    }
    for stamp in current {
        if value.remaining() < stamp.len() || value.split_to(stamp.len())[..] != stamp[..] {
            return None;
        }
    }
    if value.remaining() < name.len() || value.split_to(name.len())[..] != name[..] {
        return None;
    }
    Some((value, Duration::from_millis(left)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::key::{CacheKey, NameKey};

    fn name(parts: &[&[u8]]) -> Name {
        CacheKey::new(parts).name(&NameKey::new(&[1; 32]))
    }

    #[test]
    fn what_a_client_wrote_into_an_argument_is_not_in_the_entry() {
        let name = name(&[b"51", b"{divisionByCode(code: \"51990119870923004X\"){id}}"]);
        let value = encode(
            &name,
            &[],
            &Bytes::from_static(b"{}"),
            Duration::from_secs(60),
        );
        assert!(!value.windows(6).any(|part| part == b"519901"));
    }

    #[test]
    fn an_entry_is_read_back_only_under_its_own_key_and_stamps() {
        let (own, other) = (name(&[b"k"]), name(&[b"l"]));
        let (body, ttl) = (Bytes::from_static(b"{}"), Duration::from_secs(60));
        let value = Bytes::from(encode(&own, &[[1; 8], [2; 8]], &body, ttl));
        let read = |value: &Bytes, name: &Name, stamps: &[Stamp]| {
            decode(value.clone(), name, stamps).map(|(body, _)| body)
        };
        assert_eq!(read(&value, &own, &[[1; 8], [2; 8]]), Some(body.clone()));
        assert_eq!(read(&value, &other, &[[1; 8], [2; 8]]), None);
        assert_eq!(read(&value, &own, &[[1; 8], [3; 8]]), None);
        assert_eq!(read(&value, &own, &[[1; 8]]), None);
        for cut in 0..value.len() - body.len() {
            assert_eq!(read(&value.slice(..cut), &own, &[[1; 8], [2; 8]]), None);
        }
    }
}
