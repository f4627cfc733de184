//! Who a token is by now: the other names of persons, as this subsystem was told of them.
//!
//! A person may hold two numbers, and a number made tokens with earlier keys too. Each subsystem keeps which
//! token leads to which, written by [`crate::aliases::apply`] in the transaction that moves the subsystem's own
//! rows, so that rows and names never tell two stories. Whoever takes a number asks here ([`named_by`], or
//! [`crate::vault::announce`], which does), inside the transaction that uses the answer: writing transactions
//! are serial, so that none of them acts on a name of before a merge.
//!
//! What still lies between is the outbox: a merge is decided in `persons` and known here a moment later. Who
//! was registered under both tokens in that moment has both entries under one token when the merge arrives, and
//! the subsystem sees what cannot be true of one person; that is its consumer's affair.
//!
//! While a new token key is on its way to everybody, a person's rows stand under the token of the key before
//! until `persons` has told the new one; so does a number resolve, until `persons` tells that everybody has a
//! token of the present key.

use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement};

use crate::{
    error::Result,
    events::{AliasCause, PersonAliased, PersonSplit},
    identity::PersonNumber,
    mutation::{execute, meta, set_meta},
    principal::Principal,
    tokenizer::{NumberToken, PersonToken, Tokenizer},
};

/// The fact of a database that everybody it knows has a token of this key.
const RENEWED: &str = "token_key_renewed";

/// Names after names, at most: far beyond what merges and changes of the key pile up. A longer way is a circle,
/// which nothing here makes.
const LONGEST: usize = 64;

/// Whom a number names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The token by which `persons` knows the number.
    pub(crate) number: NumberToken,
    /// The person's token, under which everything here is kept.
    pub person: PersonToken,
}

/// Whom a number names here and now; `None` for a placeholder, which names nobody.
///
/// # Errors
/// The database's own.
pub async fn named_by(
    db: &impl ConnectionTrait,
    tokenizer: &Tokenizer,
    number: &PersonNumber,
) -> Result<Option<Named>> {
    let Some(present) = tokenizer.token_of(number) else {
        return Ok(None);
    };
    let earlier = tokenizer.earlier_of(number);
    // The oldest name that leads on: a merge may have been told under any key.
    for token in earlier.iter().chain([&present]) {
        if let Some(next) = next(db, token.as_made()).await? {
            let person = PersonToken(current(db, &next).await?);
            let number = present.clone();
            return Ok(Some(Named { number, person }));
        }
    }
    let number = match earlier.into_iter().next_back() {
        Some(before) if !renewed(db, tokenizer.version()).await? => before,
        _ => present,
    };
    let person = PersonToken(number.as_made().to_owned());
    Ok(Some(Named { number, person }))
}

/// The token that stands for this one by now: itself, unless it was given up.
///
/// # Errors
/// The database's own.
pub async fn current(db: &impl ConnectionTrait, token: &str) -> Result<String> {
    let mut token = token.to_owned();
    for _ in 0..LONGEST {
        match next(db, &token).await? {
            Some(next) => token = next,
            None => return Ok(token),
        }
    }
    tracing::error!("the names of a person lead in a circle");
    Ok(token)
}

/// The caller as the person they are by now: who has signed in does not notice a merge.
///
/// # Errors
/// The database's own.
pub async fn caller(db: &impl ConnectionTrait, caller: &Principal) -> Result<Principal> {
    let mut caller = caller.clone();
    if let Some(token) = &mut caller.person {
        *token = current(db, token).await?;
    }
    Ok(caller)
}

async fn next(db: &impl ConnectionTrait, token: &str) -> Result<Option<String>> {
    let row = db
        .query_one_raw(Statement::from_sql_and_values(
            db.get_database_backend(),
            "SELECT leads_to FROM merged_token WHERE token = $1",
            [token.into()],
        ))
        .await?;
    Ok(row.map(|row| row.try_get("", "leads_to")).transpose()?)
}

