//! Seals: what the log held at a moment, signed. Kept for ever, even when the records are gone.
//!
//! A chain of hashes shows that its middle was changed; that its end was cut off, or all of it written
//! anew, only something outside it can show. So every hour, at each start and at each stop the head and
//! the number of every segment that has changed are written into a seal: a Merkle root over them, linked
//! to the seal before, signed by Ed25519 or SM2 with a key that belongs to the log alone. A segment sealed
//! after its day is over is closed, and only closed segments are ever purged.
//!
//! The hashes have no key, so whoever may write to the store can make a chain that fits. What they cannot make
//! is a place in a seal that is signed already: a record that is dated well before a seal which does not hold it
//! was put in later ([`Times`]). Such records are never signed.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Days, NaiveDate, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::Class;
use super::line::{self, HashKind, Read};
pub use super::seal_key::{SealKey, SealPublic};
use super::store::{Segment, Store, StoreError};

/// Beijing time is eight hours ahead, all year.
const BEIJING: TimeDelta = TimeDelta::hours(8);
/// A group that was under way is in the store after so long: then a day is over, and a record that an earlier
/// seal does not hold was put in. The clocks of gateways that share a log must agree closer than this.
const GRACE: TimeDelta = TimeDelta::minutes(10);
/// What stands between the object and its signature.
const SEAM: &str = ",\"signature\":\"";
/// Other gateways seal the same log; whoever comes second tries again.
const TRIES: usize = 5;

/// The day of an instant, by Beijing time.
#[must_use]
pub fn day_of(at: DateTime<Utc>) -> NaiveDate {
    // What a line in the store says may be any time at all.
    at.checked_add_signed(BEIJING).unwrap_or(at).date_naive()
}

/// When each seal was made, as far as all of them agree: the earliest of its own time, those of later seals and
/// now. So a clock that was set forward, and back again, makes nothing late and no day over.
#[derive(Debug, Default)]
pub struct Times(Vec<DateTime<Utc>>);

impl Times {
    /// Of seals that say that they were made then, in order.
    #[must_use]
    pub fn of(said: impl DoubleEndedIterator<Item = DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        let mut earliest = now;
        let mut times: Vec<_> = said
            .rev()
            .map(|at| {
                earliest = earliest.min(at);
                earliest
            })
            .collect();
        times.reverse();
        Self(times)
    }

    /// Whether a record of that time, which none of the first `seals` seals holds, was put in later: the last of
    /// them would have held it.
    #[must_use]
    pub fn is_late(&self, at: DateTime<Utc>, seals: usize) -> bool {
        let last = seals.checked_sub(1).and_then(|last| self.0.get(last));
        last.is_some_and(|sealed| {
            at.checked_add_signed(GRACE)
                .is_some_and(|there| there <= *sealed)
        })
    }
}

/// Whether nothing more can come into a day's segments.
fn is_over(day: NaiveDate, now: DateTime<Utc>) -> bool {
    day_of(now - GRACE) > day
}

/// What a seal says of one segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    class: String,
    /// The segment's day.
    pub day: NaiveDate,
    /// The segment's chain.
    pub chain: String,
    /// The number of its first record.
    pub first: u64,
    /// The number of its last record.
    pub last: u64,
    /// The hash of its last record.
    pub head: String,
}

impl Sealed {
    /// Its segment; nothing when the class is not known.
    #[must_use]
    pub fn segment(&self) -> Option<Segment> {
        Some(Segment {
            class: Class::parse(&self.class)?,
            day: self.day,
            chain: self.chain.clone(),
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    v: u32,
    number: u64,
    at: String,
    entries: Vec<Sealed>,
    root: String,
    prev_seal: String,
    #[serde(skip_serializing, default)]
    signature: String,
}

/// A seal that was found whole.
#[derive(Debug, Clone)]
pub struct Seal {
    /// Its number, from 1.
    pub number: u64,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// What it says.
    pub entries: Vec<Sealed>,
    /// The Merkle root over that.
    pub root: String,
}

/// The Merkle root over what is sealed: leaves and inner nodes are told apart by their first byte, a node
/// without a partner moves up.
fn root(hash: HashKind, entries: &[Sealed]) -> serde_json::Result<String> {
    let mut level = Vec::with_capacity(entries.len());
    for entry in entries {
        level.push(hash.digest(&[&[0], &serde_json::to_vec(entry)?]));
    }
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => hash.digest(&[&[1], left.as_bytes(), right.as_bytes()]),
                single => single.concat(),
            })
            .collect();
    }
    Ok(level.pop().unwrap_or_else(|| hash.digest(&[&[0]])))
}

