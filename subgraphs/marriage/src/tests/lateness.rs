//! What is told late: a death after a judgment, a divorce or a wedding that it should have prevented.

use super::events::{deliver, status};
use super::steps::{
    couple_of, decide_in_case, find_in_case, judgment, paper_done, papers_of_divorce,
    propose_in_case,
};
use super::*;
use crate::kit::divisions::dataset;
use crate::model::{impersonation_case, marriage_record};
use crate::rules::ledger::{LedgerEvent, Status};
use crate::service::ledger;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

pub(super) async fn died(p: &Province, who: usize, day: &str) {
    for _ in 0..2 {
        let body = json!({ "person": p.token(who), "diedOn": day });
        deliver(p, "DeathRegistered", body).await;
    }
}

pub(super) async fn record_of(p: &Province, man: &str) -> marriage_record::Model {
    marriage_record::Entity::find()
        .filter(marriage_record::Column::Man.eq(man))
        .one(p.services.db.read())
        .await
        .unwrap()
        .unwrap()
}

pub(super) async fn cases(p: &Province, record: Uuid) -> Vec<impersonation_case::Model> {
    impersonation_case::Entity::find()
        .filter(impersonation_case::Column::RecordId.eq(record))
        .all(p.services.db.read())
        .await
        .unwrap()
}

/// A marriage of two who have none, registered on a day.
pub(super) async fn wed(p: &Province, man: usize, woman: usize, on: &str) -> Uuid {
    let row = marriage_record::Model {
        id: Uuid::from_u128(78),
        registry_id: Some(crate::demo::registry_id("510118-1")),
        county_id: dataset().by_code("510118").unwrap().id,
        certificate_no: Some("J510118-2026-900002".into()),
        legacy_no: None,
        kind: "MARRIAGE".into(),
        registered_on: on.parse().unwrap(),
        effective_from: on.parse().unwrap(),
        man: p.token(man),
        woman: p.token(woman),
        state: "VALID".into(),
        ended_on: None,
        source: "ONLINE".into(),
        quality: "A".into(),
        cross_province: false,
        version: 1,
    };
    let id = row.id;
    let write = p.services.db.write(move |tx| {
        let row = row.clone();
        Box::pin(async move {
            for person in [&row.man, &row.woman] {
                let fact = ledger::Fact {
                    event: LedgerEvent::Married,
                    effective_on: row.registered_on,
                    record: Some(row.id),
                };
                ledger::append(tx, person, fact, "2026-11-20T03:00:00Z".parse().unwrap()).await?;
            }
            marriage_record::Entity::insert(row.into_active_model())
                .exec_without_returning(tx)
                .await?;
            Ok(())
        })
    });
    write.await.unwrap();
    id
}

/// The court's judgment of a day on a couple of the demonstration is acted on.
async fn judged(p: &Province, effective: &str) -> Value {
    let paper = judgment("510118-1", "（2026）9号", effective, couple_of(p, 0));
    paper_done(p, p.officer("a"), paper).await
}

#[tokio::test]
async fn a_death_before_a_judgment_makes_a_widow_whichever_is_told_first() {
    // M-21, M-23.
    for death_first in [true, false] {
        let p = Province::of("51").await;
        if death_first {
            died(&p, 0, "2026-11-10").await;
        }
        let done = judged(&p, "2026-11-15").await;
        assert!(refusals(&done).is_empty(), "{done}");
        if !death_first {
            died(&p, 0, "2026-11-10").await;
        }
        assert_eq!(status(&p, &p.token(1)).await.0, Status::Widowed);
        let record = record_of(&p, &p.token(0)).await;
        assert_eq!(record.state, "ENDED_DEATH", "{death_first}");
        assert_eq!(record.ended_on.unwrap().to_string(), "2026-11-10");
        assert!(cases(&p, record.id).await.is_empty());
    }
}

#[tokio::test]
async fn a_death_after_a_judgment_leaves_it_alone() {
    let p = Province::of("51").await;
    judged(&p, "2026-11-01").await;
    died(&p, 0, "2026-11-10").await;
    assert_eq!(status(&p, &p.token(1)).await.0, Status::Divorced);
    assert_eq!(record_of(&p, &p.token(0)).await.state, "DISSOLVED_JUDGMENT");
}

#[tokio::test]
async fn a_marriage_registered_behind_the_death_ends_by_nothing_and_is_a_case() {
    // M-23, M-3: somebody else stood at the counter.
    let p = Province::of("51").await;
    let record = wed(&p, 2, 3, "2026-11-15").await;
    died(&p, 2, "2026-11-10").await;
    let row = record_of(&p, &p.token(2)).await;
    assert_eq!((row.state.as_str(), row.ended_on), ("VALID", None));
    for who in [2, 3] {
        assert_eq!(status(&p, &p.token(who)).await.0, Status::Disputed, "{who}");
    }
    let open = cases(&p, record).await;
    assert_eq!(open.len(), 1, "told twice, opened once");
    assert_eq!(open[0].complainant, p.token(2));
    assert_eq!(open[0].state, "OPEN");
}

#[tokio::test]
async fn a_marriage_of_the_day_of_death_stands_and_ends_with_it() {
    let p = Province::of("51").await;
    let record = wed(&p, 2, 3, "2026-11-15").await;
    died(&p, 2, "2026-11-15").await;
    assert_eq!(status(&p, &p.token(3)).await.0, Status::Widowed);
    assert!(cases(&p, record).await.is_empty());
}

