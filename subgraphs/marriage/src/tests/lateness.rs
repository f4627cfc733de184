//! What is told late or changes between two steps: a death after a judgment, a divorce or a wedding that it should
//! have prevented; kinship after the checks; and who may act in whose cause.

use super::events::{deliver, status};
use super::*;
use crate::kit::divisions::dataset;
use crate::model::{impersonation_case, kin_edge, marriage_record};
use crate::rules::ledger::{LedgerEvent, Status};
use crate::service::ledger;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

pub(super) async fn died(p: &Province, who: usize, day: &str) {
    for _ in 0..2 {
        let body = json!({ "person": p.token(who), "diedOn": day });
        deliver(p, "DeathRegistered", body).await;
    }
}

pub(super) async fn record_of(p: &Province, man: &str) -> marriage_record::Model {
    marriage_record::Entity::find()
        .filter(marriage_record::Column::Man.eq(man))
        .one(p.services.db.read())
        .await
        .unwrap()
        .unwrap()
}

pub(super) async fn cases(p: &Province, record: Uuid) -> Vec<impersonation_case::Model> {
    impersonation_case::Entity::find()
        .filter(impersonation_case::Column::RecordId.eq(record))
        .all(p.services.db.read())
        .await
        .unwrap()
}

/// A marriage of two who have none, registered on a day.
pub(super) async fn wed(p: &Province, man: usize, woman: usize, on: &str) -> Uuid {
    let row = marriage_record::Model {
        id: Uuid::from_u128(78),
        registry_id: Some(crate::demo::registry_id("510118-1")),
        county_id: dataset().by_code("510118").unwrap().id,
        certificate_no: Some("J510118-2026-900002".into()),
        legacy_no: None,
        kind: "MARRIAGE".into(),
        registered_on: on.parse().unwrap(),
        effective_from: on.parse().unwrap(),
        man: p.token(man),
        woman: p.token(woman),
        state: "VALID".into(),
        ended_on: None,
        source: "ONLINE".into(),
        quality: "A".into(),
        cross_province: false,
        version: 1,
    };
    let id = row.id;
    let write = p.services.db.write(move |tx| {
        let row = row.clone();
        Box::pin(async move {
            for person in [&row.man, &row.woman] {
                let fact = ledger::Fact {
                    event: LedgerEvent::Married,
                    effective_on: row.registered_on,
                    record: Some(row.id),
                };
                ledger::append(tx, person, fact, "2026-11-20T03:00:00Z".parse().unwrap()).await?;
            }
            marriage_record::Entity::insert(row.into_active_model())
                .exec_without_returning(tx)
                .await?;
            Ok(())
        })
    });
    write.await.unwrap();
    id
}

/// The court's judgment of a day, received and annotated, for the couple of a man and the next person.
pub(super) async fn judged(p: &Province, effective: &str, man: usize) -> Value {
    let input = json!({ "requestKey": "n", "registry": registry("510118-1"), "court": "示例法院",
        "documentNumber": "（2026）9号", "kind": "DIVORCE_JUDGMENT", "effectiveOn": effective,
        "man": p.number(man), "woman": p.number(man + 1), "certificatesCollected": true });
    let fields = "notice { id version outcome }";
    let waiting = p
        .change(
            p.officer("a"),
            "receiveCourtNotice",
            "ReceiveCourtNoticeInput",
            fields,
            input,
        )
        .await;
    let input = json!({ "requestKey": "a", "notice": waiting["notice"]["id"], "version": waiting["notice"]["version"] });
    p.change(
        p.officer("a"),
        "annotateJudgment",
        "AnnotateJudgmentInput",
        fields,
        input,
    )
    .await
}

#[tokio::test]
async fn a_death_before_a_judgment_makes_a_widow_whichever_is_told_first() {
    // M-21, M-23.
    for death_first in [true, false] {
        let p = Province::of("51").await;
        if death_first {
            died(&p, 0, "2026-11-10").await;
        }
        let done = judged(&p, "2026-11-15", 0).await;
        assert!(refusals(&done).is_empty(), "{done}");
        if !death_first {
            died(&p, 0, "2026-11-10").await;
        }
        assert_eq!(status(&p, &p.token(1)).await.0, Status::Widowed);
        let record = record_of(&p, &p.token(0)).await;
        assert_eq!(record.state, "ENDED_DEATH", "{death_first}");
        assert_eq!(record.ended_on.unwrap().to_string(), "2026-11-10");
        assert!(cases(&p, record.id).await.is_empty());
    }
}

