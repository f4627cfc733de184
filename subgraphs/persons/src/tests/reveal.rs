//! Full identities: who sees them, and what is written down.

use sea_orm::EntityTrait;

use super::{cases::supervisor, *};
use crate::{model::reveal, service::columns};

const FULL: &str = "query ($r: [_Any!]!, $reason: String!) { _entities(representations: $r) { \
     ... on Person { id fullIdentity(reason: $reason) { personId idNumber name } } } }";

async fn ask(vault: &Vault, who: &Principal, i: usize, reason: &str) -> Value {
    let r = json!([{ "__typename": "Person", "id": vault.token(i) }]);
    testing::execute(
        &vault.graph,
        who.clone(),
        FULL,
        json!({ "r": r, "reason": reason }),
    )
    .await
}

/// The supervisor of a division asks to see a person in full; another one approves it.
async fn approve(vault: &Vault, i: usize, division: &str) {
    let input = json!({ "requestKey": "r", "person": vault.token(i), "reason": "核对历史档案" });
    let proposed = mutate(
        vault,
        &supervisor(division),
        "proposeReveal(input: $input)",
        "ProposeRevealInput",
        input,
    )
    .await;
    let case = &proposed["case"];
    assert_eq!(case["state"], "PROPOSED", "{proposed}");
    // The same person in another role is no second officer.
    let mut again = registrar();
    again.subject = supervisor(division).subject;
    again.division = Some(division.to_owned());
    let refused = decide(vault, &again, case).await;
    assert_eq!(
        refused["userErrors"][0]["code"], "SECOND_OFFICER",
        "{refused}"
    );
    let done = decide(vault, &other(division), case).await;
    assert_eq!(done["case"]["state"], "DONE", "{done}");
}

fn other(division: &str) -> Principal {
    Principal {
        subject: Some("supervisor-2".into()),
        ..supervisor(division)
    }
}

async fn decide(vault: &Vault, who: &Principal, case: &Value) -> Value {
    let input = json!({ "requestKey": format!("d{:?}", who.subject), "case": case["id"], "version": case["version"], "approve": true });
    let field = "decideIdentityCase(input: $input)";
    mutate(vault, who, field, "DecideIdentityCaseInput", input).await
}

async fn mutate(vault: &Vault, who: &Principal, field: &str, kind: &str, input: Value) -> Value {
    let query = format!(
        "mutation ($input: {kind}!) {{ done: {field} {{ case {{ id kind state version }} userErrors {{ code }} }} }}"
    );
    let answer =
        testing::execute(&vault.graph, who.clone(), &query, json!({ "input": input })).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    answer["data"]["done"].clone()
}

#[tokio::test]
async fn a_supervisor_needs_a_second_officer_for_each_person_and_only_for_a_day() {
    let mut vault = seeded().await;
    let reason = "核对历史档案";
    let who = on_case(supervisor("510100"));
    let refused = ask(&vault, &who, 3, reason).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    approve(&vault, 3, "510100").await;
    let shown = |answer: &Value| !answer["data"]["_entities"][0]["fullIdentity"].is_null();
    assert!(shown(&ask(&vault, &who, 3, reason).await));
    assert!(
        !shown(&ask(&vault, &who, 4, reason).await),
        "of this person only"
    );
    let approver = on_case(other("510100"));
    assert!(
        !shown(&ask(&vault, &approver, 3, reason).await),
        "for the proposer only"
    );
    let later = testing::clock().now() + chrono::Duration::hours(24);
    vault.services.clock = crate::kit::Clock::fixed(later);
    vault.graph = Persons.schema(vault.services.clone());
    assert!(
        !shown(&ask(&vault, &who, 3, reason).await),
        "for a day only"
    );
}

#[tokio::test]
async fn a_proposal_that_nobody_decides_in_a_week_is_over() {
    let mut vault = seeded().await;
    let input = json!({ "requestKey": "r", "person": vault.token(3), "reason": "核对历史档案" });
    let field = "proposeReveal(input: $input)";
    let who = supervisor("510100");
    let proposed = mutate(&vault, &who, field, "ProposeRevealInput", input).await;
    let later = testing::clock().now() + crate::rules::approval::DECIDED_WITHIN;
    vault.services.clock = crate::kit::Clock::fixed(later);
    vault.graph = Persons.schema(vault.services.clone());
    let late = decide(&vault, &other("510100"), &proposed["case"]).await;
    assert_eq!(late["userErrors"][0]["code"], "CASE_EXPIRED");
    let query = "{ identityCases { nodes { state } } }";
    let seen = async |vault: &Vault| {
        let answer = testing::execute(&vault.graph, who.clone(), query, json!({})).await;
        answer["data"]["identityCases"]["nodes"][0]["state"].clone()
    };
    assert_eq!(seen(&vault).await, "EXPIRED", "before the timer has run");
    Persons.tick(&vault.services).await.unwrap();
    Persons.tick(&vault.services).await.unwrap();
    assert_eq!(seen(&vault).await, "EXPIRED");
    let input = json!({ "requestKey": "r2", "person": vault.token(3), "reason": "核对历史档案" });
    let again = mutate(&vault, &who, field, "ProposeRevealInput", input).await;
    assert_eq!(
        again["case"]["state"], "PROPOSED",
        "it may be proposed anew"
    );
}

