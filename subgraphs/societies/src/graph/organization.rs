//! The entity `Organization`, owned here.

use super::division::Division;
use super::parts::{
    AnnualReport, CharityStatus, CreditListing, FeeReduction, MemberStat, OrgName, PartyUnit,
    Rating,
};
use super::person::Person;
use super::place::Place;
use super::record::OrganizationRecord;
use crate::model::organization::Model;
use crate::rules;
use crate::service::{Months, register};
use crate::vocabulary::{
    ActivityField, DirectRegistrationClass, HubKind, OrgKind, OrgState, RegistrarLevel, ReportDuty,
};
use async_graphql::{Context, Object};
use kit::batch::Siblings;
use kit::contract::scope;
use kit::federation::directives::*;
use kit::{CreditCode, Date, GeoJson, PrincipalExt, Result, YearMonth, Yuan};
use minzheng_kit as kit;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// What the organizations of one page share: the keys by which their fields are loaded together.
#[derive(Debug)]
pub struct Shelf {
    codes: Arc<Siblings<String>>,
    divisions: Arc<Siblings<Uuid>>,
    places: Arc<Siblings<Uuid>>,
    /// The division that each current name begins with is loaded with the names; its siblings then
    /// are those divisions, kept beside.
    named: tokio::sync::OnceCell<Arc<Siblings<Uuid>>>,
}

/// A social organization (社会组织).
#[derive(Clone)]
pub struct Organization {
    row: Arc<Model>,
    shelf: Arc<Shelf>,
}

impl Organization {
    /// The organizations of one page or one `_entities` call.
    #[must_use]
    pub fn page(rows: Vec<Model>) -> Vec<Self> {
        let ids = |of: fn(&Model) -> Vec<Uuid>| Siblings::new(rows.iter().flat_map(of).collect());
        let shelf = Arc::new(Shelf {
            codes: Siblings::new(rows.iter().map(|row| row.credit_code.clone()).collect()),
            divisions: ids(|row| vec![row.division_id, row.registrar_division_id]),
            places: ids(|row| row.domicile_place_id.into_iter().collect()),
            named: tokio::sync::OnceCell::new(),
        });
        rows.into_iter()
            .map(|row| Self {
                row: Arc::new(row),
                shelf: Arc::clone(&shelf),
            })
            .collect()
    }

    /// The organizations with these codes as one page, by code.
    pub async fn load(ctx: &Context<'_>, codes: &[String]) -> Result<HashMap<String, Self>> {
        let rows = register::organizations(ctx.services().db.read(), codes).await?;
        let page = Self::page(rows.into_values().collect());
        Ok(page
            .into_iter()
            .map(|one| (one.row.credit_code.clone(), one))
            .collect())
    }

    /// The credit code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.row.credit_code
    }

    async fn names_loaded(
        &self,
        ctx: &Context<'_>,
    ) -> Result<Vec<crate::model::organization_name::Model>> {
        let db = ctx.services().db.read();
        let codes = &self.shelf.codes;
        let load = |codes: Arc<[String]>| async move { register::names(db, &codes).await };
        Ok(codes
            .load(&self.row.credit_code, "names", "", load)
            .await?
            .unwrap_or_default())
    }

    async fn ratings_loaded(&self, ctx: &Context<'_>) -> Result<Vec<Rating>> {
        let services = ctx.services();
        let (db, today) = (services.db.read(), services.clock.today());
        let load = |codes: Arc<[String]>| async move { register::ratings(db, &codes).await };
        let rows = self
            .shelf
            .codes
            .load(&self.row.credit_code, "ratings", "", load)
            .await?;
        Ok(rows
            .unwrap_or_default()
            .iter()
            .map(|row| Rating::on(row, today))
            .collect())
    }

    async fn fees_loaded(
        &self,
        ctx: &Context<'_>,
        range: Option<Months>,
    ) -> Result<Vec<crate::model::fee_reduction::Model>> {
        let db = ctx.services().db.read();
        let load = |codes: Arc<[String]>| async move { register::fee_reductions(db, &codes).await };
        let rows = self
            .shelf
            .codes
            .load(&self.row.credit_code, "fees", "", load)
            .await?
            .unwrap_or_default();
        let wanted =
            |month: i32| range.is_none_or(|range| (range.from..=range.to).contains(&month));
        Ok(rows.into_iter().filter(|row| wanted(row.month)).collect())
    }
}

