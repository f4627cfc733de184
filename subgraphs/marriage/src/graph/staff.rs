//! Registrars and standard levels of registries.

use super::act::{id, officer, payload, read_at, text};
use super::counter_enums::{MarriageRegistrarStatus, RegistryStandardLevel};
use super::person::Person;
use crate::kit::federation::directives::*;
use crate::kit::{Date, PrincipalExt, Result};
use crate::model::{registrar, registry_standard};
use crate::service::{act, registries, staff};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

/// A registrar (婚姻登记员).
#[derive(SimpleObject, Clone, Debug)]
pub struct MarriageRegistrar {
    /// The opaque id (标识).
    pub id: ID,
    /// Number of the certificate (资格证书编号).
    pub licence_number: String,
    /// First day of the certificate (生效日期).
    pub valid_from: Date,
    /// Last day of the certificate; null while it has no end (失效日期).
    pub valid_to: Option<Date>,
    /// Whether the registrar works (状态).
    pub status: MarriageRegistrarStatus,
    /// The registrar as a person; the name is shown masked by its owner (自然人).
    pub person: Person,
    /// The version, to be given back with the next change (版本).
    pub version: i64,
}

impl MarriageRegistrar {
    /// A row as clients see it.
    pub(super) fn of(row: registrar::Model) -> Result<Self> {
        Ok(Self {
            id: ID(row.id.to_string()),
            licence_number: row.licence_no,
            valid_from: Date(row.valid_from),
            valid_to: row.valid_to.map(Date),
            status: MarriageRegistrarStatus::of(&row.status)?,
            person: Person::alone(row.person),
            version: row.version,
        })
    }
}

/// The standard level of a registry over a time (婚姻登记机关等级).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct RegistryStandard {
    /// The level (等级).
    pub level: RegistryStandardLevel,
    /// The assessment behind it (评定依据).
    pub basis: String,
    /// The day of the assessment (评定日期).
    pub assessed_on: Date,
    /// First day (起始日期).
    pub valid_from: Date,
    /// Last day; null while it holds (截止日期).
    pub valid_to: Option<Date>,
}

impl RegistryStandard {
    /// A row as clients see it.
    pub(super) fn of(row: &registry_standard::Model) -> Result<Self> {
        Ok(Self {
            level: RegistryStandardLevel::of(&row.level)?,
            basis: row.basis.clone(),
            assessed_on: Date(row.assessed_on),
            valid_from: Date(row.valid_from),
            valid_to: row.valid_to.map(Date),
        })
    }
}

payload! {
    /// What became of a change of a registrar (登记员变更结果).
    MarriageRegistrarPayload {
        /// The registrar; null when the change was refused (登记员).
        registrar: MarriageRegistrar
    }
}

payload! {
    /// What became of an assessment (等级评定结果).
    RegistryStandardPayload {
        /// The new level; null when it was refused (等级).
        standard: RegistryStandard
    }
}

/// A registrar's new status (登记员状态变更).
#[derive(InputObject)]
pub struct SetRegistrarStatusInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The registrar (登记员).
    pub registrar: ID,
    /// The version at which it was read (版本).
    pub version: i64,
    /// The new status (状态).
    pub status: MarriageRegistrarStatus,
}

/// A new standard level (等级评定).
#[derive(InputObject)]
pub struct AssessRegistryInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The registry (登记机关).
    pub registry: ID,
    /// The level (等级).
    pub level: RegistryStandardLevel,
    /// The assessment behind it (评定依据).
    pub basis: String,
    /// First day (起始日期).
    pub valid_from: Date,
}

/// Changes of registrars and levels.
#[derive(Clone, Copy, Debug, Default)]
pub struct StaffMutation;

/// Changes of registrars and levels.
#[Object]
impl StaffMutation {
    /// Suspends a registrar or lets him work again; for officers of the division (设置登记员状态).
    #[graphql(directive = requires_scopes::apply(vec![vec!["marriage.case".into()]]))]
    async fn set_registrar_status(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new status (输入).")] input: SetRegistrarStatusInput,
    ) -> async_graphql::Result<MarriageRegistrarPayload> {
        let what =
            read_at(&input.registrar, input.version, "registrar").map(|registrar| staff::Status {
                registrar,
                active: input.status == MarriageRegistrarStatus::Active,
            });
        let outcome = officer(ctx, &input.request_key, what, |a, w| {
            Box::pin(staff::set_status(a, w))
        })
        .await?;
        let loaded = match outcome {
            Ok(id) => {
                let row = staff::by_ids(ctx.services().db.read(), &[id])
                    .await?
                    .remove(&id);
                Ok(MarriageRegistrar::of(
                    row.ok_or(crate::kit::Error::NotFound)?,
                )?)
            }
            Err(refusals) => Err(refusals),
        };
        Ok(MarriageRegistrarPayload::of(loaded))
    }

    /// Enters a new standard level of a registry; for the division above its county (登记机关等级评定).
    #[graphql(directive = requires_scopes::apply(vec![vec!["marriage.case".into()]]), directive = cache_invalidate::apply(vec!["MarriageRegistry".into()]))]
    async fn assess_registry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The assessment (输入).")] input: AssessRegistryInput,
    ) -> async_graphql::Result<RegistryStandardPayload> {
        let read = || {
            Ok(staff::Assess {
                registry: id(&input.registry, "registry")?,
                level: input.level.as_str(),
                basis: text(&input.basis, "basis", 128)?,
                valid_from: input.valid_from.0,
            })
        };
        let outcome = officer(ctx, &input.request_key, read(), |a, w| {
            Box::pin(staff::assess(a, w))
        })
        .await?;
        let loaded = match outcome {
            Ok(made) => {
                let registry = crate::kit::id::parse(&input.registry).unwrap_or_default();
                let all = staff::standards_of(ctx.services().db.read(), &[registry]).await?;
                let row = all.values().flatten().find(|row| row.id == made);
                Ok(RegistryStandard::of(
                    row.ok_or(crate::kit::Error::NotFound)?,
                )?)
            }
            Err(refusals) => Err(refusals),
        };
        Ok(RegistryStandardPayload::of(loaded))
    }
}

/// The registrars of a registry, for its officers.
pub(super) async fn registrars(
    ctx: &Context<'_>,
    registry: uuid::Uuid,
) -> Result<Vec<MarriageRegistrar>> {
    let db = ctx.services().db.read();
    let row = registries::by_id(db, registry).await?;
    if !act::may_review(ctx.principal(), &row) {
        return Err(crate::kit::Error::Forbidden);
    }
    staff::registrars(db, registry)
        .await?
        .into_iter()
        .map(MarriageRegistrar::of)
        .collect()
}
