//! D-8: figures of their own day, and brought to the divisions of today.

use minzheng_kit::divisions::{self, dataset};
use minzheng_kit::events::{Consumer, DivisionChanged, DivisionSide, Event, Relation};
use minzheng_kit::{Principal, Services, YearMonth};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Stage, dashboard, databases};
use crate::consumers::Divisions;
use crate::model::waiver_settlement;
use crate::rules::terms::{SettlementSource, WaiverPayer};
use crate::service::scope;

/// Households of counties from August to November 2026. The first two are merged in November.
const COUNTS: [(&str, [i64; 4]); 4] = [
    ("510118", [20, 25, 2, 10]),
    ("510116", [30, 27, 40, 12]),
    ("510104", [31, 32, 33, 34]),
    ("510105", [41, 42, 43, 44]),
];

fn id(code: &str) -> Uuid {
    dataset().by_code(code).unwrap().id
}

async fn write(services: &Services) {
    let august = YearMonth {
        year: 2026,
        month: 8,
    };
    let batches: Vec<waiver_settlement::ActiveModel> = COUNTS
        .iter()
        .flat_map(|(code, counts)| {
            (august.index()..)
                .zip(counts)
                .map(|(month, n)| waiver_settlement::ActiveModel {
                    id: Set(Uuid::new_v4()),
                    division_id: Set(id(code)),
                    month: Set(month),
                    households: Set(*n),
                    amount: Set(n * 100),
                    payer: Set(WaiverPayer::Fiscal),
                    source: Set(SettlementSource::Report),
                    settled_on: Set("2026-11-20".parse().unwrap()),
                })
        })
        .collect();
    let written = services.db.write(|tx| {
        let batches = batches.clone();
        Box::pin(async move {
            for (code, _) in COUNTS {
                scope::ensure(tx, id(code)).await?;
            }
            waiver_settlement::Entity::insert_many(batches)
                .exec_without_returning(tx)
                .await?;
            Ok(())
        })
    });
    written.await.unwrap();
}

fn side(id: Uuid, code: &str, share_permille: Option<u32>) -> DivisionSide {
    DivisionSide {
        id,
        code: code.to_owned(),
        name: "甲区".to_owned(),
        parent: Some(self::id("510100")),
        share_permille,
    }
}

/// Keeps a change as the subsystem is told of it, and acts on it.
async fn told(stage: &Stage, change: DivisionChanged) {
    let event = Event::of(&change, stage.services.clock.now()).unwrap();
    let services = stage.services.clone();
    let done = stage.services.db.write(move |tx| {
        let (services, event, change) = (services.clone(), event.clone(), change.clone());
        Box::pin(async move {
            divisions::learn(tx, &change).await?;
            Divisions.apply(&services, tx, &event).await
        })
    });
    done.await.unwrap();
    stage.services.db.renew_divisions().await.unwrap();
}

/// The households of a division from August to November, and whether they are complete.
async fn households(
    stage: &Stage,
    caller: Principal,
    division: Uuid,
    rebased: bool,
) -> (Vec<Option<i64>>, bool) {
    let query = format!(
        "query ($r: [_Any!]!) {{ _entities(representations: $r) {{ ... on Division {{
            funeralStats(from: \"2026-08\", to: \"2026-11\", rebased: {rebased}) {{ waiverHouseholds waived rebased isComplete }} }} }} }}"
    );
    let keys = json!({ "r": [{ "__typename": "Division", "id": division }] });
    let data = stage.data(caller, &query, keys).await;
    let months = data["_entities"][0]["funeralStats"].as_array().unwrap();
    assert_eq!(months.len(), 4, "{data}");
    let one = |month: &Value| {
        assert_eq!(month["rebased"], rebased);
        assert_eq!(
            month["waived"].is_null(),
            month["waiverHouseholds"].is_null()
        );
        month["waiverHouseholds"].as_i64()
    };
    let complete = months.iter().all(|month| month["isComplete"] == true);
    (months.iter().map(one).collect(), complete)
}

#[tokio::test]
async fn figures_are_of_their_own_day_or_brought_to_the_divisions_of_today() {
    for services in databases("day").await {
        write(&services).await;
        let stage = Stage::over(services);
        let keeper = || Principal::registrar("51", "510000", None);
        let leader = || dashboard("51");
        let [xinjin, shuangliu, chengdu] = ["510118", "510116", "510100"].map(id);
        let whole = |counts: [i64; 4]| (counts.map(Some).to_vec(), true);
        for rebased in [false, true] {
            let found = households(&stage, keeper(), xinjin, rebased).await;
            assert_eq!(found, whole([20, 25, 2, 10]), "nothing has moved yet");
        }

        let merged = minzheng_kit::id::derived("division", "demo-merged");
        let merge = DivisionChanged {
            change: minzheng_kit::id::new(),
            relation: Relation::Merge,
            effective: "2026-11-22".parse().unwrap(),
            from: vec![
                side(xinjin, "510118", None),
                side(shuangliu, "510116", None),
            ],
            to: vec![side(merged, "510199", None)],
            below: Vec::new(),
        };
        told(&stage, merge).await;

        // Who keeps the records sees them all, each on its day or all brought to today.
        let own = households(&stage, keeper(), merged, false).await;
        assert_eq!(own, whole([0, 0, 0, 22]), "from the month of the change on");
        let brought = households(&stage, keeper(), merged, true).await;
        assert_eq!(brought, whole([50, 52, 42, 22]));
        let old = households(&stage, keeper(), xinjin, false).await;
        assert_eq!(old, whole([20, 25, 2, 10]), "one that ended keeps its own");
        for rebased in [false, true] {
            let above = households(&stage, keeper(), chengdu, rebased).await;
            assert_eq!(above, whole([122, 126, 118, 100]), "counted once");
        }

        // A leader's display is told what was merged, and of its parts what gives no small count back: where 新津 had
        // two in October, 双流 is not told either, for the sum of both is.
        let brought = households(&stage, leader(), merged, true).await;
        assert_eq!(brought, whole([50, 52, 42, 22]));
        let own = households(&stage, leader(), merged, false).await;
        assert_eq!(own.0[3], Some(22));
        for (old, counts) in [(xinjin, [20, 25]), (shuangliu, [30, 27])] {
            let (months, _) = households(&stage, leader(), old, false).await;
            assert_eq!(months[..2], counts.map(Some));
            assert_eq!(months[2..], [None, None]);
        }
        let above = households(&stage, leader(), chengdu, false).await;
        assert_eq!(above, whole([122, 126, 118, 100]));

        // Then it is divided: its months are shared out as the change says, or left out, and the answer says so.
        let parts = [("part-a", "510198", Some(600)), ("part-b", "510197", None)];
        let to = parts.map(|(name, code, share)| {
            side(minzheng_kit::id::derived("division", name), code, share)
        });
        let [a, b] = [to[0].id, to[1].id];
        let split = DivisionChanged {
            change: minzheng_kit::id::new(),
            relation: Relation::Split,
            effective: "2026-11-23".parse().unwrap(),
            from: vec![side(merged, "510199", None)],
            to: to.to_vec(),
            below: Vec::new(),
        };
        told(&stage, split).await;
        let shared = households(&stage, keeper(), a, true).await;
        assert_eq!(shared, whole([30, 31, 25, 13]));
        let unknown = households(&stage, keeper(), b, true).await;
        assert!(!unknown.1);
        assert!(!households(&stage, leader(), a, true).await.1);
        assert_eq!(households(&stage, keeper(), a, false).await.0[0], Some(0));
    }
}
