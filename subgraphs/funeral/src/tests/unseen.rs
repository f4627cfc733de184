//! D.6 (54), (55): what an officer may not read looks like what is not there, for every role and every way of asking.

use minzheng_kit::testing::entities;
use minzheng_kit::{Principal, Role};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Stage, databases, division};
use crate::demo;
use crate::model::{funeral_case, hotline_ticket};

/// Officers who are no officers of 新津区: of another county, and of nowhere.
fn strangers() -> Vec<Principal> {
    let of = |role, code: Option<&str>| Principal {
        division: code.map(str::to_owned),
        ..Principal::of(role, "51")
    };
    vec![
        of(Role::Registrar, Some("510104")),
        of(Role::Supervisor, Some("510104")),
        of(Role::Registrar, Some("510300")),
        of(Role::Registrar, None),
        of(Role::Supervisor, None),
    ]
}

/// An answer without the identity that was asked about; the order of its fields is by chance.
fn shape(mut answer: Value, id: &str) -> Value {
    if let Some(entity) = answer.pointer_mut("/data/_entities/0/id") {
        *entity = Value::Null;
    }
    serde_json::from_str(&answer.to_string().replace(id, "-")).unwrap()
}

#[tokio::test]
async fn what_an_officer_may_not_read_looks_like_what_is_not_there() {
    for services in databases("unseen").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let db = stage.services.db.read();
        let county: Uuid = division("510118").parse().unwrap();
        let case = funeral_case::Entity::find()
            .filter(funeral_case::Column::DivisionId.eq(county))
            .one(db)
            .await
            .unwrap()
            .unwrap();
        let ticket = hotline_ticket::Entity::find()
            .filter(hotline_ticket::Column::DivisionId.eq(county))
            .one(db)
            .await
            .unwrap()
            .unwrap();
        let nothing = Uuid::from_u128(7).to_string();
        let death = "... on Person { id death { diedOn } familyCases { id } waivers { amount } }";
        for stranger in strangers() {
            for (query, id) in [
                (
                    "query ($id: ID!) { funeralCase(id: $id) { number state } }",
                    case.id,
                ),
                (
                    "query ($id: ID!) { caseTimeline(case: $id) { act } }",
                    case.id,
                ),
                (
                    "query ($id: ID!) { hotlineTicket(id: $id) { number } }",
                    ticket.id,
                ),
            ] {
                let id = id.to_string();
                let there = stage
                    .ask(stranger.clone(), query, json!({ "id": id }))
                    .await;
                let none = stage
                    .ask(stranger.clone(), query, json!({ "id": nothing }))
                    .await;
                assert!(there.get("errors").is_none(), "{query} {there}");
                assert_eq!(shape(there, &id), shape(none, &nothing), "{query}");
            }
            // The dead of elsewhere look like the living, and like whom nobody knows.
            let mut shapes = Vec::new();
            for token in [
                case.deceased.clone(),
                stage.token(7_000),
                "nobody".to_owned(),
            ] {
                let keys = json!([{ "__typename": "Person", "id": token }]);
                let answer = entities(&stage.graph, stranger.clone(), keys, death).await;
                assert!(answer.get("errors").is_none(), "{answer}");
                shapes.push(shape(answer, &token));
            }
            assert_eq!(shapes[0], shapes[1]);
            assert_eq!(shapes[0], shapes[2]);
            // Nor is there a step that tells.
            let query = "mutation ($input: CaseStepInput!) { settleFuneralCase(input: $input) { userErrors { code } } }";
            let step =
                |id: &str| json!({ "input": { "requestKey": id, "case": id, "version": 1 } });
            let there = stage
                .ask(stranger.clone(), query, step(&case.id.to_string()))
                .await;
            let none = stage.ask(stranger.clone(), query, step(&nothing)).await;
            assert_eq!(there, none);
        }
        // A citizen is refused either way.
        for id in [case.id.to_string(), nothing] {
            let query = "query ($id: ID!) { funeralCase(id: $id) { number } }";
            let answer = stage
                .ask(stage.citizen(9_999), query, json!({ "id": id }))
                .await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
        }
    }
}
