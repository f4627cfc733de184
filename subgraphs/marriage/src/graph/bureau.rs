//! What a bureau enters so that its counters can open, and kinship that is known from papers.

use super::act::{Outcome, hidden_account, id, known, maybe_id, officer, payload, read_at, text};
use super::counter_enums::{CounsellorQualification, KinshipKind};
use super::enums::{RegistryCompetence, RegistrySiteKind};
use super::inputs::PointInput;
use super::registry::MarriageRegistry;
use super::staff::{MarriageRegistrar, MarriageRegistrarPayload};
use crate::kit::credit_code;
use crate::kit::federation::directives::*;
use crate::kit::{CitizenIdInput, CreditCode, Date, DivisionCode, PrincipalExt, Services};
use crate::rules::Refusal;
use crate::service::{bureau, registries, staff};
use async_graphql::{Context, ID, InputObject, Object};
use std::sync::Arc;
use uuid::Uuid;

payload! {
    /// What became of a change of a registry (登记机关变更结果).
    MarriageRegistryPayload {
        /// The registry as it is now; null when the change was refused (登记机关).
        registry: MarriageRegistry
    }
}

payload! {
    /// What became of an entry of kinship (亲属关系登记结果).
    KinshipPayload {
        /// True once it is on file; null when it was refused (是否已登记).
        recorded: bool
    }
}

/// What a registry is (登记机关情况).
#[derive(InputObject)]
pub struct RegistrySiteInput {
    /// Official name (名称).
    pub name: String,
    /// The place of its address; null while it is not known (地点).
    pub place: Option<ID>,
    /// Where it stands (坐标).
    pub point: PointInput,
    /// Which couples it may register (登记权限).
    pub competence: Vec<RegistryCompetence>,
    /// What kind of place it is (场所类型).
    pub site_kind: RegistrySiteKind,
    /// Couples served at once, 1 to 50 (窗口数).
    pub windows: i32,
    /// Open on rest days (延时服务).
    pub weekend_service: bool,
}

/// A new registry (设立登记机关).
#[derive(InputObject)]
pub struct OpenRegistryInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// Six digits of today of its county (县级行政区划代码).
    pub county: DivisionCode,
    /// What it is (情况).
    pub site: RegistrySiteInput,
}

/// Other facts of a registry (变更登记机关).
#[derive(InputObject)]
pub struct ChangeRegistryInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The registry (登记机关).
    pub registry: ID,
    /// What it is now (情况).
    pub site: RegistrySiteInput,
    /// The version at which it was read; null judges by what it is now (版本).
    pub version: Option<i64>,
}

/// Hours of a weekday (每周办公时间).
#[derive(InputObject)]
pub struct WeekdayHoursInput {
    /// ISO weekday, 1 is Monday (星期).
    pub weekday: i32,
    /// Opens, as HH:MM in Shanghai (开始时间).
    pub opens: String,
    /// Closes, as HH:MM in Shanghai (结束时间).
    pub closes: String,
}

/// Hours of one day (当日办公时间).
#[derive(InputObject)]
pub struct DayHoursInput {
    /// Opens, as HH:MM in Shanghai (开始时间).
    pub opens: String,
    /// Closes, as HH:MM in Shanghai (结束时间).
    pub closes: String,
}

/// The regular hours of a registry (设置办公时间).
#[derive(InputObject)]
pub struct SetOpeningHoursInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The registry (登记机关).
    pub registry: ID,
    /// All regular hours; they replace those of before (办公时间).
    pub hours: Vec<WeekdayHoursInput>,
    /// The version at which the registry was read; null judges by what it is now (版本).
    pub version: Option<i64>,
}

/// A day unlike others (设置特殊办公日).
#[derive(InputObject)]
pub struct SetOpeningDayInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The registry (登记机关).
    pub registry: ID,
    /// The day (日期).
    pub date: Date,
    /// Its hours; closed when empty; the usual hours again when null (办公时间).
    pub hours: Option<Vec<DayHoursInput>>,
    /// The version at which the registry was read; null judges by what it is now (版本).
    pub version: Option<i64>,
}

/// A registrar (录入登记员).
#[derive(InputObject)]
pub struct EnterRegistrarInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The registry (登记机关).
    pub registry: ID,
    /// Identity number (身份号码).
    pub person: CitizenIdInput,
    /// Number of the certificate (资格证书编号).
    pub licence_number: String,
    /// First day of the certificate (生效日期).
    pub valid_from: Date,
    /// Last day of the certificate; null while it has no end (失效日期).
    pub valid_to: Option<Date>,
    /// The account that acts as this registrar; null while none is linked (账号).
    pub account: Option<String>,
}

