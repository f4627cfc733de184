//! Burials: of bodies that nobody claims, on days that cannot be, and of ashes that were to sail.

use minzheng_kit::Principal;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::{Value, json};

use super::steps::{cremation, officer};
use super::{Stage, databases, division};
use crate::demo;
use crate::model::{ashes_custody, funeral_case, unclaimed_notice};
use crate::rules::terms::CaseState;

/// The cemetery of the county.
async fn park(stage: &Stage) -> Value {
    let query = "query ($d: ID!) { facilities(division: $d, kind: CEMETERY, subKind: URBAN_PUBLIC) { nodes { id } } }";
    let county = json!({ "d": division("510118") });
    let data = stage.data(Principal::public("51"), query, county).await;
    data["facilities"]["nodes"][0]["id"].clone()
}

/// A body in the cold store with a grave for it.
async fn with_grave(stage: &Stage, deceased: usize, relation: &str) -> Value {
    let mut case = stage.stored(deceased, 40, relation).await;
    let plots = json!({ "requestKey": format!("plots {deceased}"), "facility": park(stage).await, "kind": "BODY_PLOT", "row": format!("东区{deceased}排"), "first": 1, "count": 1, "areaM2": 4.0, "occupantLimit": 1 });
    let sel = "facility { plots(state: FREE, first: 100) { nodes { id kind } } }";
    let added = stage.act(officer(), "addPlots", plots, sel).await;
    let plots = added["facility"]["plots"]["nodes"].as_array().unwrap();
    let plot = plots.iter().find(|p| p["kind"] == "BODY_PLOT").unwrap()["id"].clone();
    let hold =
        json!({ "requestKey": format!("hold {deceased}"), "plot": plot, "case": case["id"] });
    stage
        .act(officer(), "reserveNiche", hold, "plot { id }")
        .await;
    case["version"] = json!(case["version"].as_i64().unwrap() + 1);
    let take = json!({ "requestKey": format!("take {deceased}"), "case": case["id"], "version": case["version"], "plot": plot });
    let taken = stage
        .act(officer(), "allocatePlot", take, "plot { state }")
        .await;
    assert_eq!(taken["plot"]["state"], "OCCUPIED", "{taken}");
    case["version"] = json!(case["version"].as_i64().unwrap() + 1);
    case
}

fn bury(on: &str) -> Value {
    json!({ "kind": "BODY_PLOT", "on": on, "keepsAshes": false, "custom": "HUI" })
}

/// F-16, 无人认领遗体处理规定: the ground is no way round the notice.
#[tokio::test]
async fn a_body_that_nobody_claims_is_not_buried_before_its_notice_has_run() {
    for services in databases("unclaimed_burial").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let case = with_grave(&stage, 7_810, "INSTITUTION").await;
        let code = stage
            .refused(officer(), "inter", &case, bury("2026-11-22"))
            .await;
        assert_eq!(code, "NOTICE_REQUIRED");
        let notice = json!({ "policePaper": "公告-1", "policeNotifiedOn": "2026-11-21", "publishedOn": "2026-11-22" });
        let case = stage
            .step(officer(), "publishUnclaimedNotice", &case, notice)
            .await;
        let kept = unclaimed_notice::Entity::find().all(stage.services.db.read());
        for notice in kept.await.unwrap() {
            assert!(notice.police_paper.starts_with("enc:"), "{notice:?}");
        }
        let code = stage
            .refused(officer(), "inter", &case, bury("2026-11-22"))
            .await;
        assert_eq!(code, "NOTICE_STILL_RUNNING");
        // With the paper by which the unit arranges it, it may.
        let other = with_grave(&stage, 7_811, "INSTITUTION").await;
        let other = stage
            .step(
                officer(),
                "recordMandate",
                &other,
                json!({ "paper": "特困供养协议-1" }),
            )
            .await;
        let other = stage
            .step(officer(), "inter", &other, bury("2026-11-22"))
            .await;
        assert_eq!(other["state"], "INTERRED");
    }
}

