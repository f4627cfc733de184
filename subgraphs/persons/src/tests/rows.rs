//! Who sees which row.

use super::*;
use crate::kit::testing::rows::{Line, callers, differences};

#[tokio::test]
async fn rows_are_for_their_owner_and_for_officers_of_their_place() {
    let vault = seeded().await;
    let person = |fields: &str| {
        let token = vault.token(3);
        format!(
            "{{ _entities(representations: [{{ __typename: \"Person\", id: \"{token}\" }}]) {{ ... on Person {{ {fields} }} }} }}"
        )
    };
    let table = [
        Line {
            what: "a number, masked",
            query: person("maskedId"),
            at: "/_entities/0/maskedId",
            seen_by: &[
                "self",
                "registrar",
                "registrar beside",
                "supervisor",
                "supervisor apart",
            ],
        },
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
