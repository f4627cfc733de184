//! Who sees which row.

use kit::testing::rows::{COUNTY, Line, callers, differences};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::*;
use crate::model::permit_person;

#[tokio::test]
async fn rows_are_for_their_owner_and_for_officers_of_their_place() {
    let stage = Stage::of("51").await;
    let county = division(COUNTY);
    // An application of the place, and who handed it in.
    let listed = stage
        .data(
            stage.officer(COUNTY),
            &format!("{{ permitCases(division: \"{county}\") {{ nodes {{ id }} }} }}"),
            serde_json::json!({}),
        )
        .await;
    let ids: Vec<uuid::Uuid> = listed["permitCases"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|node| node["id"].as_str()?.parse().ok())
        .collect();
    let applicant = permit_person::Entity::find()
        .filter(permit_person::Column::CaseId.is_in(ids))
        .one(stage.services.db.read())
        .await
        .unwrap()
        .unwrap();
    let table = [
        Line {
            what: "an application",
            query: format!(
                "{{ permitCase(id: \"{}\") {{ missing id }} }}",
                applicant.case_id
            ),
            at: "/permitCase/id",
            seen_by: &["self", "registrar", "supervisor"],
        },
        Line {
            what: "the applications of a place",
            query: format!("{{ permitCases(division: \"{county}\") {{ nodes {{ id }} }} }}"),
            at: "/permitCases/nodes",
            seen_by: &["registrar", "supervisor"],
        },
        Line {
            what: "applications of one's own",
            query: "{ myPermitCases { nodes { id } } }".to_owned(),
            at: "/myPermitCases/nodes",
            seen_by: &["self"],
        },
        Line {
            what: "figures of a division",
            query: format!(
                "{{ _entities(representations: [{{ __typename: \"Division\", id: \"{county}\" }}]) {{ ... on Division {{ \
                 orgStats(from: \"2026-01\", to: \"2026-06\") {{ month }} }} }} }}"
            ),
            at: "/_entities/0/orgStats",
            seen_by: &["registrar", "supervisor", "dashboard", "auditor"],
        },
    ];
    let callers = callers(&applicant.person, &stage.token(9_999));
    let wrong = differences(&stage.graph, &callers, &table).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The law can be searched: `grep -rn '/// [A-Z]-[0-9]' src/rules` finds every rule with its article.
#[test]
fn every_rule_begins_with_its_id_and_article() {
    let rules = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let none: [String; 0] = [];
    assert_eq!(
        minzheng_kit::testing::articles::without_article(&rules, &["parameter", "threshold"])
            .unwrap(),
        none
    );
}
