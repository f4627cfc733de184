//! The figures of the reports, asked for as a client asks for them.

use super::{Stage, division};
use crate::demo::figures::{fuzhou, xinjin, xuzhou};
use minzheng_kit::{Principal, Role};
use serde_json::json;

#[tokio::test]
async fn fuzhou_shows_its_half_year_of_2023() {
    for stage in Stage::everywhere("35", "fuzhou").await {
        let query = "query ($d: ID!) {
            cleanupStats(division: $d, from: \"2023-01\", to: \"2023-06\") {
                zombieCleaned illegalBanned total byResult { result cases } }
            feeReductionSummary(division: $d, from: \"2023-01\", to: \"2023-06\") {
                associations enterprisesHelped feesCut }
            orgCount(division: $d, charity: true)
            projectSummary(division: $d) {
                projects pilots honoured amount organizationsGrown peopleServed isPeopleServedApproximate }
        }";
        let data = stage
            .data(
                Principal::public("35"),
                query,
                json!({ "d": division(fuzhou::CODE) }),
            )
            .await;
        assert_eq!(data["cleanupStats"]["zombieCleaned"], 222);
        assert_eq!(data["cleanupStats"]["illegalBanned"], 73);
        assert_eq!(data["cleanupStats"]["total"], 295);
        let by_result = data["cleanupStats"]["byResult"].as_array().unwrap();
        assert_eq!(
            by_result
                .iter()
                .map(|row| row["cases"].as_i64().unwrap())
                .sum::<i64>(),
            295
        );
        assert_eq!(
            data["feeReductionSummary"],
            json!({ "associations": 78, "enterprisesHelped": 3840, "feesCut": "22356200.00" })
        );
        assert_eq!(data["orgCount"], 90);
        assert_eq!(
            data["projectSummary"],
            json!({
                "projects": 96, "pilots": 96, "honoured": 4, "amount": "18437500.00",
                "organizationsGrown": 326, "peopleServed": 400_000, "isPeopleServedApproximate": true,
            })
        );
    }
}

#[tokio::test]
async fn a_prefecture_is_the_sum_of_its_counties() {
    let stage = Stage::of("35").await;
    let counties: Vec<_> = minzheng_kit::divisions::dataset()
        .counties_of("35")
        .filter(|county| county.code.starts_with("3501"))
        .map(|county| json!({ "__typename": "Division", "id": county.id.to_string() }))
        .collect();
    let selection = "... on Division { orgCount(charity: true)
        feeReductionSummary(from: \"2023-01\", to: \"2023-06\") { associations enterprisesHelped feesCut } }";
    let all = stage
        .resolve(Principal::public("35"), json!(counties), selection)
        .await;
    let sum = |of: &dyn Fn(&serde_json::Value) -> f64| {
        all.as_array().unwrap().iter().map(of).sum::<f64>()
    };
    assert_eq!(sum(&|one| one["orgCount"].as_f64().unwrap()), 90.0);
    assert_eq!(
        sum(&|one| one["feeReductionSummary"]["associations"].as_f64().unwrap()),
        78.0
    );
    let money = |one: &serde_json::Value| {
        one["feeReductionSummary"]["feesCut"]
            .as_str()
            .unwrap()
            .parse::<f64>()
    };
    assert_eq!(sum(&|one| money(one).unwrap()), 22_356_200.0);
}

#[tokio::test]
async fn xinjin_shows_its_register_its_funds_and_a_target_that_is_no_result() {
    for stage in Stage::everywhere("51", "xinjin").await {
        let query = "query ($d: ID!) {
            orgCount(division: $d)
            microFunds(division: $d) { funds amount isAmountApproximate }
            hubs(division: $d) { hubs brands hubTargets { year value } }
        }";
        let data = stage
            .data(
                Principal::public("51"),
                query,
                json!({ "d": division(xinjin::CODE) }),
            )
            .await;
        assert_eq!(data["orgCount"], 174);
        assert_eq!(
            data["microFunds"],
            json!({ "funds": 35, "amount": "1100000.00", "isAmountApproximate": true })
        );
        assert_eq!(
            data["hubs"],
            json!({ "hubs": 1, "brands": 1, "hubTargets": [{ "year": 2022, "value": 2 }] })
        );
    }
}