/// A social organization: association, civil non-enterprise unit or foundation (社会组织).
#[Object(
    directive = key::apply("creditCode".into(), None),
    directive = cache_control::apply(Some(300), Some(CacheScope::Public))
)]
impl Organization {
    /// The unified social credit code, the key for ever (统一社会信用代码).
    async fn credit_code(&self) -> CreditCode {
        CreditCode(self.row.credit_code.clone())
    }

    /// The name today, or on another day; null when there was none on that day (名称).
    async fn name(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day; today when it is left out (日期).")] as_of: Option<Date>,
    ) -> Result<Option<String>> {
        let Some(Date(day)) = as_of else {
            return Ok(Some(self.row.name.clone()));
        };
        let names = self.names_loaded(ctx).await?;
        let on = |name: &crate::model::organization_name::Model| {
            name.valid_from <= day && name.valid_to.is_none_or(|to| day < to)
        };
        Ok(names.into_iter().find(on).map(|name| name.name))
    }

    /// All names through time, oldest first; null on failure (名称沿革).
    async fn names(&self, ctx: &Context<'_>) -> Option<Result<Vec<OrgName>>> {
        let names = self.names_loaded(ctx).await;
        Some(names.map(|names| names.into_iter().map(OrgName::from).collect()))
    }

    /// The kind (类别).
    async fn kind(&self) -> OrgKind {
        self.row.kind
    }

    /// Where it stands in its life (状态).
    async fn state(&self) -> OrgState {
        self.row.state
    }

    /// Whether it exists in law today (是否存续).
    async fn is_registered(&self) -> bool {
        self.row.state.is_live()
    }

    /// The division of its registration (登记所在行政区划).
    async fn division(&self) -> Division {
        Division::new(self.row.division_id, Arc::clone(&self.shelf.divisions))
    }

    /// The division that its name begins with; null when the name has none or on failure (名称所冠行政区划).
    async fn name_division(&self, ctx: &Context<'_>) -> Result<Option<Division>> {
        let names = self.names_loaded(ctx).await?;
        let Some(id) = names.last().and_then(|name| name.division_id) else {
            return Ok(None);
        };
        let siblings = self
            .shelf
            .named
            .get_or_try_init(|| async {
                let codes = self.shelf.codes.keys();
                let names = register::names(ctx.services().db.read(), &codes).await?;
                let ids = names
                    .values()
                    .filter_map(|names| names.last()?.division_id)
                    .collect();
                Ok::<_, kit::Error>(Siblings::new(ids))
            })
            .await?;
        Ok(Some(Division::new(id, Arc::clone(siblings))))
    }

    /// The level of the authority that registered it (登记管理机关层级).
    async fn registrar_level(&self) -> RegistrarLevel {
        self.row.registrar_level
    }

    /// The division of the authority that registered it (登记管理机关所在行政区划).
    async fn registrar_division(&self) -> Division {
        Division::new(
            self.row.registrar_division_id,
            Arc::clone(&self.shelf.divisions),
        )
    }

    /// The place of its domicile; null where it is not known (住所).
    async fn place(&self) -> Option<Place> {
        let id = self.row.domicile_place_id?;
        Some(Place::new(id, Arc::clone(&self.shelf.places)))
    }

    /// Its domicile as a GeoJSON point; null where it is not known (住所坐标).
    async fn point(&self) -> Option<GeoJson> {
        let (longitude, latitude) = (self.row.longitude?, self.row.latitude?);
        Some(GeoJson(
            serde_json::json!({ "type": "Point", "coordinates": [longitude, latitude] }),
        ))
    }