/// The line of a seal, and its root.
fn write(
    key: &SealKey,
    hash: HashKind,
    number: u64,
    at: DateTime<Utc>,
    entries: Vec<Sealed>,
    before: Option<&[u8]>,
) -> serde_json::Result<(Vec<u8>, String)> {
    let body = Body {
        v: 1,
        number,
        at: at.to_rfc3339_opts(SecondsFormat::Micros, true),
        root: root(hash, &entries)?,
        entries,
        prev_seal: hash.digest(&[before.unwrap_or(b"minzheng access log seals")]),
        signature: String::new(),
    };
    let mut line = serde_json::to_string(&body)?;
    let signature = key.sign(line.as_bytes());
    line.pop();
    line.push_str(SEAM);
    line.push_str(&STANDARD.encode(signature));
    line.push_str("\"}");
    Ok((line.into_bytes(), body.root))
}

/// Reads a seal and checks signature, root, number and the link to the seal before.
///
/// # Errors
/// What is wrong with it, in a clause.
pub fn read(
    line: &[u8],
    number: u64,
    before: Option<&[u8]>,
    key: &SealPublic,
) -> Result<Seal, &'static str> {
    let body: Body = serde_json::from_slice(line).map_err(|_| "it is no seal")?;
    let text = std::str::from_utf8(line).map_err(|_| "it is no seal")?;
    let at = text.rfind(SEAM).ok_or("it has no signature")?;
    if text[at + SEAM.len()..] != format!("{}\"}}", body.signature) {
        return Err("something stands behind its signature");
    }
    let signed = format!("{}}}", &text[..at]);
    let signature = STANDARD
        .decode(&body.signature)
        .map_err(|_| "its signature is none")?;
    if !key.verifies(signed.as_bytes(), &signature) {
        return Err("its signature is not of this key");
    }
    let hash = HashKind::of(&body.root).ok_or("its hash is not known")?;
    let expected = hash.digest(&[before.unwrap_or(b"minzheng access log seals")]);
    if body.number != number || body.prev_seal != expected {
        return Err("it does not follow the seal before");
    }
    if root(hash, &body.entries).ok().as_ref() != Some(&body.root) {
        return Err("its root is not that of its entries");
    }
    let at = DateTime::parse_from_rfc3339(&body.at).map_err(|_| "its time cannot be read")?;
    Ok(Seal {
        number,
        at: at.to_utc(),
        entries: body.entries,
        root: body.root,
    })
}

/// What was last sealed of each segment, and whether it is closed.
fn latest(seals: &[Seal], times: &Times) -> HashMap<Segment, (Sealed, bool)> {
    let mut latest = HashMap::new();
    for (seal, at) in seals.iter().zip(&times.0) {
        for entry in &seal.entries {
            if let Some(segment) = entry.segment() {
                let closed = is_over(segment.day, *at);
                latest.insert(segment, (entry.clone(), closed));
            }
        }
    }
    latest
}

/// What sealing did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Done {
    /// The number of the new seal; none when nothing had changed.
    pub seal: Option<u64>,
    /// Its root.
    pub root: Option<String>,
    /// Seals there are now.
    pub seals: u64,
    /// Segments in the new one.
    pub sealed: usize,
    /// Segments that do not agree with an earlier seal, are broken, or hold records that were put in later; what is
    /// doubtful in them is not signed: see `access-log verify`.
    pub doubtful: usize,
}

