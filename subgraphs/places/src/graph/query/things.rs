//! Single things by their identity, their lists, and what the gateway asks.

use async_graphql::{Context, ID, Object};
use minzheng_kit::{
    Date, DivisionCode, PrincipalExt, Result,
    events::{self, FeedEvent},
    federation::{self, Any, Entities, Service, directives::*},
    id,
    page::{self, Page, PageArgs},
};
use sea_orm::Order;
use uuid::Uuid;

use super::{bad, known, names, unknown};
use crate::graph::{
    Entity,
    boundary::{self, BoundaryLine},
    division::{self, Division, day},
    inputs::{BoundingBoxInput, NameDraftInput},
    naming::{NameConflict, NamingApplication},
    place::{self, Place},
};
use crate::{
    model::{
        boundary_line, naming_application, place as place_table,
        vocabulary::{BoundaryLevel, DivisionLevel},
    },
    rules::{names as rules, scope::PlaceKind, state::NamingState},
    service::{boundaries, divisions, naming, places},
};

/// The longest text that is searched for, in characters.
const LONGEST_SEARCH: usize = 60;

/// The entrances to single things and their lists.
#[derive(Default)]
pub(super) struct Things;

#[Object]
impl Things {
    /// A division by its identity, live or ended; null when there is none (行政区划).
    #[graphql(directive = cache_control::apply(Some(3600), Some(CacheScope::Public)))]
    async fn division(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its identity (标识).")] id: ID,
    ) -> Result<Option<Division>> {
        Ok(division::load(ctx, &[id::parse(&id)])
            .await?
            .into_iter()
            .flatten()
            .next())
    }