    /// The day it was founded (成立日期).
    async fn founded(&self) -> Date {
        Date(self.row.founded)
    }

    /// The day it ceased to exist; null while it exists (终止日期).
    async fn ended(&self) -> Option<Date> {
        self.row.ended.map(Date)
    }

    /// The supervising department; null for bodies registered directly (业务主管单位).
    async fn supervisor(&self) -> Option<&str> {
        self.row.supervisor.as_deref()
    }

    /// The class by which it was registered directly; null where a supervising department consented, and for older registrations (直接登记类别).
    async fn direct_class(&self) -> Option<DirectRegistrationClass> {
        self.row.direct_class
    }

    /// Whether it was registered as a foundation that raises from the public (是否公募基金会).
    async fn raises_publicly(&self) -> bool {
        self.row.raises_publicly
    }

    /// The department that guides its trade; null where there is none (行业管理部门).
    async fn industry_department(&self) -> Option<&str> {
        self.row.industry_department.as_deref()
    }

    /// The field in which it works; null where it is not known (业务领域).
    async fn activity(&self) -> Option<ActivityField> {
        self.row.activity
    }

    /// The area in which it may act; null where it is its division's (活动地域).
    async fn activity_area(&self) -> Option<&str> {
        self.row.activity_area.as_deref()
    }

    /// The version to name when it is changed (版本).
    async fn version(&self) -> i64 {
        self.row.version
    }

    /// Branches, filings, penalties, inspections, spending: what is kept besides the registration (监管记录).
    async fn record(&self) -> OrganizationRecord {
        OrganizationRecord::new(&self.row, Arc::clone(&self.shelf.codes))
    }

    /// Registered funds (注册资金).
    async fn funds(&self) -> Yuan {
        Yuan(self.row.funds_fen)
    }

    /// Whether it is a hub or a brand among organizations; null for most (枢纽型或品牌性).
    async fn hub_kind(&self) -> Option<HubKind> {
        self.row.hub_kind
    }

    /// Its standing as a charity; null when it is none (慈善组织属性).
    async fn charity(&self) -> Option<CharityStatus> {
        let since = self.row.charity_since?;
        Some(CharityStatus {
            basis: self.row.charity_basis?,
            since: Date(since),
            public_raising_since: self.row.public_raising_since.map(Date),
        })
    }