/// Everybody whom this subsystem knows has a token of this key.
async fn renewed(db: &impl ConnectionTrait, version: u8) -> Result<bool> {
    let known = meta(db, RENEWED).await?;
    Ok(known.and_then(|text| text.parse::<u8>().ok()) >= Some(version))
}

/// Notes another name. Told twice it changes nothing.
///
/// # Errors
/// The database's own.
pub(crate) async fn note(tx: &DatabaseTransaction, told: &PersonAliased) -> Result<()> {
    if let Some(version) = told.complete {
        return set_meta(tx, RENEWED, &version.to_string()).await;
    }
    let (old, new) = (told.old.as_str(), told.new.as_str());
    if old == new {
        return Ok(());
    }
    if told.cause == AliasCause::Rekey {
        // What the old token was another name of, the new one is; and what led to the old one leads to the new
        // one, so that a way never grows with the keys.
        let moved = "UPDATE merged_token SET token = $1 WHERE token = $2 AND leads_to <> $1 \
                     AND NOT EXISTS (SELECT 1 FROM merged_token AS known WHERE known.token = $1)";
        execute(tx, moved, vec![new.into(), old.into()]).await?;
        let turned = "UPDATE merged_token SET leads_to = $1 WHERE leads_to = $2 AND token <> $1";
        execute(tx, turned, vec![new.into(), old.into()]).await?;
    }
    // Who stays is nobody's other name by way of who is given up.
    if current(tx, new).await? == old {
        let circle = "DELETE FROM merged_token WHERE token = $1";
        execute(tx, circle, vec![new.into()]).await?;
    }
    let sql = "INSERT INTO merged_token (token, leads_to, merge_id) VALUES ($1, $2, $3) \
               ON CONFLICT (token) DO UPDATE SET leads_to = excluded.leads_to, \
               merge_id = excluded.merge_id";
    let merge = told.merge.as_deref();
    execute(tx, sql, vec![old.into(), new.into(), merge.into()]).await?;
    Ok(())
}

