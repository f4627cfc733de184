//! Bills, waivers, the end of a case, and prices outside the list.

use async_graphql::{Context, ID, InputObject, Object, Result};
use minzheng_kit::federation::directives::{cache_invalidate, requires_scopes};
use minzheng_kit::mutation::told;
use minzheng_kit::{Date, Yuan, payloads};

use super::{
    CasePayload, CaseStepInput, case_steps, case_told, key, keyed, run, some_key, written,
};
use crate::graph::breach::PriceBreach;
use crate::graph::inputs::SettleWaiverInput;
use crate::graph::payloads::{SettleWaiverPayload, WaiverSettlement};
use crate::model::{price_breach, waiver_settlement};
use crate::rules::terms::{BreachState, CancelReason, CorrectionReason};
use crate::service::{bills, breaches};

/// Bills and prices.
#[derive(Default)]
pub struct BillMutation;

#[Object]
impl BillMutation {
    /// Charges items by the facility's published list of the service day; nothing outside it (计费).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn charge_items(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lines (计费内容).")] input: ChargeItemsInput,
    ) -> Result<CasePayload> {
        let done = run(ctx, "chargeItems", input, |act, input| {
            Box::pin(async move {
                let facility = some_key(input.facility.as_ref(), "facility")?;
                let lines: Vec<bills::Line> =
                    input.items.iter().map(ChargeLineInput::line).collect();
                bills::charge(&act, input.seen()?, facility, &lines).await
            })
        });
        case_told(ctx, done.await).await
    }

    /// Corrects a line of a bill by a new entry; a quantity of nought takes it off (更正账单).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn correct_bill_line(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is right (更正内容).")] input: CorrectBillLineInput,
    ) -> Result<CasePayload> {
        let done = run(ctx, "correctBillLine", input, |act, input| {
            Box::pin(async move {
                let line = key(&input.line, "line")?;
                bills::correct_line(&act, input.seen()?, line, input.quantity, input.reason).await
            })
        });
        case_told(ctx, done.await).await
    }

    /// Waives of the bill what the policies of the division grant (减免费用).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["Division".into()]))]
    async fn grant_waivers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case (减免内容).")] input: CaseStepInput,
    ) -> Result<CasePayload> {
        let done = run(ctx, "grantWaivers", input, |act, input| {
            Box::pin(async move { bills::grant_waivers(&act, input.seen()?).await })
        });
        case_told(ctx, done.await).await
    }

    /// Settles the bill of a case: what was charged less what was waived (结算).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn settle_funeral_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case (结算内容).")] input: CaseStepInput,
    ) -> Result<CasePayload> {
        let done = run(ctx, "settleFuneralCase", input, |act, input| {
            Box::pin(async move { bills::settle(&act, input.seen()?).await })
        });
        case_told(ctx, done.await).await
    }

    /// Closes a settled case (结案).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn close_funeral_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case (结案内容).")] input: CaseStepInput,
    ) -> Result<CasePayload> {
        let done = run(ctx, "closeFuneralCase", input, |act, input| {
            Box::pin(async move { bills::close(&act, input.seen()?).await })
        });
        case_told(ctx, done.await).await
    }

    /// Calls a case off while the body has not been fetched (取消案件).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()], vec!["self".into()]]), directive = cache_invalidate::apply(vec!["FuneralFacility".into()]))]
    async fn cancel_funeral_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case and the reason (取消内容).")] input: CancelFuneralCaseInput,
    ) -> Result<CasePayload> {
        let done = run(ctx, "cancelFuneralCase", input, |act, input| {
            Box::pin(async move { bills::cancel(&act, input.seen()?, input.reason).await })
        });
        case_told(ctx, done.await).await
    }

    /// Settles what a division waived in a month that has ended (减免结算).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["Division".into()]))]
    async fn settle_waiver(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The division and the month (结算内容).")] input: SettleWaiverInput,
    ) -> Result<SettleWaiverPayload> {
        let done = run(ctx, "settleWaiver", input, |act, input| {
            Box::pin(async move {
                bills::settle_month(
                    &act,
                    key(&input.division, "division")?,
                    input.month,
                    input.payer,
                )
                .await
            })
        });
        told(
            written::<waiver_settlement::Entity>(ctx, done.await).await,
            |row| SettleWaiverPayload {
                settlement: Some(WaiverSettlement::of(row, true)),
                ..SettleWaiverPayload::default()
            },
        )
    }

    /// Reports a price outside the published list; it is judged by the list of the day (举报价格违规).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()], vec!["hotline".into()], vec!["self".into()]]))]
    async fn report_price_breach(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was charged (举报内容).")] input: ReportPriceBreachInput,
    ) -> Result<PriceBreachPayload> {
        let done = run(ctx, "reportPriceBreach", input, |act, input| {
            Box::pin(async move {
                let report = breaches::Report {
                    facility: key(&input.facility, "facility")?,
                    item: input.item.clone(),
                    charged: input.charged.0,
                    on: input.on.0,
                    bundled: input.bundled,
                };
                breaches::report(&act, &report).await
            })
        });
        breach_told(ctx, done.await).await
    }

    /// Confirms or dismisses a report of a price, or records what was paid back (处理价格违规).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn decide_price_breach(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision (处理内容).")] input: DecidePriceBreachInput,
    ) -> Result<PriceBreachPayload> {
        let done = run(ctx, "decidePriceBreach", input, |act, input| {
            Box::pin(async move {
                let breach = key(&input.breach, "breach")?;
                breaches::decide(
                    &act,
                    breach,
                    input.version,
                    input.state,
                    input.refunded.map(|y| y.0),
                )
                .await
            })
        });
        breach_told(ctx, done.await).await
    }
}