/// The account of a registrar (关联登记员账号).
#[derive(InputObject)]
pub struct LinkRegistrarAccountInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The registrar (登记员).
    pub registrar: ID,
    /// The version at which it was read (版本).
    pub version: i64,
    /// The account; null takes it away (账号).
    pub account: Option<String>,
}

/// A guide (录入引导员).
#[derive(InputObject)]
pub struct EnterGuideInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The registry (登记机关).
    pub registry: ID,
    /// Number on the badge (胸牌编号).
    pub label: String,
    /// Works today (是否在岗).
    pub on_duty: bool,
}

/// A counsellor (录入辅导员).
#[derive(InputObject)]
pub struct EnterCounsellorInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The registry (登记机关).
    pub registry: ID,
    /// Identity number (身份号码).
    pub person: CitizenIdInput,
    /// What qualifies (资质).
    pub qualification: CounsellorQualification,
    /// The organization that sends the counsellor; null when none does (派出机构).
    pub provider: Option<CreditCode>,
    /// Works there (是否在岗).
    #[graphql(default = true)]
    pub active: bool,
}

/// A counselling room (录入辅导室).
#[derive(InputObject)]
pub struct EnterCounsellingRoomInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The registry (登记机关).
    pub registry: ID,
    /// Name on the door (名称).
    pub name: String,
    /// The organization that works in it; null when none does (服务机构).
    pub provider: Option<CreditCode>,
}

/// Kinship that forbids a marriage (登记亲属关系).
#[derive(InputObject)]
pub struct RecordKinshipInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The registry that has seen the papers (登记机关).
    pub registry: ID,
    /// Identity number of one of the two (一方身份号码).
    pub one: CitizenIdInput,
    /// Identity number of the other (另一方身份号码).
    pub other: CitizenIdInput,
    /// How they are related (关系类别).
    pub kind: KinshipKind,
    /// The papers it is known from (依据).
    pub source: String,
}

impl RegistrySiteInput {
    fn read(&self) -> Outcome<bureau::Site> {
        let point = self.point.checked().map_err(|_| {
            vec![
                Refusal::by_form(
                    "POINT_OUTSIDE",
                    "The point is not on the globe.",
                    "坐标超出范围。",
                )
                .at(&["input", "site", "point"]),
            ]
        })?;
        let may = |what| self.competence.contains(&what);
        Ok(bureau::Site {
            name: text(&self.name, "site", 64)?,
            place: maybe_id(self.place.as_ref(), "site")?,
            point: (point.lon, point.lat),
            competence: (
                may(RegistryCompetence::Mainland),
                may(RegistryCompetence::HmtOverseas),
                may(RegistryCompetence::Foreign),
            ),
            site_kind: self.site_kind.as_str(),
            windows: self.windows.clamp(1, 50),
            weekend_service: self.weekend_service,
        })
    }
}

