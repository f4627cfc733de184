//! The entrance to offences against names.

use async_graphql::{Context, ID, Object};
use minzheng_kit::{
    PrincipalExt, Result,
    federation::directives::*,
    page::{self, Page, PageArgs},
};
use sea_orm::Order;

use super::names;
use crate::{
    graph::sign::NameOffence,
    model::name_offence::{Column, Model},
    service::{divisions, signs},
};

/// The entrance to offences against names.
#[derive(Default)]
pub(super) struct Offences;

#[Object]
impl Offences {
    /// What was decided on offences against the rules on names in the officer's area, latest first (地名违法行为处理列表).
    #[graphql(directive = requires_scopes::apply(vec![vec!["places.write".into()]]))]
    async fn name_offences(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In this division; the officer's own if not given (区划).")]
        division_id: Option<ID>,
        #[graphql(desc = "How many, at most 500 (条数).", default = 50)] first: i32,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Result<Page<NameOffence>> {
        ctx.need("places.write")?;
        let services = ctx.services();
        let (db, today) = (services.db.read(), services.clock.today());
        let area = names::own_area(ctx, division_id.as_ref()).await?;
        // The counties of today, and what was joined to them.
        let counties = divisions::counties_in(db, area, today).await?;
        let order = [(Column::DecidedOn, Order::Desc), (Column::Id, Order::Desc)];
        let args = PageArgs::forward(Some(first), after);
        let node =
            |rows: Vec<Model>| -> Vec<NameOffence> { rows.into_iter().map(NameOffence).collect() };
        page::keyset(db, signs::offences(&counties), &order, &args, node).await
    }
}
