//! What is published: items, ceilings and who sets them, price lists, and what is waived.

use async_graphql::{Context, ID, InputObject, Object, Result};
use minzheng_kit::federation::directives::{cache_invalidate, requires_scopes};
use minzheng_kit::mutation::told;
use minzheng_kit::{Date, Error, PrincipalExt, Yuan, payloads};

use super::{key, keyed, run, written};
use crate::graph::facility::{FuneralFacility, PriceLine, ServiceItem};
use crate::graph::waiver::WaiverPolicy;
use crate::model::{
    ceiling_authority, facility, price_ceiling, price_line, service_item, waiver_policy,
};
use crate::rules::terms::{ItemClass, ItemUnit, WaiverPayer};
use crate::service::{catalogue, facilities, waivers};

/// How many facilities above a new ceiling are named.
const MOST_ABOVE: usize = 200;

/// What is published.
#[derive(Default)]
pub struct PublicationMutation;

#[Object]
impl PublicationMutation {
    /// Adds an item to the service list of the province; the base items are the country's (增设服务项目).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["ServiceItem".into()]))]
    async fn add_service_item(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The item (项目内容).")] input: AddServiceItemInput,
    ) -> Result<ServiceItemPayload> {
        let done = run(ctx, "addServiceItem", input, |act, input| {
            Box::pin(async move {
                let new = catalogue::NewItem {
                    code: input.code.trim().to_owned(),
                    name_zh: input.name_zh.clone(),
                    name_en: input.name_en.clone(),
                    class: input.class,
                    unit: input.unit,
                };
                catalogue::add_item(&act, &new).await
            })
        });
        let item = match done.await {
            Ok(code) => item_of(ctx, &code).await,
            Err(error) => Err(error),
        };
        told(item, |row| ServiceItemPayload {
            item: Some(row.into()),
            ..ServiceItemPayload::default()
        })
    }

    /// The province authorises a prefecture to set ceilings of base items (授权设区市制定政府指导价).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn authorise_ceilings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The prefecture (授权内容).")] input: AuthoriseCeilingsInput,
    ) -> Result<CeilingAuthorityPayload> {
        let done = run(ctx, "authoriseCeilings", input, |act, input| {
            Box::pin(async move {
                let prefecture = key(&input.division, "division")?;
                catalogue::authorise(&act, prefecture, &input.basis, input.valid_from.0).await
            })
        });
        told(
            written::<ceiling_authority::Entity>(ctx, done.await).await,
            |row| CeilingAuthorityPayload {
                valid_from: Some(Date(row.valid_from)),
                ..CeilingAuthorityPayload::default()
            },
        )
    }

    /// Sets the guided ceiling of a base item, in the province or in an authorised prefecture; from its day on it binds
    /// published lists too (制定政府指导价).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["FuneralFacility".into()]))]
    async fn set_price_ceiling(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ceiling (指导价内容).")] input: SetPriceCeilingInput,
    ) -> Result<PriceCeilingPayload> {
        let done = run(ctx, "setPriceCeiling", input, |act, input| {
            Box::pin(async move {
                let new = catalogue::NewCeiling {
                    division: key(&input.division, "division")?,
                    item: input.item.trim().to_owned(),
                    ceiling: input.ceiling.0,
                    basis: input.basis.clone(),
                    from: input.valid_from.0,
                };
                catalogue::set_ceiling(&act, &new).await
            })
        });
        let row = written::<price_ceiling::Entity>(ctx, done.await).await;
        let above = match &row {
            Ok(row) => {
                let order = &ctx.principal().divisions;
                catalogue::above(ctx.services().db.read(), order, row, MOST_ABOVE).await?
            }
            Err(_) => Vec::new(),
        };
        told(row, |row| PriceCeilingPayload {
            ceiling: Some(Yuan(row.ceiling)),
            valid_from: Some(Date(row.valid_from)),
            above: Some(FuneralFacility::all(above)),
            ..PriceCeilingPayload::default()
        })
    }

    /// Publishes the next version of a facility's price list; nothing outside it is charged from its first day on
    /// (公示收费清单).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["FuneralFacility".into()]))]
    async fn publish_price_list(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The list (清单内容).")] input: PublishPriceListInput,
    ) -> Result<PriceListPayload> {
        let from = input.valid_from.0;
        let done = run(ctx, "publishPriceList", input, |act, input| {
            Box::pin(async move {
                let lines: Vec<catalogue::Line> =
                    input.lines.iter().map(PriceLineInput::line).collect();
                let facility = key(&input.facility, "facility")?;
                catalogue::publish(&act, facility, &input.basis, input.valid_from.0, &lines).await
            })
        });
        let home = written::<facility::Entity>(ctx, done.await).await;
        let lines: Vec<(price_line::Model, service_item::Model)> = match &home {
            Ok(home) => facilities::prices(
                ctx.services().db.read(),
                &ctx.principal().divisions,
                &[home.id],
                from,
            )
            .await?
            .remove(&home.id)
            .unwrap_or_default(),
            Err(_) => Vec::new(),
        };
        told(home, |row| PriceListPayload {
            facility: FuneralFacility::all(vec![row]).pop(),
            lines: Some(lines.iter().map(PriceLine::of).collect()),
            ..PriceListPayload::default()
        })
    }

    /// Sets what a division waives of a base item from a day on (制定减免政策).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["WaiverEligibility".into()]))]
    async fn set_waiver_policy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The policy (政策内容).")] input: SetWaiverPolicyInput,
    ) -> Result<WaiverPolicyPayload> {
        let done = run(ctx, "setWaiverPolicy", input, |act, input| {
            Box::pin(async move {
                let new = waivers::NewPolicy {
                    division: key(&input.division, "division")?,
                    name: input.name.clone(),
                    item: input.item.trim().to_owned(),
                    standard: input.standard.0,
                    payer: input.payer,
                    basis: input.legal_basis.clone(),
                    from: input.valid_from.0,
                    to: input.valid_to.map(|d| d.0),
                };
                waivers::set_policy(&act, &new).await
            })
        });
        let both = match written::<waiver_policy::Entity>(ctx, done.await).await {
            Ok(row) => item_of(ctx, &row.item_code).await.map(|item| (row, item)),
            Err(error) => Err(error),
        };
        told(both, |(row, item)| WaiverPolicyPayload {
            // The division has said what holds: whatever was merged into it is overtaken.
            policy: Some(WaiverPolicy::of(row, item, false)),
            ..WaiverPolicyPayload::default()
        })
    }
}