case_steps!(
    ChargeItemsInput,
    CorrectBillLineInput,
    CancelFuneralCaseInput
);
keyed!(
    SettleWaiverInput,
    ReportPriceBreachInput,
    DecidePriceBreachInput
);

payloads! {
    /// What came of a report of a price (价格违规办理结果).
    pub PriceBreachPayload {
        /// The report; null when it was refused (价格违规).
        breach: PriceBreach,
    }
}

async fn breach_told(
    ctx: &Context<'_>,
    outcome: minzheng_kit::Result<uuid::Uuid>,
) -> Result<PriceBreachPayload> {
    told(written::<price_breach::Entity>(ctx, outcome).await, |row| {
        PriceBreachPayload {
            breach: PriceBreach::all(vec![row]).pop(),
            ..PriceBreachPayload::default()
        }
    })
}

impl ChargeLineInput {
    fn line(&self) -> bills::Line {
        bills::Line {
            item: self.item.trim().to_owned(),
            quantity: self.quantity,
            on: self.on.0,
            price: self.price.map(|y| y.0),
            requires: self.requires.clone(),
        }
    }
}

/// Items to be charged (计费).
#[derive(InputObject, Clone, Debug)]
pub struct ChargeItemsInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
    /// The facility whose list it is; that of the case if not given (收费设施).
    pub facility: Option<ID>,
    /// The lines (计费项目).
    pub items: Vec<ChargeLineInput>,
}

/// A line to be charged (计费项).
#[derive(InputObject, Clone, Debug)]
pub struct ChargeLineInput {
    /// Code of the item (项目编码).
    pub item: String,
    /// How many units (数量).
    pub quantity: i32,
    /// Day of the service (服务日期).
    pub on: Date,
    /// What is charged for a unit; the published price if not given (单价).
    pub price: Option<Yuan>,
    /// Items that were made a condition of this one (捆绑条件).
    #[graphql(default)]
    pub requires: Vec<String>,
}

/// A line of a bill as it was (更正账单项).
#[derive(InputObject, Clone, Debug)]
pub struct CorrectBillLineInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
    /// The line (账单项).
    pub line: ID,
    /// How many units; nought takes it off (数量).
    pub quantity: i32,
    /// Why it is corrected (更正原因).
    pub reason: CorrectionReason,
}

/// A case to be called off (取消).
#[derive(InputObject, Clone, Debug)]
pub struct CancelFuneralCaseInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
    /// Why (取消原因).
    pub reason: CancelReason,
}

/// A price outside the list (价格举报).
#[derive(InputObject, Clone, Debug)]
pub struct ReportPriceBreachInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The facility (设施).
    pub facility: ID,
    /// Code or name of the item (项目).
    pub item: String,
    /// What was charged for a unit (收费金额).
    pub charged: Yuan,
    /// Day of the service (服务日期).
    pub on: Date,
    /// Whether the item was made a condition of another (是否捆绑).
    #[graphql(default)]
    pub bundled: bool,
}

/// A decision about a reported price (价格举报处理).
#[derive(InputObject, Clone, Debug)]
pub struct DecidePriceBreachInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The report (价格违规).
    pub breach: ID,
    /// The version that the decision is based on (版本).
    pub version: i64,
    /// The state it leads to (处理状态).
    pub state: BreachState,
    /// What was paid back, for a refund (退费金额).
    pub refunded: Option<Yuan>,
}
