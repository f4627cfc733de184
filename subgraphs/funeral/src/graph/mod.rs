//! The funeral subsystem's part of the schema: thin resolvers over [`crate::service`].
//!
//! Every object that comes in lists carries its siblings, so that a field below it is loaded for
//! all of them with one statement. What is public says so with `@cacheControl`; what is of a person
//! says so with `@personal`, and each resolver checks the row again.

pub mod access;
pub mod bill;
pub mod breach;
pub mod case;
pub mod confirm;
pub mod course;
pub mod division;
pub mod entities;
pub mod facility;
pub mod grave;
pub mod hearse;
pub mod inputs;
pub mod kin;
pub mod land;
pub mod land_lists;
pub mod lists;
pub mod mutation;
pub mod near;
pub mod payloads;
pub mod person;
pub mod places;
pub mod plot;
pub mod query;
pub mod root;
pub mod sea;
pub mod subscription;
pub mod ticket;
pub mod waiver;
pub mod worship;

pub use mutation::Mutation;
pub use root::Query;
pub use subscription::Subscription;

use async_graphql::{Error, ErrorExtensions, ID, SimpleObject};
use minzheng_kit::YearMonth;
use minzheng_kit::federation::directives::{CacheScope, cache_control, shareable};
use uuid::Uuid;

/// A point on the map, in degrees of CGCS2000, which at this accuracy is WGS 84 (坐标点).
#[derive(SimpleObject, Clone, Copy, Debug, PartialEq)]
#[graphql(
    directive = shareable::apply(),
    directive = cache_control::apply(Some(300), Some(CacheScope::Public))
)]
pub struct GeoPoint {
    /// Degrees east (经度).
    pub longitude: f64,
    /// Degrees north (纬度).
    pub latitude: f64,
}

/// A malformed argument, which stops its field. The value is not repeated.
fn bad_argument(path: &'static str, en: &'static str, zh: &'static str) -> Error {
    Error::new(en).extend_with(|_, e| {
        e.set("code", "BAD_USER_INPUT");
        e.set("messageZh", zh);
        e.set("argument", path);
    })
}

/// Reads an id of ours.
fn uuid(id: &ID, path: &'static str) -> async_graphql::Result<Uuid> {
    minzheng_kit::id::parse(id)
        .ok_or_else(|| bad_argument(path, "The id is malformed.", "标识格式不正确。"))
}

/// The parameters of the law in force today.
fn settings_today<'c>(ctx: &async_graphql::Context<'c>) -> crate::rules::settings::Settings<'c> {
    use minzheng_kit::PrincipalExt;
    let services = ctx.data_unchecked::<minzheng_kit::Services>();
    crate::rules::settings::on(services.province.as_str(), ctx.services().clock.today())
}

/// The longest period that figures are given for, in months: fifty years.
const MAX_MONTHS: i32 = 600;

/// Reads a period of months, both included.
fn period(from: YearMonth, to: YearMonth) -> async_graphql::Result<(i32, i32)> {
    let (from, to) = (from.index(), to.index());
    if from > to || to - from >= MAX_MONTHS {
        return Err(bad_argument(
            "from",
            "The period must end after it begins and span at most fifty years.",
            "起止月份不正确，且跨度不得超过五十年。",
        ));
    }
    Ok((from, to))
}

/// A list size that a client asked for, within bounds.
fn size(first: Option<i32>, default: usize, most: usize) -> usize {
    first
        .map_or(default, |n| usize::try_from(n).unwrap_or(0))
        .min(most)
}
