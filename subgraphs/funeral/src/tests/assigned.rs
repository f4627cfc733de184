//! A county that was divided: everything waits in the hands of whoever works above all parts, nothing is numbered
//! under the dead code, and the level above assigns; on both databases.

use minzheng_kit::Principal;
use minzheng_kit::divisions::dataset;
use minzheng_kit::events::{Consumer, DivisionChanged, DivisionSide, Event, Relation};
use serde_json::{Value, json};
use uuid::Uuid;

use super::steps::{cremation, here, officer};
use super::{Stage, databases, division};
use crate::consumers::Divisions;
use crate::demo;
use crate::service::figures::monthly;
use crate::service::month_of;

pub(super) fn side(id: Uuid, code: &str, parent: Option<Uuid>) -> DivisionSide {
    DivisionSide {
        id,
        code: code.to_owned(),
        name: "甲区".to_owned(),
        parent,
        share_permille: None,
    }
}

/// A division as the embedded set has it.
pub(super) fn listed(code: &str) -> DivisionSide {
    let one = dataset().by_code(code).unwrap();
    side(one.id, code, one.parent)
}

/// The subsystem is told of a change of today, keeps it and acts on it.
pub(super) async fn told(
    stage: &Stage,
    relation: Relation,
    from: Vec<DivisionSide>,
    to: Vec<DivisionSide>,
) {
    let change = DivisionChanged {
        change: minzheng_kit::id::new(),
        relation,
        effective: stage.services.clock.today(),
        from,
        to,
        below: Vec::new(),
    };
    let event = Event::of(&change, stage.services.clock.now()).unwrap();
    let services = stage.services.clone();
    let done = stage.services.db.write(move |tx| {
        let (services, change, event) = (services.clone(), change.clone(), event.clone());
        Box::pin(async move {
            minzheng_kit::divisions::learn(tx, &change).await?;
            Divisions.apply(&services, tx, &event).await
        })
    });
    done.await.unwrap();
    stage.services.db.renew_divisions().await.unwrap();
}

/// A caller of a request that is let in now, in the order of divisions of now.
pub(super) fn amid(stage: &Stage, who: Principal) -> Principal {
    who.amid(stage.services.db.divisions())
}

