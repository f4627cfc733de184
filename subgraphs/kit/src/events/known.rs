//! The events that several subsystems know, by type: who tells them and who listens agree here, and
//! nowhere else. A body is a JSON object with `version`; fields are added, never altered, and a listener
//! passes over fields that it does not know.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use uuid::Uuid;

use super::Event;
use crate::error::{Error, Result};

/// The version of all bodies here. A body of a later one was written by a newer program, and the feed
/// waits until this one is brought up to date.
const VERSION: u64 = 1;

/// An event that several subsystems know.
pub trait Known: Serialize + DeserializeOwned {
    /// The kind in the feed.
    const KIND: &'static str;
    /// The entity it happened to.
    fn key(&self) -> String;
}

impl Event {
    /// A known event at an instant.
    ///
    /// # Errors
    /// Never for the types of this module.
    pub fn of<K: Known>(known: &K, at: DateTime<Utc>) -> Result<Self> {
        let mut body = serde_json::to_value(known).map_err(|e| Error::internal(e.to_string()))?;
        if let Value::Object(fields) = &mut body {
            fields.insert("version".to_owned(), VERSION.into());
        }
        Ok(Self {
            kind: K::KIND.to_owned(),
            key: known.key(),
            at,
            body,
        })
    }

    /// The event as a known one; `None` when it is of another kind.
    ///
    /// # Errors
    /// When the body is not what its kind promises, or of a later version.
    pub fn read<K: Known>(&self) -> Result<Option<K>> {
        if self.kind != K::KIND {
            return Ok(None);
        }
        let version = self
            .body
            .get("version")
            .map_or(Some(VERSION), Value::as_u64);
        if version.is_none_or(|version| version > VERSION) {
            return Err(Error::internal(format!("a {} of a later version", K::KIND)));
        }
        K::deserialize(&self.body)
            .map(Some)
            // The words of serde may repeat a value.
            .map_err(|_| Error::internal(format!("a {} with a broken body", K::KIND)))
    }
}

/// From `persons`: one person has two tokens, and everything under `old` belongs under `new`.
/// See [`crate::aliases`] for what a listener does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonAliased {
    /// The token that is given up.
    pub old: String,
    /// The token that stays.
    pub new: String,
    /// Why.
    #[serde(default)]
    pub cause: AliasCause,
    /// What to name when it is taken back; absent where it never will be.
    #[serde(default)]
    pub merge: Option<String>,
    /// Behind a change of the token key, with two tokens that are the same and nobody's: everybody has a token of
    /// the key of this version now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complete: Option<u8>,
}

/// Why a token is given up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AliasCause {
    /// Two records turned out to be one person.
    #[default]
    Merge,
    /// A number was wrong and has been corrected.
    Correction,
    /// The key that makes tokens was changed.
    Rekey,
    /// A cause that a later program knows.
    #[serde(other)]
    Other,
}

impl Known for PersonAliased {
    const KIND: &'static str = "PersonAliased";
    fn key(&self) -> String {
        self.old.clone()
    }
}

/// From `persons`: the identity of a person is in doubt, or is so no longer. Who registers anything for that
/// person waits while it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityDoubted {
    /// The person's token.
    pub person: String,
    /// In doubt; otherwise the doubt is settled.
    pub doubted: bool,
}

impl Known for IdentityDoubted {
    const KIND: &'static str = "IdentityDoubted";
    fn key(&self) -> String {
        self.person.clone()
    }
}

/// From `persons`: a merge was wrong and is taken back. What it moved from `old` to `new` goes back to
/// `old`; what came to `new` by itself stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonSplit {
    /// The token that counts again.
    pub old: String,
    /// The token that it had been put under.
    pub new: String,
    /// The merge that is taken back: [`PersonAliased::merge`].
    pub merge: String,
}

impl Known for PersonSplit {
    const KIND: &'static str = "PersonSplit";
    fn key(&self) -> String {
        self.old.clone()
    }
}

/// From `funeral`: a death is on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeathRegistered {
    /// The dead person's token.
    pub person: String,
    /// The day of death.
    pub died_on: NaiveDate,
    /// The record of it.
    #[serde(default)]
    pub record: Option<String>,
}

impl Known for DeathRegistered {
    const KIND: &'static str = "DeathRegistered";
    /// Made of the person alone: a death is told once, however often it is reported.
    fn key(&self) -> String {
        crate::id::derived("death", &self.person).to_string()
    }
}

/// From `funeral`: a death on record has another day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeathCorrected {
    /// The dead person's token.
    pub person: String,
    /// The day of death as it stands now.
    pub died_on: NaiveDate,
    /// The record of it.
    pub record: Uuid,
    /// The version of the record that tells it; 0 from a program that did not say.
    #[serde(default)]
    pub revision: i64,
}

impl Known for DeathCorrected {
    const KIND: &'static str = "DeathCorrected";
    /// Made of the record and its version: each correction is told once.
    fn key(&self) -> String {
        correction_key(self.record, self.revision)
    }
}

/// From `funeral`: a court has taken back the death that it declared (民法典 50); the person lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeathRevoked {
    /// The token of the person who lives.
    pub person: String,
    /// The record that was taken back.
    pub record: Uuid,
    /// The version of the record that tells it; 0 from a program that did not say.
    #[serde(default)]
    pub revision: i64,
}

impl Known for DeathRevoked {
    const KIND: &'static str = "DeathRevoked";
    fn key(&self) -> String {
        correction_key(self.record, self.revision)
    }
}

fn correction_key(record: Uuid, revision: i64) -> String {
    crate::id::derived("death correction", &format!("{record}/{revision}")).to_string()
}

