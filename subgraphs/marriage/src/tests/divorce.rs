//! Applications for divorce.

use super::*;

const APPLY: &str = "mutation ($input: ApplyDivorceInput!) { applyDivorce(input: $input) {
    application { id state dates { receivedOn coolingOffEnds windowOpens windowEnds deadlineProvisional } }
    userErrors { code field legalBasis } } }";
const WITHDRAW: &str = "mutation ($input: WithdrawDivorceInput!) { withdrawDivorce(input: $input) {
    application { id state closedOn deadline } userErrors { code } } }";

fn application(p: &Province, key: &str, man: usize, woman: usize, signed: bool) -> Value {
    json!({ "input": { "requestKey": key, "registry": registry("510118-1"), "man": p.number(man),
        "woman": p.number(woman), "bothPresent": true, "agreementSigned": signed, "fullCapacity": true } })
}

#[tokio::test]
async fn the_calculator_gives_the_worked_dates() {
    let p = Province::of("51").await;
    let query = "query ($d: Date!) { divorceDates(receivedOn: $d) { coolingOffStarts coolingOffEnds
        windowOpens windowEnds deadlineProvisional } }";
    let table = [
        (
            "2026-03-02",
            "2026-03-03",
            "2026-04-01",
            "2026-04-02",
            "2026-05-06",
            false,
        ),
        (
            "2026-11-23",
            "2026-11-24",
            "2026-12-23",
            "2026-12-24",
            "2027-01-22",
            true,
        ),
        (
            "2026-11-05",
            "2026-11-06",
            "2026-12-07",
            "2026-12-08",
            "2027-01-06",
            true,
        ),
    ];
    for (received, starts, ends, opens, closes, provisional) in table {
        let data = p.data(p.public(), query, json!({ "d": received })).await;
        assert_eq!(
            data["divorceDates"],
            json!({ "coolingOffStarts": starts, "coolingOffEnds": ends,
            "windowOpens": opens, "windowEnds": closes, "deadlineProvisional": provisional })
        );
    }
}

#[tokio::test]
async fn an_application_is_received_withdrawn_by_one_and_counted() {
    let p = Province::of("51").await;
    let officer = || p.registrar("510118");
    let payload = p
        .data(officer(), APPLY, application(&p, "d1", 0, 1, true))
        .await["applyDivorce"]
        .take();
    assert!(refusals(&payload).is_empty(), "{payload}");
    assert_eq!(payload["application"]["state"], "COOLING");
    assert_eq!(payload["application"]["dates"]["receivedOn"], "2026-11-22");
    let again = p
        .data(officer(), APPLY, application(&p, "d1", 0, 1, true))
        .await["applyDivorce"]
        .take();
    assert_eq!(again, payload, "the same key, the same answer");
    let twice = p
        .data(officer(), APPLY, application(&p, "d2", 0, 1, false))
        .await["applyDivorce"]
        .take();
    assert_eq!(
        refusals(&twice),
        ["AGREEMENT_MISSING", "APPLICATION_ALREADY_OPEN"],
        "all at once"
    );
    let id = payload["application"]["id"].clone();
    let withdraw = |key: &str| json!({ "input": { "requestKey": key, "application": id } });
    let stranger = p.data(p.citizen(12), WITHDRAW, withdraw("w")).await["withdrawDivorce"].take();
    assert_eq!(refusals(&stranger), ["NOT_FOUND"]);
    let stale = json!({ "input": { "requestKey": "v", "application": id, "version": 9 } });
    let stale = p.data(p.citizen(1), WITHDRAW, stale).await["withdrawDivorce"].take();
    assert_eq!(refusals(&stale), ["VERSION_CONFLICT"]);
    let done = p.data(p.citizen(1), WITHDRAW, withdraw("w")).await["withdrawDivorce"].take();
    assert_eq!(done["application"]["state"], "WITHDRAWN");
    assert_eq!(done["application"]["closedOn"], "2026-11-22");
    assert!(done["application"]["deadline"].is_null());
    let late = p.data(p.citizen(0), WITHDRAW, withdraw("w2")).await["withdrawDivorce"].take();
    assert_eq!(refusals(&late), ["APPLICATION_NOT_OPEN"]);
    let renewed = p
        .data(officer(), APPLY, application(&p, "d3", 0, 1, true))
        .await["applyDivorce"]
        .take();
    assert!(
        refusals(&renewed).is_empty(),
        "after a withdrawal they may apply again"
    );
}

