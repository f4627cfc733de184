//! Names: late filings, notices, protected names, addresses to be renewed, the change feed, the numbers of
//! the law.

use std::collections::HashMap;

use async_graphql::{Context, ID, Object, SimpleObject, connection::Edge};
use minzheng_kit::{
    Date, DateTime, Error, PrincipalExt, Result,
    batch::Siblings,
    federation::directives::*,
    page::{self, Page, PageArgs},
};
use sea_orm::{EntityTrait, Order};
use uuid::Uuid;

use super::known;
use crate::{
    graph::{
        division::{Division, day},
        naming::{NamingApplication, NamingNotice},
        place::Place,
    },
    model::{
        filing as filing_table, naming_application, place as place_table, place_change,
        public_notice, vocabulary::PlaceHeritageCategory,
    },
    rules::parameters::{self, Key},
    service::{divisions, due_days, heritage, naming, naming::filing},
};

/// The entrances to names.
#[derive(Default)]
pub(super) struct Names;

/// A filing that is late, with its application (逾期备案).
#[derive(SimpleObject, Clone)]
pub(crate) struct OverdueFiling {
    /// The application whose approval was not filed (地名申请).
    application: NamingApplication,
    /// The last day for the filing (截止日期).
    due_on: Date,
    /// Days since then (逾期天数).
    days_late: i64,
}

/// A change of names or divisions, for who keeps a copy (地名区划变更记录).
#[derive(SimpleObject, Clone)]
pub(crate) struct PlaceChangeEntry {
    /// Its place in the feed, rising (序号).
    seq: i64,
    /// When (时间).
    at: DateTime,
    /// What happened, as the event is named (事项).
    kind: String,
    /// The division concerned; null where none is (区划).
    division: Option<Division>,
    /// The place concerned; null where none is (地名实体).
    place: Option<Place>,
}

impl PlaceChangeEntry {
    /// Entries that are shown together.
    pub(crate) fn all(rows: Vec<place_change::Model>) -> Vec<Self> {
        let divisions = Siblings::new(rows.iter().filter_map(|row| row.division).collect());
        let places = Siblings::new(rows.iter().filter_map(|row| row.place).collect());
        rows.into_iter()
            .map(|row| Self {
                seq: row.seq,
                at: DateTime(row.at),
                kind: row.kind,
                division: row.division.map(|id| Division::sibling(id, &divisions)),
                place: row.place.map(|id| Place::sibling(id, &places)),
            })
            .collect()
    }
}

/// A notice with its application (公告及其事项).
#[derive(SimpleObject, Clone)]
pub(crate) struct PublishedNotice {
    /// The notice (公告).
    notice: NamingNotice,
    /// The place it is about; null where it is not in the register (地名实体).
    place: Option<Place>,
}

/// A number that a law or a province sets, with the time for which it holds (法定参数).
#[derive(SimpleObject, Clone)]
pub(crate) struct PlaceParameter {
    /// What it is for (参数).
    key: Key,
    /// The number (数值).
    value: i64,
    /// The article it rests on (法律依据).
    legal_basis: String,
    /// Where the text was read (出处).
    source: String,
    /// When it was last compared with the published text, as YYYY-MM-DD; empty where nobody has (核对日期).
    verified_on: String,
    /// Whether it was compared with the published text (是否已核对).
    is_verified: bool,
    /// The first day (起始日期).
    valid_from: Date,
    /// The last day, exclusive; null while in force (截止日期，不含当日).
    valid_to: Option<Date>,
}

