//! The deaths of both spouses, in whatever order they are told, and what the dead are on record.

use super::events::{deliver, status};
use super::*;
use crate::rules::ledger::{Status, death_in};
use chrono::NaiveDate;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The marriage of persons 0 and 1: its end.
async fn ended_on(p: &Province) -> (String, Option<NaiveDate>) {
    let record = super::lateness::record_of(p, &p.token(0)).await;
    (record.state, record.ended_on)
}

/// The day of death of a person that ended a marriage, and the one that ended none.
async fn deaths(p: &Province, who: usize) -> (Option<NaiveDate>, Option<NaiveDate>) {
    let record = super::lateness::record_of(p, &p.token(0)).await.id;
    let token = p.token(who);
    let found =
        crate::service::ledger::of_persons(p.services.db.read(), std::slice::from_ref(&token))
            .await
            .unwrap();
    let ledger = &found[&token];
    assert!(ledger.chain_intact);
    let alone: Vec<_> = ledger
        .entries
        .iter()
        .filter(|entry| entry.record.is_none())
        .cloned()
        .collect();
    (
        death_in(&ledger.entries, Some(record)),
        death_in(&alone, None),
    )
}

#[tokio::test]
async fn of_two_spouses_the_first_death_ends_the_marriage_whichever_is_told_first() {
    // M-23: he died on the tenth, and she was his widow until the fifteenth.
    for hers_first in [true, false] {
        let p = Province::of("51").await;
        let his = (0, "2026-11-10");
        let hers = (1, "2026-11-15");
        let order = if hers_first { [hers, his] } else { [his, hers] };
        for (who, on) in order {
            super::lateness::died(&p, who, on).await;
        }
        let end = ("ENDED_DEATH".to_owned(), Some(day("2026-11-10")));
        assert_eq!(ended_on(&p).await, end, "{hers_first}");
        assert_eq!(
            status(&p, &p.token(1)).await.0,
            Status::Widowed,
            "{hers_first}"
        );
        assert_ne!(
            status(&p, &p.token(0)).await.0,
            Status::Widowed,
            "{hers_first}"
        );
        assert_eq!(deaths(&p, 0).await, (Some(day("2026-11-10")), None));
        assert_eq!(deaths(&p, 1).await, (None, Some(day("2026-11-15"))));
        // Her day was wrong: she died before him.
        let correct = async |who: usize, on: &str, revision: i64| {
            for _ in 0..2 {
                let body = json!({ "person": p.token(who), "diedOn": on, "version": 1, "revision": revision,
                    "record": "5a000000-0000-4000-8000-000000000001" });
                deliver(&p, "DeathCorrected", body).await;
            }
        };
        correct(1, "2026-11-05", 2).await;
        assert_eq!(
            ended_on(&p).await.1,
            Some(day("2026-11-05")),
            "{hers_first}"
        );
        assert_eq!(
            status(&p, &p.token(0)).await.0,
            Status::Widowed,
            "{hers_first}"
        );
        assert_eq!(deaths(&p, 1).await, (Some(day("2026-11-05")), None));
        assert_eq!(deaths(&p, 0).await, (None, Some(day("2026-11-10"))));
        // And right after all: the end goes back to his day.
        correct(1, "2026-11-15", 3).await;
        assert_eq!(
            ended_on(&p).await.1,
            Some(day("2026-11-10")),
            "{hers_first}"
        );
        assert_eq!(
            status(&p, &p.token(1)).await.0,
            Status::Widowed,
            "{hers_first}"
        );
        assert_eq!(deaths(&p, 0).await, (Some(day("2026-11-10")), None));
        assert_eq!(deaths(&p, 1).await, (None, Some(day("2026-11-15"))));
    }
}

#[tokio::test]
async fn a_dead_person_has_no_spouse_on_record() {
    // M-25, M-23, 民法典 13.
    let p = Province::of("51").await;
    let query = "query ($id: ID!) { maritalProof(person: $id) { answer disclaimer { code } } }";
    let told = async |who: usize| {
        let id = json!({ "id": p.token(who) });
        p.data(p.citizen(who), query, id).await["maritalProof"].take()
    };
    assert_eq!(told(0).await["answer"], "SPOUSE_ON_RECORD");
    super::lateness::died(&p, 0, "2026-11-10").await;
    for who in [0, 1] {
        let told = told(who).await;
        assert_eq!(told["answer"], "NO_SPOUSE_ON_RECORD", "{who}");
        assert!(!told["disclaimer"].is_null(), "{who}");
    }
}