fn on_case(who: Principal) -> Principal {
    Principal {
        purpose: Some("MARRIAGE_REGISTRATION".into()),
        case: Some("0198c0de-0000-7000-8000-000000000001".into()),
        ..who
    }
}

#[tokio::test]
async fn a_full_identity_is_shown_to_its_owner_and_to_officers_with_a_reason_and_written_down() {
    let vault = seeded().await;
    let person = demo::person("51", 3);
    let me = Principal::citizen("51", &vault.token(3));
    let officer = on_case(registrar());
    let reason = "当事人申请补领结婚证";
    approve(&vault, 3, "510100").await;
    for (who, reason) in [
        (&me, ""),
        (&officer, reason),
        (&on_case(supervisor("510100")), reason),
    ] {
        let answer = ask(&vault, who, 3, reason).await;
        let full = &answer["data"]["_entities"][0]["fullIdentity"];
        assert_eq!(full["idNumber"], person.id_number.as_str(), "{answer}");
        assert_eq!(full["name"], person.name.as_str());
    }
    let rows = reveal::Entity::find()
        .all(vault.services.db.read())
        .await
        .unwrap();
    assert_eq!(rows.len(), 3);
    let columns = vault
        .services
        .columns
        .load(vault.services.db.read())
        .await
        .unwrap();
    for row in rows {
        assert_eq!(row.token, vault.token(3));
        assert_eq!(row.at, testing::clock().now());
        let id = row.id.to_string();
        let told = columns
            .decrypt(&columns::REVEAL_REASON, &id, &row.reason)
            .unwrap();
        assert_eq!(
            told.as_str(),
            if row.actor_role == "citizen" {
                ""
            } else {
                reason
            }
        );
        assert_eq!(row.case_id.is_some(), row.actor_role != "citizen");
    }
}

#[tokio::test]
async fn nobody_else_sees_one_and_nothing_is_written_for_a_refusal() {
    let vault = seeded().await;
    let reason = "当事人申请补领结婚证";
    let table = [
        (
            Principal::citizen("51", &vault.token(4)),
            reason,
            "FORBIDDEN",
        ),
        (registrar(), reason, "BAD_USER_INPUT"),
        (on_case(registrar()), "", "BAD_USER_INPUT"),
        (
            Principal {
                case: Some("a celebrity".into()),
                ..on_case(registrar())
            },
            reason,
            "BAD_USER_INPUT",
        ),
        (
            on_case(Principal {
                division: None,
                ..registrar()
            }),
            reason,
            "FORBIDDEN",
        ),
        (supervisor("510100"), reason, "BAD_USER_INPUT"),
        (
            on_case(Principal::of(Role::Dashboard, "51")),
            reason,
            "FORBIDDEN",
        ),
        (
            on_case(Principal::of(Role::Auditor, "51")),
            reason,
            "FORBIDDEN",
        ),
        (
            on_case(Principal::of(Role::Operator, "51")),
            reason,
            "FORBIDDEN",
        ),
        (
            on_case(Principal::of(Role::Peer, "51")),
            reason,
            "FORBIDDEN",
        ),
        (Principal::public("51"), reason, "FORBIDDEN"),
    ];
    for (who, reason, code) in table {
        let answer = ask(&vault, &who, 3, reason).await;
        assert!(
            answer["data"]["_entities"][0]["fullIdentity"].is_null(),
            "{who:?}"
        );
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{who:?}");
        assert!(
            !answer
                .to_string()
                .contains(&demo::person("51", 3).id_number)
        );
    }
    let rows = reveal::Entity::find()
        .all(vault.services.db.read())
        .await
        .unwrap();
    assert_eq!(rows.len(), 0);
}

#[tokio::test]
async fn an_approval_opens_no_number_that_was_joined_to_the_person_later() {
    let vault = seeded().await;
    let reason = "核对历史档案";
    let who = on_case(supervisor("510100"));
    let shown = |answer: &Value| !answer["data"]["_entities"][0]["fullIdentity"].is_null();
    approve(&vault, 3, "510100").await;
    assert!(shown(&ask(&vault, &who, 3, reason).await));
    let (late, main) = (vault.token(5), vault.token(3));
    let decided = testing::clock().now();
    let join = |minutes: i64| {
        let (late, main) = (late.clone(), main.clone());
        let at = decided + chrono::Duration::minutes(minutes);
        vault.services.db.write(move |tx| {
            let (late, main) = (late.clone(), main.clone());
            Box::pin(async move {
                use crate::model::person::{Column, Entity};
                use sea_orm::{ColumnTrait, QueryFilter, sea_query::Expr};
                Entity::update_many()
                    .col_expr(Column::AliasOf, Expr::value(main))
                    .col_expr(Column::UpdatedAt, Expr::value(at))
                    .filter(Column::Token.eq(late))
                    .exec(tx)
                    .await?;
                Ok(())
            })
        })
    };
    join(1).await.unwrap();
    assert!(!shown(&ask(&vault, &who, 5, reason).await));
    // What led to the person before the approval is opened by it.
    join(-1).await.unwrap();
    assert!(shown(&ask(&vault, &who, 5, reason).await));
}