#[tokio::test]
async fn a_death_whose_right_day_lies_before_the_registration_ends_nothing_any_more() {
    let p = Province::of("51").await;
    let record = wed(&p, 2, 3, "2026-11-15").await;
    died(&p, 2, "2026-11-18").await;
    assert_eq!(status(&p, &p.token(3)).await.0, Status::Widowed);
    let correct = async |day: &str| {
        for _ in 0..2 {
            let body = json!({ "person": p.token(2), "diedOn": day, "version": 1, "revision": 2,
                "record": "5a000000-0000-4000-8000-000000000001" });
            deliver(&p, "DeathCorrected", body).await;
        }
    };
    correct("2026-11-10").await;
    assert_eq!(status(&p, &p.token(3)).await.0, Status::Disputed);
    assert_eq!(record_of(&p, &p.token(2)).await.state, "VALID");
    assert_eq!(cases(&p, record).await.len(), 1);
    // The first day was right after all: the marriage has ended by the death; the case is left to two officers.
    correct("2026-11-18").await;
    assert_eq!(record_of(&p, &p.token(2)).await.state, "ENDED_DEATH");
    assert_eq!(cases(&p, record).await.len(), 1);
}

#[tokio::test]
async fn a_divorce_registered_behind_the_death_is_a_case_and_nobody_a_widow_by_it() {
    // M-23, M-15: both had to be there. Couple 7 (persons 14 and 15) was divorced by registration.
    let p = Province::of("51").await;
    let row = record_of(&p, &p.token(14)).await;
    assert_eq!(row.state, "DISSOLVED_DIVORCE");
    let before = row.ended_on.unwrap().pred_opt().unwrap().to_string();
    died(&p, 14, &before).await;
    assert_eq!(record_of(&p, &p.token(14)).await.state, "DISSOLVED_DIVORCE");
    assert_eq!(status(&p, &p.token(15)).await.0, Status::Disputed);
    assert_eq!(cases(&p, row.id).await.len(), 1);
}

/// A registered divorce of two who have no other marriage on record.
async fn a_divorce(p: &Province) -> marriage_record::Model {
    let all = marriage_record::Entity::find()
        .all(p.services.db.read())
        .await
        .unwrap();
    let of = |who: &str| {
        let names = |row: &&marriage_record::Model| row.man == who || row.woman == who;
        all.iter().filter(names).count()
    };
    let alone = |row: &&marriage_record::Model| of(&row.man) == 1 && of(&row.woman) == 1;
    let divorced = all.iter().filter(|row| row.state == "DISSOLVED_DIVORCE");
    divorced
        .filter(alone)
        .min_by_key(|row| row.id)
        .unwrap()
        .clone()
}

/// His death of the day before a divorce is told.
async fn died_before(p: &Province, divorce: &marriage_record::Model) {
    let before = divorce.ended_on.unwrap().pred_opt().unwrap().to_string();
    for _ in 0..2 {
        let body = json!({ "person": divorce.man, "diedOn": before });
        deliver(p, "DeathRegistered", body).await;
    }
}

/// A divorce is a case, by his death of the day before; two officers decide what becomes of it.
async fn decided_about_a_divorce(p: &Province, revoke: bool) -> (marriage_record::Model, Value) {
    let row = a_divorce(p).await;
    died_before(p, &row).await;
    let case = cases(p, row.id).await.remove(0);
    let hall = crate::model::registry::Entity::find_by_id(case.registry_id)
        .one(p.services.db.read())
        .await
        .unwrap()
        .unwrap();
    let officer = |account: &str| Principal {
        subject: Some(account.to_owned()),
        ..p.registrar(&hall.county_code)
    };
    let open = json!({ "id": case.id, "version": case.version });
    let added = find_in_case(p, officer("a"), &open).await;
    assert_eq!(added["case"]["ground"], "DEATH", "{added}");
    let proposed = propose_in_case(p, officer("a"), "p", &added["case"], revoke).await;
    let decided = decide_in_case(p, officer("b"), "d", &proposed["case"], true).await;
    assert!(refusals(&decided).is_empty(), "{decided}");
    (row, decided["case"].clone())
}

#[tokio::test]
async fn a_divorce_revoked_behind_a_death_leaves_a_widow_and_not_somebody_who_never_married() {
    // M-23, M-15: what somebody else stood at the counter for was the divorce, and the marriage was theirs.
    let p = Province::of("51").await;
    let (row, case) = decided_about_a_divorce(&p, true).await;
    assert_eq!(case["state"], "REVOKED");
    let died_on = row.ended_on.unwrap().pred_opt().unwrap().to_string();
    assert_eq!(
        case["record"],
        json!({ "state": "ENDED_DEATH", "endedOn": died_on })
    );
    assert_eq!(status(&p, &row.woman).await.0, Status::Widowed);
    let entries = ledger::of_persons(p.services.db.read(), std::slice::from_ref(&row.man))
        .await
        .unwrap();
    let died = crate::rules::ledger::death_in(&entries[&row.man].entries, Some(row.id));
    assert_eq!(died.unwrap().to_string(), died_on);
    let papers = papers_of_divorce(&p, row.id).await;
    assert!(papers.iter().all(|state| state == "CANCELLED"));
}

#[tokio::test]
async fn a_divorce_behind_a_death_that_two_officers_let_stand_stands() {
    let p = Province::of("51").await;
    let (row, case) = decided_about_a_divorce(&p, false).await;
    assert_eq!(case["state"], "DISMISSED");
    let now = record_of(&p, &row.man).await;
    assert_eq!((&now.state, now.ended_on), (&row.state, row.ended_on));
    assert_eq!(status(&p, &row.woman).await.0, Status::Divorced);
    // Told once more it is no case again: it was decided.
    died_before(&p, &row).await;
    assert_eq!(cases(&p, row.id).await.len(), 1);
}