/// F-12, F-15: an interment lies after the death and the cremation, when it is entered and when it is corrected.
#[tokio::test]
async fn nobody_is_laid_to_rest_before_their_death_or_cremation() {
    let stage = Stage::of("51").await;
    let body = with_grave(&stage, 7_812, "CHILD").await;
    for (on, code) in [
        ("1999-01-01", "INTERMENT_DAY"),
        ("2026-11-20", "INTERMENT_DAY"),
        ("2026-11-23", "INTERMENT_IN_FUTURE"),
    ] {
        assert_eq!(
            stage.refused(officer(), "inter", &body, bury(on)).await,
            code,
            "{on}"
        );
    }
    let body = stage
        .step(officer(), "inter", &body, bury("2026-11-21"))
        .await;
    let correct = |on: &str| json!({ "on": on, "reason": "CLERICAL" });
    for (on, code) in [
        ("2026-11-20", "INTERMENT_DAY"),
        ("2026-11-23", "INTERMENT_IN_FUTURE"),
    ] {
        let refused = stage
            .refused(officer(), "correctInterment", &body, correct(on))
            .await;
        assert_eq!(refused, code, "{on}");
    }
    stage
        .step(officer(), "correctInterment", &body, correct("2026-11-22"))
        .await;
    // Ashes: not before the cremation of this morning.
    let ashes = stage.cremated(7_813, 40).await;
    let park = park(&stage).await;
    let tree =
        |on: &str| json!({ "kind": "TREE", "facility": park, "on": on, "keepsAshes": false });
    let code = stage
        .refused(officer(), "inter", &ashes, tree("2026-11-21"))
        .await;
    assert_eq!(code, "INTERMENT_DAY");
    stage
        .step(officer(), "inter", &ashes, tree("2026-11-22"))
        .await;
}

/// F-12: ashes that are laid to rest on land give their place aboard back, and the voyage closes without them.
#[tokio::test]
async fn ashes_that_found_their_rest_on_land_do_not_sail() {
    for services in databases("no_sail").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let plan = json!({ "requestKey": "plan", "division": division("510118"), "port": "港", "sailsOn": "2026-11-23", "quota": 2 });
        let sel = "voyage { id version left carried }";
        let planned = stage.act(officer(), "planVoyage", plan, sel).await;
        let voyage = planned["voyage"]["id"].clone();
        let park = park(&stage).await;
        let enrol = json!({ "voyage": voyage, "relatives": 0 });
        let mut cases = Vec::new();
        for deceased in [7_814, 7_815] {
            let case = stage.cremated(deceased, 40).await;
            cases.push(
                stage
                    .step(officer(), "enrolSeaBurial", &case, enrol.clone())
                    .await,
            );
        }
        let tree =
            json!({ "kind": "TREE", "facility": park, "on": "2026-11-22", "keepsAshes": false });
        stage.step(officer(), "inter", &cases[0], tree).await;
        let query = "query ($id: ID!) { funeralCase(id: $id) { seaEnrolments { state } } seaBurialVoyages(first: 50) { nodes { id version left } } }";
        let data = stage
            .data(officer(), query, json!({ "id": cases[0]["id"] }))
            .await;
        assert_eq!(
            data["funeralCase"]["seaEnrolments"],
            json!([{ "state": "CANCELLED" }])
        );
        let trips = data["seaBurialVoyages"]["nodes"].as_array().unwrap();
        let trip = trips.iter().find(|v| v["id"] == voyage).unwrap();
        assert_eq!(trip["left"], 1);
        // The voyage sails with the other.
        stage
            .services
            .db
            .write(|tx| {
                Box::pin(async move {
                    let sql = "UPDATE sea_voyage SET sails_on = '2026-11-22' WHERE sails_on = '2026-11-23'";
                    tx.execute_unprepared(sql).await?;
                    Ok(())
                })
            })
            .await
            .unwrap();
        let close = |key: &str, carried: Vec<&Value>| json!({ "requestKey": key, "voyage": voyage, "version": trip["version"], "carried": carried, "others": 0 });
        let ashore = close("c1", vec![&cases[0]["id"]]);
        let refused = stage.act(officer(), "closeVoyage", ashore, sel).await;
        assert_eq!(refused["userErrors"][0]["code"], "UNKNOWN", "{refused}");
        let done = stage
            .act(
                officer(),
                "closeVoyage",
                close("c2", vec![&cases[1]["id"]]),
                sel,
            )
            .await;
        assert_eq!(done["voyage"]["carried"], 1, "{done}");
    }
}

