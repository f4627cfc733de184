//! What is said and what is confirmed: a death by a citizen, a death taken back by two, kin on record, ashes laid to
//! rest later, bodies on a court's paper; on both databases.

use minzheng_kit::Principal;
use minzheng_kit::events::read_outbox;
use serde_json::{Value, json};

use super::steps::{colleague, cremation, here, number, officer};
use super::{Stage, databases, division};
use crate::demo;

pub(super) async fn home(stage: &Stage) -> Value {
    let query = "query ($d: ID!) { facilities(division: $d, kind: FUNERAL_HOME, subKind: URBAN_PUBLIC) { nodes { id } } }";
    let data = stage
        .data(
            Principal::public("51"),
            query,
            json!({ "d": division("510118") }),
        )
        .await;
    data["facilities"]["nodes"][0]["id"].clone()
}

async fn opened(stage: &Stage, who: Principal, deceased: usize, kind: &str) -> Value {
    let input = json!({
        "requestKey": format!("open {deceased} {kind}"), "deceased": number(deceased), "deceasedName": "赵无名",
        "applicant": number(40), "applicantName": "赵有名", "relation": "SPOUSE", "phone": "13800005678",
        "paperKind": kind, "paperNumber": "SW-2026-1", "natural": true, "diedOn": "2026-11-20", "facility": home(stage).await,
    });
    let payload = stage
        .act(
            who,
            "openFuneralCase",
            input,
            "case { id version state paperConfirmed death { id } deathClaim { paperKind diedOn confirmedAt } } followUps { subsystem }",
        )
        .await;
    assert_eq!(payload["userErrors"], json!([]));
    payload
}

async fn deaths_told(stage: &Stage) -> usize {
    let feed = read_outbox(stage.services.db.read(), 0, 200).await.unwrap();
    feed.iter().filter(|e| e.kind == "DeathRegistered").count()
}

pub(super) fn paper(deceased: usize, died: &str, relation: Value) -> Value {
    json!({
        "deceased": number(deceased), "deceasedName": "赵无名", "paperKind": "MEDICAL", "paperNumber": "SW-2026-9",
        "natural": true, "diedOn": died, "relation": relation,
    })
}

