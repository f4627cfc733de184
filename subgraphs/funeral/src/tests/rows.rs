//! Who sees which row.

use minzheng_kit::testing::rows::{COUNTY, Line, callers, differences};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::*;
use crate::model::{funeral_case, hotline_ticket};

#[tokio::test]
async fn rows_are_for_their_owner_and_for_officers_of_their_place() {
    let stage = Stage::of("51").await;
    let county: uuid::Uuid = division(COUNTY).parse().unwrap();
    let case = funeral_case::Entity::find()
        .filter(funeral_case::Column::DivisionId.eq(county))
        .one(stage.services.db.read())
        .await
        .unwrap()
        .unwrap();
    let ticket = hotline_ticket::Entity::find()
        .filter(hotline_ticket::Column::DivisionId.eq(county))
        .one(stage.services.db.read())
        .await
        .unwrap()
        .unwrap();
    let figures: &[&str] = &["registrar", "supervisor", "dashboard", "auditor"];
    let table = [
        Line {
            what: "a case",
            query: format!(
                "{{ funeralCase(id: \"{}\") {{ applicantPhone }} }}",
                case.id
            ),
            at: "/funeralCase/applicantPhone",
            seen_by: &["self", "registrar", "supervisor"],
        },
        Line {
            what: "the cases of a place",
            query: format!("{{ funeralCases(division: \"{county}\") {{ nodes {{ id }} }} }}"),
            at: "/funeralCases/nodes",
            seen_by: &["registrar", "supervisor"],
        },
        Line {
            what: "a call to the hotline",
            query: format!(
                "{{ hotlineTicket(id: \"{}\") {{ callerPhone }} }}",
                ticket.id
            ),
            at: "/hotlineTicket/callerPhone",
            seen_by: &["registrar", "supervisor"],
        },
        Line {
            what: "where illegal graves lie",
            query: format!("{{ illegalGraveCases(division: \"{county}\") {{ nodes {{ id }} }} }}"),
            at: "/illegalGraveCases/nodes",
            seen_by: &["registrar", "supervisor"],
        },
        Line {
            what: "figures of illegal graves",
            query: format!("{{ illegalGraves(division: \"{county}\") {{ __typename }} }}"),
            at: "/illegalGraves",
            seen_by: figures,
        },
        Line {
            what: "how fast the hotline answered",
            query: format!(
                "{{ ticketSla(division: \"{county}\", from: \"2026-01\", to: \"2026-11\") {{ __typename }} }}"
            ),
            at: "/ticketSla",
            seen_by: figures,
        },
    ];
    let callers = callers(&case.applicant, &stage.token(9_999));
    let wrong = differences(&stage.graph, &callers, &table).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The law can be searched: `grep -rn '/// [A-Z]-[0-9]' src/rules` finds every rule with its article.
#[test]
fn every_rule_begins_with_its_id_and_article() {
    let rules = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let none: [String; 0] = [];
    assert_eq!(
        minzheng_kit::testing::articles::without_article(&rules, &["settings"]).unwrap(),
        none
    );
}
