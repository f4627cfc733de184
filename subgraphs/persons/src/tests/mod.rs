//! The vault as its callers see it.

mod cases;
mod kinds;
mod reveal;
mod rotation;
mod rows;

use std::sync::Arc;

use chrono::Datelike;
use serde_json::{Value, json};

use crate::{
    Persons,
    consumers::Identities,
    kit::{
        Graph, Principal, Role, Services, Subsystem, citizen_id, demo,
        events::{self, Consumer, FeedEvent, FeedSource},
        testing, vault,
    },
};

struct Vault {
    services: Services,
    graph: Graph,
}

async fn seeded() -> Vault {
    let services = testing::seeded(&Persons, "51").await;
    let graph = Persons.schema(services.clone());
    Vault { services, graph }
}

impl Vault {
    fn token(&self, i: usize) -> String {
        self.services.tokenizer.demo(&demo::person("51", i)).0
    }

    async fn persons(&self, who: Principal, tokens: &[String], fields: &str) -> Value {
        let representations: Vec<Value> = tokens
            .iter()
            .map(|token| json!({ "__typename": "Person", "id": token }))
            .collect();
        let selection = format!("... on Person {{ {fields} }}");
        testing::entities(&self.graph, who, representations.into(), &selection).await
    }
}

fn registrar() -> Principal {
    Principal::registrar("51", "510118", None)
}

#[tokio::test]
async fn a_citizen_sees_themselves_masked() {
    let vault = seeded().await;
    let me = Principal::citizen("51", &vault.token(0));
    let query =
        "{ me { id maskedId maskedName sex birthYear identityStatus idKind aliasOf { id } } }";
    let answer = testing::execute(&vault.graph, me, query, json!({})).await;
    let person = demo::person("51", 0);
    assert_eq!(
        answer,
        json!({ "data": { "me": {
            "id": vault.token(0),
            "maskedId": "519***********0032",
            "maskedName": citizen_id::mask_name(&person.name),
            "sex": "MALE",
            "birthYear": 1990,
            "identityStatus": "VERIFIED",
            "idKind": "CITIZEN_ID",
            "aliasOf": null,
        } } })
    );
}

#[tokio::test]
async fn persons_are_resolved_in_one_statement_and_an_unknown_token_is_null() {
    let vault = seeded().await;
    let mut tokens: Vec<String> = (0..200).map(|i| vault.token(i)).collect();
    tokens.insert(7, "unknown".to_owned());
    // The data keys are opened once per process.
    vault.persons(registrar(), &tokens[..1], "maskedId").await;
    let before = vault.services.db.statements();
    let answer = vault
        .persons(registrar(), &tokens, "id maskedId maskedName")
        .await;
    assert_eq!(vault.services.db.statements() - before, 1);
    let entities = answer["data"]["_entities"].as_array().unwrap();
    assert_eq!(entities.len(), 201);
    assert!(entities[7].is_null() && answer.get("errors").is_none());
    for (i, entity) in entities.iter().enumerate().filter(|(i, _)| *i != 7) {
        assert_eq!(entity["id"], tokens[i]);
        assert_eq!(entity["maskedId"].as_str().unwrap().len(), 18);
    }
}

#[tokio::test]
async fn aliases_are_loaded_for_all_persons_at_once() {
    let vault = seeded().await;
    let tokens: Vec<String> = (10..20).map(|i| vault.token(i)).collect();
    let fields = "id aliases { maskedId idKind identityStatus aliasOf { id } }";
    vault.persons(registrar(), &tokens, fields).await;
    let before = vault.services.db.statements();
    let answer = vault
        .persons(registrar(), &tokens, "id aliases { maskedId }")
        .await;
    assert_eq!(vault.services.db.statements() - before, 2);
    let entities = &answer["data"]["_entities"];
    assert_eq!(entities[0]["aliases"], json!([]));
    assert_eq!(
        entities[2]["aliases"][0]["maskedId"]
            .as_str()
            .unwrap()
            .len(),
        15
    );
    let answer = vault.persons(registrar(), &tokens[2..3], fields).await;
    let alias = &answer["data"]["_entities"][0]["aliases"][0];
    assert_eq!(alias["idKind"], "OLD_CITIZEN_ID");
    assert_eq!(alias["identityStatus"], "LEGACY");
    assert_eq!(alias["aliasOf"]["id"], tokens[2]);
}

