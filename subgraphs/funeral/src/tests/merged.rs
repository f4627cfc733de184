//! Divisions that are merged: what each has set holds for its own days, and from the effective day on for the heir.

use chrono::NaiveDate;
use minzheng_kit::Principal;
use minzheng_kit::events::Relation;
use sea_orm::{EntityTrait, IntoActiveModel};
use serde_json::{Value, json};
use uuid::Uuid;

use super::assigned::{amid, listed, side, told};
use super::{Stage, databases};
use crate::demo;
use crate::model::{price_ceiling, waiver_policy};
use crate::rules::terms::WaiverPayer;
use crate::service::{ceilings::Ceilings, succession, waivers};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A policy of a division for the days in the store (B02), since the beginning of the year.
fn policy(id: u128, division: Uuid, standard: i64) -> waiver_policy::Model {
    waiver_policy::Model {
        id: Uuid::from_u128(id),
        division_id: division,
        name: "示例政策".into(),
        item_code: "B02".into(),
        standard,
        payer: WaiverPayer::Fiscal,
        legal_basis: "示例文件".into(),
        valid_from: day("2026-01-01"),
        valid_to: None,
    }
}

/// Both counties have a policy and a ceiling of their own.
async fn set(stage: &Stage, old: [Uuid; 2]) {
    let written = stage.services.db.write(move |tx| {
        Box::pin(async move {
            for (at, division) in old.into_iter().enumerate() {
                let standard = [30_000, 50_000][at];
                let policy = policy(7_000 + at as u128, division, standard);
                waiver_policy::Entity::insert(policy.into_active_model())
                    .exec_without_returning(tx)
                    .await?;
                let ceiling = price_ceiling::Model {
                    id: Uuid::from_u128(8_000 + at as u128),
                    division_id: division,
                    item_code: "B02".into(),
                    ceiling: [90_000, 80_000][at],
                    basis: "示例文件".into(),
                    valid_from: day("2026-01-01"),
                    valid_to: None,
                };
                price_ceiling::Entity::insert(ceiling.into_active_model())
                    .exec_without_returning(tx)
                    .await?;
            }
            Ok(())
        })
    });
    written.await.unwrap();
}

/// What a division waives of B02 on a day, and whether that is contested.
async fn waives(stage: &Stage, division: Uuid, on: &str) -> Option<(i64, bool)> {
    let found = waivers::policies(stage.services.db.read(), division, day(on))
        .await
        .unwrap();
    let mut of_item = found.into_iter().filter(|p| p.policy.item_code == "B02");
    let one = of_item.next();
    assert!(of_item.next().is_none(), "one policy an item");
    one.map(|p| (p.policy.standard, p.contested))
}

