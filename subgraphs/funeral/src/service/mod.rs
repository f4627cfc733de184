//! Use cases. Each writing one runs inside the transaction it is given; none knows of GraphQL.
//!
//! Reading functions take several keys and answer for all of them with one statement, because
//! they are called for all siblings of a page or an `_entities` call at once.

pub mod act;
pub mod authority;
pub mod bills;
pub mod breaches;
pub mod cases;
pub mod catalogue;
pub mod ceilings;
pub mod collection;
pub mod confirmation;
pub mod contracts;
pub mod course;
pub mod cremations;
pub mod day;
pub mod deaths;
pub mod facilities;
pub mod figures;
pub mod founding;
pub mod furnishing;
pub mod graves;
pub mod halls;
pub mod interments;
pub mod kept;
pub mod keyed;
pub mod later;
pub mod moves;
pub mod near;
pub mod people;
pub mod plots;
pub mod proposals;
pub mod scope;
pub mod sea;
pub mod sites;
pub mod sla;
pub mod sql;
pub mod succession;
pub mod suppression;
pub mod tickets;
pub mod timers;
pub mod voyages;
pub mod waivers;
pub mod worship;

use chrono::NaiveDate;
use minzheng_kit::YearMonth;

/// The number of a day's month, as the tables keep it.
pub fn month_of(day: NaiveDate) -> i32 {
    YearMonth::of(day).index()
}