#[tokio::test]
async fn a_death_after_a_judgment_leaves_it_alone() {
    let p = Province::of("51").await;
    judged(&p, "2026-11-01", 0).await;
    died(&p, 0, "2026-11-10").await;
    assert_eq!(status(&p, &p.token(1)).await.0, Status::Divorced);
    assert_eq!(record_of(&p, &p.token(0)).await.state, "DISSOLVED_JUDGMENT");
}

#[tokio::test]
async fn a_marriage_registered_behind_the_death_ends_by_nothing_and_is_a_case() {
    // M-23, M-3: somebody else stood at the counter.
    let p = Province::of("51").await;
    let record = wed(&p, 2, 3, "2026-11-15").await;
    died(&p, 2, "2026-11-10").await;
    let row = record_of(&p, &p.token(2)).await;
    assert_eq!((row.state.as_str(), row.ended_on), ("VALID", None));
    for who in [2, 3] {
        assert_eq!(status(&p, &p.token(who)).await.0, Status::Disputed, "{who}");
    }
    let open = cases(&p, record).await;
    assert_eq!(open.len(), 1, "told twice, opened once");
    assert_eq!(open[0].complainant, p.token(2));
    assert_eq!(open[0].state, "OPEN");
}

#[tokio::test]
async fn a_marriage_of_the_day_of_death_stands_and_ends_with_it() {
    let p = Province::of("51").await;
    let record = wed(&p, 2, 3, "2026-11-15").await;
    died(&p, 2, "2026-11-15").await;
    assert_eq!(status(&p, &p.token(3)).await.0, Status::Widowed);
    assert!(cases(&p, record).await.is_empty());
}

#[tokio::test]
async fn a_death_whose_right_day_lies_before_the_registration_ends_nothing_any_more() {
    let p = Province::of("51").await;
    let record = wed(&p, 2, 3, "2026-11-15").await;
    died(&p, 2, "2026-11-18").await;
    assert_eq!(status(&p, &p.token(3)).await.0, Status::Widowed);
    let correct = async |day: &str| {
        for _ in 0..2 {
            let body = json!({ "person": p.token(2), "diedOn": day, "version": 1, "revision": 2,
                "record": "5a000000-0000-4000-8000-000000000001" });
            deliver(&p, "DeathCorrected", body).await;
        }
    };
    correct("2026-11-10").await;
    assert_eq!(status(&p, &p.token(3)).await.0, Status::Disputed);
    assert_eq!(record_of(&p, &p.token(2)).await.state, "VALID");
    assert_eq!(cases(&p, record).await.len(), 1);
    // The first day was right after all: the marriage has ended by the death; the case is left to two officers.
    correct("2026-11-18").await;
    assert_eq!(record_of(&p, &p.token(2)).await.state, "ENDED_DEATH");
    assert_eq!(cases(&p, record).await.len(), 1);
}

#[tokio::test]
async fn a_divorce_registered_behind_the_death_is_a_case_and_nobody_a_widow_by_it() {
    // M-23, M-15: both had to be there. Couple 7 (persons 14 and 15) was divorced by registration.
    let p = Province::of("51").await;
    let row = record_of(&p, &p.token(14)).await;
    assert_eq!(row.state, "DISSOLVED_DIVORCE");
    let before = row.ended_on.unwrap().pred_opt().unwrap().to_string();
    died(&p, 14, &before).await;
    assert_eq!(record_of(&p, &p.token(14)).await.state, "DISSOLVED_DIVORCE");
    assert_eq!(status(&p, &p.token(15)).await.0, Status::Disputed);
    assert_eq!(cases(&p, row.id).await.len(), 1);
}

/// A registered divorce of two who have no other marriage on record.
async fn a_divorce(p: &Province) -> marriage_record::Model {
    let all = marriage_record::Entity::find()
        .all(p.services.db.read())
        .await
        .unwrap();
    let of = |who: &str| {
        let names = |row: &&marriage_record::Model| row.man == who || row.woman == who;
        all.iter().filter(names).count()
    };
    let alone = |row: &&marriage_record::Model| of(&row.man) == 1 && of(&row.woman) == 1;
    let divorced = all.iter().filter(|row| row.state == "DISSOLVED_DIVORCE");
    divorced
        .filter(alone)
        .min_by_key(|row| row.id)
        .unwrap()
        .clone()
}

/// His death of the day before a divorce is told.
async fn died_before(p: &Province, divorce: &marriage_record::Model) {
    let before = divorce.ended_on.unwrap().pred_opt().unwrap().to_string();
    for _ in 0..2 {
        let body = json!({ "person": divorce.man, "diedOn": before });
        deliver(p, "DeathRegistered", body).await;
    }
}

