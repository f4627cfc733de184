//! Keys are changed while the vault is in use.

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::{
    cases::{Stage, tell},
    *,
};
use crate::{
    kit::{
        events::{AliasCause, PersonAliased},
        seal::rotation as keys,
        tokenizer::Tokenizer,
    },
    model::person,
    service::{columns, rotation},
};

fn numbers() -> Vec<String> {
    (0..450).map(|i| demo::person("51", i).id_number).collect()
}

async fn stage(services: Services) -> (Stage, Vec<String>) {
    let numbers = numbers();
    let texts: Vec<&str> = numbers.iter().map(String::as_str).collect();
    Stage::over(services, &texts).await
}

async fn renew(services: &Services) -> crate::kit::Result<usize> {
    keys::data_keys(services, &columns::ALL, None, &|_, _, _| ()).await
}

async fn masked(graph: &Graph, token: &str) -> Value {
    let asked = json!([{ "__typename": "Person", "id": token }]);
    let selection = "... on Person { id maskedId maskedName }";
    let answer = testing::entities(graph, registrar(), asked, selection).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    answer["data"]["_entities"][0].clone()
}

#[tokio::test]
async fn a_new_data_key_encrypts_everything_while_readers_go_on() {
    for services in testing::databases(&Persons, "51").await {
        let (stage, tokens) = stage(services).await;
        // A reason is encrypted too.
        let proposed = stage.merge(&registrar(), &tokens[0], &tokens[1], "m").await;
        assert!(proposed["case"].is_null());
        let passport = {
            let other = testing::memory(&Persons, "51").await;
            let token = tell(&other, "UTO:D12345678", "某某").await;
            let consumer: Arc<dyn Consumer> = Arc::new(Identities("funeral"));
            events::drain(&consumer, &stage.services, &Outbox(other))
                .await
                .unwrap();
            token
        };
        let proposed = stage.merge(&registrar(), &passport, &tokens[0], "n").await;
        let case = proposed["case"]["id"].clone();
        // This schema has opened the old key already.
        let before = masked(&stage.graph, &tokens[7]).await;
        let done = renew(&stage.services).await.unwrap();
        // 450 persons and a passport, each with number and name, and a reason.
        assert_eq!(done, 903);
        assert_eq!(masked(&stage.graph, &tokens[7]).await, before);
        let now = stage.services.columns.load(stage.services.db.read()).await;
        assert_eq!(now.unwrap().newest(), 2);
        let query = "query ($id: ID!) { identityCase(id: $id) { reason } }";
        let read = testing::execute(&stage.graph, registrar(), query, json!({ "id": case })).await;
        assert_eq!(read["data"]["identityCase"]["reason"], "同一人的两条记录");
        // Again, and with the next key.
        assert_eq!(renew(&stage.services).await.unwrap(), 903);
        assert_eq!(masked(&stage.graph, &tokens[449]).await["id"], tokens[449]);
    }
}

#[tokio::test]
async fn a_new_master_key_wraps_the_data_keys_and_the_old_one_opens_nothing() {
    let services = testing::memory(&Persons, "51").await;
    let (stage, tokens) = stage(services).await;
    // Between the wrapping and the change of files the program holds both; cut off and run again.
    let with = |masters: &[[u8; 32]]| Services {
        columns: testing::columns(masters),
        ..stage.services.clone()
    };
    let during = with(&[[9; 32], [5; 32]]);
    assert_eq!(keys::master_key(&during).await.unwrap(), 2);
    assert_eq!(keys::master_key(&during).await.unwrap(), 2);
    for masters in [&[[9; 32]][..], &[[9; 32], [5; 32]]] {
        let graph = Persons.schema(with(masters));
        assert_eq!(masked(&graph, &tokens[7]).await["id"], tokens[7]);
    }
    let graph = Persons.schema(with(&[[5; 32]]));
    let asked = json!([{ "__typename": "Person", "id": tokens[7] }]);
    let answer = testing::entities(&graph, registrar(), asked, "... on Person { maskedId }").await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "INTERNAL");
}

#[tokio::test]
async fn a_new_token_key_gives_everybody_a_new_token_and_the_old_ones_still_find_them() {
    for services in testing::databases(&Persons, "51").await {
        let (stage, tokens) = stage(services).await;
        let alias = json!({ "requestKey": "a", "person": tokens[0], "number": "CHN:G12345678" });
        stage.ask(&registrar(), "recordPersonAlias(", alias).await;
        let seen = stage.told().await.len();
        let before = masked(&stage.graph, &tokens[3]).await;
        let next = Services {
            tokenizer: Tokenizer::new([2; 32], 2).knowing([1; 32], 1),
            ..stage.services.clone()
        };
        assert_eq!(rotation::tokens(&next, &|_| ()).await.unwrap(), 451);
        assert_eq!(rotation::tokens(&next, &|_| ()).await.unwrap(), 0);
        let graph = Persons.schema(next.clone());
        let new = next.tokenizer.demo(&demo::person("51", 3)).0;
        for token in [&tokens[3], &new] {
            let after = masked(&graph, token).await;
            assert_eq!(after["id"], token.as_str());
            assert_eq!(after["maskedId"], before["maskedId"]);
        }
        let main = next.tokenizer.demo(&demo::person("51", 0)).0;
        let names = person::Entity::find()
            .filter(person::Column::AliasOf.eq(&main))
            .count(next.db.read())
            .await
            .unwrap();
        assert_eq!(names, 1);
        let told = events::read_outbox(next.db.read(), 0, 500).await.unwrap();
        let rekeyed = told.iter().skip(seen).filter(|event| {
            let told = event
                .event()
                .unwrap()
                .read::<PersonAliased>()
                .unwrap()
                .unwrap();
            told.cause == AliasCause::Rekey && told.old != told.new
        });
        assert_eq!(rekeyed.count(), 451);
        // A subsystem that is behind still seals with the old key: it is told at once.
        let behind = testing::memory(&Persons, "51").await;
        let old = tell(&behind, &demo::person("51", 600).id_number, "某某").await;
        let consumer: Arc<dyn Consumer> = Arc::new(Identities("societies"));
        events::drain(&consumer, &next, &Outbox(behind))
            .await
            .unwrap();
        let late = next.tokenizer.demo(&demo::person("51", 600)).0;
        assert_ne!(old, late);
        for token in [&old, &late] {
            assert_eq!(masked(&graph, token).await["maskedName"], "某*");
        }
        // A citizen whose sign-in still carries the old token is who they are.
        let query = "{ me { id maskedId } }";
        let me = Principal::citizen("51", &tokens[3]);
        let answer = testing::execute(&graph, me, query, json!({})).await;
        assert_eq!(answer["data"]["me"]["maskedId"], before["maskedId"]);
    }
}
