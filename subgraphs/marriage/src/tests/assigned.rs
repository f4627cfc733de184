//! A county that was divided, or has ended: its registries certify nothing until an officer above has said where they go
//! on, and what they certified before stays theirs.

use super::events::deliver;
use super::steps::{declared, received, step};
use super::*;
use crate::kit::divisions::{dataset, learn};
use crate::kit::events::{DivisionChanged, DivisionSide, Event, Relation};
use crate::model::{certificate, registry as hall};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

const PARTS: [(u128, &str); 2] = [(7, "510198"), (8, "510197")];

fn id_of(code: &str) -> Uuid {
    dataset().by_code(code).unwrap().id
}

fn side(id: Uuid, code: &str) -> DivisionSide {
    DivisionSide {
        id,
        code: code.to_owned(),
        name: "甲区".to_owned(),
        parent: Some(id_of("510100")),
        share_permille: None,
    }
}

/// The story's county becomes these, or nothing; the subsystem is told, and keeps it.
async fn becomes(p: &Province, parts: &[(u128, &str)]) {
    let change = DivisionChanged {
        change: Uuid::from_u128(3),
        relation: if parts.is_empty() {
            Relation::Abolish
        } else {
            Relation::Split
        },
        effective: "2026-11-22".parse().unwrap(),
        from: vec![side(id_of("510118"), "510118")],
        to: parts
            .iter()
            .map(|(n, code)| side(Uuid::from_u128(*n), code))
            .collect(),
        below: Vec::new(),
    };
    let event = Event::of(&change, p.services.clock.now()).unwrap();
    let kept = p.services.db.write(move |tx| {
        let change = change.clone();
        Box::pin(async move { learn(tx, &change).await })
    });
    kept.await.unwrap();
    p.services.db.renew_divisions().await.unwrap();
    deliver(p, "DivisionChanged", event.body).await;
}

fn officer(p: &Province, division: &str) -> Principal {
    Principal {
        subject: Some("a".to_owned()),
        ..p.registrar(division)
    }
}

/// What becomes of an assignment: the code of the error or of the refusal, or `OK`.
async fn assign(p: &Province, who: &str, key: &str, code: &str, county: Uuid) -> String {
    let input = json!({ "requestKey": key, "registry": registry(code), "county": county });
    assigned(p, who, input).await
}

async fn assigned(p: &Province, who: &str, input: Value) -> String {
    let query = "mutation ($input: AssignRegistryInput!) { assignRegistry(input: $input) {
        registry { division { id } } userErrors { code field } } }";
    let answer = p
        .ask(officer(p, who), query, json!({ "input": input }))
        .await;
    if let Some(code) = codes(&answer).first() {
        return (*code).to_owned();
    }
    let made = &answer["data"]["assignRegistry"];
    if let Some(code) = refusals(made).first() {
        return (*code).to_owned();
    }
    assert_eq!(
        made["registry"]["division"]["id"], input["county"],
        "{made}"
    );
    "OK".to_owned()
}

async fn replaced(p: &Province, who: &str, key: &str, holder: usize) -> Value {
    let input = json!({ "requestKey": key, "registry": registry("510118-1"), "registrar": registrar_of("510118-1"),
        "holder": p.number(holder), "certificate": "MARRIAGE", "holderIdentified": true, "archiveChecked": true,
        "printNumber": format!("P-{key}") });
    p.change(
        officer(p, who),
        "issueReplacement",
        "IssueReplacementInput",
        "certificate { id number }",
        input,
    )
    .await
}

async fn shelved(p: &Province, who: &str, key: &str, at: &str, certificate: &Value) -> Value {
    let input = json!({ "requestKey": key, "registry": registry(at), "certificate": certificate["id"],
        "volume": "BJ-1", "pages": 3 });
    p.change(
        officer(p, who),
        "archiveReplacement",
        "ArchiveReplacementInput",
        "file { kind }",
        input,
    )
    .await
}

/// The story's couple asks for the certificate in the window; the divorce is in review.
async fn in_review(p: &Province) -> Value {
    let mine = "{ myMarriage { divorceApplication { id version } } }";
    let open = p.data(p.citizen(4), mine, none()).await["myMarriage"]["divorceApplication"].take();
    let input = json!({ "requestKey": "ask", "application": open["id"], "version": open["version"],
        "registry": registry("510118-1"), "registrar": registrar_of("510118-1"), "bothPresent": true });
    let made = p
        .change(
            p.officer("a"),
            "requestDivorceCertificate",
            "RequestDivorceCertificateInput",
            "application { id version state }",
            input,
        )
        .await;
    assert_eq!(made["application"]["state"], "REVIEW", "{made}");
    made["application"].clone()
}