/// A divorce is a case, by his death of the day before; two officers decide what becomes of it.
async fn decided_about_a_divorce(p: &Province, revoke: bool) -> (marriage_record::Model, Value) {
    let row = a_divorce(p).await;
    died_before(p, &row).await;
    let case = cases(p, row.id).await.remove(0);
    let hall = crate::model::registry::Entity::find_by_id(case.registry_id)
        .one(p.services.db.read())
        .await
        .unwrap()
        .unwrap();
    let officer = |account: &str| Principal {
        subject: Some(account.to_owned()),
        ..p.registrar(&hall.county_code)
    };
    let selection = "case { id version state ground record { state endedOn } }";
    let evidence = json!({ "requestKey": "e", "case": case.id, "version": case.version, "kind": "POLICE_FINDING",
        "issuedBy": "示例公安局", "reference": "2号", "issuedOn": "2026-11-10" });
    let added = p
        .change(
            officer("a"),
            "addImpersonationEvidence",
            "AddImpersonationEvidenceInput",
            selection,
            evidence,
        )
        .await;
    assert_eq!(added["case"]["ground"], "DEATH", "{added}");
    let propose = json!({ "requestKey": "p", "case": case.id, "version": added["case"]["version"], "revoke": revoke });
    let proposed = p
        .change(
            officer("a"),
            "proposeImpersonationDecision",
            "ProposeImpersonationDecisionInput",
            selection,
            propose,
        )
        .await;
    let decide = json!({ "requestKey": "d", "case": case.id, "version": proposed["case"]["version"], "agree": true });
    let decided = p
        .change(
            officer("b"),
            "decideImpersonationCase",
            "DecideImpersonationCaseInput",
            selection,
            decide,
        )
        .await;
    assert!(refusals(&decided).is_empty(), "{decided}");
    (row, decided["case"].clone())
}

#[tokio::test]
async fn a_divorce_revoked_behind_a_death_leaves_a_widow_and_not_somebody_who_never_married() {
    // M-23, M-15: what somebody else stood at the counter for was the divorce, and the marriage was theirs.
    let p = Province::of("51").await;
    let (row, case) = decided_about_a_divorce(&p, true).await;
    assert_eq!(case["state"], "REVOKED");
    let died_on = row.ended_on.unwrap().pred_opt().unwrap().to_string();
    assert_eq!(
        case["record"],
        json!({ "state": "ENDED_DEATH", "endedOn": died_on })
    );
    assert_eq!(status(&p, &row.woman).await.0, Status::Widowed);
    let entries = ledger::of_persons(p.services.db.read(), std::slice::from_ref(&row.man))
        .await
        .unwrap();
    let died = crate::rules::ledger::death_in(&entries[&row.man].entries, Some(row.id));
    assert_eq!(died.unwrap().to_string(), died_on);
    use crate::model::{certificate, divorce_record};
    let db = p.services.db.read();
    let divorce = divorce_record::Entity::find()
        .filter(divorce_record::Column::MarriageId.eq(row.id))
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
    assert!(papers.iter().all(|paper| paper.state == "CANCELLED"));
}

