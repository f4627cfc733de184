//! Numbers of every kind arrive, and other numbers are added to a person.

use super::{
    cases::{Stage, tell},
    *,
};

#[tokio::test]
async fn numbers_of_every_kind_arrive_with_what_they_tell() {
    let permit = {
        let digits = "83000019900303003";
        format!("{digits}{}", citizen_id::check_character(digits).unwrap())
    };
    let table = [
        (
            "519901199003030032",
            "CITIZEN_ID",
            "DECLARED",
            json!("MALE"),
            json!(1990),
        ),
        (
            "510132900303004",
            "OLD_CITIZEN_ID",
            "LEGACY",
            json!("FEMALE"),
            json!(1990),
        ),
        (
            permit.as_str(),
            "RESIDENCE_PERMIT",
            "DECLARED",
            json!("MALE"),
            json!(1990),
        ),
        (
            "UTO:L898902C3",
            "PASSPORT",
            "DECLARED",
            json!(null),
            json!(null),
        ),
        (
            "000000194912310000",
            "PLACEHOLDER",
            "LEGACY",
            json!(null),
            json!(1949),
        ),
    ];
    for services in testing::databases(&Persons, "51").await {
        let numbers: Vec<&str> = table.iter().map(|row| row.0).collect();
        let (stage, tokens) = Stage::over(services, &numbers).await;
        let representations: Vec<Value> = tokens
            .iter()
            .map(|id| json!({ "__typename": "Person", "id": id }))
            .collect();
        let selection = "... on Person { idKind identityStatus sex birthYear }";
        let answer =
            testing::entities(&stage.graph, registrar(), representations.into(), selection).await;
        for (i, (number, kind, status, sex, year)) in table.iter().enumerate() {
            let person = &answer["data"]["_entities"][i];
            assert_eq!(person["idKind"], *kind, "{number}");
            assert_eq!(person["identityStatus"], *status, "{number}");
            assert_eq!(
                (&person["sex"], &person["birthYear"]),
                (sex, year),
                "{number}"
            );
        }
    }
}

#[tokio::test]
async fn a_placeholder_is_nobody_twice() {
    let services = testing::memory(&Persons, "51").await;
    let number = "000000194912310000";
    let (_, tokens) = Stage::over(services, &[number, number]).await;
    assert_ne!(tokens[0], tokens[1]);
}

#[tokio::test]
async fn a_number_is_added_to_a_person_unless_it_is_somebody_already() {
    for services in testing::databases(&Persons, "51").await {
        let number = demo::person("51", 0).id_number;
        let (stage, tokens) = Stage::over(services, &[&number, "UTO:D12345678"]).await;
        let add = async |number: &str, key: &str| {
            let input = json!({ "requestKey": key, "person": tokens[0], "number": number });
            stage.ask(&registrar(), "recordPersonAlias(", input).await
        };
        let payload = add("CHN:G12345678", "a").await;
        let alias = &payload["person"]["aliases"][0];
        assert_eq!(
            (&alias["idKind"], &alias["identityStatus"]),
            (&json!("PASSPORT"), &json!("LEGACY"))
        );
        assert_eq!(alias["maskedId"], "CHN******5678");
        assert_eq!(add("CHN:G12345678", "a").await, payload);
        for (number, key, code) in [
            ("uto:d12345678", "b", "NUMBER_KNOWN"),
            ("CHN:G12345678", "c", "NUMBER_KNOWN"),
            ("CHN:X1", "d", "PASSPORT_NUMBER"),
            ("519901199003030033", "e", "CITIZEN_ID_CHECK"),
        ] {
            let refused = add(number, key).await;
            assert_eq!(refused["userErrors"][0]["code"], code);
            assert_eq!(
                refused["userErrors"][0]["field"],
                json!(["input", "number"])
            );
            assert!(!refused.to_string().contains("1234"), "echoed");
        }
        // The other subsystems hear of it, and again whenever somebody writes under the other number.
        let told = stage.told().await;
        assert_eq!(told.len(), 1);
        let other = testing::memory(&Persons, "51").await;
        tell(&other, "CHN:G12345678", "").await;
        let consumer: Arc<dyn Consumer> = Arc::new(Identities("funeral"));
        events::drain(&consumer, &stage.services, &Outbox(other))
            .await
            .unwrap();
        let told = stage.told().await;
        assert_eq!(told.len(), 2);
        assert_eq!((&told[0].kind, &told[0].key), (&told[1].kind, &told[1].key));
    }
}

#[tokio::test]
async fn a_token_whose_identity_is_on_its_way_is_pending_and_what_is_no_token_is_null() {
    let services = testing::memory(&Persons, "51").await;
    let (stage, tokens) = Stage::over(services, &["519901199003030032"]).await;
    let coming = stage.services.tokenizer.demo(&demo::person("51", 5)).0;
    let asked = json!([
        { "__typename": "Person", "id": coming },
        { "__typename": "Person", "id": "no token" },
        { "__typename": "Person", "id": tokens[0] },
    ]);
    let selection = "... on Person { id identityStatus maskedName version aliases { id } }";
    let answer = testing::entities(&stage.graph, registrar(), asked, selection).await;
    assert!(answer.get("errors").is_none());
    let entities = &answer["data"]["_entities"];
    assert_eq!(
        entities[0],
        json!({ "__typename": "Person", "id": coming, "identityStatus": "PENDING", "maskedName": null, "version": null, "aliases": [] })
    );
    assert!(entities[1].is_null());
    assert_eq!(entities[2]["identityStatus"], "DECLARED");
}
