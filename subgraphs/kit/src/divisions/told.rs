//! The changes of divisions that this subsystem was told, kept in its own database.
//!
//! They are written in the transaction that consumes the event, before the subsystem's own consumer acts on
//! it, so that this one already finds the new order. A running process holds what they make of the embedded set
//! ([`crate::Database::divisions`]) and reads them again when it consumed one; on PostgreSQL, where another
//! process may have done so, it looks once a second whether there are more.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{
        Mutex, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement};

use super::Divisions;
use crate::{
    error::{Error, Result},
    events::DivisionChanged,
    mutation::execute,
};

/// How old what a process holds may be before it looks for the changes that another one consumed.
const LOOK: Duration = Duration::from_secs(1);

/// The six-digit codes that changes have given, of whatever database of this process told them: whoever is born
/// there bears one in the identity number. Codes are only ever added.
static GIVEN: RwLock<BTreeSet<String>> = RwLock::new(BTreeSet::new());

/// Whether a change that was told has given this code to a division.
pub(crate) fn given_since(code: &str) -> bool {
    GIVEN
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .contains(code)
}

fn note_given(changes: &[DivisionChanged]) {
    let sides = changes
        .iter()
        .flat_map(|change| change.to.iter().chain(&change.below));
    let codes: Vec<String> = sides
        .filter(|side| side.code.len() == 6)
        .map(|side| side.code.clone())
        .collect();
    if !codes.is_empty() {
        GIVEN
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(codes);
    }
}

/// What a running process holds.
pub(crate) struct Held {
    now: RwLock<Divisions>,
    /// Of how many changes it is made; less than none before the first reading.
    changes: AtomicI64,
    looked: Mutex<Instant>,
}

impl Default for Held {
    fn default() -> Self {
        Self {
            now: RwLock::default(),
            changes: AtomicI64::new(-1),
            looked: Mutex::new(Instant::now()),
        }
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held")
            .field("changes", &self.changes)
            .finish_non_exhaustive()
    }
}