#[tokio::test]
async fn a_citizens_word_kills_nobody_and_an_officer_who_saw_the_paper_confirms_it() {
    for services in databases("confirmed").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let payload = opened(&stage, stage.citizen(40), 7_700, "MEDICAL").await;
        let case = payload["case"].clone();
        assert_eq!(
            (
                &case["paperConfirmed"],
                &case["death"],
                &payload["followUps"]
            ),
            (&json!(false), &Value::Null, &Value::Null)
        );
        assert_eq!(case["deathClaim"]["diedOn"], "2026-11-20");
        assert_eq!(deaths_told(&stage).await, 0);
        // Nothing is arranged on it, and the applicant is nobody's kin by it.
        let hearse = json!({ "from": here() });
        assert_eq!(
            stage
                .refused(officer(), "dispatchHearse", &case, hearse)
                .await,
            "DEATH_PAPER_UNCONFIRMED"
        );
        let ask = json!({ "requestKey": "k", "case": case["id"], "right": "ACCESS" });
        let kin = stage
            .act(stage.citizen(40), "useKinRight", ask, "request { id }")
            .await;
        assert_eq!(kin["userErrors"][0]["code"], "DEATH_PAPER_UNCONFIRMED");
        let reps = json!([{ "__typename": "Person", "id": stage.token(7_700) }]);
        let death = "... on Person { death { diedOn } }";
        let answer =
            minzheng_kit::testing::entities(&stage.graph, stage.citizen(40), reps.clone(), death)
                .await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
        // The officer reads the paper; it names the person of the case.
        let other = paper(7_701, "2026-11-21", Value::Null);
        assert_eq!(
            stage
                .refused(officer(), "confirmDeathPaper", &case, other)
                .await,
            "PAPER_OF_ANOTHER"
        );
        let query = "mutation ($input: ConfirmDeathPaperInput!) { confirmDeathPaper(input: $input) { case { id } } }";
        let mut input = paper(7_700, "2026-11-21", Value::Null);
        input["requestKey"] = json!("away");
        input["case"] = case["id"].clone();
        input["version"] = case["version"].clone();
        let away = Principal::registrar("51", "510104", None);
        let answer = stage.ask(away, query, json!({ "input": input })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
        let confirmed = stage
            .step(
                officer(),
                "confirmDeathPaper",
                &case,
                paper(7_700, "2026-11-21", Value::Null),
            )
            .await;
        assert_eq!(deaths_told(&stage).await, 1);
        let query = "query ($id: ID!) { funeralCase(id: $id) { paperConfirmed death { diedOn } deathClaim { diedOn } timeline { act } } }";
        let data = stage
            .data(officer(), query, json!({ "id": case["id"] }))
            .await;
        assert_eq!(data["funeralCase"]["death"]["diedOn"], "2026-11-21");
        assert_eq!(data["funeralCase"]["deathClaim"]["diedOn"], "2026-11-20");
        assert_eq!(data["funeralCase"]["timeline"][1]["act"], "PAPER_CONFIRMED");
        assert_eq!(
            stage
                .refused(
                    officer(),
                    "confirmDeathPaper",
                    &confirmed,
                    paper(7_700, "2026-11-21", Value::Null)
                )
                .await,
            "STATE_NOT_ALLOWED"
        );
        // F-20: what the applicant said of themselves proves nothing before an officer has recorded it.
        let ask = |key: &str| json!({ "requestKey": key, "case": case["id"], "right": "ACCESS" });
        let no = stage
            .act(
                stage.citizen(40),
                "useKinRight",
                ask("k1"),
                "request { id }",
            )
            .await;
        assert_eq!(no["userErrors"][0]["code"], "NOT_NEAR_KIN");
        let record = |who: usize, relation: &str| json!({ "kin": number(who), "kinName": "赵有孙", "relation": relation, "proof": "HK-1" });
        let grandchild = stage
            .step(officer(), "recordKin", &confirmed, record(41, "GRANDCHILD"))
            .await;
        assert_eq!(
            stage
                .refused(
                    officer(),
                    "recordKin",
                    &grandchild,
                    record(41, "GRANDCHILD")
                )
                .await,
            "KIN_RECORDED"
        );
        let yes = stage
            .act(
                stage.citizen(41),
                "useKinRight",
                ask("k2"),
                "request { state }",
            )
            .await;
        assert_eq!(yes["request"]["state"], "OPEN", "{yes}");
        let answer =
            minzheng_kit::testing::entities(&stage.graph, stage.citizen(41), reps, death).await;
        assert_eq!(
            answer["data"]["_entities"][0]["death"]["diedOn"],
            "2026-11-21"
        );
        // A stranger learns nothing.
        let query = "mutation ($input: UseKinRightInput!) { useKinRight(input: $input) { request { id } } }";
        let answer = stage
            .ask(stage.citizen(42), query, json!({ "input": ask("k3") }))
            .await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }
}

#[tokio::test]
async fn a_claim_that_is_wrong_is_called_off_and_leaves_nothing() {
    let stage = Stage::of("51").await;
    let case = opened(&stage, stage.citizen(40), 7_702, "MEDICAL").await["case"].clone();
    stage
        .step(
            officer(),
            "cancelFuneralCase",
            &case,
            json!({ "reason": "NOT_DEAD" }),
        )
        .await;
    assert_eq!(deaths_told(&stage).await, 0);
    // An officer of elsewhere opens, but confirms nothing of another home.
    let away = Principal::registrar("51", "510104", None);
    let case = opened(&stage, away, 7_702, "POLICE").await["case"].clone();
    assert_eq!(case["paperConfirmed"], json!(false));
}