async fn divorced(p: &Province, who: &str, key: &str, of: &Value) -> Value {
    let input = json!({ "requestKey": key, "application": of["id"], "version": of["version"],
        "bothWilling": true, "agreementSettled": true });
    p.change(
        officer(p, who),
        "registerDivorce",
        "RegisterDivorceInput",
        "application { state }",
        input,
    )
    .await
}

async fn married(p: &Province, who: &str, key: &str, of: &Value) -> Value {
    let input = json!({ "requestKey": key, "application": of["id"], "version": of["version"] });
    let fields = "application { state record { certificateNumber } }";
    p.change(
        officer(p, who),
        "registerMarriage",
        "ApplicationStepInput",
        fields,
        input,
    )
    .await
}

#[tokio::test]
async fn a_registry_of_a_divided_county_certifies_nothing_until_an_officer_above_has_assigned_it() {
    // B.1.3, D-7.
    let mut p = Province::of("51").await;
    p.at("2026-12-09T02:00:00Z");
    let him = declared(&p, &received(&p).await, "MAN").await;
    let both = declared(&p, &him, "WOMAN").await;
    let eligible = step(&p, "runOnlineChecks", &both).await["application"].take();
    assert_eq!(eligible["state"], "ELIGIBLE", "{eligible}");
    let review = in_review(&p).await;
    let before = replaced(&p, "510118", "before", 0).await;
    let before = &before["certificate"];
    assert!(before["number"].as_str().unwrap().starts_with("BJ510118-"));
    becomes(&p, &PARTS).await;
    // Its officers still hold what is open there, and may end nothing of it in a paper.
    let refused = [
        married(&p, "510118", "wed", &eligible).await,
        divorced(&p, "510118", "part", &review).await,
        replaced(&p, "510118", "lost", 1).await,
    ];
    for one in &refused {
        assert_eq!(refusals(one), ["DIVISION_NOT_IN_FORCE"], "{one}");
    }
    let part = Uuid::from_u128(7);
    for (who, county, expected) in [
        // The old code means neither part.
        ("510118", part, "FORBIDDEN"),
        ("510300", part, "FORBIDDEN"),
        ("510198", part, "HIGHER_OFFICER_NEEDED"),
        ("510100", id_of("510104"), "NOT_A_SUCCESSOR"),
        ("510100", id_of("510100"), "NOT_A_SUCCESSOR"),
    ] {
        let found = assign(&p, who, &format!("{who} {county}"), "510118-1", county).await;
        assert_eq!(found, expected, "{who}");
    }
    let stale = json!({ "requestKey": "s", "registry": registry("510118-1"), "county": part, "version": 99 });
    assert_eq!(assigned(&p, "510100", stale).await, "VERSION_CONFLICT");
    assert_eq!(assign(&p, "510100", "ok", "510118-1", part).await, "OK");
    let again = assign(&p, "510100", "again", "510118-1", part).await;
    assert_eq!(again, "DIVISION_NOT_DIVIDED");
    // It goes on under the new code, with the officers of the part.
    let done = married(&p, "510198", "wed2", &eligible).await;
    let number = &done["application"]["record"]["certificateNumber"];
    assert!(
        number.as_str().unwrap().starts_with("J510198-2026-"),
        "{done}"
    );
    let done = divorced(&p, "510198", "part2", &review).await;
    assert_eq!(done["application"]["state"], "REGISTERED", "{done}");
    let done = replaced(&p, "510198", "lost2", 1).await;
    let number = done["certificate"]["number"].as_str().unwrap();
    assert!(number.starts_with("BJ510198-2026-"), "{done}");
    // M-24: what it replaced under the old code is its own to put on the shelf, and no other registry's.
    assert_eq!(
        assign(&p, "510100", "two", "510118-2", Uuid::from_u128(8)).await,
        "OK"
    );
    let other = shelved(&p, "510197", "x", "510118-2", before).await;
    assert_eq!(refusals(&other), ["NOT_FOUND"]);
    let own = shelved(&p, "510198", "y", "510118-1", before).await;
    assert_eq!(own["file"]["kind"], "REPLACEMENT", "{own}");
    // What it was can be read.
    let history = p.services.db.read();
    let rows = history
        .query_all_raw(sea_orm::Statement::from_string(
            history.get_database_backend(),
            "SELECT before, after FROM history WHERE entity = 'MarriageRegistry'",
        ))
        .await
        .unwrap();
    let told: Vec<String> = rows
        .iter()
        .map(|row| row.try_get::<String>("", "after").unwrap_or_default())
        .collect();
    assert_eq!(told.len(), 2);
    for code in ["510198", "510197"] {
        assert!(told.iter().any(|row| row.contains(code)), "{told:?}");
    }
}

