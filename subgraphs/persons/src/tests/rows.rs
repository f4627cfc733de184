//! Who sees which row.

use super::*;
use crate::kit::testing::rows::{Line, callers, differences};

#[tokio::test]
async fn rows_are_for_their_owner_and_for_officers_of_their_place() {
    let vault = seeded().await;
    let twelfth = [vault.token(12)];
    let answer = vault.persons(registrar(), &twelfth, "aliases { id }").await;
    let alias = answer["data"]["_entities"][0]["aliases"][0]["id"].clone();
    let alias = alias.as_str().unwrap().to_owned();
    let person = |fields: &str| {
        let token = vault.token(3);
        format!(
            "{{ _entities(representations: [{{ __typename: \"Person\", id: \"{token}\" }}]) {{ ... on Person {{ {fields} }} }} }}"
        )
    };
    // The vault keeps no cases: an officer of some place sees whom a subgraph leads them to, and of nowhere nobody.
    let placed: &[&str] = &[
        "self",
        "registrar",
        "registrar beside",
        "supervisor",
        "supervisor apart",
    ];
    let field = |what: &'static str, name: &str, at: &'static str| Line {
        what,
        query: person(name),
        at,
        seen_by: placed,
    };
    let table = [
        field("a number, masked", "maskedId", "/_entities/0/maskedId"),
        field("a sex", "sex", "/_entities/0/sex"),
        field("a year of birth", "birthYear", "/_entities/0/birthYear"),
        field(
            "whether an identity is known",
            "identityStatus",
            "/_entities/0/identityStatus",
        ),
        field("a kind of number", "idKind", "/_entities/0/idKind"),
        field("a version", "version", "/_entities/0/version"),
        Line {
            what: "a name, masked",
            query: person("maskedName"),
            at: "/_entities/0/maskedName",
            seen_by: &[
                "self",
                "another citizen",
                "registrar",
                "registrar beside",
                "supervisor",
                "supervisor apart",
            ],
        },
        // The twelfth has an old number besides.
        Line {
            what: "other names",
            query: person("aliases { id }").replace(&vault.token(3), &vault.token(12)),
            at: "/_entities/0/aliases",
            seen_by: &[
                "registrar",
                "registrar beside",
                "supervisor",
                "supervisor apart",
            ],
        },
        Line {
            what: "whose other name it is",
            query: person("aliasOf { id }").replace(&vault.token(3), &alias),
            at: "/_entities/0/aliasOf",
            seen_by: &[
                "registrar",
                "registrar beside",
                "supervisor",
                "supervisor apart",
            ],
        },
        // Officers state purpose and case, which these do not.
        Line {
            what: "number and name in full",
            query: "{ me { fullIdentity { name } } }".to_owned(),
            at: "/me/fullIdentity/name",
            seen_by: &["self", "another citizen"],
        },
        Line {
            what: "cases about identities",
            query: "{ identityCases { nodes { id } } }".to_owned(),
            at: "/identityCases/nodes",
            seen_by: &["registrar", "supervisor"],
        },
    ];
    let callers = callers(&vault.token(3), &vault.token(4));
    let wrong = differences(&vault.graph, &callers, &table).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// D.6 (54), (55): what a citizen is refused of another is the same whether or not the vault knows them.
#[tokio::test]
async fn a_citizen_is_not_told_whether_anothers_identity_is_known() {
    let vault = seeded().await;
    let known = vault.token(4);
    let coming = crate::kit::tokenizer::PersonToken::by_chance().unwrap().0;
    let fields = "maskedId sex birthYear identityStatus idKind aliasOf { id } aliases { id } version \
                  fullIdentity { name }";
    let mut shapes = Vec::new();
    for token in [known, coming] {
        let me = Principal::citizen("51", &vault.token(3));
        let answer = vault.persons(me, &[token], fields).await;
        let person = answer["data"]["_entities"][0].as_object().unwrap().clone();
        let told: Vec<_> = person
            .into_iter()
            .filter(|(name, v)| name != "__typename" && !v.is_null())
            .collect();
        assert!(told.is_empty(), "{told:?}");
        let errors = answer["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 9, "{answer}");
        shapes.push(json!([answer["data"], errors]));
    }
    assert_eq!(shapes[0], shapes[1]);
}

/// The law can be searched: `grep -rn '/// [A-Z]-[0-9]' src/rules` finds every rule with its article.
#[test]
fn every_rule_begins_with_its_id_and_article() {
    let rules = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let none: [String; 0] = [];
    assert_eq!(
        crate::kit::testing::articles::without_article(&rules, &[]).unwrap(),
        none
    );
}