keyed!(
    AddServiceItemInput,
    AuthoriseCeilingsInput,
    SetPriceCeilingInput,
    PublishPriceListInput,
    SetWaiverPolicyInput,
);

payloads! {
    /// What came of adding an item (增设服务项目结果).
    pub ServiceItemPayload {
        /// The item; null when it was refused (服务项目).
        item: ServiceItem,
    }
    /// What came of an authorisation (授权结果).
    pub CeilingAuthorityPayload {
        /// First day of the authorisation; null when it was refused (授权生效日期).
        valid_from: Date,
    }
    /// What came of setting a ceiling (政府指导价制定结果).
    pub PriceCeilingPayload {
        /// The ceiling; null when it was refused (政府指导价上限).
        ceiling: Yuan,
        /// First day on which it holds; null when it was refused (生效日期).
        valid_from: Date,
        /// The facilities whose published lists lie above it, at most 200; they charge no more than the ceiling, and are
        /// to publish anew; null when it was refused (公示价高于新上限的设施).
        above: Vec<FuneralFacility>,
    }
    /// What came of publishing a list (收费清单公示结果).
    pub PriceListPayload {
        /// The facility; null when the list was refused (设施).
        facility: FuneralFacility,
        /// The list as it holds from its first day; null when it was refused (收费清单).
        lines: Vec<PriceLine>,
    }
    /// What came of setting a policy (减免政策制定结果).
    pub WaiverPolicyPayload {
        /// The policy; null when it was refused (减免政策).
        policy: WaiverPolicy,
    }
}

async fn item_of(ctx: &Context<'_>, code: &str) -> minzheng_kit::Result<service_item::Model> {
    facilities::items(ctx.services().db.read())
        .await?
        .remove(code)
        .ok_or(Error::NotFound)
}

/// An item to be added (增设服务项目).
#[derive(InputObject, Clone, Debug)]
pub struct AddServiceItemInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// Its code: two to eight capital letters and digits (项目编码).
    pub code: String,
    /// Chinese name (中文名称).
    pub name_zh: String,
    /// English name (英文名称).
    pub name_en: String,
    /// Its class; not a national base item (项目类别).
    pub class: ItemClass,
    /// The unit it is charged in (计价单位).
    pub unit: ItemUnit,
}

/// A prefecture to be authorised (授权).
#[derive(InputObject, Clone, Debug)]
pub struct AuthoriseCeilingsInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The prefecture (设区的市).
    pub division: ID,
    /// The document (授权依据).
    pub basis: String,
    /// First day; today at the earliest (生效日期).
    pub valid_from: Date,
}

/// A ceiling to be set (政府指导价).
#[derive(InputObject, Clone, Debug)]
pub struct SetPriceCeilingInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The province, or an authorised prefecture (适用区划).
    pub division: ID,
    /// Code of the base item (项目编码).
    pub item: String,
    /// The most that a unit may cost (政府指导价上限).
    pub ceiling: Yuan,
    /// The document (定价依据).
    pub basis: String,
    /// First day (生效日期).
    pub valid_from: Date,
}

/// A price list to be published (收费清单).
#[derive(InputObject, Clone, Debug)]
pub struct PublishPriceListInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The facility (设施).
    pub facility: ID,
    /// The document (定价依据).
    pub basis: String,
    /// First day; the list before ends there (生效日期).
    pub valid_from: Date,
    /// All lines of the list (清单项目).
    pub lines: Vec<PriceLineInput>,
}

/// A line of a price list (清单项).
#[derive(InputObject, Clone, Debug)]
pub struct PriceLineInput {
    /// Code of the item (项目编码).
    pub item: String,
    /// The price of a unit (收费标准).
    pub price: Yuan,
    /// Lower end of the reference range, of a non-base item (参考价下限).
    pub reference_low: Option<Yuan>,
    /// Upper end of the reference range, of a non-base item (参考价上限).
    pub reference_high: Option<Yuan>,
}

impl PriceLineInput {
    fn line(&self) -> catalogue::Line {
        catalogue::Line {
            item: self.item.trim().to_owned(),
            price: self.price.0,
            reference: self
                .reference_low
                .zip(self.reference_high)
                .map(|(low, high)| (low.0, high.0)),
        }
    }
}

/// A policy of waivers (减免政策).
#[derive(InputObject, Clone, Debug)]
pub struct SetWaiverPolicyInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The division whose policy it is (发布区划).
    pub division: ID,
    /// Its name (政策名称).
    pub name: String,
    /// Code of the base item (项目编码).
    pub item: String,
    /// The most that is waived of it (减免标准).
    pub standard: Yuan,
    /// Who pays (承担方).
    pub payer: WaiverPayer,
    /// The document (政策依据).
    pub legal_basis: String,
    /// First day (生效日期).
    pub valid_from: Date,
    /// First day on which it no longer holds; until another takes its place if not given (失效日期).
    pub valid_to: Option<Date>,
}