/// The division that an officer may ask about: the one named, if it lies in the officer's area, else the
/// officer's own.
pub(in crate::graph) async fn own_area(
    ctx: &Context<'_>,
    division_id: Option<&ID>,
) -> Result<Uuid> {
    let services = ctx.services();
    let (db, today) = (services.db.read(), services.clock.today());
    let asked = match division_id {
        Some(id) => known(id, &["divisionId"])?,
        None => {
            let code = ctx.principal().division.clone().ok_or(Error::Forbidden)?;
            divisions::by_code(db, &code, today)
                .await?
                .ok_or(Error::Forbidden)?
                .division
        }
    };
    let version = divisions::versions_on(db, &[asked], today).await?;
    if version
        .values()
        .any(|version| ctx.principal().oversees(&version.code))
    {
        Ok(asked)
    } else {
        Err(Error::Forbidden)
    }
}

#[Object]
impl Names {
    /// An application by its identity, for officers of its area; null when there is none (地名申请).
    #[graphql(directive = requires_scopes::apply(vec![vec!["places.write".into()]]))]
    async fn naming_application(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its identity (标识).")] id: ID,
    ) -> Result<Option<NamingApplication>> {
        ctx.need("places.write")?;
        let db = ctx.services().db.read();
        let found = naming_application::Entity::find_by_id(known(&id, &["id"])?)
            .one(db)
            .await?;
        let Some(row) = found else { return Ok(None) };
        own_area(ctx, Some(&row.county.into())).await?;
        Ok(Some(NamingApplication::one(row)))
    }

