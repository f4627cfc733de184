//! Divisions: the tree, codes of before, the history of changes and their rehearsal.

use async_graphql::{Context, ID, Object};
use minzheng_kit::{
    Date, DivisionCode, PrincipalExt, Result,
    federation::directives::*,
    page::{self, Page, PageArgs},
};
use sea_orm::Order;

use super::{bad, known, unknown};
use crate::{
    graph::{
        change::{CodeBearer, DivisionChange, DivisionRehearsal, DivisionTreeNode},
        division::day,
    },
    model::{division_change as table, division_version},
    service::{division_change, division_requests::DivisionChangeDraftInput, divisions},
};

/// The entrances to the tree and its changes.
#[derive(Default)]
pub(super) struct Changes;

#[Object]
impl Changes {
    /// The divisions below one as of a day, by code, so that each stands behind the one above it (区划树).
    #[graphql(directive = cache_control::apply(Some(3600), Some(CacheScope::Public)))]
    async fn division_tree(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The division at the top; the province served if not given (根区划).")]
        root_id: Option<ID>,
        #[graphql(desc = "The day, today if not given (日期).")] as_of: Option<Date>,
        #[graphql(desc = "Levels below the top, 1 to 3 (层数).", default = 1)] depth: i32,
        #[graphql(desc = "How many, at most 500 (条数).", default = 100)] first: i32,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Result<Page<DivisionTreeNode>> {
        let services = ctx.services();
        let (db, on) = (services.db.read(), day(ctx, as_of));
        let depth = u8::try_from(depth)
            .ok()
            .filter(|depth| (1..=3).contains(depth))
            .ok_or_else(|| {
                bad(
                    "DEPTH",
                    "The depth is 1, 2 or 3.",
                    "层数应为1至3。",
                    &["depth"],
                )
            })?;
        let root = match root_id {
            Some(id) => known(&id, &["rootId"])?,
            None => {
                divisions::by_code(db, &services.province.division_code(), on)
                    .await?
                    .ok_or_else(|| unknown(&["rootId"]))?
                    .division
            }
        };
        use division_version::Column as C;
        let order = [(C::Code, Order::Asc), (C::Division, Order::Asc)];
        let args = PageArgs::forward(Some(first), after);
        page::keyset(
            db,
            divisions::tree(root, depth, on),
            &order,
            &args,
            |rows| DivisionTreeNode::all(root, rows),
        )
        .await
    }

    /// Every division that bore a code, earliest first, with the version in which it did; its descent and its heirs of today hang on the division (代码沿革).
    #[graphql(directive = cache_control::apply(Some(3600), Some(CacheScope::Public)))]
    async fn lineage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Six digits, nine for townships (区划代码).")] code: DivisionCode,
    ) -> Result<Vec<CodeBearer>> {
        let rows = divisions::bearers(ctx.services().db.read(), &code.0).await?;
        Ok(CodeBearer::all(rows))
    }

    /// The changes that concern a division or happened in it, announced ones included, latest first (区划变更历史).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn division_history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The division (区划).")] division_id: ID,
        #[graphql(desc = "How many, at most 500 (条数).", default = 50)] first: i32,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Result<Page<DivisionChange>> {
        let division = known(&division_id, &["divisionId"])?;
        let order = [
            (table::Column::Effective, Order::Desc),
            (table::Column::Id, Order::Asc),
        ];
        let args = PageArgs::forward(Some(first), after);
        page::keyset(
            ctx.services().db.read(),
            division_change::history(division),
            &order,
            &args,
            DivisionChange::all,
        )
        .await
    }

    /// One change of divisions; null when there is none (行政区划变更事项).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn division_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its identity (标识).")] id: ID,
    ) -> Result<Option<DivisionChange>> {
        let row = division_change::one(ctx.services().db.read(), known(&id, &["id"])?).await?;
        Ok(row
            .into_iter()
            .flat_map(|row| DivisionChange::all(vec![row]))
            .next())
    }

    /// Rehearses a change of divisions: every division that would change, with what is keyed to it in every subsystem, before and after, and why it could not be done; nothing is written (行政区划变更预演).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_control::apply(Some(0), Some(CacheScope::Private))
    )]
    async fn rehearse_division_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The change (变更事项).")] change: DivisionChangeDraftInput,
    ) -> Result<DivisionRehearsal> {
        ctx.need("places.write")?;
        let rehearsal = division_change::rehearse(ctx.services().db.read(), &change).await?;
        Ok(rehearsal.into())
    }
}