    /// The division that bore a code on a day; null when none did: a code of today means nothing in another year (按代码查区划).
    #[graphql(directive = cache_control::apply(Some(3600), Some(CacheScope::Public)))]
    async fn division_by_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Six digits, nine for townships (区划代码).")] code: DivisionCode,
        #[graphql(desc = "The day, today if not given (日期).")] as_of: Option<Date>,
    ) -> Result<Option<Division>> {
        let found = divisions::by_code(ctx.services().db.read(), &code.0, day(ctx, as_of)).await?;
        Ok(found.map(|row| Division::one(row.division)))
    }

    /// The divisions of a level in the whole country, by code (各级行政区划).
    #[graphql(directive = cache_control::apply(Some(3600), Some(CacheScope::Public)))]
    async fn divisions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The level (级别).")] level: DivisionLevel,
        #[graphql(desc = "The day, today if not given (日期).")] as_of: Option<Date>,
        #[graphql(desc = "How many, at most 500 (条数).", default = 50)] first: i32,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Result<Page<Division>> {
        let select = divisions::of_level(level, day(ctx, as_of));
        division::page(ctx, select, &PageArgs::forward(Some(first), after)).await
    }

    /// A place by its identity; null when there is none (地名实体).
    #[graphql(directive = cache_control::apply(Some(600), Some(CacheScope::Public)))]
    async fn place(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its identity (标识).")] id: ID,
    ) -> Result<Option<Place>> {
        Ok(place::load(ctx, &[id::parse(&id)])
            .await?
            .into_iter()
            .flatten()
            .next())
    }

    /// Places by a part of a name or the beginning of its Pinyin, by kind, division and box; all that is given must hold (地名查询).
    #[graphql(directive = cache_control::apply(Some(60), Some(CacheScope::Public)))]
    #[expect(
        clippy::too_many_arguments,
        reason = "each is an argument of the field"
    )]
    async fn search_places(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A part of a name, or the beginning of its Pinyin (关键词).")]
        text: Option<String>,
        #[graphql(desc = "The kind of place (地名类别).")] kind: Option<PlaceKind>,
        #[graphql(desc = "A county or township around it (所在区划).")] division_id: Option<ID>,
        #[graphql(desc = "A box around its point (经纬度范围).")] within: Option<BoundingBoxInput>,
        #[graphql(desc = "How many, at most 500 (条数).", default = 20)] first: i32,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Result<Page<Place>> {
        if text
            .as_deref()
            .is_some_and(|t| t.chars().count() > LONGEST_SEARCH)
        {
            return Err(bad(
                "SEARCH_TOO_LONG",
                "The text to search for is too long.",
                "关键词过长。",
                &["text"],
            ));
        }
        let division = division_id
            .map(|id| known(&id, &["divisionId"]))
            .transpose()?;
        let wanted = places::Search {
            text,
            kind,
            division,
            within: within.map(Into::into),
        };
        let order = [(place_table::Column::Id, Order::Asc)];
        let args = PageArgs::forward(Some(first), after);
        page::keyset(
            ctx.services().db.read(),
            places::search(&wanted),
            &order,
            &args,
            Place::all,
        )
        .await
    }

    /// The names in force that are equal to a draft or sound like it within the area where it must be alone (重名同音核查).
    async fn name_conflicts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The name thought of (拟用地名).")] draft: NameDraftInput,
    ) -> Result<Vec<NameConflict>> {
        let services = ctx.services();
        let (db, today) = (services.db.read(), services.clock.today());
        let division = known(&draft.division_id, &["draft", "divisionId"])?;
        let except = draft
            .place_id
            .map(|id| known(&id, &["draft", "placeId"]))
            .transpose()?;
        let chain = divisions::chain(db, division, today).await?;
        let county = chain
            .iter()
            .find(|d| d.level == DivisionLevel::County)
            .or_else(|| chain.first())
            .ok_or_else(|| unknown(&["draft", "divisionId"]))?;
        let name = format!("{}{}", draft.specific.trim(), draft.generic.trim());
        if name.chars().count() > rules::longest(today) {
            return Err(bad(
                "NAME_TOO_LONG",
                "The name is too long.",
                "地名过长。",
                &["draft", "specific"],
            ));
        }
        let wanted = places::Wanted {
            name: &name,
            kind: draft.place_kind,
            county: county.division,
            except,
            application: None,
            today,
            province: services.province.as_str(),
        };
        let found = places::conflicts(db, wanted).await?;
        Ok(NameConflict::all(found, draft.place_kind))
    }

    /// Applications for names in the officer's area, oldest first (地名申请列表).
    #[graphql(directive = requires_scopes::apply(vec![vec!["places.write".into()]]))]
    async fn naming_applications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In this state only (状态).")] state: Option<NamingState>,
        #[graphql(desc = "In this division; the officer's own if not given (区划).")]
        division_id: Option<ID>,
        #[graphql(desc = "How many, at most 500 (条数).", default = 50)] first: i32,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Result<Page<NamingApplication>> {
        use sea_orm::{ColumnTrait, QueryFilter};
        ctx.need("places.write")?;
        let area = names::own_area(ctx, division_id.as_ref()).await?;
        let mut select = naming::in_area(area);
        if let Some(state) = state {
            select = select.filter(naming_application::Column::State.eq(state));
        }
        let order = [(naming_application::Column::Id, Order::Asc)];
        let args = PageArgs::forward(Some(first), after);
        page::keyset(
            ctx.services().db.read(),
            select,
            &order,
            &args,
            NamingApplication::all,
        )
        .await
    }

    /// The boundary lines whose joint inspection is due by a day, soonest first (到期联检界线).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    #[expect(
        clippy::too_many_arguments,
        reason = "each is an argument of the field"
    )]
    async fn boundaries_due(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day (截止日期).")] by: Date,
        #[graphql(desc = "Lines in or around this division only (区划).")] division_id: Option<ID>,
        #[graphql(desc = "Not due before this day (起始日期).")] from: Option<Date>,
        #[graphql(desc = "Lines of this level only (界线级别).")] level: Option<BoundaryLevel>,
        #[graphql(desc = "How many, at most 500 (条数).", default = 50)] first: i32,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Result<Page<BoundaryLine>> {
        let division = division_id
            .map(|id| known(&id, &["divisionId"]))
            .transpose()?;
        let order = [
            (boundary_line::Column::DueOn, Order::Asc),
            (boundary_line::Column::Id, Order::Asc),
        ];
        let args = PageArgs::forward(Some(first), after);
        let wanted = boundaries::Due {
            from: from.map(|day| day.0),
            by: by.0,
            level,
        };
        let select = boundaries::due(wanted, division);
        page::keyset(
            ctx.services().db.read(),
            select,
            &order,
            &args,
            BoundaryLine::all,
        )
        .await
    }

    /// Entities by their keys, for the gateway.
    #[graphql(name = "_entities")]
    async fn entities(&self, ctx: &Context<'_>, representations: Vec<Any>) -> Entities<Entity> {
        federation::resolve(representations, |typename, keys| async move {
            let ids: Vec<Option<Uuid>> = keys.iter().map(|any| any.uuid("id")).collect();
            match typename.as_str() {
                "Division" => {
                    together(division::load(ctx, &ids).await, ids.len(), Entity::Division)
                }
                "Place" => together(place::load(ctx, &ids).await, ids.len(), Entity::Place),
                "BoundaryLine" => together(
                    boundary::load(ctx, &ids).await,
                    ids.len(),
                    Entity::BoundaryLine,
                ),
                _ => federation::unknown(ids.len()),
            }
        })
        .await
    }

    /// The subgraph's schema, for the gateway.
    #[graphql(name = "_service")]
    async fn service(&self) -> Service {
        Service
    }

    /// The subgraph's events after a place in its feed, for other subgraphs.
    #[graphql(name = "_events")]
    async fn events(&self, ctx: &Context<'_>, after: i64, first: i32) -> Result<Vec<FeedEvent>> {
        events::feed(ctx, after, first).await
    }
}

/// One load for all representations of a type: an answer for each, or the error for each.
fn together<T>(
    loaded: Result<Vec<Option<T>>>,
    count: usize,
    entity: fn(T) -> Entity,
) -> Entities<Entity> {
    match loaded {
        Ok(found) => found
            .into_iter()
            .map(|one| one.map(|one| Ok(entity(one))))
            .collect(),
        Err(error) => federation::failed(count, &error),
    }
}