    /// The legal representative; null when the office is vacant, may not be read, or on failure (法定代表人).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["person.masked".into()]]),
        directive = personal::apply("office".into(), "legalRep { id }".into()),
        directive = cache_control::apply(Some(0), Some(CacheScope::Private))
    )]
    async fn legal_rep(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        ctx.need(scope::PERSON_MASKED)?;
        let db = ctx.services().db.read();
        let load = |codes: Arc<[String]>| async move {
            let persons = register::legal_representatives(db, &codes).await?;
            let siblings = Siblings::new(persons.values().cloned().collect());
            let one = |(code, person)| (code, Person::new(person, Arc::clone(&siblings)));
            Ok(persons.into_iter().map(one).collect())
        };
        self.shelf
            .codes
            .load(&self.row.credit_code, "legalRep", "", load)
            .await
    }

    /// The newest rating, valid or not; null when it was never rated or on failure (最新评估等级).
    async fn rating(&self, ctx: &Context<'_>) -> Result<Option<Rating>> {
        Ok(self.ratings_loaded(ctx).await?.into_iter().next())
    }

    /// All ratings, newest first; null on failure (历次评估等级).
    async fn ratings(&self, ctx: &Context<'_>) -> Option<Result<Vec<Rating>>> {
        Some(self.ratings_loaded(ctx).await)
    }

    /// Entries in credit lists that stand today, newest first; null on failure (现行信用名单记录).
    async fn listings(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            default = false,
            desc = "Show entries that were taken off too (含已移出)."
        )]
        include_removed: bool,
    ) -> Option<Result<Vec<CreditListing>>> {
        let services = ctx.services();
        let (db, today) = (services.db.read(), services.clock.today());
        let load = |codes: Arc<[String]>| async move { register::listings(db, &codes).await };
        let rows = self
            .shelf
            .codes
            .load(&self.row.credit_code, "listings", "", load)
            .await;
        Some(rows.map(|rows| {
            let rows = rows.unwrap_or_default().into_iter();
            rows.filter(|row| include_removed || row.removed.is_none())
                .map(|row| CreditListing::on(row, today))
                .collect()
        }))
    }

    /// Fees it cut for enterprises, newest month first; null on failure (涉企收费减免).
    async fn fee_reductions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first month; all months when it is left out (起始月份).")]
        from: Option<YearMonth>,
        #[graphql(desc = "The last month; today's month when it is left out (截止月份).")]
        to: Option<YearMonth>,
    ) -> Option<Result<Vec<FeeReduction>>> {
        let range = match from {
            Some(from) => {
                let to = to.unwrap_or_else(|| YearMonth::of(ctx.services().clock.today()));
                match Months::new(from, to) {
                    Ok(range) => Some(range),
                    Err(error) => return Some(Err(error)),
                }
            }
            None => to.map(|to| Months {
                from: i32::MIN,
                to: to.index(),
            }),
        };
        let rows = self.fees_loaded(ctx, range).await;
        Some(rows.map(|rows| rows.into_iter().map(FeeReduction::from).collect()))
    }

    /// What enterprises save by its fee cuts of these months, the sum of the lines; null on failure (减免合计).
    async fn fees_cut(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first month (起始月份).")] from: YearMonth,
        #[graphql(desc = "The last month (截止月份).")] to: YearMonth,
    ) -> Option<Result<Yuan>> {
        let sum = async {
            let rows = self.fees_loaded(ctx, Some(Months::new(from, to)?)).await?;
            Ok(rows
                .into_iter()
                .map(|row| FeeReduction::from(row).cut)
                .sum())
        };
        Some(sum.await)
    }

    /// Annual reports, newest year first; null on failure (年度报告).
    async fn annual_reports(&self, ctx: &Context<'_>) -> Option<Result<Vec<AnnualReport>>> {
        let db = ctx.services().db.read();
        let load = |codes: Arc<[String]>| async move { register::reports(db, &codes).await };
        let rows = self
            .shelf
            .codes
            .load(&self.row.credit_code, "reports", "", load)
            .await;
        Some(rows.map(|rows| {
            rows.unwrap_or_default()
                .into_iter()
                .map(AnnualReport::from)
                .collect()
        }))
    }

    /// What it owes each year: inspection, or work report with disclosure (年度报告义务).
    async fn report_duty(&self) -> ReportDuty {
        rules::report::duty(
            self.row.charity_since.is_some(),
            self.row.supervisor.is_some(),
        )
    }

    /// The last count of its members; null where there is none or on failure (会员数).
    async fn members(&self, ctx: &Context<'_>) -> Result<Option<MemberStat>> {
        let db = ctx.services().db.read();
        let load = |codes: Arc<[String]>| async move { register::members(db, &codes).await };
        let row = self
            .shelf
            .codes
            .load(&self.row.credit_code, "members", "", load)
            .await?;
        Ok(row.map(|row| MemberStat {
            as_of: Date(row.as_of),
            individual: row.individual,
            unit: row.unit,
        }))
    }

    /// Its party body; null where there is none or on failure (党组织).
    async fn party_unit(&self, ctx: &Context<'_>) -> Result<Option<PartyUnit>> {
        let db = ctx.services().db.read();
        let load = |codes: Arc<[String]>| async move { register::party_units(db, &codes).await };
        let row = self
            .shelf
            .codes
            .load(&self.row.credit_code, "party", "", load)
            .await?;
        Ok(row.map(|row| PartyUnit {
            established_on: Date(row.established),
            score: row.score,
            assessed_on: row.assessed.map(Date),
            aspects: row
                .aspects
                .and_then(|text| serde_json::from_str(&text).ok()),
            version: row.version,
        }))
    }
}
