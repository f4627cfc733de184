//! What needs two officers: impersonation and corrections.

use super::*;

const CASE: &str = "case { id version state evidence { kind } record { state } }";

async fn record_of(p: &Province, citizen: usize) -> Value {
    let mine = "{ myMarriage { marriage { id version } } }";
    p.data(p.citizen(citizen), mine, none()).await["myMarriage"]["marriage"].clone()
}

async fn status(p: &Province, citizen: usize) -> Value {
    p.data(p.citizen(citizen), "{ myMarriage { status } }", none())
        .await["myMarriage"]["status"]
        .clone()
}

#[tokio::test]
async fn a_registration_by_impersonation_is_revoked_by_two_officers_on_the_word_of_an_organ() {
    let p = Province::of("51").await;
    let record = record_of(&p, 0).await;
    let open = |key: &str, who: usize| json!({ "requestKey": key, "registry": registry("510118-1"), "record": record["id"], "complainant": p.number(who) });
    let input = "OpenImpersonationCaseInput";
    let stranger = p
        .change(
            p.officer("a"),
            "openImpersonationCase",
            input,
            CASE,
            open("x", 12),
        )
        .await;
    assert_eq!(refusals(&stranger), ["NOT_A_PARTY"]);
    let case = p
        .change(
            p.officer("a"),
            "openImpersonationCase",
            input,
            CASE,
            open("o", 1),
        )
        .await;
    assert_eq!(case["case"]["state"], "OPEN", "{case}");
    assert_eq!(status(&p, 0).await, "DISPUTED");
    let twice = p
        .change(
            p.officer("a"),
            "openImpersonationCase",
            input,
            CASE,
            open("t", 1),
        )
        .await;
    assert_eq!(refusals(&twice), ["CASE_ALREADY_OPEN"]);
    let step = |key: &str, of: &Value, field: &str, value: bool| json!({ "requestKey": key, "case": of["case"]["id"], "version": of["case"]["version"], field: value });
    let propose = "ProposeImpersonationDecisionInput";
    let bare = p
        .change(
            p.officer("a"),
            "proposeImpersonationDecision",
            propose,
            CASE,
            step("p0", &case, "revoke", true),
        )
        .await;
    assert_eq!(refusals(&bare), ["EVIDENCE_OF_AN_ORGAN_MISSING"]);
    let evidence = json!({ "requestKey": "e", "case": case["case"]["id"], "version": case["case"]["version"],
        "kind": "POLICE_FINDING", "issuedBy": "示例公安局", "reference": "1号", "issuedOn": "2026-11-10" });
    let added = p
        .change(
            p.officer("a"),
            "addImpersonationEvidence",
            "AddImpersonationEvidenceInput",
            CASE,
            evidence,
        )
        .await;
    assert_eq!(
        added["case"]["evidence"][0]["kind"], "POLICE_FINDING",
        "{added}"
    );
    let proposed = p
        .change(
            p.officer("a"),
            "proposeImpersonationDecision",
            propose,
            CASE,
            step("p", &added, "revoke", true),
        )
        .await;
    assert_eq!(proposed["case"]["state"], "PROPOSED", "{proposed}");
    let decide = "DecideImpersonationCaseInput";
    let alone = p
        .change(
            p.officer("a"),
            "decideImpersonationCase",
            decide,
            CASE,
            step("d0", &proposed, "agree", true),
        )
        .await;
    assert_eq!(refusals(&alone), ["SECOND_OFFICER_NEEDED"]);
    let query = "mutation ($input: DecideImpersonationCaseInput!) { decideImpersonationCase(input: $input) { userErrors { code } } }";
    for who in [
        p.citizen(0),
        p.public(),
        p.registrar("510104"),
        p.dashboard(),
    ] {
        let input = json!({ "input": step("d1", &proposed, "agree", true) });
        assert_eq!(codes(&p.ask(who, query, input).await), ["FORBIDDEN"]);
    }
    let done = p
        .change(
            p.supervisor(),
            "decideImpersonationCase",
            decide,
            CASE,
            step("d", &proposed, "agree", true),
        )
        .await;
    assert_eq!(done["case"]["state"], "REVOKED", "{done}");
    assert_eq!(done["case"]["record"]["state"], "REVOKED_FRAUD");
    assert_eq!(status(&p, 0).await, "NO_RECORD", "as if never married");
    let list = "query ($r: ID!) { impersonationCases(registry: $r) { edges { node { state } } } }";
    let list = p
        .data(p.supervisor(), list, json!({ "r": registry("510118-1") }))
        .await;
    assert_eq!(
        list["impersonationCases"]["edges"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn a_proposal_to_end_a_case_of_impersonation_is_over_after_a_week_and_may_be_made_again() {
    let mut p = Province::of("51").await;
    let record = record_of(&p, 0).await;
    let open = json!({ "requestKey": "o", "registry": registry("510118-1"), "record": record["id"], "complainant": p.number(0) });
    let input = "OpenImpersonationCaseInput";
    let case = p
        .change(p.officer("a"), "openImpersonationCase", input, CASE, open)
        .await;
    let step = |key: &str, of: &Value, field: &str, value: bool| json!({ "requestKey": key, "case": of["case"]["id"], "version": of["case"]["version"], field: value });
    let (propose, proposal) = (
        "proposeImpersonationDecision",
        "ProposeImpersonationDecisionInput",
    );
    let (decide, decision) = ("decideImpersonationCase", "DecideImpersonationCaseInput");
    let first = step("p", &case, "revoke", false);
    let first = p
        .change(p.officer("a"), propose, proposal, CASE, first)
        .await;
    assert_eq!(first["case"]["state"], "PROPOSED", "{first}");
    let later = p.services.clock.now() + crate::rules::record::DECIDED_WITHIN;
    p.at(&later.to_rfc3339());
    let late = step("d", &first, "agree", true);
    let late = p.change(p.supervisor(), decide, decision, CASE, late).await;
    assert_eq!(refusals(&late), ["PROPOSAL_EXPIRED"]);
    let again = step("q", &first, "revoke", false);
    let again = p
        .change(p.officer("a"), propose, proposal, CASE, again)
        .await;
    assert_eq!(again["case"]["state"], "PROPOSED", "{again}");
    let decided = step("e", &again, "agree", true);
    let decided = p
        .change(p.supervisor(), decide, decision, CASE, decided)
        .await;
    assert_eq!(decided["case"]["state"], "DISMISSED", "{decided}");
}

#[tokio::test]
async fn a_dismissed_case_leaves_the_marriage_as_it_was() {
    let p = Province::of("51").await;
    let record = record_of(&p, 0).await;
    let open = json!({ "requestKey": "o", "registry": registry("510118-1"), "record": record["id"], "complainant": p.number(0) });
    let case = p
        .change(
            p.officer("a"),
            "openImpersonationCase",
            "OpenImpersonationCaseInput",
            CASE,
            open,
        )
        .await;
    let step = |key: &str, of: &Value, field: &str, value: bool| json!({ "requestKey": key, "case": of["case"]["id"], "version": of["case"]["version"], field: value });
    let propose = "ProposeImpersonationDecisionInput";
    let decide = "DecideImpersonationCaseInput";
    let proposed = p
        .change(
            p.officer("a"),
            "proposeImpersonationDecision",
            propose,
            CASE,
            step("p", &case, "revoke", false),
        )
        .await;
    let back = p
        .change(
            p.officer("b"),
            "decideImpersonationCase",
            decide,
            CASE,
            step("b", &proposed, "agree", false),
        )
        .await;
    assert_eq!(
        back["case"]["state"], "OPEN",
        "the second officer sends it back"
    );
    let proposed = p
        .change(
            p.officer("a"),
            "proposeImpersonationDecision",
            propose,
            CASE,
            step("q", &back, "revoke", false),
        )
        .await;
    let done = p
        .change(
            p.officer("b"),
            "decideImpersonationCase",
            decide,
            CASE,
            step("d", &proposed, "agree", true),
        )
        .await;
    assert_eq!(done["case"]["state"], "DISMISSED", "{done}");
    assert_eq!(done["case"]["record"]["state"], "VALID");
    assert_eq!(status(&p, 0).await, "MARRIED");
}

#[tokio::test]
async fn only_two_officers_with_evidence_take_a_step_back() {
    let p = Province::of("51").await;
    let selection = "correction { id version state from to }";
    let propose = |key: &str, record: &Value, to: &str, ended: Option<&str>| {
        let mut input = json!({ "requestKey": key, "registry": registry("510118-1"), "record": record["id"],
            "version": record["version"], "to": to, "evidence": "核查函2号" });
        if let Some(day) = ended {
            input["endedOn"] = json!(day);
        }
        input
    };
    let record = record_of(&p, 0).await;
    let field = "proposeCorrection";
    let wrong = p
        .change(
            p.officer("a"),
            field,
            "ProposeCorrectionInput",
            selection,
            propose("w", &record, "VOID", None),
        )
        .await;
    assert_eq!(refusals(&wrong), ["CORRECTION_INCOMPLETE"]);
    let ended = propose("e", &record, "DISSOLVED_JUDGMENT", Some("2024-03-01"));
    let proposed = p
        .change(
            p.officer("a"),
            field,
            "ProposeCorrectionInput",
            selection,
            ended,
        )
        .await;
    assert_eq!(proposed["correction"]["state"], "PROPOSED", "{proposed}");
    let decide = |key: &str, of: &Value| json!({ "requestKey": key, "correction": of["correction"]["id"], "version": of["correction"]["version"], "apply": true });
    let input = "DecideCorrectionInput";
    let alone = p
        .change(
            p.officer("a"),
            "decideCorrection",
            input,
            selection,
            decide("s", &proposed),
        )
        .await;
    assert_eq!(refusals(&alone), ["CORRECTION_NEEDS_TWO_OFFICERS"]);
    let applied = p
        .change(
            p.officer("b"),
            "decideCorrection",
            input,
            selection,
            decide("d", &proposed),
        )
        .await;
    assert_eq!(applied["correction"]["state"], "APPLIED", "{applied}");
    assert_eq!(status(&p, 0).await, "DIVORCED");
    // And back: it was wrong after all.
    let query = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Person { marriages { id version state } } } }";
    let key = json!({ "r": [{ "__typename": "Person", "id": p.token(0) }] });
    let data = p.data(p.citizen(0), query, key).await;
    let record = data["_entities"][0]["marriages"][0].clone();
    assert_eq!(record["state"], "DISSOLVED_JUDGMENT");
    let back = p
        .change(
            p.officer("b"),
            field,
            "ProposeCorrectionInput",
            selection,
            propose("b", &record, "VALID", None),
        )
        .await;
    let applied = p
        .change(
            p.supervisor(),
            "decideCorrection",
            input,
            selection,
            decide("x", &back),
        )
        .await;
    assert_eq!(applied["correction"]["state"], "APPLIED", "{applied}");
    assert_eq!(status(&p, 0).await, "MARRIED");
}

#[tokio::test]
async fn a_correction_that_nobody_decides_in_a_week_is_over() {
    let mut p = Province::of("51").await;
    let record = record_of(&p, 0).await;
    let selection = "correction { id version state }";
    let propose = |key: &str| {
        json!({ "requestKey": key, "registry": registry("510118-1"), "record": record["id"],
            "version": record["version"], "to": "DISSOLVED_JUDGMENT", "endedOn": "2024-03-01",
            "evidence": "核查函2号" })
    };
    let (field, input) = ("proposeCorrection", "ProposeCorrectionInput");
    let first = p
        .change(p.officer("a"), field, input, selection, propose("a"))
        .await;
    assert_eq!(first["correction"]["state"], "PROPOSED", "{first}");
    let later = p.services.clock.now() + crate::rules::record::DECIDED_WITHIN;
    p.at(&later.to_rfc3339());
    let decide = json!({ "requestKey": "d", "correction": first["correction"]["id"],
        "version": first["correction"]["version"], "apply": true });
    let late = p
        .change(
            p.officer("b"),
            "decideCorrection",
            "DecideCorrectionInput",
            selection,
            decide,
        )
        .await;
    assert_eq!(refusals(&late), ["CORRECTION_EXPIRED"]);
    let swept = crate::service::timers::run(&p.services).await.unwrap();
    assert!(swept.expired_corrections >= 1, "{swept:?}");
    let again = p
        .change(p.officer("a"), field, input, selection, propose("b"))
        .await;
    assert_eq!(again["correction"]["state"], "PROPOSED", "{again}");
}