/// F-12, B.2.3: INTERRED comes before SETTLED. Ashes that are to sail keep their bill open, and a voyage is not held up
/// in silence by a case that cannot be interred.
#[tokio::test]
async fn a_bill_waits_for_the_voyage_and_a_voyage_names_whom_it_cannot_inter() {
    for services in databases("bill_waits").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let plan = json!({ "requestKey": "plan", "division": division("510118"), "port": "港", "sailsOn": "2026-11-23", "quota": 3 });
        let planned = stage
            .act(officer(), "planVoyage", plan, "voyage { id version }")
            .await;
        let voyage = planned["voyage"].clone();
        let enrol = json!({ "voyage": voyage["id"], "relatives": 0 });
        let mut cases = Vec::new();
        for deceased in [7_817, 7_818] {
            let case = stage.cremated(deceased, 40).await;
            let keep = json!({ "boxNo": format!("匣-{deceased}") });
            let case = stage.step(officer(), "takeIntoCustody", &case, keep).await;
            let step = stage.step(officer(), "enrolSeaBurial", &case, enrol.clone());
            cases.push(step.await);
        }
        let settle = stage
            .refused(officer(), "settleFuneralCase", &cases[0], json!({}))
            .await;
        assert_eq!(settle, "SEA_ENROLMENT_OPEN");
        // One that was settled before this was looked at; and the voyage sails.
        let id: uuid::Uuid = cases[0]["id"].as_str().unwrap().parse().unwrap();
        let settled = stage.services.db.write(move |tx| {
            Box::pin(async move {
                use sea_orm::sea_query::Expr;
                use sea_orm::{ColumnTrait, QueryFilter};
                funeral_case::Entity::update_many()
                    .col_expr(funeral_case::Column::State, Expr::value(CaseState::Settled))
                    .filter(funeral_case::Column::Id.eq(id))
                    .exec(tx)
                    .await?;
                let sql =
                    "UPDATE sea_voyage SET sails_on = '2026-11-22' WHERE sails_on = '2026-11-23'";
                tx.execute_unprepared(sql).await?;
                Ok(())
            })
        });
        settled.await.unwrap();
        let close = |key: &str, carried: &[&Value]| json!({ "requestKey": key, "voyage": voyage["id"], "version": voyage["version"], "carried": carried, "others": 0 });
        let sel = "voyage { carried }";
        let both = close("c1", &[&cases[0]["id"], &cases[1]["id"]]);
        let refused = stage.act(officer(), "closeVoyage", both, sel).await;
        let told = &refused["userErrors"][0];
        assert_eq!(told["code"], "CASES_NOT_TO_INTER", "{refused}");
        let numbers = "query ($id: ID!) { funeralCase(id: $id) { number state } }";
        let of = async |case: &Value| {
            let data = stage.data(officer(), numbers, json!({ "id": case["id"] }));
            data.await["funeralCase"].take()
        };
        let (past, other) = (of(&cases[0]).await, of(&cases[1]).await);
        let said = told["messageZh"].as_str().unwrap();
        assert!(said.contains(past["number"].as_str().unwrap()), "{said}");
        assert!(!said.contains(other["number"].as_str().unwrap()), "{said}");
        assert_eq!(other["state"], "ASHES_IN_CUSTODY", "nothing was recorded");
        let one = close("c2", &[&cases[1]["id"]]);
        let done = stage.act(officer(), "closeVoyage", one, sel).await;
        assert_eq!(done["voyage"]["carried"], 1, "{done}");
        let interred = of(&cases[1]).await;
        assert_eq!(interred["state"], "INTERRED");
        // And then its bill is settled.
        let mut case = cases[1].clone();
        case["version"] = json!(case["version"].as_i64().unwrap() + 1);
        let case = stage
            .step(officer(), "settleFuneralCase", &case, json!({}))
            .await;
        assert_eq!(case["state"], "SETTLED");
    }
}

/// F-16, F-15: a corrected cremation is judged like the first: not before the notice has run, nor after the ashes were
/// taken into custody; and the body is counted in the store until then.
#[tokio::test]
async fn a_corrected_cremation_is_judged_like_the_first() {
    let stage = Stage::of("51").await;
    let case = stage.stored(7_819, 40, "INSTITUTION").await;
    stage.came_yesterday().await;
    let mandate = json!({ "paper": "特困供养协议-2" });
    let case = stage.step(officer(), "recordMandate", &case, mandate).await;
    let case = stage
        .step(officer(), "recordCremation", &case, cremation())
        .await;
    let mut earlier = cremation();
    earlier["startedAt"] = json!("2026-11-22T00:30:00Z");
    earlier["reason"] = json!("CLERICAL");
    let right = stage
        .step(officer(), "correctCremation", &case, earlier.clone())
        .await;
    let query = "query ($id: ID!) { funeralCase(id: $id) { storage { leftAt } } }";
    let data = stage
        .data(officer(), query, json!({ "id": right["id"] }))
        .await;
    let left = data["funeralCase"]["storage"][0]["leftAt"]
        .as_str()
        .unwrap();
    let left: chrono::DateTime<chrono::Utc> = left.parse().unwrap();
    assert_eq!(left.to_rfc3339(), "2026-11-22T00:30:00+00:00");
    // The ashes were in custody by half past nine: a cremation that ended later was another one.
    let keep = json!({ "boxNo": "匣-7819" });
    let right = stage.step(officer(), "takeIntoCustody", &right, keep).await;
    let taken = stage.services.db.write(|tx| {
        Box::pin(async move {
            use ashes_custody::Column;
            use sea_orm::sea_query::Expr;
            let at: chrono::DateTime<chrono::Utc> = "2026-11-22T01:30:00Z".parse().unwrap();
            ashes_custody::Entity::update_many()
                .col_expr(Column::FromAt, Expr::value(at))
                .exec(tx)
                .await?;
            Ok(())
        })
    });
    taken.await.unwrap();
    let code = stage
        .refused(officer(), "correctCremation", &right, earlier.clone())
        .await;
    assert_eq!(code, "CREMATION_AFTER_CUSTODY");
    // The paper by which the unit arranged it is gone, and no notice ever ran.
    let id: uuid::Uuid = right["id"].as_str().unwrap().parse().unwrap();
    let gone = stage.services.db.write(move |tx| {
        Box::pin(async move {
            use sea_orm::sea_query::Expr;
            use sea_orm::{ColumnTrait, QueryFilter};
            funeral_case::Entity::update_many()
                .col_expr(
                    funeral_case::Column::Mandate,
                    Expr::value(Option::<String>::None),
                )
                .filter(funeral_case::Column::Id.eq(id))
                .exec(tx)
                .await?;
            Ok(())
        })
    });
    gone.await.unwrap();
    let code = stage
        .refused(officer(), "correctCremation", &right, earlier)
        .await;
    assert_eq!(code, "NOTICE_REQUIRED");
}

