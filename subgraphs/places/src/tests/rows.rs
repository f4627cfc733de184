//! Who sees which row.

use minzheng_kit::testing::rows::{COUNTY, Line, callers, differences};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::*;
use crate::model::naming_application;

#[tokio::test]
async fn rows_are_for_their_owner_and_for_officers_of_their_place() {
    let running = running("51").await;
    let county = dataset().by_code(COUNTY).unwrap().id;
    let application = naming_application::Entity::find()
        .filter(naming_application::Column::County.eq(county))
        .one(running.services.db.read())
        .await
        .unwrap()
        .unwrap();
    let officers: &[&str] = &["registrar", "supervisor"];
    let table = [
        Line {
            what: "an application for a name",
            query: format!("{{ namingApplication(id: \"{}\") {{ state }} }}", application.id),
            at: "/namingApplication/state",
            seen_by: officers,
        },
        Line {
            what: "what was not filed in time",
            query: format!("{{ filingsOverdue(divisionId: \"{county}\") {{ pageInfo {{ hasNextPage }} }} }}"),
            at: "/filingsOverdue",
            seen_by: officers,
        },
        Line {
            what: "figures of a division",
            query: "{ divisionByCode(code: \"510118\") { placeStats(from: \"2026-01\", to: \"2026-06\") { month } } }".to_owned(),
            at: "/divisionByCode/placeStats",
            seen_by: &["registrar", "supervisor", "dashboard", "auditor"],
        },
        Line {
            what: "the state of a name in use",
            query: "{ divisionByCode(code: \"510118\") { current { name } } }".to_owned(),
            at: "/divisionByCode/current/name",
            seen_by: &[
                "public",
                "self",
                "another citizen",
                "registrar",
                "registrar beside",
                "registrar of nowhere",
                "supervisor",
                "supervisor apart",
                "supervisor of nowhere",
                "dashboard",
                "dashboard of another province",
                "peer",
                "auditor",
                "operator",
                "registrar of another province who names this county",
                "supervisor of another province who names this one",
                "auditor of another province",
                "service",
            ],
        },
    ];
    let wrong = differences(&running.graph, &callers("me", "you"), &table).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The law can be searched: `grep -rn '/// [A-Z]-[0-9]' src/rules` finds every rule with its article.
#[test]
fn every_rule_begins_with_its_id_and_article() {
    let rules = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let none: [String; 0] = [];
    assert_eq!(
        minzheng_kit::testing::articles::without_article(&rules, &["parameters"]).unwrap(),
        none
    );
}