impl Held {
    /// What is held.
    pub(crate) fn now(&self) -> Divisions {
        self.now
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Reads all again.
    pub(crate) async fn renew<C: ConnectionTrait>(&self, db: &C) -> Result<()> {
        let (now, changes) = read(db).await?;
        // Changes are never taken back: who read fewer read earlier.
        let mut held = self.now.write().unwrap_or_else(PoisonError::into_inner);
        if changes >= self.changes.load(Ordering::Acquire) {
            *held = now;
            self.changes.store(changes, Ordering::Release);
        }
        Ok(())
    }

    /// The same, if a second has passed and there is more than is held; answers how many
    /// statements it ran.
    pub(crate) async fn look<C: ConnectionTrait>(&self, db: &C) -> Result<u64> {
        {
            let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
            if looked.elapsed() < LOOK && self.changes.load(Ordering::Acquire) >= 0 {
                return Ok(0);
            }
            *looked = Instant::now();
        }
        if count(db).await? == self.changes.load(Ordering::Acquire) {
            return Ok(1);
        }
        self.renew(db).await?;
        Ok(2)
    }
}

/// Keeps a change; one that is kept already stays as it is.
///
/// # Errors
/// When the database refuses.
pub async fn learn(tx: &DatabaseTransaction, change: &DivisionChanged) -> Result<()> {
    let body = serde_json::to_string(change)
        .map_err(|_| Error::internal("a change of divisions that cannot be written"))?;
    execute(
        tx,
        "INSERT INTO division_told (change_id, effective, body) VALUES ($1, $2, $3) \
         ON CONFLICT (change_id) DO NOTHING",
        vec![
            change.change.to_string().into(),
            change.effective.to_string().into(),
            body.into(),
        ],
    )
    .await
    .map(|_| ())
}

/// The divisions of now by what this database was told; inside a transaction with what it has written.
///
/// # Errors
/// When the database cannot be read, or holds what is no change.
pub async fn told<C: ConnectionTrait>(db: &C) -> Result<Divisions> {
    Ok(read(db).await?.0)
}

/// The divisions of now, and of how many changes they are made.
async fn read<C: ConnectionTrait>(db: &C) -> Result<(Divisions, i64)> {
    let rows = db
        .query_all_raw(Statement::from_string(
            db.get_database_backend(),
            "SELECT body FROM division_told ORDER BY effective, seq",
        ))
        .await?;
    let mut changes = Vec::with_capacity(rows.len());
    for row in rows {
        let body: String = row.try_get("", "body")?;
        let change: DivisionChanged = serde_json::from_str(&body)
            .map_err(|_| Error::internal("a change of divisions that cannot be read"))?;
        changes.push(change);
    }
    note_given(&changes);
    let count = i64::try_from(changes.len()).unwrap_or(i64::MAX);
    Ok((Divisions::after(&changes), count))
}

/// How many changes there are.
async fn count<C: ConnectionTrait>(db: &C) -> Result<i64> {
    let row = db
        .query_one_raw(Statement::from_string(
            db.get_database_backend(),
            "SELECT count(*) AS n FROM division_told",
        ))
        .await?;
    Ok(row
        .map(|row| row.try_get("", "n"))
        .transpose()?
        .unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Principal, citizen_id,
        database::tests::databases,
        events::{DivisionSide, Relation},
    };

    /// 新津区 under a code of the year after the source.
    fn change(code: &str) -> DivisionChanged {
        let county = crate::divisions::dataset().by_code("510118").unwrap();
        let side = |code: &str| DivisionSide {
            id: county.id,
            code: code.into(),
            name: county.name.clone(),
            parent: county.parent,
            share_permille: None,
        };
        DivisionChanged {
            change: uuid::Uuid::now_v7(),
            relation: Relation::Recode,
            effective: "2026-11-22".parse().unwrap(),
            from: vec![side("510118")],
            to: vec![side(code)],
            below: Vec::new(),
        }
    }

    #[tokio::test]
    async fn what_is_told_is_kept_once_and_judges_from_then_on() {
        for services in databases().await {
            let db = &services.db;
            let old = Principal::registrar("51", "510118", None);
            assert!(
                old.clone()
                    .amid(db.divisions_now().await)
                    .oversees("510118")
            );
            let told = change("510195");
            for _ in 0..2 {
                let told = told.clone();
                db.write(move |tx| {
                    let told = told.clone();
                    Box::pin(async move {
                        learn(tx, &told).await?;
                        // The transaction that keeps it sees it already.
                        assert!(super::told(tx).await?.by_code("510195").is_some());
                        Ok(())
                    })
                })
                .await
                .unwrap();
            }
            assert_eq!(count(db.read()).await.unwrap(), 1);
            db.renew_divisions().await.unwrap();
            let now = db.divisions();
            let officer = old.amid(now.clone());
            assert_eq!(officer.division.as_deref(), Some("510195"));
            // Old and new rows, and the county itself, are the officer's; a neighbour's are not.
            for code in ["510118", "510195", "510195101"] {
                assert!(officer.oversees(code), "{code}");
            }
            assert!(officer.works_in(&now.by_code("510195").unwrap().id));
            assert!(!officer.oversees("510104"));
            assert_eq!(now.former_within("5101"), ["510118"]);
        }
    }

    #[test]
    fn a_child_born_under_the_new_code_has_a_number() {
        let read = |code: &str| {
            let digits = format!("{code}20261101001");
            let check = citizen_id::check_character(&digits).unwrap();
            let today = "2026-11-22".parse().unwrap();
            citizen_id::parse(&format!("{digits}{check}"), today).is_ok()
        };
        assert!(!read("510194"));
        note_given(&[change("510194")]);
        assert!(read("510194"));
    }
}