/// F-11, F-7, D-7: 合并前各按原区划政策，合并后按新区划，新区划未定前并存者取其一并提示.
#[tokio::test]
async fn what_two_counties_have_set_is_each_ones_own_until_they_are_merged() {
    for services in databases("merged").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let old = ["510118", "510116"].map(listed);
        let [a, b] = [old[0].id, old[1].id];
        let heir = minzheng_kit::id::derived("division", "demo-merged");
        // What stands above both, where they have set nothing themselves.
        let above = waives(&stage, old[0].parent.unwrap(), "2026-11-21").await;
        set(&stage, [a, b]).await;
        let gaps = "query ($d: ID!) { facilityGap(division: $d) { kind population needed capacity missing } }";
        let gap = async |who: Principal, id: Uuid| {
            let data = stage.data(who, gaps, json!({ "d": id.to_string() })).await;
            data["facilityGap"].as_array().unwrap().clone()
        };
        let apart = [
            gap(Principal::public("51"), a).await,
            gap(Principal::public("51"), b).await,
        ];
        let home = super::confirmed::home(&stage).await;
        let home: Uuid = home.as_str().unwrap().parse().unwrap();
        let made = side(heir, "510199", old[0].parent);
        told(&stage, Relation::Merge, old.to_vec(), vec![made]).await;

        // Of their own days each by its own; from the day of the merger on both by the heir's.
        for (division, standard) in [(a, 30_000), (b, 50_000)] {
            let before = waives(&stage, division, "2026-11-21").await;
            assert_eq!(before, Some((standard, false)));
            let after = waives(&stage, division, "2026-11-22").await;
            assert_eq!(
                after,
                Some((50_000, true)),
                "the greater of both, and it says so"
            );
        }
        assert_eq!(
            waives(&stage, heir, "2026-11-22").await,
            Some((50_000, true))
        );
        assert_eq!(
            waives(&stage, heir, "2026-11-21").await,
            above,
            "of neither"
        );
        let db = stage.services.db.read();
        let contested = succession::contested(db, heir, day("2026-11-22"))
            .await
            .unwrap();
        assert_eq!(contested.waiver_policies, ["B02"]);
        assert_eq!(contested.price_ceilings, ["B02"]);
        // The ceiling that lets nobody pay more than either allowed.
        let order = amid(&stage, Principal::public("51")).divisions;
        let ceilings = Ceilings::of(db, &order, &[home]).await.unwrap();
        assert_eq!(ceilings.on(home, "B02", day("2026-11-22")), Some(80_000));

        // Told twice it is done once.
        let again = stage.services.db.write(move |tx| {
            Box::pin(async move {
                let mut rows = 0;
                for one in [a, b] {
                    rows += succession::carry_over(tx, one, heir, day("2026-11-22")).await?;
                }
                Ok(rows)
            })
        });
        assert_eq!(again.await.unwrap(), 0);

        // Two plans are one gap: their needs together against what there is, once.
        let one = gap(amid(&stage, Principal::public("51")), heir).await;
        assert_eq!(one.len(), apart[0].len());
        for (at, both) in one.iter().enumerate() {
            let sum = |field: &str| {
                apart
                    .iter()
                    .map(|part| part[at][field].as_i64().unwrap())
                    .sum::<i64>()
            };
            let of = |field: &str| both[field].as_i64().unwrap();
            assert_eq!(both["kind"], apart[0][at]["kind"]);
            assert_eq!(
                (of("needed"), of("population")),
                (sum("needed"), sum("population"))
            );
            assert_eq!(of("missing"), (of("needed") - of("capacity")).max(0));
        }

        // The heir sets its own: both are ended, and nothing is contested.
        let shown = "query ($d: ID!) { waiverEligibility(division: $d) { policies { item { code } standard contested } } }";
        let read = async || -> Value {
            let who = amid(&stage, Principal::public("51"));
            let data = stage
                .data(who, shown, json!({ "d": heir.to_string() }))
                .await;
            let all = data["waiverEligibility"]["policies"]
                .as_array()
                .unwrap()
                .clone();
            all.into_iter()
                .find(|p| p["item"]["code"] == "B02")
                .unwrap()
        };
        assert_eq!(read().await["contested"], true);
        let own = json!({ "requestKey": "own", "division": heir.to_string(), "name": "新区政策", "item": "B02",
            "standard": "450.00", "payer": "FISCAL", "legalBasis": "新区1号", "validFrom": "2026-11-22" });
        let officer = amid(&stage, Principal::registrar("51", "510199", None));
        let done = stage
            .act(
                officer,
                "setWaiverPolicy",
                own,
                "policy { standard contested }",
            )
            .await;
        assert_eq!(
            done["policy"],
            json!({ "standard": "450.00", "contested": false }),
            "{done}"
        );
        let now = read().await;
        assert_eq!(
            (&now["standard"], &now["contested"]),
            (&json!("450.00"), &json!(false))
        );
        assert_eq!(waives(&stage, a, "2026-11-22").await, Some((45_000, false)));
        assert_eq!(waives(&stage, a, "2026-11-21").await, Some((30_000, false)));
    }
}
