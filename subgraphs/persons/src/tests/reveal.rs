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

fn on_case(who: Principal) -> Principal {
    Principal {
        purpose: Some("MARRIAGE_REGISTRATION".into()),
        case: Some("case-1".into()),
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
    let columns = columns::Columns::load(vault.services.db.read(), &vault.services)
        .await
        .unwrap();
    for row in rows {
        assert_eq!(row.token, vault.token(3));
        assert_eq!(row.at, testing::clock().now());
        let id = row.id.to_string();
        let told = columns
            .decrypt(columns::Column::Reason, &id, &row.reason)
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