/// The two parts of 新津区.
fn parts() -> [(Uuid, &'static str); 2] {
    [("part-a", "510198"), ("part-b", "510197")]
        .map(|(name, code)| (minzheng_kit::id::derived("division", name), code))
}

async fn split(stage: &Stage) {
    let old = listed("510118");
    let to = parts().map(|(id, code)| side(id, code, old.parent));
    told(stage, Relation::Split, vec![old], to.to_vec()).await;
}

fn city(stage: &Stage) -> Principal {
    amid(stage, Principal::registrar("51", "510100", None))
}

/// Cremations that are counted in a division in this month.
async fn cremations(stage: &Stage, id: &str) -> i64 {
    let (id, month) = (id.parse().unwrap(), month_of(stage.services.clock.today()));
    let db = stage.services.db.read();
    let found = monthly(db, &[id], month, month, &[]).await.unwrap();
    found.get(&id).map_or(0, |months| months[0].cremations)
}

/// 行政区划管理条例 2, 17: what a divided county leaves is assigned from above, and nothing is numbered under its code before.
#[tokio::test]
async fn the_facilities_of_a_divided_county_are_assigned_with_their_cases() {
    for services in databases("assigned").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let home = super::confirmed::home(&stage).await;
        let stored = stage.stored(7_820, 40, "CHILD").await;
        let burnt = stage.cremated(7_821, 40).await;
        stage.came_yesterday().await;
        let xinjin = division("510118");
        let before = cremations(&stage, &xinjin).await;
        split(&stage).await;
        // Neither part has it, and the old code means nobody; the prefecture holds it all.
        let read = "query ($id: ID!) { funeralCase(id: $id) { number division { id } cremation { certificateNo } } }";
        for code in ["510118", "510198", "510197"] {
            let who = amid(&stage, Principal::registrar("51", code, None));
            let seen = stage.data(who, read, json!({ "id": stored["id"] })).await;
            assert_eq!(seen["funeralCase"], Value::Null, "{code}");
        }
        let seen = stage
            .data(city(&stage), read, json!({ "id": stored["id"] }))
            .await;
        assert_eq!(seen["funeralCase"]["division"]["id"], xinjin.as_str());
        // Nothing is numbered under a code that is not in force: no certificate, no case, and it says what to do.
        let code = stage
            .refused(city(&stage), "recordCremation", &stored, cremation())
            .await;
        assert_eq!(code, "DIVISION_NOT_IN_FORCE");
        let new = json!({
            "requestKey": "new", "deceased": super::steps::number(7_822), "deceasedName": "赵无名",
            "applicant": super::steps::number(40), "applicantName": "赵有名", "relation": "CHILD", "phone": "13800005678",
            "paperKind": "MEDICAL", "paperNumber": "SW-1", "natural": true, "diedOn": "2026-11-21", "facility": home,
        });
        let refused = stage
            .act(city(&stage), "openFuneralCase", new.clone(), "case { id }")
            .await;
        let refusal = &refused["userErrors"][0];
        assert_eq!(refusal["code"], "DIVISION_NOT_IN_FORCE");
        assert!(
            refusal["messageEn"]
                .as_str()
                .unwrap()
                .contains("assignFacilities")
        );
        // Who assigns.
        let [a, b] = parts();
        let query = "mutation ($input: AssignFacilitiesInput!) { assignFacilities(input: $input) { facilities { id version division { id } } userErrors { code } } }";
        let ask = async |who: &str, key: &str, to: String, more: Value| {
            let mut input =
                json!({ "requestKey": key, "from": xinjin, "to": to, "facilities": [home] });
            for (field, value) in more.as_object().unwrap() {
                input[field] = value.clone();
            }
            let who = amid(&stage, Principal::registrar("51", who, None));
            let answer = stage.ask(who, query, json!({ "input": input })).await;
            match answer["errors"][0]["extensions"]["code"].as_str() {
                Some(code) => code.to_owned(),
                None => answer["data"]["assignFacilities"]["userErrors"][0]["code"]
                    .as_str()
                    .unwrap_or("OK")
                    .to_owned(),
            }
        };
        let to = a.0.to_string();
        let none = json!({});
        for (who, key, to, more, expected) in [
            ("510118", "a1", to.clone(), none.clone(), "FORBIDDEN"),
            (
                "510198",
                "a2",
                to.clone(),
                none.clone(),
                "HIGHER_OFFICER_NEEDED",
            ),
            ("510300", "a3", to.clone(), none.clone(), "FORBIDDEN"),
            (
                "510100",
                "a4",
                division("510104"),
                none.clone(),
                "NOT_A_SUCCESSOR",
            ),
            (
                "510100",
                "a5",
                to.clone(),
                json!({ "versions": [99] }),
                "VERSION_CONFLICT",
            ),
            (
                "510100",
                "a6",
                to.clone(),
                json!({ "versions": [] }),
                "VERSIONS_DO_NOT_FIT",
            ),
            (
                "510100",
                "a7",
                to.clone(),
                json!({ "facilities": [] }),
                "TOO_MANY_ITEMS",
            ),
            ("510100", "a8", to.clone(), json!({ "versions": [1] }), "OK"),
            (
                "510100",
                "a9",
                to.clone(),
                none.clone(),
                "NOT_OF_THIS_DIVISION",
            ),
        ] {
            assert_eq!(ask(who, key, to, more).await, expected, "{key}");
        }
        // The part's officers go on where the old ones stood, under the code of today; the other part has nothing of it.
        let mine = || amid(&stage, Principal::registrar("51", a.1, None));
        let theirs = amid(&stage, Principal::registrar("51", b.1, None));
        let seen = stage
            .data(theirs, read, json!({ "id": stored["id"] }))
            .await;
        assert_eq!(seen["funeralCase"], Value::Null);
        let mut case = stored.clone();
        case["version"] = json!(stored["version"].as_i64().unwrap() + 1);
        stage
            .step(mine(), "recordCremation", &case, cremation())
            .await;
        let seen = stage
            .data(mine(), read, json!({ "id": stored["id"] }))
            .await;
        let number = seen["funeralCase"]["cremation"]["certificateNo"]
            .as_str()
            .unwrap();
        assert!(number.starts_with("HH510198-"), "{number}");
        // What was numbered before keeps its number (D-7).
        let seen = stage.data(mine(), read, json!({ "id": burnt["id"] })).await;
        let number = seen["funeralCase"]["cremation"]["certificateNo"]
            .as_str()
            .unwrap();
        assert!(number.starts_with("HH510118-"), "{number}");
        let opened = stage
            .act(mine(), "openFuneralCase", new, "case { number }")
            .await;
        assert_eq!(opened["userErrors"], json!([]), "{opened}");
        let number = opened["case"]["number"].as_str().unwrap();
        assert!(number.starts_with("ZS510198-"), "{number}");
        // And what was counted under the old division stays counted there.
        assert!(before > 0);
        assert_eq!(cremations(&stage, &xinjin).await, before);
        assert_eq!(cremations(&stage, &to).await, 1);
    }
}

