//! What officers do in many of these tests, one function a step. A request key is the step's own name, so that a step
//! that is taken twice in a test is given another.

use super::*;
use crate::model::{certificate, divorce_record, marriage_record};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use uuid::Uuid;

/// What is shown of a case.
pub(super) const CASE: &str =
    "case { id version state ground evidence { kind } record { state endedOn } }";

/// Takes a step: the kind of its input is named after it.
async fn take(p: &Province, who: Principal, step: &str, shown: &str, input: Value) -> Value {
    let (first, more) = step.split_at(1);
    let kind = format!("{}{more}Input", first.to_uppercase());
    p.change(who, step, &kind, shown, input).await
}

/// What a step says of a thing in its present version, and `more`.
fn about(key: &str, what: &str, of: &Value, more: Value) -> Value {
    let mut input = json!({ "requestKey": key, what: of["id"], "version": of["version"] });
    let members = input.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    input
}

/// Opens a case about a record.
pub(super) async fn open_case(
    p: &Province,
    who: Principal,
    key: &str,
    record: impl Serialize,
    complainant: usize,
) -> Value {
    let input = json!({ "requestKey": key, "registry": registry("510118-1"), "record": record,
        "complainant": p.number(complainant) });
    take(p, who, "openImpersonationCase", CASE, input).await
}

/// Adds a finding of the police to a case.
pub(super) async fn find_in_case(p: &Province, who: Principal, case: &Value) -> Value {
    let input = about(
        "finding",
        "case",
        case,
        json!({ "kind": "POLICE_FINDING", "issuedBy": "示例公安局", "reference": "1号", "issuedOn": "2026-11-10" }),
    );
    take(p, who, "addImpersonationEvidence", CASE, input).await
}

/// What an officer proposes about a case.
pub(super) async fn propose_in_case(
    p: &Province,
    who: Principal,
    key: &str,
    case: &Value,
    revoke: bool,
) -> Value {
    let input = about(key, "case", case, json!({ "revoke": revoke }));
    take(p, who, "proposeImpersonationDecision", CASE, input).await
}

/// What another one says to it.
pub(super) async fn decide_in_case(
    p: &Province,
    who: Principal,
    key: &str,
    case: &Value,
    agree: bool,
) -> Value {
    let input = about(key, "case", case, json!({ "agree": agree }));
    take(p, who, "decideImpersonationCase", CASE, input).await
}

const CORRECTION: &str = "correction { id version state }";

/// Proposes that a record be in another state, with the day on which the marriage ended.
pub(super) async fn propose_correction(
    p: &Province,
    who: Principal,
    key: &str,
    record: &Value,
    (to, ended): (&str, Option<&str>),
) -> Value {
    let input = about(
        key,
        "record",
        record,
        json!({ "registry": registry("510118-1"), "to": to, "endedOn": ended, "evidence": "核查函2号" }),
    );
    take(p, who, "proposeCorrection", CORRECTION, input).await
}

/// Applies a proposed correction.
pub(super) async fn apply_correction(
    p: &Province,
    who: Principal,
    key: &str,
    proposed: &Value,
) -> Value {
    let of = &proposed["correction"];
    let input = about(key, "correction", of, json!({ "apply": true }));
    take(p, who, "decideCorrection", CORRECTION, input).await
}

/// A record as a step names it.
pub(super) fn named(record: &marriage_record::Model) -> Value {
    json!({ "id": record.id, "version": record.version })
}

const NOTICE: &str = "notice { id version state outcome record { id state endedOn annotations { kind reference effectiveOn } } }";

/// A court's judgment of divorce on two persons, for a registry; to be changed where it is another paper.
pub(super) fn judgment(
    at: &str,
    number: &str,
    effective: &str,
    [man, woman]: [String; 2],
) -> Value {
    json!({ "requestKey": number, "registry": registry(at), "court": "示例法院", "documentNumber": number,
        "kind": "DIVORCE_JUDGMENT", "effectiveOn": effective, "man": man, "woman": woman,
        "certificatesCollected": true })
}

/// A court's paper by which a marriage is void, the certificates not handed in.
pub(super) fn voidness(number: &str, couple: [String; 2]) -> Value {
    let mut paper = judgment("510118-1", number, "2026-11-20", couple);
    paper["kind"] = json!("VOIDNESS");
    paper["certificatesCollected"] = json!(false);
    paper
}