#[tokio::test]
async fn who_may_not_see_masked_persons_gets_an_error_and_the_rest_of_the_answer() {
    let vault = seeded().await;
    for role in [Role::Public, Role::Dashboard, Role::Auditor, Role::Peer] {
        let who = Principal::of(role, "51");
        let answer = vault
            .persons(who, &[vault.token(0)], "id maskedId maskedName sex")
            .await;
        let person = &answer["data"]["_entities"][0];
        assert_eq!(person["id"], vault.token(0));
        for field in ["maskedId", "maskedName", "sex"] {
            assert!(person[field].is_null(), "{role:?} {field}");
        }
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "FORBIDDEN");
        assert_eq!(error["path"][1], 0);
    }
}

#[tokio::test]
async fn nobody_is_me_without_the_scope_self() {
    let vault = seeded().await;
    let answer = testing::execute(&vault.graph, registrar(), "{ me { id } }", json!({})).await;
    assert!(answer["data"]["me"].is_null());
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn a_citizen_whose_identity_has_not_arrived_is_pending_and_not_null() {
    let vault = seeded().await;
    let me = Principal::citizen("51", "sometoken");
    let query = "{ me { id identityStatus maskedName } }";
    let answer = testing::execute(&vault.graph, me, query, json!({})).await;
    assert_eq!(
        answer["data"]["me"],
        json!({ "id": "sometoken", "identityStatus": "PENDING", "maskedName": null })
    );
}

#[tokio::test]
async fn nothing_of_a_person_is_readable_in_the_database() {
    use sea_orm::{ConnectionTrait, DbBackend, Statement};
    let vault = seeded().await;
    let person = demo::person("51", 0);
    let row = vault
        .services
        .db
        .read()
        .query_one_raw(Statement::from_sql_and_values(
            DbBackend::Sqlite,
            "SELECT id_number, name FROM person WHERE token = $1",
            [vault.token(0).into()],
        ))
        .await
        .unwrap()
        .unwrap();
    for column in ["id_number", "name"] {
        let bytes: Vec<u8> = row.try_get("", column).unwrap();
        for secret in [person.id_number.as_bytes(), person.name.as_bytes()] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        }
    }
}

#[tokio::test]
async fn ten_thousand_persons_are_there_on_every_database_and_seeding_again_changes_nothing() {
    for services in testing::databases(&Persons, "51").await {
        let began = std::time::Instant::now();
        Persons.seed(&services, &|_, _, _| ()).await.unwrap();
        println!(
            "{:?} seeded in {:?}",
            services.db.backend(),
            began.elapsed()
        );
        Persons.seed(&services, &|_, _, _| ()).await.unwrap();
        let graph = Persons.schema(services.clone());
        all_are_there(&Vault { services, graph }).await;
    }
}

async fn all_are_there(vault: &Vault) {
    let tokens: Vec<String> = (0..10_000).step_by(499).map(|i| vault.token(i)).collect();
    let answer = vault.persons(registrar(), &tokens, "birthYear sex").await;
    for (entity, i) in answer["data"]["_entities"]
        .as_array()
        .unwrap()
        .iter()
        .zip((0..10_000).step_by(499))
    {
        let person = demo::person("51", i);
        assert_eq!(entity["birthYear"], person.birth_date.year());
    }
}

/// The outbox of another subgraph's database, without its endpoint.
struct Outbox(Services);

#[async_trait::async_trait]
impl FeedSource for Outbox {
    async fn fetch(&self, after: i64, first: i32) -> crate::kit::Result<Vec<FeedEvent>> {
        events::read_outbox(self.0.db.read(), after, first).await
    }
}

