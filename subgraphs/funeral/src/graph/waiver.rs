//! Waivers of funeral fees: what one may get, what one got, what a division paid.

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use minzheng_kit::contract::scope;
use minzheng_kit::federation::directives::{CacheScope, cache_control, requires_scopes};
use minzheng_kit::{Date, DateTime, PrincipalExt, YearMonth, Yuan};

use super::division::Division;
use super::facility::ServiceItem;
use crate::model::{service_item, waiver, waiver_policy};
use crate::rules::terms::WaiverPayer;
use crate::service::figures::WaiverTotals;
use crate::service::people;

/// What a household may have waived in a division (减免资格).
#[derive(SimpleObject)]
#[graphql(complex, directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct WaiverEligibility {
    /// The division (区划).
    pub division: Division,
    /// The day that is asked about (日期).
    pub on: Date,
    /// Whether any policy was in force on that day (是否有减免政策).
    pub eligible: bool,
    /// What is waived, item by item (减免项目).
    pub policies: Vec<WaiverPolicy>,
    /// The sum of all standards: the most a household can have waived (最高减免额).
    pub at_most: Yuan,
}

#[ComplexObject]
impl WaiverEligibility {
    /// What the household of a deceased has had and may still have waived under these policies; for the
    /// applicant of their funeral and for officers (某户减免资格).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["self".into()], vec!["funeral.case".into()]]),
        directive = cache_control::apply(Some(0), Some(CacheScope::Private))
    )]
    async fn household(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The deceased, by whom the household is known (逝者).")] deceased: ID,
    ) -> Result<Option<Vec<HouseholdWaiver>>> {
        let db = ctx.services().db.read();
        let caller = ctx.principal();
        let officer = super::access::officer(ctx, scope::FUNERAL_CASE, self.division.id).is_ok();
        if !officer {
            let own = ctx.person()?;
            let token = deceased.to_string();
            let arranged = people::arranged_by(db, std::slice::from_ref(&token), own).await?;
            if arranged.get(&token) != Some(&true) && !caller.is_person(&token) {
                return Err(minzheng_kit::Error::Forbidden.into());
            }
        }
        let granted = crate::service::waivers::of_household(db, &deceased).await?;
        Ok(Some(
            self.policies
                .iter()
                .map(|policy| {
                    let had = granted.get(&policy.item.code).copied().map(Yuan);
                    HouseholdWaiver {
                        item_code: policy.item.code.clone(),
                        standard: policy.standard,
                        open: had.is_none(),
                        granted: had,
                    }
                })
                .collect(),
        ))
    }

    /// What the caller's own households have been granted already; null for whoever is not a
    /// known person (本人已享受的减免).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["self".into()]]),
        directive = cache_control::apply(Some(0), Some(CacheScope::Private))
    )]
    async fn already_granted(&self, ctx: &Context<'_>) -> Result<Option<Yuan>> {
        ctx.need(scope::SELF)?;
        let own = ctx.person()?.to_owned();
        let granted = people::waivers_of(
            ctx.services().db.read(),
            std::slice::from_ref(&own),
            usize::MAX,
        )
        .await?;
        Ok(Some(Yuan(
            granted
                .get(&own)
                .into_iter()
                .flatten()
                .map(|w| w.amount)
                .sum(),
        )))
    }
}

/// What a household has had and may still have waived of one item (家庭减免情况).
#[derive(SimpleObject)]
pub struct HouseholdWaiver {
    /// Code of the item (项目编码).
    pub item_code: String,
    /// The most that is waived of it (减免标准).
    pub standard: Yuan,
    /// What was waived already; null where nothing was (已减免金额).
    pub granted: Option<Yuan>,
    /// Whether it can still be waived: each household once for an item (是否可减免).
    pub open: bool,
}

/// What a division waives of one item (减免政策).
#[derive(SimpleObject)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct WaiverPolicy {
    /// Opaque identity (标识).
    pub id: ID,
    /// Name of the policy (政策名称).
    pub name: String,
    /// The division whose policy it is (发布区划).
    pub division: Division,
    /// The item (项目).
    pub item: ServiceItem,
    /// The most that is waived of it (减免标准).
    pub standard: Yuan,
    /// Who pays (承担方).
    pub payer: WaiverPayer,
    /// The document (政策依据).
    pub legal_basis: String,
    /// First day (生效日期).
    pub valid_from: Date,
    /// First day on which it no longer holds; null while in force (失效日期).
    pub valid_to: Option<Date>,
    /// Whether another policy of this division is in force for the item too, since divisions were merged; it sets
    /// one anew to end both (是否待统一：合并后同一项目存在两项政策).
    pub contested: bool,
}

impl WaiverPolicy {
    /// From a policy and its item, and whether another one stands beside it.
    pub(super) fn of(
        row: waiver_policy::Model,
        item: service_item::Model,
        contested: bool,
    ) -> Self {
        Self {
            id: row.id.into(),
            name: row.name,
            division: Division::one(row.division_id),
            item: item.into(),
            standard: Yuan(row.standard),
            payer: row.payer,
            legal_basis: row.legal_basis,
            valid_from: Date(row.valid_from),
            valid_to: row.valid_to.map(Date),
            contested,
        }
    }
}

/// A fee that was waived (减免记录).
#[derive(SimpleObject)]
pub struct Waiver {
    /// Opaque identity (标识).
    pub id: ID,
    /// Code of the item (项目编码).
    pub item_code: String,
    /// What was waived (减免金额).
    pub amount: Yuan,
    /// Who pays (承担方).
    pub payer: WaiverPayer,
    /// Day it was granted (批准日期).
    pub granted_on: Date,
    /// Whether it has been settled (是否已结算).
    pub settled: bool,
}

impl From<waiver::Model> for Waiver {
    fn from(row: waiver::Model) -> Self {
        Self {
            id: row.id.into(),
            item_code: row.item_code,
            amount: Yuan(row.amount),
            payer: row.payer,
            granted_on: Date(row.granted_on),
            settled: row.settlement_id.is_some(),
        }
    }
}

/// What a division waived in a period (减免汇总).
#[derive(SimpleObject)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct WaiverSummary {
    /// First month (起始月份).
    pub from: YearMonth,
    /// Last month, included (截止月份).
    pub to: YearMonth,
    /// Households; null where the number would tell of single families (户数，小数隐去).
    pub households: Option<i64>,
    /// The sum that was waived; null where the number of households is (减免金额，小数隐去).
    pub waived: Option<Yuan>,
    /// The part of it that is settled; null where the number of households is
    /// (已结算金额，小数隐去).
    pub settled: Option<Yuan>,
    /// The mean of a household, to the fen; null where there is none (户均减免).
    pub per_household: Option<Yuan>,
    /// When this was summed up (统计时间).
    pub as_of: DateTime,
}

impl WaiverSummary {
    /// From sums; `open` says whether they may be told.
    pub(super) fn of(
        totals: WaiverTotals,
        open: bool,
        (from, to): (YearMonth, YearMonth),
        as_of: DateTime,
    ) -> Self {
        // Rounded half up: 138,000,000 yuan over 84,400 households are 1,635.07 each.
        let mean = |n: i64| Yuan((totals.waived * 2 + n) / (n * 2));
        Self {
            from,
            to,
            households: open.then_some(totals.households),
            waived: open.then_some(Yuan(totals.waived)),
            settled: open.then_some(Yuan(totals.settled)),
            per_household: (open && totals.households > 0).then(|| mean(totals.households)),
            as_of,
        }
    }
}