/// Minutes after midnight of HH:MM.
fn minutes(value: &str, field: &str) -> Outcome<i32> {
    let read = value.split_once(':').and_then(|(hours, minutes)| {
        let plain = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        let fine = plain(hours) && plain(minutes);
        let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
        (fine && hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
    });
    read.ok_or_else(|| {
        vec![
            Refusal::by_form(
                "TIME_OF_DAY",
                "A time of day is written HH:MM.",
                "时间格式应为 HH:MM。",
            )
            .at(&["input", field]),
        ]
    })
}

fn provider(code: Option<&CreditCode>) -> Outcome<Option<String>> {
    code.map(|code| {
        credit_code::parse(&code.0)
            .map(|read| read.0)
            .map_err(|error| vec![error.user_error().field(&["input", "provider"])])
    })
    .transpose()
}

pub(super) async fn shown(
    ctx: &Context<'_>,
    outcome: Outcome<Uuid>,
) -> async_graphql::Result<MarriageRegistryPayload> {
    let loaded = match outcome {
        Ok(id) => {
            let row = registries::by_id(ctx.services().db.read(), id).await?;
            Ok(MarriageRegistry::alone(Arc::new(row)))
        }
        Err(refusals) => Err(refusals),
    };
    Ok(MarriageRegistryPayload::of(loaded))
}

async fn registrar(
    ctx: &Context<'_>,
    outcome: Outcome<Uuid>,
) -> async_graphql::Result<MarriageRegistrarPayload> {
    let loaded = match outcome {
        Ok(id) => {
            let mut rows = staff::by_ids(ctx.services().db.read(), &[id]).await?;
            let row = rows.remove(&id).ok_or(crate::kit::Error::NotFound)?;
            Ok(MarriageRegistrar::of(row)?)
        }
        Err(refusals) => Err(refusals),
    };
    Ok(MarriageRegistrarPayload::of(loaded))
}

fn case() -> Vec<Vec<String>> {
    vec![vec!["marriage.case".into()]]
}

pub(super) fn registry_changed() -> Vec<String> {
    vec!["MarriageRegistry".into()]
}

/// What a bureau enters so that its counters can open.
#[derive(Clone, Copy, Debug, Default)]
pub struct BureauMutation;

/// What a bureau enters so that its counters can open.
#[Object]
impl BureauMutation {
    /// Opens a registry in a county; for officers of the division (设立登记机关).
    #[graphql(directive = requires_scopes::apply(case()), directive = cache_invalidate::apply(registry_changed()))]
    async fn open_registry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The registry (输入).")] input: OpenRegistryInput,
    ) -> async_graphql::Result<MarriageRegistryPayload> {
        let read = || {
            Ok(bureau::Open {
                county: input.county.0.clone(),
                site: input.site.read()?,
            })
        };
        let outcome = officer(ctx, &input.request_key, read(), |a, w| {
            Box::pin(bureau::open(a, w))
        })
        .await?;
        shown(ctx, outcome).await
    }

    /// Changes what a registry is; its county and code stay; for officers of the division (变更登记机关).
    #[graphql(directive = requires_scopes::apply(case()), directive = cache_invalidate::apply(registry_changed()))]
    async fn change_registry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is now (输入).")] input: ChangeRegistryInput,
    ) -> async_graphql::Result<MarriageRegistryPayload> {
        let read = || {
            Ok(bureau::Change {
                registry: id(&input.registry, "registry")?,
                version: input.version,
                site: input.site.read()?,
            })
        };
        let outcome = officer(ctx, &input.request_key, read(), |a, w| {
            Box::pin(bureau::change(a, w))
        })
        .await?;
        shown(ctx, outcome).await
    }

    /// Sets the regular hours of a registry; for officers of the division (设置办公时间).
    #[graphql(directive = requires_scopes::apply(case()), directive = cache_invalidate::apply(registry_changed()))]
    async fn set_opening_hours(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The hours (输入).")] input: SetOpeningHoursInput,
    ) -> async_graphql::Result<MarriageRegistryPayload> {
        let read = || {
            let hours = input.hours.iter().map(|hours| {
                let weekday = u32::try_from(hours.weekday).unwrap_or(0);
                let (opens, closes) = (
                    minutes(&hours.opens, "hours")?,
                    minutes(&hours.closes, "hours")?,
                );
                Ok((weekday, opens, closes))
            });
            Ok(bureau::Week {
                registry: id(&input.registry, "registry")?,
                version: input.version,
                hours: hours.collect::<Outcome<_>>()?,
            })
        };
        let outcome = officer(ctx, &input.request_key, read(), |a, w| {
            Box::pin(bureau::set_week(a, w))
        })
        .await?;
        shown(ctx, outcome).await
    }

    /// Sets the hours of one day, closes it, or takes that back; for officers of the division (设置特殊办公日).
    #[graphql(directive = requires_scopes::apply(case()), directive = cache_invalidate::apply(registry_changed()))]
    async fn set_opening_day(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day (输入).")] input: SetOpeningDayInput,
    ) -> async_graphql::Result<MarriageRegistryPayload> {
        let read = || {
            let hours = input.hours.as_ref().map(|list| {
                let hours = list.iter().map(|hours| {
                    Ok((
                        minutes(&hours.opens, "hours")?,
                        minutes(&hours.closes, "hours")?,
                    ))
                });
                hours.collect::<Outcome<_>>()
            });
            Ok(bureau::Day {
                registry: id(&input.registry, "registry")?,
                version: input.version,
                day: input.date.0,
                hours: hours.transpose()?,
            })
        };
        let outcome = officer(ctx, &input.request_key, read(), |a, w| {
            Box::pin(bureau::set_day(a, w))
        })
        .await?;
        shown(ctx, outcome).await
    }

    /// Enters a trained and examined registrar; for officers of the division (录入登记员).
    #[graphql(directive = requires_scopes::apply(case()))]
    async fn enter_registrar(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The registrar (输入).")] input: EnterRegistrarInput,
    ) -> async_graphql::Result<MarriageRegistrarPayload> {
        let services: &Services = ctx.services();
        let read = async {
            Ok(bureau::Registrar {
                registry: id(&input.registry, "registry")?,
                person: known(services, &input.person, "person").await?,
                licence_no: text(&input.licence_number, "licenceNumber", 32)?,
                valid: (input.valid_from.0, input.valid_to.map(|day| day.0)),
                account: hidden_account(input.account.as_deref())?,
            })
        };
        let outcome = officer(ctx, &input.request_key, read.await, |a, w| {
            Box::pin(bureau::enter_registrar(a, w))
        })
        .await?;
        registrar(ctx, outcome).await
    }

    /// Links the account that acts as a registrar; a registry that has linked one has everybody act under the own account; for officers of the division (关联登记员账号).
    #[graphql(directive = requires_scopes::apply(case()))]
    async fn link_registrar_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account (输入).")] input: LinkRegistrarAccountInput,
    ) -> async_graphql::Result<MarriageRegistrarPayload> {
        let read = || {
            Ok(bureau::Link {
                registrar: read_at(&input.registrar, input.version, "registrar")?,
                account: hidden_account(input.account.as_deref())?,
            })
        };
        let outcome = officer(ctx, &input.request_key, read(), |a, w| {
            Box::pin(bureau::link(a, w))
        })
        .await?;
        registrar(ctx, outcome).await
    }

    /// Enters a guide of the hall, or sets whether one works today; for officers of the division (录入引导员).
    #[graphql(directive = requires_scopes::apply(case()))]
    async fn enter_guide(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The guide (输入).")] input: EnterGuideInput,
    ) -> async_graphql::Result<MarriageRegistryPayload> {
        let read = || {
            Ok(bureau::Guide {
                registry: id(&input.registry, "registry")?,
                label: text(&input.label, "label", 32)?,
                on_duty: input.on_duty,
            })
        };
        let outcome = officer(ctx, &input.request_key, read(), |a, w| {
            Box::pin(bureau::enter_guide(a, w))
        })
        .await?;
        shown(ctx, outcome).await
    }

    /// Enters a counsellor, or sets whether one works there; for officers of the division (录入辅导员).
    #[graphql(directive = requires_scopes::apply(case()))]
    async fn enter_counsellor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The counsellor (输入).")] input: EnterCounsellorInput,
    ) -> async_graphql::Result<MarriageRegistryPayload> {
        let services: &Services = ctx.services();
        let read = async {
            Ok(bureau::Counsellor {
                registry: id(&input.registry, "registry")?,
                person: known(services, &input.person, "person").await?,
                qualification: input.qualification.as_str(),
                provider: provider(input.provider.as_ref())?,
                active: input.active,
            })
        };
        let outcome = officer(ctx, &input.request_key, read.await, |a, w| {
            Box::pin(bureau::enter_counsellor(a, w))
        })
        .await?;
        shown(ctx, outcome).await
    }

    /// Enters a counselling room; for officers of the division (录入辅导室).
    #[graphql(directive = requires_scopes::apply(case()), directive = cache_invalidate::apply(registry_changed()))]
    async fn enter_counselling_room(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The room (输入).")] input: EnterCounsellingRoomInput,
    ) -> async_graphql::Result<MarriageRegistryPayload> {
        let read = || {
            Ok(bureau::Room {
                registry: id(&input.registry, "registry")?,
                name: text(&input.name, "name", 64)?,
                provider: provider(input.provider.as_ref())?,
            })
        };
        let outcome = officer(ctx, &input.request_key, read(), |a, w| {
            Box::pin(bureau::enter_room(a, w))
        })
        .await?;
        shown(ctx, outcome).await
    }

    /// Enters kinship within the forbidden degrees that papers have shown; it blocks a marriage of the two; for officers of the registry (登记亲属关系).
    #[graphql(directive = requires_scopes::apply(case()))]
    async fn record_kinship(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The kinship (输入).")] input: RecordKinshipInput,
    ) -> async_graphql::Result<KinshipPayload> {
        let services: &Services = ctx.services();
        let read = async {
            Ok(bureau::Kinship {
                registry: id(&input.registry, "registry")?,
                one: known(services, &input.one, "one").await?,
                other: known(services, &input.other, "other").await?,
                kind: input.kind.as_str(),
                source: text(&input.source, "source", 64)?,
            })
        };
        let outcome = officer(ctx, &input.request_key, read.await, |a, w| {
            Box::pin(bureau::record_kinship(a, w))
        })
        .await?;
        Ok(KinshipPayload::of(outcome))
    }
}
