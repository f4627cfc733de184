//! What a citizen claims of a death tells them nothing of anybody, and keeps no family from its case; on both
//! databases.

use minzheng_kit::Principal;
use serde_json::{Value, json};

use super::confirmed::{home, paper};
use super::steps::{number, officer};
use super::{Stage, databases, division};
use crate::demo;

/// What a citizen sees of the case that they have claimed.
const CLAIMED: &str =
    "case { id version state paperConfirmed death { id } deceased { id death { diedOn } } }";

/// A claim by a citizen: the case, with what of the answer does not name it.
async fn claimed(stage: &Stage, who: usize, deceased: usize, home: &Value) -> (Value, Value) {
    let input = json!({ "input": {
        "requestKey": format!("claim {who} {deceased}"), "deceased": number(deceased), "deceasedName": "赵无名",
        "applicant": number(who), "applicantName": "赵有名", "relation": "CHILD", "phone": "13800005678",
        "paperKind": "MEDICAL", "paperNumber": "SW-2026-1", "natural": true, "diedOn": "2026-11-20", "facility": home,
    } });
    let query = format!(
        "mutation ($input: OpenFuneralCaseInput!) {{ openFuneralCase(input: $input) {{ {CLAIMED} followUps {{ isDone }} userErrors {{ code messageEn }} }} }}"
    );
    let mut answer = stage.ask(stage.citizen(who), &query, input).await;
    let case = answer["data"]["openFuneralCase"]["case"].clone();
    for name in ["id", "deceased"] {
        let id = match name {
            "id" => &mut answer["data"]["openFuneralCase"]["case"]["id"],
            _ => &mut answer["data"]["openFuneralCase"]["case"]["deceased"]["id"],
        };
        assert!(id.is_string());
        *id = Value::Null;
    }
    (case, answer)
}

/// D.6 (54), (55): whether somebody has died, where, and under which number, is told to no citizen who names them.
#[tokio::test]
async fn a_citizen_who_names_anybody_is_answered_alike_and_blocks_no_family() {
    for services in databases("claims").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let home = home(&stage).await;
        // One has a case, one has a claim by another, one has died long ago, and one is alive.
        let open = stage.open(7_710, 43, "CHILD").await;
        let (theirs, _) = claimed(&stage, 44, 7_711, &home).await;
        let mut shapes = Vec::new();
        let mut seen = Vec::new();
        for deceased in [7_710, 7_711, 8_001, 7_712] {
            let (case, shape) = claimed(&stage, 40, deceased, &home).await;
            let shown = case["deceased"]["id"].as_str().unwrap().to_owned();
            assert_ne!(shown, stage.token(deceased));
            assert_eq!(
                minzheng_kit::tokenizer::PersonToken::version_of(&shown),
                None,
                "{shown}"
            );
            seen.push(case);
            shapes.push(shape);
        }
        for shape in &shapes {
            assert_eq!(shape, &shapes[0]);
            assert_eq!(shape["data"]["openFuneralCase"]["case"]["state"], "OPENED");
            assert_eq!(shape["data"]["openFuneralCase"]["userErrors"], json!([]));
        }
        // Their own claim, and only that, is named when they come again.
        let mut input = paper(7_711, "2026-11-20", json!("CHILD"));
        input["requestKey"] = json!("again");
        input["applicant"] = json!(number(40));
        input["applicantName"] = json!("赵有名");
        input["phone"] = json!("13800005678");
        input["facility"] = home.clone();
        let again = stage
            .act(stage.citizen(40), "openFuneralCase", input, "case { id }")
            .await;
        assert_eq!(again["userErrors"][0]["code"], "CASE_ALREADY_OPEN");
        let query = "query ($id: ID!) { funeralCase(id: $id) { number } }";
        let own = stage
            .data(stage.citizen(40), query, json!({ "id": seen[1]["id"] }))
            .await;
        let number_of = own["funeralCase"]["number"].as_str().unwrap();
        let said = again["userErrors"][0]["messageEn"].as_str().unwrap();
        assert!(said.contains(number_of), "{said}");
        // The family comes with the paper: no claim stands in its way, and the officers see who claimed.
        let family = stage.open(7_712, 45, "CHILD").await;
        assert_eq!(family["state"], "OPENED");
        let deceased = "query ($id: ID!) { funeralCase(id: $id) { deceased { id } } }";
        let told = stage
            .data(officer(), deceased, json!({ "id": seen[3]["id"] }))
            .await;
        assert_eq!(
            told["funeralCase"]["deceased"]["id"],
            stage.token(7_712).as_str()
        );
        // A claim beside an open case is not confirmed; the officer is told which case it is.
        for (case, deceased) in [(&seen[0], 7_710), (&seen[3], 7_712)] {
            assert_eq!(
                stage
                    .refused(
                        officer(),
                        "confirmDeathPaper",
                        case,
                        paper(deceased, "2026-11-21", Value::Null)
                    )
                    .await,
                "CASE_ALREADY_OPEN"
            );
        }
        // Of two claims the one whose paper is seen becomes the case, and then its applicant sees whom it names.
        stage
            .step(
                officer(),
                "confirmDeathPaper",
                &theirs,
                paper(7_711, "2026-11-20", Value::Null),
            )
            .await;
        let told = stage
            .data(stage.citizen(44), deceased, json!({ "id": theirs["id"] }))
            .await;
        assert_eq!(
            told["funeralCase"]["deceased"]["id"],
            stage.token(7_711).as_str()
        );
        assert_eq!(
            stage
                .refused(
                    officer(),
                    "confirmDeathPaper",
                    &seen[1],
                    paper(7_711, "2026-11-20", Value::Null)
                )
                .await,
            "CASE_ALREADY_OPEN"
        );
        // An officer of another division may not see the case, and is given no number of it.
        let away = Principal::registrar("51", "510104", None);
        let elsewhere =
            "query ($d: ID!) { facilities(division: $d, kind: FUNERAL_HOME) { nodes { id } } }";
        let homes = stage
            .data(away.clone(), elsewhere, json!({ "d": division("510104") }))
            .await;
        if let Some(home) = homes["facilities"]["nodes"].get(0) {
            let mut input = paper(7_710, "2026-11-21", json!("CHILD"));
            input["requestKey"] = json!("elsewhere");
            input["applicant"] = json!(number(46));
            input["applicantName"] = json!("赵有名");
            input["phone"] = json!("13800005678");
            input["facility"] = home["id"].clone();
            let refused = stage
                .act(away, "openFuneralCase", input, "case { id }")
                .await;
            assert_eq!(refused["userErrors"][0]["code"], "CASE_ALREADY_OPEN");
            let query = "query ($id: ID!) { funeralCase(id: $id) { number } }";
            let known = stage
                .data(officer(), query, json!({ "id": open["id"] }))
                .await;
            let known = known["funeralCase"]["number"].as_str().unwrap();
            assert!(!refused.to_string().contains(known), "{refused}");
        }
    }
}