#[tokio::test]
async fn a_registry_of_a_county_that_nothing_follows_goes_on_in_what_the_county_lay_in() {
    let p = Province::of("51").await;
    becomes(&p, &[]).await;
    let refused = replaced(&p, "510118", "lost", 1).await;
    assert_eq!(refusals(&refused), ["DIVISION_NOT_IN_FORCE"]);
    for (who, to, expected) in [
        ("510104", "510104", "FORBIDDEN"),
        ("510100", "510302", "NOT_A_SUCCESSOR"),
        ("510100", "510104", "OK"),
    ] {
        let found = assign(&p, who, &format!("{who} {to}"), "510118-1", id_of(to)).await;
        assert_eq!(found, expected, "{who} {to}");
    }
    let done = replaced(&p, "510104", "lost2", 1).await;
    let number = done["certificate"]["number"].as_str().unwrap();
    assert!(number.starts_with("BJ510104-2026-"), "{done}");
}

#[tokio::test]
async fn a_part_that_bears_the_old_code_is_not_the_old_county() {
    let p = Province::of("51").await;
    becomes(&p, &[(7, "510118"), (8, "510197")]).await;
    // The code is in force, of another county.
    let refused = replaced(&p, "510118", "lost", 1).await;
    assert_eq!(refusals(&refused), ["DIVISION_NOT_IN_FORCE"]);
    // A registry that is opened there gets a code that no other one bears.
    let known = hall::Entity::find()
        .filter(hall::Column::Code.starts_with("510118-"))
        .all(p.services.db.read())
        .await
        .unwrap();
    let input = json!({ "requestKey": "o", "county": "510118", "site": { "name": "新设婚姻登记处",
        "point": { "longitude": 103.8, "latitude": 30.4 }, "competence": ["MAINLAND"], "siteKind": "HALL",
        "windows": 2, "weekendService": false } });
    let opened = p
        .change(
            officer(&p, "510118"),
            "openRegistry",
            "OpenRegistryInput",
            "registry { id }",
            input,
        )
        .await;
    assert!(refusals(&opened).is_empty(), "{opened}");
    let made: Uuid = opened["registry"]["id"].as_str().unwrap().parse().unwrap();
    let made = hall::Entity::find_by_id(made)
        .one(p.services.db.read())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(made.code, format!("510118-{}", known.len() + 1));
    assert_eq!(made.county_id, Uuid::from_u128(7));
    let found = assign(&p, "510100", "a", "510118-1", Uuid::from_u128(7)).await;
    assert_eq!(found, "OK");
    let done = replaced(&p, "510118", "lost2", 1).await;
    let number = done["certificate"]["number"].as_str().unwrap();
    assert!(number.starts_with("BJ510118-2026-"), "{done}");
}

/// What the migration knows of papers that were issued before it was noted by whom.
#[tokio::test]
async fn who_issued_a_paper_of_before_is_found_where_it_can_be() {
    let p = Province::of("51").await;
    let db = &p.services.db;
    let of_now = certificate::Entity::find().all(db.read()).await.unwrap();
    assert!(of_now.iter().all(|row| row.registry_id.is_some()));
    // A replacement where the county has one registry, and one where it has several.
    let kinds = ["510104-1", "510118-2"].map(|code| (code, registry_id(code)));
    let two = of_now[..2].to_vec();
    db.write(move |tx| {
        let (two, kinds) = (two.clone(), kinds);
        Box::pin(async move {
            use certificate::{Column, Entity};
            for (row, (code, _)) in two.iter().zip(kinds) {
                Entity::update_many()
                    .col_expr(Column::Kind, Expr::value("MARRIAGE_REPLACEMENT"))
                    .col_expr(
                        Column::Number,
                        Expr::value(format!("BJ{}-2026-000001", &code[..6])),
                    )
                    .filter(Column::Id.eq(row.id))
                    .exec(tx)
                    .await?;
            }
            Entity::update_many()
                .col_expr(Column::RegistryId, Expr::value(None::<Uuid>))
                .exec(tx)
                .await?;
            for sql in crate::migration::KNOWN {
                tx.execute_unprepared(sql).await?;
            }
            Ok(())
        })
    })
    .await
    .unwrap();
    let found = certificate::Entity::find().all(db.read()).await.unwrap();
    let now = |id: Uuid| found.iter().find(|row| row.id == id).unwrap().registry_id;
    assert_eq!(now(of_now[0].id), Some(kinds[0].1));
    assert_eq!(now(of_now[1].id), None, "its county has several");
    for row in &of_now[2..] {
        assert_eq!(now(row.id), row.registry_id);
    }
}
