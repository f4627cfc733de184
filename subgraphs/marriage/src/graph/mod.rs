//! The marriage subsystem's part of the schema: thin resolvers over [`crate::service`].
//!
//! Objects that come in lists carry their siblings, so that a field below one of them is loaded for
//! all in one statement. What is public says so with `@cacheControl`; what is of a person says so
//! with `@personal`; and each resolver judges the row again in [`access`].

pub mod access;
pub mod act;
pub mod archive;
pub mod assignment;
pub mod bureau;
pub mod cases;
pub mod counselling;
pub mod counter;
pub mod counter_enums;
pub mod counter_mutation;
pub mod counter_query;
pub mod court;
pub mod divorce;
pub mod divorce_mutation;
pub mod eligibility;
pub mod entities;
pub mod enums;
pub mod inputs;
pub mod inquiry;
pub mod interop;
pub mod keyed;
pub mod law;
pub mod person;
pub mod places;
pub mod query;
pub mod queue;
pub mod records;
pub mod registry;
pub mod revival;
pub mod slot_mutation;
pub mod slots;
pub mod staff;
pub mod statistics;
pub mod subscription;

use crate::kit::{Graph, Services, YearMonth};
use async_graphql::{Error, ErrorExtensions, ID, MergedObject};
use uuid::Uuid;

/// The queries of marriage registration.
#[derive(MergedObject, Clone, Copy, Debug, Default)]
pub struct Query(
    query::RegistryQuery,
    counter_query::CounterQuery,
    inquiry::InquiryQuery,
    law::LawQuery,
    interop::InteropQuery,
);

/// What may be changed (变更).
#[derive(MergedObject, Clone, Copy, Debug, Default)]
pub struct Mutation(
    slot_mutation::SlotMutation,
    counter_mutation::CounterMutation,
    divorce_mutation::DivorceMutation,
    court::CourtMutation,
    cases::CaseMutation,
    revival::RevivalMutation,
    archive::ReplacementMutation,
    queue::HallMutation,
    counselling::CounsellingMutation,
    staff::StaffMutation,
    bureau::BureauMutation,
    assignment::AssignmentMutation,
    law::TimersMutation,
    interop::InteropMutation,
);

/// The schema over its services.
pub(crate) fn build(services: Services) -> Graph {
    Graph::with_subscription(
        Query::default(),
        Mutation::default(),
        subscription::Subscription,
        services,
    )
}

/// A malformed argument, which stops its field. The value is never repeated.
fn bad_argument(path: &'static str, en: &'static str, zh: &'static str) -> Error {
    Error::new(en).extend_with(|_, extensions| {
        extensions.set("code", "BAD_USER_INPUT");
        extensions.set("messageZh", zh);
        extensions.set("argument", path);
    })
}

/// Reads an id of ours.
fn uuid(id: &ID, path: &'static str) -> async_graphql::Result<Uuid> {
    crate::kit::id::parse(id)
        .ok_or_else(|| bad_argument(path, "The id is malformed.", "标识格式不正确。"))
}

/// Judges a period of months, both included.
fn period(from: YearMonth, to: YearMonth) -> async_graphql::Result<()> {
    let months = to.index() - from.index() + 1;
    if (1..=crate::service::statistics::MAX_MONTHS).contains(&months) {
        Ok(())
    } else {
        Err(bad_argument(
            "from",
            "The period must end after it begins and span at most ten years.",
            "起止月份不正确，且跨度不得超过十年。",
        ))
    }
}

/// A list size that a client asked for, within bounds.
fn size(first: i32, most: usize) -> usize {
    usize::try_from(first).unwrap_or(0).min(most)
}

/// Minutes after midnight as people write them.
fn clock_text(minutes: i32) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}