/// F-10, F-20: nobody confirms their own statement, an officer neither.
#[tokio::test]
async fn an_officer_is_nobodys_kin_by_their_own_word() {
    let stage = Stage::of("51").await;
    let clerk = Principal {
        person: Some(stage.token(41)),
        ..officer()
    };
    let case = stage.stored(7_816, 40, "INSTITUTION").await;
    let notice = json!({ "policePaper": "公告-3", "policeNotifiedOn": "2026-11-21", "publishedOn": "2026-11-22" });
    let case = stage
        .step(officer(), "publishUnclaimedNotice", &case, notice)
        .await;
    let claim = json!({ "claimant": super::steps::number(41), "claimantName": "赵有名", "relation": "SPOUSE", "phone": "13900001234" });
    let case = stage.step(clerk.clone(), "claimBody", &case, claim).await;
    let ask = json!({ "requestKey": "k1", "case": case["id"], "right": "ACCESS" });
    let kin = stage
        .act(stage.citizen(41), "useKinRight", ask, "request { id }")
        .await;
    assert_eq!(kin["userErrors"][0]["code"], "NOT_NEAR_KIN", "{kin}");
    let record = json!({ "requestKey": "r1", "case": case["id"], "version": case["version"], "kin": super::steps::number(41), "kinName": "赵有名", "relation": "SPOUSE", "proof": "HK-2" });
    let query =
        "mutation ($input: RecordKinInput!) { recordKin(input: $input) { userErrors { code } } }";
    let answer = stage
        .ask(clerk.clone(), query, json!({ "input": record }))
        .await;
    assert_eq!(
        answer["errors"][0]["extensions"]["code"], "FORBIDDEN",
        "{answer}"
    );
    // A colleague who saw the proof records it.
    let record = json!({ "kin": super::steps::number(41), "kinName": "赵有名", "relation": "SPOUSE", "proof": "HK-2" });
    stage.step(officer(), "recordKin", &case, record).await;
    let ask = json!({ "requestKey": "k2", "case": case["id"], "right": "ACCESS" });
    let kin = stage
        .act(stage.citizen(41), "useKinRight", ask, "request { state }")
        .await;
    assert_eq!(kin["request"]["state"], "OPEN", "{kin}");
    // Ashes of a closed case: who opens the later case for themselves is not confirmed by that.
    let data = stage
        .data(officer(), "{ funeralCases(state: CLOSED, first: 100) { nodes { id applicant { id } cremation { certificateNo } } } }", json!({}))
        .await;
    let closed = data["funeralCases"]["nodes"].as_array().unwrap();
    let ended = closed
        .iter()
        .find(|c| c["cremation"] != Value::Null)
        .unwrap();
    let own = json!({ "requestKey": "o1", "certificateNo": ended["cremation"]["certificateNo"], "applicant": super::steps::number(41), "applicantName": "赵有名", "relation": "SPOUSE", "phone": "13900001234" });
    let opened = stage
        .act(clerk, "openIntermentCase", own, "case { id }")
        .await;
    assert_eq!(opened["userErrors"], json!([]), "{opened}");
    let ask = json!({ "requestKey": "k3", "case": opened["case"]["id"], "right": "ACCESS" });
    let kin = stage
        .act(stage.citizen(41), "useKinRight", ask, "request { id }")
        .await;
    assert_eq!(kin["userErrors"][0]["code"], "NOT_NEAR_KIN", "{kin}");
}
