//! What changes answer: the object as it stands afterwards, or why it was refused.

use super::change::{Outcome, payload};
use super::cleanup::CleanupCase;
use super::organization::Organization;
use super::parts::{AnnualReport, CreditListing, Rating};
use super::permit::PermitCase;
use super::summary::{MicroFund, SocietyProject};
use crate::model;
use crate::service::permit::read;
use crate::service::{cleanup, conclusion, listings};
use async_graphql::{Context, SimpleObject};
use kit::{Error, PrincipalExt, Result, UserError};
use minzheng_kit as kit;
use sea_orm::EntityTrait;
use uuid::Uuid;

payload! {
    /// What came of a change of an organization (社会组织变更结果).
    OrganizationPayload {
        /// The organization as it now stands; null when it was refused (社会组织).
        organization: Organization
    }
}
/// What came of an assignment (指定承接登记管理机关结果).
#[derive(SimpleObject)]
pub struct AssignOrganizationsPayload {
    /// The organizations as they now stand; empty when it was refused (社会组织).
    pub organizations: Vec<Organization>,
    /// Why it was refused; empty when it was done (不予办理的原因).
    pub user_errors: Vec<UserError>,
}

impl AssignOrganizationsPayload {
    /// Of the organizations' codes.
    pub(super) async fn of(ctx: &Context<'_>, outcome: Outcome<Vec<String>>) -> Result<Self> {
        match outcome {
            Err(user_errors) => Ok(Self {
                organizations: Vec::new(),
                user_errors,
            }),
            Ok(codes) => {
                let mut found = Organization::load(ctx, &codes).await?;
                Ok(Self {
                    organizations: codes.iter().filter_map(|code| found.remove(code)).collect(),
                    user_errors: Vec::new(),
                })
            }
        }
    }
}

payload! {
    /// What came of a change of an application (申请办理结果).
    PermitCasePayload {
        /// The application as it now stands; null when it was refused (申请).
        permit_case: PermitCase
    }
}
payload! {
    /// What came of a change of an annual report (年度报告办理结果).
    AnnualReportPayload {
        /// The report as it now stands; null when it was refused (年度报告).
        annual_report: AnnualReport
    }
}
payload! {
    /// What came of a change of a rating (评估办理结果).
    RatingPayload {
        /// The rating as it now stands; null when it was refused (评估等级).
        rating: Rating
    }
}
payload! {
    /// What came of a change of a credit list (信用名单办理结果).
    CreditListingPayload {
        /// The entry as it now stands; null when it was refused (信用名单记录).
        listing: CreditListing
    }
}
payload! {
    /// What came of a change of a clean-up case (清理办理结果).
    CleanupCasePayload {
        /// The case as it now stands; null when it was refused (清理案件).
        cleanup_case: CleanupCase
    }
}
payload! {
    /// What came of a change of a project (项目办理结果).
    ProjectPayload {
        /// The project as it now stands; null when it was refused (项目).
        project: SocietyProject
    }
}
payload! {
    /// What came of a change of a small fund (微基金办理结果).
    MicroFundPayload {
        /// The fund as it now stands; null when it was refused (微基金).
        micro_fund: MicroFund
    }
}

impl OrganizationPayload {
    /// Of the organization's code.
    pub(super) async fn of(ctx: &Context<'_>, outcome: Outcome<String>) -> Result<Self> {
        match outcome {
            Err(errors) => Ok(Self::refused(errors)),
            Ok(code) => {
                let found = Organization::load(ctx, &[code]).await?;
                Ok(Self::done(found.into_values().next()))
            }
        }
    }
}

impl PermitCasePayload {
    /// Of the application's id.
    pub(super) async fn of(ctx: &Context<'_>, outcome: Outcome<Uuid>) -> Result<Self> {
        match outcome {
            Err(errors) => Ok(Self::refused(errors)),
            Ok(id) => {
                let row = read::found(ctx.services().db.read(), id).await?;
                let page = PermitCase::page(row.into_iter().collect());
                Ok(Self::done(page.into_iter().next()))
            }
        }
    }
}

impl AnnualReportPayload {
    /// Of the report's id.
    pub(super) async fn of(ctx: &Context<'_>, outcome: Outcome<Uuid>) -> Result<Self> {
        match outcome {
            Err(errors) => Ok(Self::refused(errors)),
            Ok(id) => {
                let row = conclusion::found(ctx.services(), id).await?;
                Ok(Self::done(Some(row.into())))
            }
        }
    }
}

impl RatingPayload {
    /// Of the rating's id.
    pub(super) async fn of(ctx: &Context<'_>, outcome: Outcome<Uuid>) -> Result<Self> {
        match outcome {
            Err(errors) => Ok(Self::refused(errors)),
            Ok(id) => {
                let services = ctx.services();
                let row = model::rating::Entity::find_by_id(id)
                    .one(services.db.read())
                    .await?
                    .ok_or(Error::NotFound)?;
                Ok(Self::done(Some(Rating::on(&row, services.clock.today()))))
            }
        }
    }
}

impl CreditListingPayload {
    /// Of the entry's id.
    pub(super) async fn of(ctx: &Context<'_>, outcome: Outcome<Uuid>) -> Result<Self> {
        match outcome {
            Err(errors) => Ok(Self::refused(errors)),
            Ok(id) => {
                let services = ctx.services();
                let row = listings::found(services, id).await?;
                Ok(Self::done(Some(CreditListing::on(
                    row,
                    services.clock.today(),
                ))))
            }
        }
    }
}

impl CleanupCasePayload {
    /// Of the case's id.
    pub(super) async fn of(ctx: &Context<'_>, outcome: Outcome<Uuid>) -> Result<Self> {
        match outcome {
            Err(errors) => Ok(Self::refused(errors)),
            Ok(id) => {
                let row = cleanup::found(ctx.services(), id).await?;
                Ok(Self::done(CleanupCase::page(vec![row]).into_iter().next()))
            }
        }
    }
}

impl ProjectPayload {
    /// Of the project's id.
    pub(super) async fn of(ctx: &Context<'_>, outcome: Outcome<Uuid>) -> Result<Self> {
        match outcome {
            Err(errors) => Ok(Self::refused(errors)),
            Ok(id) => {
                let db = ctx.services().db.read();
                let row = model::project::Entity::find_by_id(id).one(db).await?;
                let page = SocietyProject::page(row.into_iter().collect());
                Ok(Self::done(page.into_iter().next()))
            }
        }
    }
}

impl MicroFundPayload {
    /// Of the fund's id.
    pub(super) async fn of(ctx: &Context<'_>, outcome: Outcome<Uuid>) -> Result<Self> {
        match outcome {
            Err(errors) => Ok(Self::refused(errors)),
            Ok(id) => {
                let db = ctx.services().db.read();
                let row = model::micro_fund::Entity::find_by_id(id).one(db).await?;
                Ok(Self::done(row.map(MicroFund::from)))
            }
        }
    }
}