/// From `places`: a change of divisions has taken effect. It is told on its effective day, not when it
/// is decided, so that a listener acts at once and never has to wait.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DivisionChanged {
    /// The change itself.
    pub change: Uuid,
    /// What happened.
    pub relation: Relation,
    /// The first day of the new order.
    pub effective: NaiveDate,
    /// The divisions before. One that goes on under its own identity stands on both sides.
    pub from: Vec<DivisionSide>,
    /// The divisions after.
    pub to: Vec<DivisionSide>,
    /// The divisions that are no side of the change and have another code or parent by it, for they lie below
    /// one; as they are after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub below: Vec<DivisionSide>,
}

/// A division on one side of a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DivisionSide {
    /// Its identity, stable for life.
    pub id: Uuid,
    /// Its code on this side.
    pub code: String,
    /// Its name on this side.
    pub name: String,
    /// The identity of what it lies in on this side; absent at the top.
    #[serde(default)]
    pub parent: Option<Uuid>,
    /// The share of the territory or people that goes here, in thousandths; absent when all does.
    #[serde(default)]
    pub share_permille: Option<u32>,
}

/// What happened to divisions (domain.md B.0.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Relation {
    /// A new name, the same identity (更名).
    Rename,
    /// A new kind, the same identity (撤镇设街道).
    Retype,
    /// A new code, the same identity (代码变更).
    Recode,
    /// Several become one (合并).
    Merge,
    /// One becomes several (析置).
    Split,
    /// It lies in another division now (划转).
    Transfer,
    /// It is no more, and nothing follows it by law (撤销).
    Abolish,
    /// It is new (设立).
    Create,
}

impl Known for DivisionChanged {
    const KIND: &'static str = "DivisionChanged";
    fn key(&self) -> String {
        self.change.to_string()
    }
}

impl DivisionChanged {
    /// Where everything that belongs to a division goes now: to itself where it goes on, to its one
    /// successor, or `None` where an officer has to decide (several successors, or none) and where the
    /// change is not about this division.
    pub fn successor(&self, division: Uuid) -> Option<&DivisionSide> {
        if !self.from.iter().any(|side| side.id == division) {
            return None;
        }
        match self.to.iter().find(|side| side.id == division) {
            Some(same) => Some(same),
            None => match self.to.as_slice() {
                [only] => Some(only),
                _ => None,
            },
        }
    }
}

/// From `places`: a place has another name, another point, or lies in another division.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlaceChanged {
    /// The place.
    pub place: Uuid,
    /// Its standard name now.
    pub name: String,
    /// The division in which it lies.
    pub division: Uuid,
    /// Its point as longitude and latitude (CGCS2000); absent where it has none.
    #[serde(default)]
    pub point: Option<(f64, f64)>,
    /// The day from which this counts.
    pub effective: NaiveDate,
}

impl Known for PlaceChanged {
    const KIND: &'static str = "PlaceChanged";
    fn key(&self) -> String {
        self.place.to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at() -> DateTime<Utc> {
        "2026-11-22T04:00:00Z".parse().unwrap()
    }

    fn side(n: u128) -> DivisionSide {
        DivisionSide {
            id: Uuid::from_u128(n),
            code: format!("51011810{n}"),
            name: "某镇".into(),
            parent: None,
            share_permille: None,
        }
    }

    fn change(relation: Relation, from: &[u128], to: &[u128]) -> DivisionChanged {
        DivisionChanged {
            change: Uuid::from_u128(99),
            relation,
            effective: at().date_naive(),
            from: from.iter().copied().map(side).collect(),
            to: to.iter().copied().map(side).collect(),
            below: Vec::new(),
        }
    }

    #[test]
    fn what_is_told_is_what_is_read() {
        let told = change(Relation::Merge, &[1, 2], &[3]);
        let event = Event::of(&told, at()).unwrap();
        assert_eq!(event.body["version"], 1);
        assert_eq!(event.body["relation"], "MERGE");
        assert_eq!(event.read::<DivisionChanged>().unwrap(), Some(told));
        assert_eq!(event.read::<PersonAliased>().unwrap(), None);
    }

    #[test]
    fn a_body_of_before_is_read_and_one_of_later_waits() {
        let event = |body| Event {
            kind: "PersonAliased".into(),
            key: "a".into(),
            at: at(),
            body,
        };
        let read = event(json!({ "old": "a", "new": "b" })).read::<PersonAliased>();
        let read = read.unwrap().unwrap();
        assert_eq!((read.cause, read.merge), (AliasCause::Merge, None));
        let unknown = json!({ "old": "a", "new": "b", "cause": "NEWS", "more": 1 });
        let read = event(unknown).read::<PersonAliased>().unwrap().unwrap();
        assert_eq!(read.cause, AliasCause::Other);
        for broken in [
            json!({ "old": "a" }),
            json!({ "old": "a", "new": "b", "version": 2 }),
        ] {
            assert!(event(broken).read::<PersonAliased>().is_err());
        }
    }

    #[test]
    fn a_division_is_followed_where_one_successor_is_certain() {
        use Relation::*;
        type Row<'t> = (Relation, &'t [u128], &'t [u128], u128, Option<u128>);
        let table: [Row<'_>; 6] = [
            (Retype, &[1], &[1], 1, Some(1)),
            (Merge, &[1, 2], &[3], 2, Some(3)),
            // One of the merged goes on.
            (Merge, &[1, 2], &[2], 1, Some(2)),
            (Split, &[1], &[2, 3], 1, None),
            (Split, &[1], &[1, 2], 1, Some(1)),
            (Merge, &[1, 2], &[3], 7, None),
        ];
        for (relation, from, to, asked, expected) in table {
            let change = change(relation, from, to);
            let found = change
                .successor(Uuid::from_u128(asked))
                .map(|side| side.id.as_u128());
            assert_eq!(found, expected, "{relation:?} {from:?} {to:?}");
        }
    }
}
