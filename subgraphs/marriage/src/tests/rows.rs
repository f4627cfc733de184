//! Who sees which row.

use super::*;
use crate::kit::testing::rows::{COUNTY, Line, callers, differences};

#[tokio::test]
async fn rows_are_for_their_owner_and_for_officers_of_their_place() {
    let province = Province::of("51").await;
    let person = province.token(0);
    let hall = registry(&format!("{COUNTY}-1"));
    let entity = |fields: &str| {
        format!(
            "{{ _entities(representations: [{{ __typename: \"Person\", id: \"{person}\" }}]) {{ ... on Person {{ {fields} }} }} }}"
        )
    };
    let county = crate::kit::divisions::dataset().by_code(COUNTY).unwrap().id;
    let figures = format!(
        "{{ _entities(representations: [{{ __typename: \"Division\", id: \"{county}\" }}]) {{ ... on Division {{ \
         marriageStats(from: \"2026-01\", to: \"2026-06\") {{ month }} }} }} }}"
    );
    let offices: &[&str] = &["registrar"];
    let reviewers: &[&str] = &["registrar", "supervisor"];
    let list = |field: &str| format!("{{ {field}(registry: \"{hall}\") {{ nodes {{ id }} }} }}");
    let table = [
        Line {
            what: "a person's marriages",
            query: entity("marriages { id }"),
            at: "/_entities/0/marriages",
            seen_by: &["self"],
        },
        Line {
            what: "a person's ledger",
            query: entity("maritalLedger { status }"),
            at: "/_entities/0/maritalLedger",
            seen_by: &["self"],
        },
        // With an open application for divorce at the hall.
        Line {
            what: "the ledger of somebody with an open matter",
            query: entity("maritalLedger { status }").replace(&person, &province.token(4)),
            at: "/_entities/0/maritalLedger",
            seen_by: offices,
        },
        Line {
            what: "applications at a registry",
            query: list("registrationApplications"),
            at: "/registrationApplications/nodes",
            seen_by: offices,
        },
        Line {
            what: "cases of impersonation at a registry",
            query: list("impersonationCases"),
            at: "/impersonationCases/nodes",
            seen_by: reviewers,
        },
        Line {
            what: "corrections at a registry",
            query: list("marriageCorrections"),
            at: "/marriageCorrections/nodes",
            seen_by: reviewers,
        },
        Line {
            what: "what the registers say of a couple whose application is open",
            query: format!(
                "{{ eligibilityCheck(man: \"{}\", woman: \"{}\", registry: \"{hall}\") {{ verdict }} }}",
                province.number(6_502),
                province.number(6_503)
            ),
            at: "/eligibilityCheck/verdict",
            seen_by: offices,
        },
        Line {
            what: "figures of a division",
            query: figures,
            at: "/_entities/0/marriageStats",
            seen_by: &["registrar", "supervisor", "dashboard", "auditor"],
        },
    ];
    let mut callers = callers(&person, &province.token(9_000));
    let stranger = Principal {
        registry: Some(hall.clone()),
        ..Principal::of(crate::kit::Role::Registrar, "32")
    };
    callers.push((
        "registrar of another province who names this hall",
        stranger,
    ));
    let wrong = differences(&province.graph, &callers, &table).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The law can be searched: `grep -rn '/// [A-Z]-[0-9]' src/rules` finds every rule with its article.
#[test]
fn every_rule_begins_with_its_id_and_article() {
    let rules = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let none: [String; 0] = [];
    assert_eq!(
        crate::kit::testing::articles::without_article(&rules, &["law"]).unwrap(),
        none
    );
}
