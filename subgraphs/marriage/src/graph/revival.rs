//! The declaration of a widowed spouse that the marriage is not to live again (民法典 51).

use super::access::View;
use super::act::{Outcome, id, known, officer, payload, read_at, text};
use super::records::MarriageRecord;
use crate::kit::federation::directives::*;
use crate::kit::{CitizenIdInput, Error, PrincipalExt};
use crate::service::{death, records};
use async_graphql::{Context, ID, InputObject, Object};
use uuid::Uuid;

payload! {
    /// What became of a declaration about a marriage (婚姻关系声明办理结果).
    MarriageDeclarationPayload {
        /// The marriage record with the declaration beside it; null when it was refused (婚姻登记记录).
        record: MarriageRecord
    }
}

/// The written declaration of the spouse of somebody who was declared dead (不愿恢复婚姻关系声明).
#[derive(InputObject)]
pub struct DeclineRevivalInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The registry that takes it (受理机关).
    pub registry: ID,
    /// The marriage record that the declared death has ended (婚姻登记记录).
    pub record: ID,
    /// The version at which it was read (版本).
    pub version: i64,
    /// Identity number of the spouse who lives (声明人身份号码).
    pub survivor: CitizenIdInput,
    /// Number of the written declaration (声明书编号).
    pub reference: String,
}

async fn made(
    ctx: &Context<'_>,
    survivor: &str,
    outcome: Outcome<Uuid>,
) -> async_graphql::Result<MarriageDeclarationPayload> {
    let loaded = match outcome {
        Err(refusals) => Err(refusals),
        Ok(id) => {
            let found = records::by_ids(ctx.services().db.read(), &[id]).await?;
            let row = found.get(&id).cloned().ok_or(Error::NotFound)?;
            let shown = MarriageRecord::together(&[row], survivor, View::Officer).pop();
            Ok(shown.ok_or(Error::NotFound)?)
        }
    };
    Ok(MarriageDeclarationPayload::of(loaded))
}

/// Declarations about marriages that a declared death has ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct RevivalMutation;

/// Declarations about marriages that a declared death has ended.
#[Object]
impl RevivalMutation {
    /// Takes the written declaration of a spouse that the marriage is not to live again should the declared death be taken back (登记不愿恢复婚姻关系的书面声明).
    #[graphql(directive = requires_scopes::apply(vec![vec!["marriage.case".into()]]))]
    async fn decline_revival(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The declaration (输入).")] input: DeclineRevivalInput,
    ) -> async_graphql::Result<MarriageDeclarationPayload> {
        let services = ctx.services();
        let read = async {
            Ok(death::Decline {
                registry: id(&input.registry, "registry")?,
                record: read_at(&input.record, input.version, "record")?,
                survivor: known(services, &input.survivor, "survivor").await?,
                reference: text(&input.reference, "reference", 64)?,
            })
        };
        let what: Outcome<death::Decline> = read.await;
        let survivor = what
            .as_ref()
            .map(|what| what.survivor.token.clone())
            .unwrap_or_default();
        let outcome = officer(ctx, &input.request_key, what, |a, w| {
            Box::pin(death::decline(a, w))
        })
        .await?;
        made(ctx, &survivor, outcome).await
    }
}
