//! What is told as it happens.

use super::changes::{papers, told_changes, towns};
use super::*;
use crate::model::filing;
use minzheng_kit::testing::{subscribe, told, watching};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use std::{collections::BTreeSet, time::Duration};

const DUE: &str = "subscription { filingDue { dueOn daysLeft application { id state } } }";
const CHANGED: &str = "subscription { divisionChanged { id relation effective isAnnounced sides { role division { id } } } }";

#[tokio::test]
async fn officers_hear_of_filings_that_fall_due_and_everybody_of_divisions_that_change() {
    let run = running("51").await;
    filings(&run).await;
    divided(&run).await;
}

/// 地名管理条例 13: each last day for filing is told once, to the officers of the area.
async fn filings(run: &Running) {
    let chief = supervisor("510000");
    let late = "{ filingsOverdue(first: 500) { nodes { application { id } } } }";
    let late = run.shown(&chief, late, json!({})).await;
    let late = late["filingsOverdue"]["nodes"].as_array().unwrap().clone();
    let last: chrono::NaiveDate = "2026-11-25".parse().unwrap();
    let expected = filing::Entity::find()
        .filter(filing::Column::FiledOn.is_null())
        .filter(filing::Column::DueOn.lte(last))
        .count(run.services.db.read())
        .await
        .unwrap();
    assert!(expected > 0 && expected >= late.len() as u64);
    let mut events = subscribe(&run.graph, chief, DUE, json!({}));
    let listening = async {
        let mut found = Vec::new();
        for _ in 0..expected {
            found.push(told(&mut events).await["data"]["filingDue"].clone());
        }
        found
    };
    let before = run.services.db.watchers().rested();
    let running = async {
        watching(&run.services.db, before + 1).await;
        Places.tick(&run.services).await.unwrap();
    };
    let (found, ()) = tokio::join!(listening, running);
    let ids: BTreeSet<String> = found
        .iter()
        .map(|one| one["application"]["id"].to_string())
        .collect();
    assert_eq!(ids.len() as u64, expected);
    for one in &late {
        assert!(ids.contains(&one["application"]["id"].to_string()));
    }
    assert!(
        found
            .iter()
            .all(|one| one["daysLeft"].as_i64().unwrap() <= 3)
    );
    Places.tick(&run.services).await.unwrap();
    let quiet = futures_util::StreamExt::next(&mut events);
    let quiet = tokio::time::timeout(Duration::from_millis(200), quiet).await;
    assert!(quiet.is_err(), "told twice");
    let nobody = Principal::of(Role::Supervisor, "51");
    let mut refused = subscribe(&run.graph, nobody, DUE, json!({}));
    let refused = told(&mut refused).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

/// 行政区划管理条例 18: a town that is divided, and what the others are told of its parts (D-8).
async fn divided(run: &Running) {
    let town = towns("510118")[3];
    let change = json!({ "relation": "SPLIT", "sourceIds": [town.id],
        "targets": [
            { "code": "510118190", "name": "演示东镇", "kind": "TOWN", "share": 0.6 },
            { "code": "510118191", "name": "演示西镇", "kind": "TOWN", "share": 0.4 }],
        "effective": "2026-11-22", "approvedOn": "2026-11-02", "authority": "PROVINCE_GOVERNMENT",
        "approvalDoc": "川府函〔2026〕4号", "papers": papers() });
    let mut events = subscribe(&run.graph, Principal::public("51"), CHANGED, json!({}));
    let before = run.services.db.watchers().rested();
    let changing = async {
        watching(&run.services.db, before + 1).await;
        run.change(
            &supervisor("510118"),
            "applyDivisionChange",
            "change { id }",
            json!({ "requestKey": "live", "change": change }),
        )
        .await
    };
    let (event, done) = tokio::join!(told(&mut events), changing);
    let heard = &event["data"]["divisionChanged"];
    assert_eq!(heard["id"], done["change"]["id"], "{done:#} {event:#}");
    assert_eq!(
        (&heard["relation"], &heard["isAnnounced"]),
        (&json!("SPLIT"), &json!(false))
    );
    let changes = told_changes(run).await;
    let shares: Vec<Option<u32>> = changes[0]
        .to
        .iter()
        .map(|side| side.share_permille)
        .collect();
    assert_eq!(
        shares.iter().flatten().copied().collect::<BTreeSet<_>>(),
        BTreeSet::from([400, 600])
    );
}
