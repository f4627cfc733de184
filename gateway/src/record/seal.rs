//! Seals: what the log held at a moment, signed. Kept for ever, even when the records are gone.
//!
//! A chain of hashes shows that its middle was changed; that its end was cut off, or all of it written
//! anew, only something outside it can show. So every hour, at each start and at each stop the head and
//! the number of every segment that has changed are written into a seal: a Merkle root over them, linked
//! to the seal before, signed by Ed25519 or SM2 with a key that belongs to the log alone. A segment sealed
//! after its day is over is closed, and only closed segments are ever purged.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Days, NaiveDate, SecondsFormat, TimeDelta, Utc};
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use ed25519_dalek::{Signer as _, Verifier as _};
use serde::{Deserialize, Serialize};

use super::line::{self, HashKind};
use super::store::{Segment, Store, StoreError};
use super::{Class, Settings};

/// Beijing time is eight hours ahead, all year.
const BEIJING: TimeDelta = TimeDelta::hours(8);
/// A day is over when it has been for so long: a group that was under way is there by then.
const GRACE: TimeDelta = TimeDelta::minutes(10);
/// What stands between the object and its signature.
const SEAM: &str = ",\"signature\":\"";
/// Other gateways seal the same log; whoever comes second tries again.
const TRIES: usize = 5;

/// The day of an instant, by Beijing time.
#[must_use]
pub fn day_of(at: DateTime<Utc>) -> NaiveDate {
    (at + BEIJING).date_naive()
}

/// Whether nothing more can come into a day's segments.
fn is_over(day: NaiveDate, now: DateTime<Utc>) -> bool {
    day_of(now - GRACE) > day
}

/// The signer's distinguishing id that SM2 hashes in, as GB/T 35276 gives it where none is agreed.
const SM2_ID: &str = "1234567812345678";

/// The key that seals: Ed25519, or SM2 with SM3 (GB/T 32918.2) where 密码法 asks for it.
#[derive(Clone)]
pub struct SealKey(Secret);

#[derive(Clone)]
enum Secret {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    Sm2(Box<sm2::dsa::SigningKey>),
}

impl SealKey {
    /// An Ed25519 key from the 32 bytes of the secret.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(secret);
        Self(Secret::Ed25519(Box::new(key)))
    }

    /// The key of either kind in a PKCS#8 PEM text; none when it holds neither.
    #[must_use]
    pub fn from_pem(text: &str) -> Option<Self> {
        if let Ok(key) = ed25519_dalek::SigningKey::from_pkcs8_pem(text) {
            return Some(Self(Secret::Ed25519(Box::new(key))));
        }
        let key = sm2::SecretKey::from_pkcs8_pem(text).ok()?;
        let key = sm2::dsa::SigningKey::new(SM2_ID, &key).ok()?;
        Some(Self(Secret::Sm2(Box::new(key))))
    }

    /// What verifies its seals.
    #[must_use]
    pub fn public(&self) -> SealPublic {
        match &self.0 {
            Secret::Ed25519(key) => SealPublic::Ed25519(key.verifying_key()),
            Secret::Sm2(key) => SealPublic::Sm2(Box::new(key.verifying_key().clone())),
        }
    }

    fn sign(&self, text: &[u8]) -> Vec<u8> {
        match &self.0 {
            Secret::Ed25519(key) => key.sign(text).to_bytes().to_vec(),
            Secret::Sm2(key) => {
                use sm2::dsa::signature::Signer as _;
                key.sign(text).to_bytes().to_vec()
            }
        }
    }
}

/// What verifies seals. The key says how they are signed, never the seal.
#[derive(Clone, Debug)]
pub enum SealPublic {
    /// Ed25519.
    Ed25519(ed25519_dalek::VerifyingKey),
    /// SM2 with SM3.
    Sm2(Box<sm2::dsa::VerifyingKey>),
}

impl SealPublic {
    fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(text, &signature).is_ok()),
            Self::Sm2(key) => {
                use sm2::dsa::signature::Verifier as _;
                sm2::dsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify(text, &signature).is_ok())
            }
        }
    }
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey(***)")
    }
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