/// A court's paper comes to a registry.
pub(super) async fn receive_paper(p: &Province, who: Principal, paper: Value) -> Value {
    take(p, who, "receiveCourtNotice", NOTICE, paper).await
}

/// The registry acts on it.
pub(super) async fn annotate_paper(
    p: &Province,
    who: Principal,
    key: &str,
    notice: &Value,
) -> Value {
    let input = about(key, "notice", notice, json!({}));
    take(p, who, "annotateJudgment", NOTICE, input).await
}

/// A court's paper comes to a registry, which acts on it at once.
pub(super) async fn paper_done(p: &Province, who: Principal, paper: Value) -> Value {
    let key = format!("on {}", paper["requestKey"]);
    let received = receive_paper(p, who.clone(), paper).await;
    assert!(refusals(&received).is_empty(), "{received}");
    annotate_paper(p, who, &key, &received["notice"]).await
}

/// A couple of the demonstration: a man, and the next person.
pub(super) fn couple_of(p: &Province, man: usize) -> [String; 2] {
    [p.number(man), p.number(man + 1)]
}

/// What the holder of a lost marriage certificate asks for.
pub(super) fn lost(p: &Province, key: &str, holder: usize, form: &str) -> Value {
    json!({ "requestKey": key, "registry": registry("510118-1"), "registrar": registrar_of("510118-1"),
        "holder": p.number(holder), "certificate": "MARRIAGE", "holderIdentified": true, "archiveChecked": true,
        "printNumber": form })
}

/// A registry replaces a certificate.
pub(super) async fn replace(p: &Province, input: Value) -> Value {
    let (kind, shown) = (
        "IssueReplacementInput",
        "certificate { number kind state issuedOn }",
    );
    p.change(p.officer("a"), "issueReplacement", kind, shown, input)
        .await
}

/// The states of the certificates of the divorce of a marriage; there are some.
pub(super) async fn papers_of_divorce(p: &Province, marriage: Uuid) -> Vec<String> {
    let db = p.services.db.read();
    let divorce = divorce_record::Entity::find()
        .filter(divorce_record::Column::MarriageId.eq(marriage))
        .one(db)
        .await
        .unwrap()
        .unwrap();
    let papers = certificate::Entity::find()
        .filter(certificate::Column::RecordId.eq(divorce.id))
        .all(db)
        .await
        .unwrap();
    assert!(!papers.is_empty());
    papers.into_iter().map(|paper| paper.state).collect()
}

/// The first place to book on a day.
pub(super) async fn open_slots(p: &Province, day: &str, service: &str) -> Vec<Value> {
    let slots = format!(
        "query ($id: ID!) {{ registry(id: $id) {{ openSlots(date: \"{day}\", service: {service}) {{ id free }} }} }}"
    );
    let at = json!({ "id": registry("510118-1") });
    let open = p.data(p.public(), &slots, at).await;
    open["registry"]["openSlots"].as_array().unwrap().clone()
}

const FIELDS: &str = "application { id version state refusalCode checks { code reason } }";

pub(super) async fn received(p: &Province) -> Value {
    let input = json!({ "requestKey": "r", "registry": registry("510118-1"), "registrar": registrar_of("510118-1"),
        "kind": "MARRIAGE", "man": p.number(2), "woman": p.number(3) });
    let made = p
        .change(
            p.officer("a"),
            "receiveApplication",
            "ReceiveApplicationInput",
            FIELDS,
            input,
        )
        .await;
    made["application"].clone()
}

pub(super) async fn declared(p: &Province, of: &Value, role: &str) -> Value {
    let input = json!({ "requestKey": role, "application": of["id"], "version": of["version"], "role": role,
        "present": true, "questionedApart": true, "willing": true, "document": "ID_CARD", "documentNumber": "paper",
        "declaredStatus": "NEVER_MARRIED", "noSpouse": true, "noKinship": true, "illnessDutyExplained": true,
        "faceMatch": "PASS" });
    let made = p
        .change(
            p.officer("a"),
            "recordDeclaration",
            "RecordDeclarationInput",
            FIELDS,
            input,
        )
        .await;
    assert!(refusals(&made).is_empty(), "{made}");
    made["application"].clone()
}

pub(super) async fn step(p: &Province, field: &str, of: &Value) -> Value {
    let input = json!({ "requestKey": format!("{field} {}", of["version"]), "application": of["id"], "version": of["version"] });
    p.change(p.officer("a"), field, "ApplicationStepInput", FIELDS, input)
        .await
}