    /// Approvals that were not filed in time, soonest due first, in the officer's area (逾期未备案).
    #[graphql(directive = requires_scopes::apply(vec![vec!["places.write".into()]]))]
    async fn filings_overdue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In this division; the officer's own if not given (区划).")]
        division_id: Option<ID>,
        #[graphql(desc = "How many, at most 500 (条数).", default = 50)] first: i32,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Result<Page<OverdueFiling>> {
        ctx.need("places.write")?;
        let services = ctx.services();
        let (db, today) = (services.db.read(), services.clock.today());
        let division = own_area(ctx, division_id.as_ref()).await?;
        let order = [
            (filing_table::Column::DueOn, Order::Asc),
            (filing_table::Column::Application, Order::Asc),
        ];
        let args = PageArgs::forward(Some(first), after);
        let select = filing::overdue(today, Some(division));
        let mut keys = Vec::new();
        let due = page::keyset(db, select, &order, &args, |rows| {
            keys = rows.iter().map(|row| row.application).collect();
            rows.into_iter().map(|row| Date(row.due_on)).collect()
        })
        .await?;
        let mut rows: HashMap<Uuid, NamingApplication> =
            NamingApplication::all(naming::applications(db, &keys).await?)
                .into_iter()
                .map(|one| (one.uuid(), one))
                .collect();
        let mut page = Page::new(due.has_previous_page, due.has_next_page);
        for (edge, id) in due.edges.into_iter().zip(keys) {
            if let Some(application) = rows.remove(&id) {
                let late = OverdueFiling {
                    application,
                    due_on: edge.node,
                    days_late: (today - edge.node.0).num_days(),
                };
                page.edges.push(Edge::new(edge.cursor, late));
            }
        }
        Ok(page)
    }

    /// Public notices of names, by application (地名公告).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn naming_notices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of names in this division only (区划).")] division_id: Option<ID>,
        #[graphql(desc = "How many, at most 500 (条数).", default = 20)] first: i32,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Result<Page<PublishedNotice>> {
        let services = ctx.services();
        let (db, today) = (services.db.read(), services.clock.today());
        let division = division_id
            .map(|id| known(&id, &["divisionId"]))
            .transpose()?;
        let order = [(public_notice::Column::Application, Order::Desc)];
        let args = PageArgs::forward(Some(first), after);
        let mut keys = Vec::new();
        let notices = page::keyset(db, filing::published(division), &order, &args, |rows| {
            keys = rows.iter().map(|row| row.application).collect();
            rows.into_iter()
                .map(|row| {
                    let due = due_days::written(&row);
                    NamingNotice::new(row, Some(due), today)
                })
                .collect::<Vec<_>>()
        })
        .await?;
        let places: HashMap<Uuid, Uuid> = naming::applications(db, &keys)
            .await?
            .into_iter()
            .filter_map(|row| Some((row.id, row.place?)))
            .collect();
        let siblings = Siblings::new(places.values().copied().collect());
        let mut page = Page::new(notices.has_previous_page, notices.has_next_page);
        for (edge, id) in notices.edges.into_iter().zip(keys) {
            let node = PublishedNotice {
                notice: edge.node,
                place: places.get(&id).map(|id| Place::sibling(*id, &siblings)),
            };
            page.edges.push(Edge::new(edge.cursor, node));
        }
        Ok(page)
    }

    /// Places whose names are protected, by identity (地名文化遗产名录).
    #[graphql(directive = cache_control::apply(Some(600), Some(CacheScope::Public)))]
    async fn heritage_names(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In this county or township only (区划).")] division_id: Option<ID>,
        #[graphql(desc = "Protected as this only (保护类别).")] category: Option<
            PlaceHeritageCategory,
        >,
        #[graphql(desc = "How many, at most 500 (条数).", default = 50)] first: i32,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Result<Page<Place>> {
        let division = division_id
            .map(|id| known(&id, &["divisionId"]))
            .transpose()?;
        let order = [(place_table::Column::Id, Order::Asc)];
        let args = PageArgs::forward(Some(first), after);
        let select = heritage::protected(division, category);
        page::keyset(ctx.services().db.read(), select, &order, &args, Place::all).await
    }

    /// Places whose standard address still prints a name of before, by identity (待更新标准地址).
    #[graphql(directive = cache_control::apply(Some(60), Some(CacheScope::Public)))]
    async fn outdated_addresses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In this county or township only (区划).")] division_id: Option<ID>,
        #[graphql(desc = "How many, at most 500 (条数).", default = 50)] first: i32,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Result<Page<Place>> {
        let division = division_id
            .map(|id| known(&id, &["divisionId"]))
            .transpose()?;
        let order = [(place_table::Column::Id, Order::Asc)];
        let args = PageArgs::forward(Some(first), after);
        let select = heritage::outdated(division);
        page::keyset(ctx.services().db.read(), select, &order, &args, Place::all).await
    }

    /// What changed in names and divisions behind a cursor, in the order in which it was committed: keep the cursor of the last entry and ask again (变更增量).
    #[graphql(directive = cache_control::apply(Some(0), Some(CacheScope::Public)))]
    async fn changes_since(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The cursor of the last entry seen; from the beginning if not given (游标)."
        )]
        cursor: Option<String>,
        #[graphql(desc = "How many, at most 500 (条数).", default = 100)] first: i32,
    ) -> Result<Page<PlaceChangeEntry>> {
        let order = [(place_change::Column::Seq, Order::Asc)];
        let args = PageArgs::forward(Some(first), cursor);
        let node = PlaceChangeEntry::all;
        let select = place_change::Entity::find();
        page::keyset(ctx.services().db.read(), select, &order, &args, node).await
    }

    /// The numbers that laws and provinces set for names, divisions and boundaries, as of a day (法定参数).
    #[graphql(directive = cache_control::apply(Some(3600), Some(CacheScope::Public)))]
    async fn place_parameters(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day, today if not given (日期).")] as_of: Option<Date>,
    ) -> Vec<PlaceParameter> {
        use sea_orm::Iterable;
        let on = day(ctx, as_of);
        let place = ctx.services().province.division_code();
        let rows = Key::iter()
            .filter_map(|one| parameters::in_force_at(parameters::TABLE, one, &place, on));
        rows.map(|row| PlaceParameter {
            key: row.key,
            value: row.value,
            legal_basis: row.legal_basis.to_owned(),
            source: row.source.to_owned(),
            verified_on: row.verified_on.unwrap_or_default().to_owned(),
            is_verified: row.verified_on.is_some(),
            valid_from: Date(row.from()),
            valid_to: row.to().map(Date),
        })
        .collect()
    }
}