#[tokio::test]
async fn a_death_recorded_in_error_is_taken_back_by_two_officers() {
    for services in databases("revoked").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let case = stage.open(7_703, 40, "CHILD").await;
        let query = "query ($id: ID!) { funeralCase(id: $id) { death { id version } } }";
        let data = stage
            .data(officer(), query, json!({ "id": case["id"] }))
            .await;
        let record = data["funeralCase"]["death"]["id"].clone();
        let revoke = |key: &str, paper: Value| json!({ "requestKey": key, "record": record, "version": 1, "reason": "POLICE_FINDING", "paper": paper });
        let sel = "death { revokedOn version } revocation { state }";
        let busy = stage
            .act(officer(), "revokeDeath", revoke("r0", json!("公-1")), sel)
            .await;
        assert_eq!(busy["userErrors"][0]["code"], "STATE_NOT_ALLOWED");
        let reason = json!({ "reason": "NOT_DEAD" });
        stage
            .step(officer(), "cancelFuneralCase", &case, reason)
            .await;
        let bare = stage
            .act(officer(), "revokeDeath", revoke("r1", Value::Null), sel)
            .await;
        assert_eq!(bare["userErrors"][0]["code"], "TEXT_LENGTH");
        let asked = stage
            .act(officer(), "revokeDeath", revoke("r2", json!("公-1")), sel)
            .await;
        assert_eq!(
            (&asked["death"]["revokedOn"], &asked["revocation"]["state"]),
            (&Value::Null, &json!("ASKED")),
            "{asked}"
        );
        let waiting = "{ deathRevocations { record reason } }";
        let list = stage.data(colleague(), waiting, json!({})).await;
        assert_eq!(
            list["deathRevocations"],
            json!([{ "record": record, "reason": "POLICE_FINDING" }])
        );
        let confirm = |key: &str| json!({ "requestKey": key, "record": record, "version": 1, "confirm": true });
        let alone = stage
            .act(officer(), "confirmDeathRevocation", confirm("c1"), sel)
            .await;
        assert_eq!(alone["userErrors"][0]["code"], "SECOND_OFFICER_REQUIRED");
        let done = stage
            .act(colleague(), "confirmDeathRevocation", confirm("c2"), sel)
            .await;
        assert_eq!(
            (&done["death"]["revokedOn"], &done["revocation"]["state"]),
            (&json!("2026-11-22"), &json!("CONFIRMED")),
            "{done}"
        );
        let feed = read_outbox(stage.services.db.read(), 0, 200).await.unwrap();
        assert_eq!(feed.iter().filter(|e| e.kind == "DeathRevoked").count(), 1);
    }
}

#[tokio::test]
async fn a_courts_declaration_lets_no_body_be_cremated() {
    let stage = Stage::of("51").await;
    let case = opened(&stage, officer(), 7_704, "COURT_DECLARED").await["case"].clone();
    let record = case["death"]["id"].clone();
    let case = stage
        .step(
            officer(),
            "dispatchHearse",
            &case,
            json!({ "from": here() }),
        )
        .await;
    let case = stage
        .step(
            officer(),
            "recordArrival",
            &case,
            json!({ "sealNo": "封-1" }),
        )
        .await;
    let case = stage
        .step(
            officer(),
            "recordStorage",
            &case,
            json!({ "cabinetNo": "A-1" }),
        )
        .await;
    stage.came_yesterday().await;
    assert_eq!(
        stage
            .refused(officer(), "recordCremation", &case, cremation())
            .await,
        "DEATH_PAPER_OF_BODY_REQUIRED"
    );
    // A death lies not after the body came.
    let fix = |key: &str, died: &str| json!({ "requestKey": key, "record": record, "version": 1, "reason": "PAPER_REPLACED", "diedOn": died, "paperKind": "POLICE", "paperNumber": "GA-1", "natural": false, "deceased": number(7_704) });
    let late = stage
        .act(
            officer(),
            "correctDeath",
            fix("f1", "2026-11-22"),
            "death { id }",
        )
        .await;
    assert_eq!(late["userErrors"][0]["code"], "DEATH_AFTER_COURSE");
    let early = stage
        .act(
            officer(),
            "correctDeath",
            fix("f2", "1901-01-01"),
            "death { id }",
        )
        .await;
    assert_eq!(early["userErrors"][0]["code"], "DEATH_BEFORE_BIRTH");
    let right = stage
        .act(
            officer(),
            "correctDeath",
            fix("f3", "2026-11-19"),
            "death { paperKind }",
        )
        .await;
    assert_eq!(right["death"]["paperKind"], "POLICE", "{right}");
    stage
        .step(officer(), "recordCremation", &case, cremation())
        .await;
}