/// Burial places and clean-ups wait and are assigned alike; a clean-up gets no number under the dead code.
#[tokio::test]
async fn burial_places_and_clean_ups_of_a_divided_county_are_assigned_too() {
    let stage = Stage::of("51").await;
    let xinjin = division("510118");
    let found = json!({ "requestKey": "g", "division": xinjin, "kind": "CLAN", "point": here(), "foundOn": "2026-11-20", "areaM2": 40.0 });
    let sel = "grave { id version number }";
    let grave = stage.act(officer(), "reportIllegalGrave", found, sel).await["grave"].clone();
    let site = json!({ "requestKey": "s", "division": xinjin, "name": "旧村安葬点", "point": here(), "areaM2": 900.0, "graves": 12 });
    let site = stage
        .act(
            officer(),
            "registerRuralBurialSite",
            site,
            "site { id version }",
        )
        .await["site"]
        .clone();
    assert!(
        grave["id"].is_string() && site["id"].is_string(),
        "{grave} {site}"
    );
    split(&stage).await;
    let register = |key: &str, version: &Value| json!({ "requestKey": key, "grave": grave["id"], "version": version });
    let early = stage
        .act(
            city(&stage),
            "registerIllegalGrave",
            register("r1", &grave["version"]),
            sel,
        )
        .await;
    assert_eq!(
        early["userErrors"][0]["code"], "DIVISION_NOT_IN_FORCE",
        "{early}"
    );
    let [a, _] = parts();
    let input = json!({ "requestKey": "as", "from": xinjin, "to": a.0.to_string(), "burialSites": [site["id"]], "illegalGraves": [grave["id"]] });
    let done = stage
        .act(city(&stage), "assignFacilities", input, "facilities { id }")
        .await;
    assert_eq!(done["facilities"], json!([]), "{done}");
    let mine = amid(&stage, Principal::registrar("51", a.1, None));
    let version = json!(grave["version"].as_i64().unwrap() + 1);
    let done = stage
        .act(mine, "registerIllegalGrave", register("r2", &version), sel)
        .await;
    let number = done["grave"]["number"].as_str().unwrap_or_default();
    assert!(number.starts_with("FM510198-"), "{done}");
}

/// Ashes of a closed case are laid to rest under the code of now, also where the county was merged since.
#[tokio::test]
async fn a_later_case_of_a_merged_county_is_numbered_under_its_successor() {
    let stage = Stage::of("51").await;
    let query = "{ funeralCases(state: CLOSED, first: 100) { nodes { cremation { certificateNo } division { id } } } }";
    let data = stage.data(officer(), query, json!({})).await;
    let closed = data["funeralCases"]["nodes"].as_array().unwrap();
    let ended = closed
        .iter()
        .find(|c| c["cremation"] != Value::Null)
        .unwrap();
    let old = ["510118", "510116"].map(listed);
    let merged = minzheng_kit::id::derived("division", "demo-merged");
    let parent = old[0].parent;
    told(
        &stage,
        Relation::Merge,
        old.to_vec(),
        vec![side(merged, "510199", parent)],
    )
    .await;
    let who = amid(&stage, officer());
    let input = json!({ "requestKey": "o", "certificateNo": ended["cremation"]["certificateNo"], "applicant": super::steps::number(41), "applicantName": "赵有名", "relation": "CHILD", "phone": "13900001234" });
    let opened = stage
        .act(
            who,
            "openIntermentCase",
            input,
            "case { number division { id } }",
        )
        .await;
    let number = opened["case"]["number"].as_str().unwrap_or_default();
    assert!(number.starts_with("ZS510199-"), "{opened}");
    assert_eq!(opened["case"]["division"]["id"], merged.to_string());
}