#[tokio::test]
async fn the_law_refuses_who_is_not_married_and_other_registries_may_not_act() {
    let p = Province::of("51").await;
    let payload = p
        .data(
            p.registrar("510118"),
            APPLY,
            application(&p, "x", 2, 3, true),
        )
        .await["applyDivorce"]
        .take();
    assert_eq!(refusals(&payload), ["NO_VALID_MARRIAGE"]);
    assert_eq!(
        payload["userErrors"][0]["legalBasis"],
        "民法典第一千零七十六条"
    );
    let mut bad = application(&p, "y", 0, 1, true);
    bad["input"]["man"] = json!("5199");
    let payload = p.data(p.registrar("510118"), APPLY, bad).await["applyDivorce"].take();
    assert_eq!(refusals(&payload), ["CITIZEN_ID_LENGTH"]);
    assert_eq!(payload["userErrors"][0]["field"], json!(["input", "man"]));
    for who in [p.citizen(0), p.registrar("510104"), p.public()] {
        assert_eq!(
            codes(&p.ask(who, APPLY, application(&p, "z", 0, 1, true)).await),
            ["FORBIDDEN"]
        );
    }
}

#[tokio::test]
async fn an_overdue_application_reads_as_deemed_withdrawn_and_makes_room_for_a_new_one() {
    let mut p = Province::of("51").await;
    // Received on 2026-03-02, in a year that is published whole: its window ended on 2026-05-06.
    p.at("2026-03-02T02:00:00Z");
    let early = p
        .data(
            p.registrar("510118"),
            APPLY,
            application(&p, "e", 0, 1, true),
        )
        .await["applyDivorce"]
        .take();
    assert!(refusals(&early).is_empty(), "{early}");
    p.at("2026-06-01T02:00:00Z");
    let query = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Person {
        divorceApplications { id state deadline } } } }";
    let couple = json!({ "r": [{ "__typename": "Person", "id": p.token(0) }] });
    let data = p.data(p.citizen(0), query, couple.clone()).await;
    let first = &data["_entities"][0]["divorceApplications"][0];
    assert_eq!(first["state"], "DEEMED_WITHDRAWN", "no job has run");
    let payload = p
        .data(
            p.registrar("510118"),
            APPLY,
            application(&p, "n", 0, 1, true),
        )
        .await["applyDivorce"]
        .take();
    assert!(refusals(&payload).is_empty(), "{payload}");
    let data = p.data(p.citizen(0), query, couple).await;
    let states: Vec<_> = data["_entities"][0]["divorceApplications"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["COOLING", "DEEMED_WITHDRAWN"]);
}

#[tokio::test]
async fn a_single_application_is_for_its_parties_and_its_registry() {
    let p = Province::of("51").await;
    let mine = "{ myMarriage { divorceApplication { id } } }";
    let data = p.data(p.citizen(4), mine, none()).await;
    let id = data["myMarriage"]["divorceApplication"]["id"].clone();
    let query = "query ($id: ID!) { divorceApplication(id: $id) { state parties { id } } }";
    for (who, sees) in [
        (p.citizen(4), true),
        (p.citizen(5), true),
        (p.citizen(0), false),
        (p.registrar("510118"), true),
        (p.registrar("510100"), true),
        (p.registrar("510104"), false),
        (p.public(), false),
    ] {
        let data = p.data(who, query, json!({ "id": id })).await;
        assert_eq!(!data["divorceApplication"].is_null(), sees);
    }
}

#[tokio::test]
async fn an_officer_withdraws_a_divorce_for_a_party_who_is_there_and_for_nobody_else() {
    // M-16.
    let p = Province::of("51").await;
    let mine = "{ myMarriage { divorceApplication { id } } }";
    let open = p.data(p.citizen(4), mine, none()).await;
    let open = &open["myMarriage"]["divorceApplication"]["id"];
    let withdraw = async |who: Principal, key: &str, by: Value| {
        let input = json!({ "requestKey": key, "application": open, "by": by });
        let field = "withdrawDivorce";
        p.change(
            who,
            field,
            "WithdrawDivorceInput",
            "application { state }",
            input,
        )
        .await
    };
    let nobody = withdraw(p.officer("a"), "n", Value::Null).await;
    assert_eq!(refusals(&nobody), ["WITHDRAWING_PARTY_NOT_NAMED"]);
    let other = withdraw(p.citizen(4), "o", json!("WOMAN")).await;
    assert_eq!(refusals(&other), ["WITHDRAWING_PARTY_NOT_NAMED"]);
    let done = withdraw(p.officer("a"), "d", json!("WOMAN")).await;
    assert_eq!(done["application"]["state"], "WITHDRAWN", "{done}");
}