#[tokio::test]
async fn ashes_of_a_closed_case_are_laid_to_rest_on_their_certificate() {
    for services in databases("later").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let case = stage.cremated(7_705, 40).await;
        let query = "query ($id: ID!) { funeralCase(id: $id) { cremation { certificateNo } } }";
        let data = stage
            .data(officer(), query, json!({ "id": case["id"] }))
            .await;
        let certificate = data["funeralCase"]["cremation"]["certificateNo"].clone();
        let open = |key: &str, number_of: usize| {
            json!({
                "requestKey": key, "certificateNo": certificate, "applicant": number(number_of), "applicantName": "赵有名",
                "relation": "CHILD", "phone": "13800005678",
            })
        };
        let sel = "case { id version state continues crematedOn ashesCustody { boxNo endedAt } }";
        let early = stage
            .act(officer(), "openIntermentCase", open("o1", 40), sel)
            .await;
        assert_eq!(early["userErrors"][0]["code"], "CASE_ALREADY_OPEN");
        let kept = stage
            .step(
                officer(),
                "takeIntoCustody",
                &case,
                json!({ "boxNo": "骨-7705" }),
            )
            .await;
        let settled = stage
            .step(officer(), "settleFuneralCase", &kept, json!({}))
            .await;
        // Nothing is charged or held against a settled bill.
        let hall = "query ($d: ID!) { facilities(division: $d, kind: COLUMBARIUM, subKind: URBAN_PUBLIC) { nodes { plots(state: FREE, first: 1) { nodes { id } } } } }";
        let free = stage
            .data(officer(), hall, json!({ "d": division("510118") }))
            .await;
        let niche = free["facilities"]["nodes"][0]["plots"]["nodes"][0]["id"].clone();
        let hold = json!({ "requestKey": "h1", "plot": niche, "case": case["id"] });
        let refused = stage
            .act(officer(), "reserveNiche", hold, "plot { id }")
            .await;
        assert_eq!(refused["userErrors"][0]["code"], "STATE_NOT_ALLOWED");
        stage
            .step(officer(), "closeFuneralCase", &settled, json!({}))
            .await;
        // Somebody else's certificate is nobody's business.
        let stranger = stage
            .act(stage.citizen(41), "openIntermentCase", open("o2", 41), sel)
            .await;
        assert_eq!(stranger["userErrors"][0]["code"], "UNKNOWN");
        let payload = stage
            .act(stage.citizen(40), "openIntermentCase", open("o3", 40), sel)
            .await;
        let later = payload["case"].clone();
        assert_eq!(
            (&later["state"], &later["continues"], &later["crematedOn"]),
            (
                &json!("ASHES_IN_CUSTODY"),
                &case["id"],
                &json!("2026-11-22")
            ),
            "{payload}"
        );
        assert_eq!(
            later["ashesCustody"],
            json!([{ "boxNo": "骨-7705", "endedAt": null }])
        );
        let parks = "query ($d: ID!) { facilities(division: $d, kind: CEMETERY, subKind: URBAN_PUBLIC) { nodes { id } } }";
        let park = stage
            .data(officer(), parks, json!({ "d": division("510118") }))
            .await;
        let tree = json!({ "kind": "DEEP_BURIAL", "facility": park["facilities"]["nodes"][0]["id"], "on": "2026-11-22", "keepsAshes": false });
        let interred = stage.step(officer(), "inter", &later, tree).await;
        assert_eq!(interred["state"], "INTERRED");
        // F-15: the chain goes on where the closed case ended.
        let chain =
            "query ($id: ID!) { funeralCase(id: $id) { custodyChain { seq giver taker } } }";
        let data = stage
            .data(officer(), chain, json!({ "id": later["id"] }))
            .await;
        assert_eq!(
            data["funeralCase"]["custodyChain"],
            json!([{ "seq": 5, "giver": "ASH_STORE", "taker": "GRAVE" }])
        );
        let settled = stage
            .step(officer(), "settleFuneralCase", &interred, json!({}))
            .await;
        stage
            .step(officer(), "closeFuneralCase", &settled, json!({}))
            .await;
        let again = stage
            .act(officer(), "openIntermentCase", open("o4", 40), sel)
            .await;
        assert_eq!(again["userErrors"][0]["code"], "INTERRED_ALREADY");
    }
}

#[tokio::test]
async fn a_unit_that_may_arrange_a_funeral_says_by_what() {
    let stage = Stage::of("51").await;
    let case = stage.stored(7_706, 40, "INSTITUTION").await;
    stage.came_yesterday().await;
    let case = stage
        .step(
            officer(),
            "recordMandate",
            &case,
            json!({ "paper": "特困供养决定书-1" }),
        )
        .await;
    stage
        .step(officer(), "recordCremation", &case, cremation())
        .await;
}
