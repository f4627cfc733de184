//! Grounds against a registration that come up, or fall, between the checks and the button.

use super::events::deliver;
use super::steps::{declared, received, step};
use super::*;
use crate::model::kin_edge;
use sea_orm::{EntityTrait, IntoActiveModel};

#[tokio::test]
async fn a_couple_that_nobody_has_asked_is_not_refused_as_unwilling() {
    // M-4, M-10.
    let p = Province::of("51").await;
    let checked = step(&p, "runOnlineChecks", &received(&p).await).await;
    let found: Vec<&str> = checked["application"]["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|check| check["reason"].as_str())
        .collect();
    assert!(found.contains(&"WILL_NOT_ASKED"), "{found:?}");
    assert!(!found.contains(&"NOT_FULLY_WILLING"), "{found:?}");
    let refused = step(&p, "refuseMarriage", &checked["application"]).await;
    assert_eq!(refusals(&refused), ["NO_GROUND_FOR_REFUSAL"]);
}

async fn kin(p: &Province) {
    let edge = kin_edge::Model {
        person_a: p.token(2),
        person_b: p.token(3),
        kind: "COLLATERAL".into(),
        source: "户籍证明".into(),
    };
    let write = p.services.db.write(move |tx| {
        let edge = edge.clone();
        Box::pin(async move {
            kin_edge::Entity::insert(edge.into_active_model())
                .exec_without_returning(tx)
                .await?;
            Ok(())
        })
    });
    write.await.unwrap();
}

#[tokio::test]
async fn what_comes_up_between_the_checks_and_the_button_stops_the_registration() {
    // M-6, M-7, M-10.
    let p = Province::of("51").await;
    let him = declared(&p, &received(&p).await, "MAN").await;
    let both = declared(&p, &him, "WOMAN").await;
    let checked = step(&p, "runOnlineChecks", &both).await;
    assert_eq!(checked["application"]["state"], "ELIGIBLE", "{checked}");
    kin(&p).await;
    let stopped = step(&p, "registerMarriage", &checked["application"]).await;
    assert_eq!(refusals(&stopped), ["FORBIDDEN_KINSHIP"]);
    // And is a ground at once, though the checks of the morning had found none.
    let refused = step(&p, "refuseMarriage", &checked["application"]).await;
    assert_eq!(refused["application"]["state"], "REFUSED", "{refused}");
    assert_eq!(refused["application"]["refusalCode"], "FORBIDDEN_KINSHIP");
}

#[tokio::test]
async fn who_asks_before_coming_is_told_of_kinship_and_doubts_too() {
    // M-6, M-7.
    let p = Province::of("51").await;
    let query = "query ($m: CitizenIdInput!, $w: CitizenIdInput!, $r: ID!) {
      eligibilityCheck(man: $m, woman: $w, registry: $r) { verdict reasons { code } } }";
    let ask = async || {
        let asked = json!({ "m": p.number(2), "w": p.number(3), "r": registry("510118-1") });
        p.data(p.officer("a"), query, asked).await["eligibilityCheck"].take()
    };
    assert_eq!(ask().await["verdict"], "ELIGIBLE");
    deliver(
        &p,
        "IdentityDoubted",
        json!({ "version": 1, "person": p.token(3), "doubted": true }),
    )
    .await;
    let doubted = ask().await;
    assert_eq!(doubted["verdict"], "UNVERIFIED", "{doubted}");
    kin(&p).await;
    let both = ask().await;
    assert_eq!(both["verdict"], "REFUSED");
    assert_eq!(
        both["reasons"],
        json!([{ "code": "FORBIDDEN_KINSHIP" }, { "code": "IDENTITY_DISPUTED" }])
    );
}

#[tokio::test]
async fn a_ground_of_the_morning_that_is_gone_refuses_nobody() {
    // M-10: the finding of before counts for nothing.
    let p = Province::of("51").await;
    kin(&p).await;
    let checked = step(&p, "runOnlineChecks", &received(&p).await).await;
    let write = p.services.db.write(|tx| {
        Box::pin(async move {
            kin_edge::Entity::delete_many().exec(tx).await?;
            Ok(())
        })
    });
    write.await.unwrap();
    let refused = step(&p, "refuseMarriage", &checked["application"]).await;
    assert_eq!(refusals(&refused), ["NO_GROUND_FOR_REFUSAL"]);
}