/// The line of a seal.
fn write(
    key: &SealKey,
    hash: HashKind,
    number: u64,
    at: DateTime<Utc>,
    entries: Vec<Sealed>,
    before: Option<&[u8]>,
) -> serde_json::Result<Vec<u8>> {
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
    Ok(line.into_bytes())
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
    })
}

/// What was last sealed of each segment, and whether it is closed.
#[must_use]
pub fn latest(seals: &[Seal]) -> HashMap<Segment, (Sealed, bool)> {
    let mut latest = HashMap::new();
    for seal in seals {
        for entry in &seal.entries {
            if let Some(segment) = entry.segment() {
                let closed = is_over(segment.day, seal.at);
                latest.insert(segment, (entry.clone(), closed));
            }
        }
    }
    latest
}

/// What sealing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Done {
    /// The number of the new seal; none when nothing had changed.
    pub seal: Option<u64>,
    /// Segments in it.
    pub sealed: usize,
    /// Segments that do not agree with an earlier seal or are broken: see `access-log verify`.
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
        let latest = latest(&seals(&lines, &key.public())?);
        let mut done = Done::default();
        let mut entries = Vec::new();
        for segment in store.segments()? {
            let known = latest.get(&segment);
            if known.is_some_and(|(_, closed)| *closed) {
                continue;
            }
            let Some(found) = scan(store, &segment)? else {
                done.doubtful += usize::from(known.is_some());
                continue;
            };
            match known {
                Some((sealed, _)) if sealed.last > found.last => done.doubtful += 1,
                Some((sealed, _)) if *sealed == found && !is_over(segment.day, now) => {}
                _ => entries.push(found),
            }
        }
        if entries.is_empty() {
            return Ok(done);
        }
        let number = lines.len() as u64 + 1;
        done.sealed = entries.len();
        let line = write(
            key,
            hash,
            number,
            now,
            entries,
            lines.last().map(Vec::as_slice),
        )
        .map_err(StoreError::new)?;
        if store.add_seal(number, &line)? {
            done.seal = Some(number);
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

/// First, last and head of a segment as far as it is whole; nothing when nothing is.
fn scan(store: &mut dyn Store, segment: &Segment) -> Result<Option<Sealed>, StoreError> {
    let mut found: Option<Sealed> = None;
    let mut whole = true;
    store.lines(segment, &mut |line| {
        let Ok(read) = line::read(line) else {
            whole = false;
            return;
        };
        let follows = found
            .as_ref()
            .is_none_or(|found| read.seq == found.last + 1 && read.prev_hash == found.head);
        whole &= follows && read.chain == segment.chain;
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
    Ok(found)
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
    let latest = latest(&seals(&lines, key)?);
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

/// The sealing thread: seals at once (what an earlier start left behind), then every so often, and once more
/// when it is told to stop.
pub(super) fn keep(
    mut store: Box<dyn Store>,
    key: &SealKey,
    settings: &Settings,
    stopped: &Receiver<()>,
) {
    loop {
        let now = (settings.now)();
        match seal(&mut *store, key, settings.hash, now) {
            Ok(done) if done.doubtful > 0 => tracing::error!(
                segments = done.doubtful,
                "the access log is not what was sealed; run `minzheng access-log verify`"
            ),
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "the access log cannot be sealed"),
        }
        match purge(&mut *store, &key.public(), settings.keep_days, now) {
            Ok(0) => {}
            Ok(segments) => tracing::info!(segments, "old segments of the access log were dropped"),
            Err(error) => tracing::error!(%error, "the access log cannot be purged"),
        }
        let wait = settings.seal_every.max(Duration::from_secs(1));
        match stopped.recv_timeout(wait) {
            Err(RecvTimeoutError::Timeout) => {}
            _ => break,
        }
    }
    // A connection that was cut since the last seal is noticed by the first try.
    for last in [false, true] {
        match seal(&mut *store, key, settings.hash, (settings.now)()) {
            Ok(_) => break,
            Err(error) if last => {
                tracing::error!(%error, "the access log could not be sealed at the end");
            }
            Err(_) => {}
        }
    }
}