/// A merge was taken back: the token stands for itself again.
///
/// # Errors
/// The database's own.
pub(crate) async fn forget(tx: &DatabaseTransaction, told: &PersonSplit) -> Result<()> {
    let sql = "DELETE FROM merged_token WHERE merge_id = $1";
    execute(tx, sql, vec![told.merge.as_str().into()]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::{Services, database::tests::databases, identity};

    const KEYS: [[u8; 32]; 3] = [[1; 32], [2; 32], [3; 32]];

    fn number(text: &str) -> PersonNumber {
        let today = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        identity::read(text, today).unwrap()
    }

    /// A number's tokenizer after so many changes of the key.
    fn tokenizer(version: u8) -> Tokenizer {
        let key = |version: u8| KEYS[usize::from(version) - 1];
        (1..version).fold(Tokenizer::new(key(version), version), |made, earlier| {
            made.knowing(key(earlier), earlier)
        })
    }

    fn token(version: u8, text: &str) -> String {
        let token = tokenizer(version).token_of(&number(text)).unwrap();
        token.as_made().to_owned()
    }

    async fn named(services: &Services, version: u8, text: &str) -> String {
        named_by(services.db.read(), &tokenizer(version), &number(text))
            .await
            .unwrap()
            .unwrap()
            .person
            .0
    }

    async fn told(services: &Services, old: &str, new: &str, merge: Option<&str>) {
        let told = PersonAliased {
            old: old.to_owned(),
            new: new.to_owned(),
            cause: if merge.is_some() {
                AliasCause::Merge
            } else {
                AliasCause::Rekey
            },
            merge: merge.map(str::to_owned),
            complete: None,
        };
        noted(services, told).await;
    }

    async fn noted(services: &Services, told: PersonAliased) {
        let told = services.db.write(move |tx| {
            let told = told.clone();
            Box::pin(async move { note(tx, &told).await })
        });
        told.await.unwrap();
    }

    async fn split(services: &Services, merge: &str) {
        let told = PersonSplit {
            old: String::new(),
            new: String::new(),
            merge: merge.to_owned(),
        };
        let told = services.db.write(move |tx| {
            let told = told.clone();
            Box::pin(async move { forget(tx, &told).await })
        });
        told.await.unwrap();
    }

    const A: &str = "519901199003030032";
    const B: &str = "51990119900303069X";
    const C: &str = "CHN:E12345678";

    #[tokio::test]
    async fn a_number_names_who_it_was_merged_into_through_any_chain_and_itself_after_the_split() {
        for services in databases().await {
            let (a, b, c) = (token(1, A), token(1, B), token(1, C));
            assert_eq!(named(&services, 1, A).await, a);
            told(&services, &a, &b, Some("m1")).await;
            told(&services, &a, &b, Some("m1")).await;
            assert_eq!(named(&services, 1, A).await, b);
            told(&services, &b, &c, Some("m2")).await;
            for text in [A, B, C] {
                assert_eq!(named(&services, 1, text).await, c);
            }
            split(&services, "m2").await;
            assert_eq!(named(&services, 1, A).await, b);
            assert_eq!(named(&services, 1, B).await, b);
            split(&services, "m1").await;
            assert_eq!(named(&services, 1, A).await, a);
            // The other way round after all: no circle is made of it.
            told(&services, &a, &b, Some("m3")).await;
            told(&services, &b, &a, Some("m4")).await;
            assert_eq!(named(&services, 1, A).await, a);
            assert_eq!(named(&services, 1, B).await, a);
            let nobody = number("000000194912310000");
            let nobody = named_by(services.db.read(), &tokenizer(1), &nobody).await;
            assert_eq!(nobody.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn merges_are_kept_right_through_a_change_of_the_token_key_at_every_moment_of_it() {
        for services in databases().await {
            let (a, b) = (token(1, A), token(1, B));
            told(&services, &a, &b, Some("m1")).await;
            // The subsystem has the new key; nobody was told a new token yet: the rows stand where they stood.
            assert_eq!(named(&services, 2, A).await, b);
            assert_eq!(named(&services, 2, B).await, b);
            assert_eq!(named(&services, 2, C).await, token(1, C));
            told(&services, &a, &token(2, A), None).await;
            assert_eq!(named(&services, 2, A).await, b);
            told(&services, &b, &token(2, B), None).await;
            told(&services, &b, &token(2, B), None).await;
            for text in [A, B] {
                assert_eq!(named(&services, 2, text).await, token(2, B));
            }
            // Who still works with the key of before finds the same person.
            assert_eq!(named(&services, 1, A).await, token(2, B));
            // Somebody new, until everybody has a new token and afterwards.
            assert_eq!(named(&services, 2, C).await, token(1, C));
            let complete = PersonAliased {
                old: String::new(),
                new: String::new(),
                cause: AliasCause::Rekey,
                merge: None,
                complete: Some(2),
            };
            noted(&services, complete).await;
            assert_eq!(named(&services, 2, C).await, token(2, C));
            assert_eq!(named(&services, 3, C).await, token(2, C));
            // The merge is taken back under the new key.
            split(&services, "m1").await;
            assert_eq!(named(&services, 2, A).await, token(2, A));
            assert_eq!(named(&services, 2, B).await, token(2, B));
            assert_eq!(named(&services, 3, A).await, token(2, A));
        }
    }

    #[tokio::test]
    async fn a_key_told_in_the_other_order_leads_to_the_same_person() {
        for services in databases().await {
            let (a, b) = (token(1, A), token(1, B));
            told(&services, &a, &b, Some("m1")).await;
            told(&services, &b, &token(2, B), None).await;
            told(&services, &a, &token(2, A), None).await;
            told(&services, &a, &token(2, A), None).await;
            for version in [1, 2, 3] {
                assert_eq!(named(&services, version, A).await, token(2, B));
                assert_eq!(named(&services, version, B).await, token(2, B));
            }
        }
    }
}