async fn announce(services: &Services, number: &str, name: &str) -> String {
    let id = citizen_id::parse(number, services.clock.today()).unwrap();
    let (job, name) = (services.clone(), name.to_owned());
    let told = services
        .db
        .write(move |tx| {
            let (job, id, name) = (job.clone(), id.clone(), name.clone());
            Box::pin(async move { vault::announce(tx, &job, &id, &name).await })
        })
        .await;
    told.unwrap().0
}

#[tokio::test]
async fn an_identity_sealed_elsewhere_arrives_once_and_a_differing_name_is_disputed() {
    let vault = Vault {
        services: testing::memory(&Persons, "51").await,
        graph: Persons.schema(testing::memory(&Persons, "51").await),
    };
    let graph = Persons.schema(vault.services.clone());
    let vault = Vault { graph, ..vault };
    // Any subsystem has an outbox; the vault's own schema serves as the other one here.
    let marriage = testing::memory(&Persons, "51").await;
    let feed = Outbox(marriage.clone());
    let consumer: Arc<dyn Consumer> = Arc::new(Identities("marriage"));
    let number = demo::person("51", 4).id_number;
    let fields = "maskedId maskedName identityStatus";
    let steps = [
        ("", json!(null), "DECLARED"),
        ("陈示例", json!("陈*例"), "DECLARED"),
        ("陈示例", json!("陈*例"), "DECLARED"),
        ("陈另名", json!("陈*例"), "DISPUTED"),
    ];
    for (name, shown, status) in steps {
        let token = announce(&marriage, &number, name).await;
        assert_eq!(
            events::drain(&consumer, &vault.services, &feed)
                .await
                .unwrap(),
            1
        );
        let answer = vault.persons(registrar(), &[token], fields).await;
        let person = &answer["data"]["_entities"][0];
        assert_eq!(person["maskedName"], shown, "{name}");
        assert_eq!(person["identityStatus"], status, "{name}");
    }
}

#[tokio::test]
async fn a_spoiled_identity_is_passed_over_and_the_next_one_arrives() {
    let services = testing::memory(&Persons, "51").await;
    let graph = Persons.schema(services.clone());
    let vault = Vault { services, graph };
    let funeral = testing::memory(&Persons, "51").await;
    let spoiled = events::Event {
        kind: vault::IDENTITY_SEALED.into(),
        key: "sometoken".into(),
        at: funeral.clock.now(),
        body: json!({ "version": 1, "sealed": "bm90IHNlYWxlZA==" }),
    };
    let job = spoiled.clone();
    funeral
        .db
        .write(move |tx| {
            let event = job.clone();
            Box::pin(async move { events::emit(tx, &event).await })
        })
        .await
        .unwrap();
    let token = announce(&funeral, &demo::person("51", 8000).id_number, "某某").await;
    let consumer: Arc<dyn Consumer> = Arc::new(Identities("funeral"));
    let feed = Outbox(funeral.clone());
    assert_eq!(
        events::drain(&consumer, &vault.services, &feed)
            .await
            .unwrap(),
        2
    );
    let tokens = ["sometoken".to_owned(), token];
    let answer = vault.persons(registrar(), &tokens, "maskedName").await;
    let entities = &answer["data"]["_entities"];
    assert!(entities[0].is_null());
    assert_eq!(entities[1]["maskedName"], "某*");
}

#[tokio::test]
async fn the_schema_is_described_in_both_languages_and_shows_no_plumbing() {
    let graph = Persons.schema(testing::memory(&Persons, "51").await);
    let sdl = graph.sdl();
    for absent in [
        "_entities",
        "_service",
        "_events",
        "_Any",
        "_Entity",
        "directive @key",
    ] {
        assert!(!sdl.contains(absent), "{absent}");
    }
    assert!(sdl.contains("type Person @key(fields: \"id\")"));
    assert!(sdl.contains("https://specs.apollo.dev/federation/v2.9"));
    let again = Persons.schema(testing::memory(&Persons, "51").await);
    assert_eq!(sdl, again.sdl());
}
