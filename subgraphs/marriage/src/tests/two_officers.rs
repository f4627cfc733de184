//! What needs two officers needs two persons: an account more makes nobody a second one; and nobody acts in the own cause.

use super::events::deliver;
use super::lateness::record_of;
use super::steps::{
    apply_correction, decide_in_case, named, open_case, propose_correction, propose_in_case,
};
use super::*;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

/// An officer under an account, who is this person by the token.
fn officer(p: &Province, account: &str, person: &str) -> Principal {
    Principal {
        person: Some(person.to_owned()),
        ..p.officer(account)
    }
}

/// The judgment that a correction enters.
const JUDGED: (&str, Option<&str>) = ("DISSOLVED_JUDGMENT", Some("2026-11-01"));

#[tokio::test]
async fn one_person_with_two_accounts_corrects_nothing_alone() {
    let p = Province::of("51").await;
    let (li, wang) = (p.token(9_001), p.token(9_003));
    let record = named(&record_of(&p, &p.token(0)).await);
    let first = officer(&p, "li", &li);
    let proposed = propose_correction(&p, first, "p", &record, JUDGED).await;
    assert_eq!(proposed["correction"]["state"], "PROPOSED", "{proposed}");
    // The same person as a supervisor, and under another issuer's account.
    let supervisor = Principal {
        person: Some(li.clone()),
        ..p.supervisor()
    };
    for (key, who) in [("s", supervisor), ("o", officer(&p, "other", &li))] {
        let refused = apply_correction(&p, who, key, &proposed).await;
        assert_eq!(refusals(&refused), ["CORRECTION_NEEDS_TWO_OFFICERS"]);
    }
    // Nor after the two numbers by which the issuers know that person were merged.
    let body =
        json!({ "version": 1, "old": li, "new": p.token(9_005), "cause": "MERGE", "merge": "m9" });
    deliver(&p, "PersonAliased", body).await;
    let same = officer(&p, "third", &p.token(9_005));
    let refused = apply_correction(&p, same, "m", &proposed).await;
    assert_eq!(refusals(&refused), ["CORRECTION_NEEDS_TWO_OFFICERS"]);
    let applied = apply_correction(&p, officer(&p, "wang", &wang), "w", &proposed).await;
    assert_eq!(applied["correction"]["state"], "APPLIED", "{applied}");
}

#[tokio::test]
async fn one_person_with_two_accounts_ends_no_case_and_nobody_ends_the_own() {
    let p = Province::of("51").await;
    let (li, wang) = (p.token(9_001), p.token(9_003));
    let record = record_of(&p, &p.token(0)).await;
    let case = open_case(&p, p.officer("a"), "o", record.id, 1).await;
    let propose =
        async |who: Principal, key: &str| propose_in_case(&p, who, key, &case["case"], false).await;
    // M-26: the husband works here, under an account that no registrar is linked with.
    let own = propose(officer(&p, "x", &p.token(0)), "own").await;
    assert_eq!(refusals(&own), ["REGISTRAR_MUST_STAND_BACK"]);
    let proposed = propose(officer(&p, "li", &li), "p").await;
    assert_eq!(proposed["case"]["state"], "PROPOSED", "{proposed}");
    let decide = async |who: Principal, key: &str| {
        decide_in_case(&p, who, key, &proposed["case"], true).await
    };
    let alone = decide(officer(&p, "li2", &li), "l").await;
    assert_eq!(refusals(&alone), ["SECOND_OFFICER_NEEDED"]);
    let own = decide(officer(&p, "x", &p.token(0)), "h").await;
    assert_eq!(refusals(&own), ["REGISTRAR_MUST_STAND_BACK"]);
    let done = decide(officer(&p, "wang", &wang), "w").await;
    assert_eq!(done["case"]["state"], "DISMISSED", "{done}");
}

#[tokio::test]
async fn a_registrar_touches_nothing_that_is_about_the_own_marriage() {
    // M-26: at the roads where no registrar is named.
    let p = Province::of("51").await;
    let own = p.token(0);
    let write = p.services.db.write(move |tx| {
        let own = own.clone();
        Box::pin(async move {
            use crate::model::registrar::{Column, Entity};
            let id: uuid::Uuid = registrar_of("510118-1").parse().unwrap();
            Entity::update_many()
                .col_expr(Column::Person, Expr::value(own))
                .col_expr(Column::Account, Expr::value("own"))
                .filter(Column::Id.eq(id))
                .exec(tx)
                .await?;
            Ok(())
        })
    });
    write.await.unwrap();
    let record = record_of(&p, &p.token(0)).await;
    let named = named(&record);
    let refused = propose_correction(&p, p.officer("own"), "x", &named, JUDGED).await;
    assert_eq!(refusals(&refused), ["REGISTRAR_MUST_STAND_BACK"]);
    let proposed = propose_correction(&p, p.officer("b"), "p", &named, JUDGED).await;
    assert!(refusals(&proposed).is_empty(), "{proposed}");
    let decided = apply_correction(&p, p.officer("own"), "d", &proposed).await;
    assert_eq!(refusals(&decided), ["REGISTRAR_MUST_STAND_BACK"]);
    let case = open_case(&p, p.officer("b"), "i", record.id, 1).await;
    let proposed = propose_in_case(&p, p.officer("own"), "j", &case["case"], false).await;
    assert_eq!(refusals(&proposed), ["REGISTRAR_MUST_STAND_BACK"]);
}