/// Seals whatever has changed since the last seal.
///
/// # Errors
/// The store's own, and a seal that is not ours.
pub fn seal(
    store: &mut dyn Store,
    key: &SealKey,
    hash: HashKind,
    now: DateTime<Utc>,
) -> Result<Done, StoreError> {
    for _ in 0..TRIES {
        let lines = store.seals()?;
        let seals = seals(&lines, &key.public())?;
        let times = Times::of(seals.iter().map(|seal| seal.at), now);
        let latest = latest(&seals, &times);
        let mut done = Done {
            seals: seals.len() as u64,
            ..Done::default()
        };
        let mut entries = Vec::new();
        for segment in store.segments()? {
            let known = latest.get(&segment);
            if known.is_some_and(|(_, closed)| *closed) {
                continue;
            }
            let known = known.map(|(sealed, _)| sealed);
            let new = |read: &Read| known.is_none_or(|known| read.seq > known.last);
            let (found, late) = scan(store, &segment, known, |read| {
                new(read) && times.is_late(read.at, seals.len())
            })?;
            let is_less = match (known, &found) {
                (Some(known), Some(found)) => known.last > found.last || known.first != found.first,
                (known, found) => known.is_some() && found.is_none(),
            };
            done.doubtful += usize::from(late || is_less);
            let Some(found) = found.filter(|_| !is_less) else {
                continue;
            };
            // Written once more only to close it, which what is doubtful must not be.
            if known != Some(&found) || (is_over(segment.day, now) && !late) {
                entries.push(found);
            }
        }
        // A clock that was set back: from here on the time is another, and this seal says so.
        let set_back = seals.last().is_some_and(|last| now + GRACE <= last.at);
        if entries.is_empty() && !set_back {
            return Ok(done);
        }
        let number = done.seals + 1;
        done.sealed = entries.len();
        let before = lines.last().map(Vec::as_slice);
        let (line, root) =
            write(key, hash, number, now, entries, before).map_err(StoreError::new)?;
        if store.add_seal(number, &line)? {
            (done.seal, done.root, done.seals) = (Some(number), Some(root), number);
            return Ok(done);
        }
    }
    Err(StoreError::new(
        "others sealed at the same time, again and again",
    ))
}

fn seals(lines: &[Vec<u8>], key: &SealPublic) -> Result<Vec<Seal>, StoreError> {
    let mut seals = Vec::with_capacity(lines.len());
    let mut before: Option<&[u8]> = None;
    for (line, number) in lines.iter().zip(1..) {
        let seal = read(line, number, before, key)
            .map_err(|why| StoreError(format!("seal {number} cannot be built upon: {why}")))?;
        seals.push(seal);
        before = Some(line);
    }
    Ok(seals)
}

/// First, last and head of a segment as far as it is whole, agrees with what was sealed and holds nothing late;
/// nothing when nothing is. And whether something late was met.
fn scan(
    store: &mut dyn Store,
    segment: &Segment,
    known: Option<&Sealed>,
    is_late: impl Fn(&Read) -> bool,
) -> Result<(Option<Sealed>, bool), StoreError> {
    let mut found: Option<Sealed> = None;
    let (mut whole, mut late) = (true, false);
    store.lines(segment, &mut |line| {
        let Ok(read) = line::read(line) else {
            whole = false;
            return;
        };
        let follows = found.as_ref().is_none_or(|found| {
            Some(read.seq) == found.last.checked_add(1) && read.prev_hash == found.head
        });
        let another = known.is_some_and(|known| read.seq == known.last && read.hash != known.head);
        whole &= follows && !another && read.chain == segment.chain;
        late |= whole && is_late(&read);
        whole &= !late;
        if whole {
            let first = found.as_ref().map_or(read.seq, |found| found.first);
            found = Some(Sealed {
                class: segment.class.as_str().to_owned(),
                day: segment.day,
                chain: read.chain,
                first,
                last: read.seq,
                head: read.hash,
            });
        }
    })?;
    Ok((found, late))
}

/// Drops whole closed segments whose time is over; answers how many.
///
/// # Errors
/// The store's own.
pub fn purge(
    store: &mut dyn Store,
    key: &SealPublic,
    keep_days: [u32; 3],
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let lines = store.seals()?;
    let seals = seals(&lines, key)?;
    let times = Times::of(seals.iter().map(|seal| seal.at), now);
    let latest = latest(&seals, &times);
    let mut dropped = 0;
    for segment in store.segments()? {
        let closed = latest.get(&segment).is_some_and(|(_, closed)| *closed);
        if closed && is_due(&segment, keep_days, now) {
            store.drop_segment(&segment)?;
            dropped += 1;
        }
    }
    Ok(dropped)
}

/// Whether the time to keep a segment is over.
#[must_use]
pub fn is_due(segment: &Segment, keep_days: [u32; 3], now: DateTime<Utc>) -> bool {
    let keep = keep_days[match segment.class {
        Class::General => 0,
        Class::Sharing => 1,
        Class::Reveal => 2,
    }];
    segment
        .day
        .checked_add_days(Days::new(u64::from(keep)))
        .is_some_and(|until| until < day_of(now))
}