#[tokio::test]
async fn a_divorce_behind_a_death_that_two_officers_let_stand_stands() {
    let p = Province::of("51").await;
    let (row, case) = decided_about_a_divorce(&p, false).await;
    assert_eq!(case["state"], "DISMISSED");
    let now = record_of(&p, &row.man).await;
    assert_eq!((&now.state, now.ended_on), (&row.state, row.ended_on));
    assert_eq!(status(&p, &row.woman).await.0, Status::Divorced);
    // Told once more it is no case again: it was decided.
    died_before(&p, &row).await;
    assert_eq!(cases(&p, row.id).await.len(), 1);
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

#[tokio::test]
async fn a_couple_that_nobody_has_asked_is_not_refused_as_unwilling() {
    // M-4, M-10.
    let p = Province::of("51").await;
    let checked = step(&p, "runOnlineChecks", &received(&p).await).await;
    let found: Vec<&str> = checked["application"]["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|check| check["reason"].as_str())
        .collect();
    assert!(found.contains(&"WILL_NOT_ASKED"), "{found:?}");
    assert!(!found.contains(&"NOT_FULLY_WILLING"), "{found:?}");
    let refused = step(&p, "refuseMarriage", &checked["application"]).await;
    assert_eq!(refusals(&refused), ["NO_GROUND_FOR_REFUSAL"]);
}

async fn kin(p: &Province) {
    let edge = kin_edge::Model {
        person_a: p.token(2),
        person_b: p.token(3),
        kind: "COLLATERAL".into(),
        source: "户籍证明".into(),
    };
    let write = p.services.db.write(move |tx| {
        let edge = edge.clone();
        Box::pin(async move {
            kin_edge::Entity::insert(edge.into_active_model())
                .exec_without_returning(tx)
                .await?;
            Ok(())
        })
    });
    write.await.unwrap();
}

#[tokio::test]
async fn what_comes_up_between_the_checks_and_the_button_stops_the_registration() {
    // M-6, M-7, M-10.
    let p = Province::of("51").await;
    let him = declared(&p, &received(&p).await, "MAN").await;
    let both = declared(&p, &him, "WOMAN").await;
    let checked = step(&p, "runOnlineChecks", &both).await;
    assert_eq!(checked["application"]["state"], "ELIGIBLE", "{checked}");
    kin(&p).await;
    let stopped = step(&p, "registerMarriage", &checked["application"]).await;
    assert_eq!(refusals(&stopped), ["FORBIDDEN_KINSHIP"]);
    // And is a ground at once, though the checks of the morning had found none.
    let refused = step(&p, "refuseMarriage", &checked["application"]).await;
    assert_eq!(refused["application"]["state"], "REFUSED", "{refused}");
    assert_eq!(refused["application"]["refusalCode"], "FORBIDDEN_KINSHIP");
}

#[tokio::test]
async fn who_asks_before_coming_is_told_of_kinship_and_doubts_too() {
    // M-6, M-7.
    let p = Province::of("51").await;
    let query = "query ($m: CitizenIdInput!, $w: CitizenIdInput!, $r: ID!) {
      eligibilityCheck(man: $m, woman: $w, registry: $r) { verdict reasons { code } } }";
    let ask = async || {
        let asked = json!({ "m": p.number(2), "w": p.number(3), "r": registry("510118-1") });
        p.data(p.officer("a"), query, asked).await["eligibilityCheck"].take()
    };
    assert_eq!(ask().await["verdict"], "ELIGIBLE");
    deliver(
        &p,
        "IdentityDoubted",
        json!({ "version": 1, "person": p.token(3), "doubted": true }),
    )
    .await;
    let doubted = ask().await;
    assert_eq!(doubted["verdict"], "UNVERIFIED", "{doubted}");
    kin(&p).await;
    let both = ask().await;
    assert_eq!(both["verdict"], "REFUSED");
    assert_eq!(
        both["reasons"],
        json!([{ "code": "FORBIDDEN_KINSHIP" }, { "code": "IDENTITY_DISPUTED" }])
    );
}

#[tokio::test]
async fn a_ground_of_the_morning_that_is_gone_refuses_nobody() {
    // M-10: the finding of before counts for nothing.
    let p = Province::of("51").await;
    kin(&p).await;
    let checked = step(&p, "runOnlineChecks", &received(&p).await).await;
    let write = p.services.db.write(|tx| {
        Box::pin(async move {
            kin_edge::Entity::delete_many().exec(tx).await?;
            Ok(())
        })
    });
    write.await.unwrap();
    let refused = step(&p, "refuseMarriage", &checked["application"]).await;
    assert_eq!(refusals(&refused), ["NO_GROUND_FOR_REFUSAL"]);
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

#[tokio::test]
async fn a_registrar_touches_nothing_that_is_about_the_own_marriage() {
    // M-26: at the roads where no registrar is named.
    let p = Province::of("51").await;
    let own = p.token(0);
    let write = p.services.db.write(move |tx| {
        let own = own.clone();
        Box::pin(async move {
            use crate::model::registrar::{Column, Entity};
            use sea_orm::sea_query::Expr;
            let id: Uuid = registrar_of("510118-1").parse().unwrap();
            Entity::update_many()
                .col_expr(Column::Person, Expr::value(own))
                .col_expr(Column::Account, Expr::value("own"))
                .filter(Column::Id.eq(id))
                .exec(tx)
                .await?;
            Ok(())
        })
    });
    write.await.unwrap();
    let record = record_of(&p, &p.token(0)).await;
    let correct = |key: &str| {
        json!({ "requestKey": key, "registry": registry("510118-1"), "record": record.id,
            "version": record.version, "to": "DISSOLVED_JUDGMENT", "endedOn": "2026-11-01", "evidence": "函1号" })
    };
    let (field, kind, shown) = (
        "proposeCorrection",
        "ProposeCorrectionInput",
        "correction { id version }",
    );
    let refused = p
        .change(p.officer("own"), field, kind, shown, correct("x"))
        .await;
    assert_eq!(refusals(&refused), ["REGISTRAR_MUST_STAND_BACK"]);
    let proposed = p
        .change(p.officer("b"), field, kind, shown, correct("p"))
        .await;
    assert!(refusals(&proposed).is_empty(), "{proposed}");
    let decide = json!({ "requestKey": "d", "correction": proposed["correction"]["id"], "version": 1, "apply": true });
    let decided = p
        .change(
            p.officer("own"),
            "decideCorrection",
            "DecideCorrectionInput",
            shown,
            decide,
        )
        .await;
    assert_eq!(refusals(&decided), ["REGISTRAR_MUST_STAND_BACK"]);
    let open = json!({ "requestKey": "i", "registry": registry("510118-1"), "record": record.id,
        "complainant": p.number(1) });
    let case = p
        .change(
            p.officer("b"),
            "openImpersonationCase",
            "OpenImpersonationCaseInput",
            "case { id version }",
            open,
        )
        .await;
    let propose = json!({ "requestKey": "j", "case": case["case"]["id"], "version": case["case"]["version"], "revoke": false });
    let proposed = p
        .change(
            p.officer("own"),
            "proposeImpersonationDecision",
            "ProposeImpersonationDecisionInput",
            "case { id }",
            propose,
        )
        .await;
    assert_eq!(refusals(&proposed), ["REGISTRAR_MUST_STAND_BACK"]);
}

#[tokio::test]
async fn a_judgment_taken_back_by_two_officers_stops_no_replacement() {
    // M-25a.
    let p = Province::of("51").await;
    judged(&p, "2026-11-01", 0).await;
    let record = record_of(&p, &p.token(0)).await;
    assert_eq!(record.state, "DISSOLVED_JUDGMENT");
    let input = json!({ "requestKey": "c", "registry": registry("510118-1"), "record": record.id,
        "version": record.version, "to": "VALID", "evidence": "函2号" });
    let shown = "correction { id version state }";
    let proposed = p
        .change(
            p.officer("a"),
            "proposeCorrection",
            "ProposeCorrectionInput",
            shown,
            input,
        )
        .await;
    let input = json!({ "requestKey": "d", "correction": proposed["correction"]["id"], "version": 1, "apply": true });
    let applied = p
        .change(
            p.officer("b"),
            "decideCorrection",
            "DecideCorrectionInput",
            shown,
            input,
        )
        .await;
    assert_eq!(applied["correction"]["state"], "APPLIED", "{applied}");
    let input = json!({ "requestKey": "l", "registry": registry("510118-1"), "registrar": registrar_of("510118-1"),
        "holder": p.number(0), "certificate": "MARRIAGE", "holderIdentified": true, "archiveChecked": true,
        "printNumber": "X9" });
    let replaced = p
        .change(
            p.officer("a"),
            "issueReplacement",
            "IssueReplacementInput",
            "certificate { kind }",
            input,
        )
        .await;
    assert_eq!(
        replaced["certificate"]["kind"], "MARRIAGE_REPLACEMENT",
        "{replaced}"
    );
}

#[tokio::test]
async fn the_papers_of_a_divorce_fall_with_it() {
    // M-22: a registered divorce of a marriage that is then declared void certifies nothing.
    let p = Province::of("51").await;
    let record = record_of(&p, &p.token(14)).await;
    let input = json!({ "requestKey": "n", "registry": registry("510118-1"), "court": "示例法院",
        "documentNumber": "（2026）8号", "kind": "VOIDNESS", "effectiveOn": "2026-11-20",
        "man": p.number(14), "woman": p.number(15), "certificatesCollected": false });
    let fields = "notice { id version outcome }";
    let waiting = p
        .change(
            p.officer("a"),
            "receiveCourtNotice",
            "ReceiveCourtNoticeInput",
            fields,
            input,
        )
        .await;
    let input = json!({ "requestKey": "a", "notice": waiting["notice"]["id"], "version": waiting["notice"]["version"] });
    let done = p
        .change(
            p.officer("a"),
            "annotateJudgment",
            "AnnotateJudgmentInput",
            fields,
            input,
        )
        .await;
    assert_eq!(done["notice"]["outcome"], "ENDED", "{done}");
    use crate::model::{certificate, divorce_record};
    let db = p.services.db.read();
    let divorce = divorce_record::Entity::find()
        .filter(divorce_record::Column::MarriageId.eq(record.id))
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
    assert!(papers.iter().all(|paper| paper.state != "ISSUED"));
}