#[tokio::test]
async fn xuzhou_shows_its_fees_its_adoptions_and_its_promise() {
    for stage in Stage::everywhere("32", "xuzhou").await {
        let query = "query ($d: ID!) {
            feeReductionSummary(division: $d, from: \"2023-01\", to: \"2023-06\") { feesCut associations }
            adoptions(division: $d) { organizations households isApproximate }
            permitSla(division: $d, from: \"2025-01\", to: \"2026-11\") {
                item unit statutoryDays committedDays decided withinCommitted withinStatutory medianDays openLate }
        }";
        let data = stage
            .data(
                Principal::public("32"),
                query,
                json!({ "d": division(xuzhou::CODE) }),
            )
            .await;
        assert_eq!(data["feeReductionSummary"]["feesCut"], "1700000.00");
        assert_eq!(
            data["adoptions"],
            json!({ "organizations": 50, "households": 800, "isApproximate": true })
        );
        let items = data["permitSla"].as_array().unwrap();
        let change = items.iter().find(|item| item["item"] == "CHANGE").unwrap();
        assert_eq!(
            (
                &change["statutoryDays"],
                &change["committedDays"],
                &change["unit"]
            ),
            (&json!(20), &json!(10), &json!("WORKING"))
        );
        assert!(change["decided"].as_i64().unwrap() > 0);
        assert_eq!(change["decided"], change["withinCommitted"]);
        assert_eq!(change["openLate"], 0);
        let found = items.iter().find(|item| item["item"] == "FOUND").unwrap();
        assert_eq!(
            (&found["statutoryDays"], &found["unit"]),
            (&json!(60), &json!("CALENDAR"))
        );
    }
}

#[tokio::test]
async fn every_province_has_two_thousand_organizations_with_good_codes_and_different_names() {
    for province in ["51", "32", "35", "36"] {
        let stage = Stage::of(province).await;
        let db = stage.services.db.read();
        let all = <crate::model::organization::Entity as sea_orm::EntityTrait>::find()
            .all(db)
            .await
            .unwrap();
        assert_eq!(all.len(), 2_000);
        assert!(
            all.iter()
                .all(|row| minzheng_kit::credit_code::parse(&row.credit_code).is_ok())
        );
        let names: std::collections::HashSet<_> =
            all.iter().map(|row| (row.kind, &row.name)).collect();
        assert_eq!(names.len(), 2_000, "{province}");
        assert!(
            all.iter()
                .all(|row| row.ended.is_none_or(|ended| row.founded < ended))
        );
        // Who funeral and marriage refer to lives, as do the story's associations.
        for n in 0..=62 {
            let row = all
                .iter()
                .find(|row| row.credit_code == stage.code(n))
                .unwrap();
            assert!(row.state.is_live(), "{province} {n}");
        }
    }
}

#[tokio::test]
async fn no_head_of_a_society_heads_another() {
    use crate::model::{office, organization};
    use crate::rules::office::{HeldOffice, may_lead_society};
    use sea_orm::EntityTrait;
    let stage = Stage::of("51").await;
    let db = stage.services.db.read();
    let kinds: std::collections::HashMap<String, crate::vocabulary::OrgKind> =
        organization::Entity::find()
            .all(db)
            .await
            .unwrap()
            .into_iter()
            .map(|row| (row.credit_code, row.kind))
            .collect();
    let mut held: std::collections::HashMap<String, Vec<HeldOffice>> =
        std::collections::HashMap::new();
    for row in office::Entity::find().all(db).await.unwrap() {
        let office = HeldOffice {
            kind: kinds[&row.credit_code],
            credit_code: row.credit_code,
            role: row.role,
        };
        held.entry(row.person).or_default().push(office);
    }
    for offices in held.values() {
        assert!(offices.iter().all(
            |office| may_lead_society(offices, &office.credit_code).is_ok()
                || office.role != crate::vocabulary::OfficeRole::LegalRepresentative
        ));
    }
}

#[tokio::test]
async fn seeding_again_changes_nothing_and_two_machines_agree() {
    use minzheng_kit::Subsystem;
    use sea_orm::{EntityTrait, PaginatorTrait};
    let stage = Stage::of("36").await;
    let count = || crate::model::fee_reduction::Entity::find().count(stage.services.db.read());
    let before = count().await.unwrap();
    crate::Societies
        .seed(&stage.services, &|_, _, _| ())
        .await
        .unwrap();
    assert_eq!(count().await.unwrap(), before);
    let other = Stage::of("36").await;
    let all = |stage: &Stage| {
        let db = stage.services.db.clone();
        async move {
            crate::model::organization::Entity::find()
                .all(db.read())
                .await
                .unwrap()
        }
    };
    assert_eq!(all(&stage).await, all(&other).await);
}

#[tokio::test]
async fn the_month_of_all_districts_has_something_to_show() {
    let stage = Stage::of("51").await;
    let province = json!([{ "__typename": "Division", "id": division("510000") }]);
    let selection = "... on Division { orgStats(from: \"2026-01\", to: \"2026-10\") {
        month live zombieCleaned illegalBanned feesCut enterprisesHelped permitMedianDays asOf } }";
    let all = stage
        .resolve(stage.role(Role::Dashboard), province, selection)
        .await;
    let months = all[0]["orgStats"].as_array().unwrap();
    assert_eq!(months.len(), 10);
    for month in months {
        assert!(month["live"].as_i64().unwrap() > 1_500, "{month}");
        assert_ne!(month["feesCut"], "0.00", "{month}");
        assert!(
            month["permitMedianDays"].as_f64().unwrap() <= 10.0,
            "{month}"
        );
        assert_eq!(month["asOf"], "2026-11-22T04:00:00Z");
    }
    let cleaned: i64 = months
        .iter()
        .map(|month| month["zombieCleaned"].as_i64().unwrap())
        .sum();
    assert!(cleaned > 0);
}
