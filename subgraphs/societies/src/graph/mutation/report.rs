//! Handing in an annual report.

use crate::graph::organization::Organization;
use crate::graph::parts::AnnualReport;
use crate::service::{register, report};
use async_graphql::{Context, InputObject, Object, SimpleObject};
use kit::contract::scope;
use kit::federation::directives::*;
use kit::{CreditCode, Date, Error, PrincipalExt, Result, UserError, Yuan};
use minzheng_kit as kit;

/// Members of an association at the end of the year (年末会员数).
#[derive(InputObject, Clone, Copy, Debug)]
pub struct MemberFigures {
    /// Individual members (个人会员数).
    pub individual: i32,
    /// Unit members (单位会员数).
    pub unit: i32,
}

/// An annual report to be handed in (年度报告申报).
#[derive(InputObject, Clone, Debug)]
pub struct SubmitAnnualReportInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The organization (统一社会信用代码).
    pub credit_code: CreditCode,
    /// The year it is about (报告年度).
    pub year: i32,
    /// The day it was handed in to the supervising department, whose view an officer records; null for charities and directly registered bodies (报送业务主管单位日期).
    pub submitted_to_supervisor: Option<Date>,
    /// Income of the year (年度收入).
    pub income: Yuan,
    /// Spending of the year (年度支出).
    pub spending: Yuan,
    /// Of it on charitable activity; nothing when it is left out (慈善活动支出).
    pub charitable_spending: Option<Yuan>,
    /// Of it on management; nothing when it is left out (管理费用).
    pub management_cost: Option<Yuan>,
    /// Full-time staff (专职工作人员数).
    pub staff: i32,
    /// Activities held (开展活动次数).
    pub activities: i32,
    /// Members at the end of the year; null for bodies without members (年末会员数).
    pub members: Option<MemberFigures>,
    /// Full party members at the end of the year, by which the law asks for a party body; null where it is not said (年末正式党员人数).
    pub party_members: Option<i32>,
    /// The version of the report that this one replaces; null for the first (所替换版本).
    pub based_on: Option<i64>,
}

/// What came of an annual report (年度报告申报结果).
#[derive(SimpleObject, Default)]
pub struct SubmitAnnualReportPayload {
    /// The report as it now stands; null when it was refused (年度报告).
    pub annual_report: Option<AnnualReport>,
    /// The organization; null when the report was refused (社会组织).
    pub organization: Option<Organization>,
    /// Why it was refused; empty when it was taken (业务错误).
    pub user_errors: Vec<UserError>,
}

impl From<SubmitAnnualReportInput> for report::Report {
    fn from(input: SubmitAnnualReportInput) -> Self {
        Self {
            credit_code: input.credit_code.0.trim().to_ascii_uppercase(),
            year: input.year,
            to_supervisor: input.submitted_to_supervisor.map(|day| day.0),
            income_fen: input.income.0,
            spending_fen: input.spending.0,
            charitable_fen: input.charitable_spending.unwrap_or_default().0,
            management_fen: input.management_cost.unwrap_or_default().0,
            staff: input.staff,
            activities: input.activities,
            members: input
                .members
                .map(|members| (members.individual, members.unit)),
            party_members: input.party_members,
            based_on: input.based_on,
        }
    }
}

/// Annual reports (年度报告).
#[derive(Clone, Copy, Debug, Default)]
pub struct Reports;

/// Annual reports (年度报告).
#[Object]
impl Reports {
    /// Hands in an annual report: the legal representative for their organization, an officer for those
    /// of their division (报送年度报告).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into()])
    )]
    async fn submit_annual_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The report (年度报告).")] input: SubmitAnnualReportInput,
    ) -> Result<SubmitAnnualReportPayload> {
        ctx.need(scope::SOCIETIES_WRITE)?;
        let services = ctx.services();
        let request_key = input.request_key.clone();
        let report = report::Report::from(input);
        let submitted = match report::submit(services, ctx.principal(), &request_key, &report).await
        {
            Ok(submitted) => submitted,
            Err(error) => {
                let user_errors = vec![error.into_user_error()?];
                return Ok(SubmitAnnualReportPayload {
                    user_errors,
                    ..Default::default()
                });
            }
        };
        let codes = [report.credit_code.clone()];
        let reports = register::reports(services.db.read(), &codes).await?;
        let row = reports
            .into_values()
            .flatten()
            .find(|row| row.id == submitted.id)
            .ok_or(Error::NotFound)?;
        let organization = Organization::load(ctx, &codes).await?.into_values().next();
        Ok(SubmitAnnualReportPayload {
            annual_report: Some(AnnualReport::from(row)),
            organization,
            user_errors: Vec::new(),
        })
    }
}
