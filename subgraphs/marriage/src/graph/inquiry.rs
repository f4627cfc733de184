//! Inquiries: the archive, the least answer about a person, and where a divorce stands.

use super::access::{self, View};
use super::archive::{MaritalProof, MarriageArchiveFile};
use super::counter_query::own_office;
use super::divorce::{DivorceApplication, DivorceTimelineStep, timeline};
use super::eligibility::EligibilityReason;
use super::person::{Person, is_token};
use super::{bad_argument, size};
use crate::kit::contract::scope;
use crate::kit::federation::directives::*;
use crate::kit::identity;
use crate::kit::page::{Page, PageArgs, keyset};
use crate::kit::{CitizenIdInput, Date, DateTime, Error, PrincipalExt};
use crate::rules::ledger::{Status, death_in};
use crate::rules::{divorce as divorce_rules, eligibility as eligibility_rules, proof};
use crate::service::couple::Known;
use crate::service::{archives, divorce, ledger, matters, records, registries};
use async_graphql::connection::Edge;
use async_graphql::{Context, ID, InputObject, Object};
use sea_orm::Order;

/// Inquiries.
#[derive(Clone, Copy, Debug, Default)]
pub struct InquiryQuery;

fn case() -> Vec<Vec<String>> {
    vec![vec!["marriage.case".into()]]
}

fn own_or_case() -> Vec<Vec<String>> {
    vec![vec!["self".into()], vec!["marriage.case".into()]]
}

/// How archive files are sought: a number, a person, or a place with its year (查档条件).
#[derive(InputObject)]
pub struct ArchiveSearchInput {
    /// The number on the certificate, in whatever form (证件字号).
    pub number: Option<String>,
    /// The name of the place on that day, with the year (当时的行政区划名称).
    pub place_then: Option<String>,
    /// The year of the act (年份).
    pub year: Option<i32>,
    /// Identity number of either spouse (当事人身份号码).
    pub holder: Option<CitizenIdInput>,
    /// Either spouse, for example found by an earlier name (自然人).
    pub person: Option<ID>,
}

impl ArchiveSearchInput {
    async fn read(self, ctx: &Context<'_>) -> async_graphql::Result<archives::Sought> {
        let services = ctx.services();
        let refused = |refusal: crate::kit::UserError| {
            Error::Invalid(refusal.field(&["search", "holder"])).graphql()
        };
        let token = match self.holder {
            Some(number) => {
                let number = identity::read(&number.0, services.clock.today())
                    .map_err(|error| refused(error.user_error()))?;
                let known = Known::of(services, number, None).await;
                Some(known.map_err(|refusal| refused(refusal.into()))?.token)
            }
            None => None,
        };
        let named = self
            .person
            .map(|id| id.to_string())
            .filter(|id| is_token(id));
        Ok(archives::Sought {
            number: self.number.map(|number| number.trim().to_owned()),
            place: self.place_then.map(|place| place.trim().to_owned()),
            year: self.year,
            person: token.or(named),
        })
    }
}

/// Inquiries.
#[Object]
impl InquiryQuery {
    /// Archive files, by certificate number of any form or by place name of the day and year in one's own registry, or by a person with an open matter; for officers (查档).
    #[graphql(directive = requires_scopes::apply(case()), directive = list_size::apply(None, Some(vec!["first".into()])))]
    async fn archive_files(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How it is sought (查档条件).")] search: ArchiveSearchInput,
        #[graphql(desc = "How many from the front (数量).")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor (起始游标).")] after: Option<String>,
    ) -> async_graphql::Result<Page<MarriageArchiveFile>> {
        use crate::model::archive_file::Column;
        ctx.need(scope::MARRIAGE_CASE)?;
        let services = ctx.services();
        let sought = search.read(ctx).await?;
        let caller = ctx.principal();
        let person = sought.person.clone();
        let select = archives::search(&sought).ok_or_else(|| {
            bad_argument(
                "search",
                "Give a number, a person, or a place with its year.",
                "请提供证件字号、当事人，或者行政区划名称和年份。",
            )
        })?;
        // A person's files with an open matter; whatever else is sought, in one's own registry, whatever the
        // request states.
        let select = match person {
            Some(person) => {
                access::matter_with(ctx, &[person]).await?;
                select
            }
            None => matters::kept_here(select, caller),
        };
        let args = PageArgs::forward(first, after);
        let page = keyset(
            services.db.read(),
            select,
            &[(Column::Id, Order::Asc)],
            &args,
            |rows| rows.into_iter().map(MarriageArchiveFile::from).collect(),
        );
        Ok(page.await?)
    }

    /// The least answer about a person's marital status; for the person, or for an officer with an open matter who states a purpose (婚姻状况证明).
    #[graphql(directive = requires_scopes::apply(own_or_case()))]
    async fn marital_proof(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person (自然人).")] person: ID,
    ) -> async_graphql::Result<Option<MaritalProof>> {
        if !is_token(&person) {
            return Ok(None);
        }
        let view = Person::alone(person.to_string()).view(ctx).await?;
        let purpose = ctx
            .principal()
            .purpose
            .clone()
            .filter(|purpose| !purpose.is_empty());
        if view == View::Officer && purpose.is_none() {
            return Err(bad_argument(
                "person",
                "An officer states the purpose of the inquiry in the request.",
                "工作人员查询须在请求中注明用途。",
            ));
        }
        let services = ctx.services();
        let db = services.db.read();
        let token = person.to_string();
        let ledgers = ledger::of_persons(db, std::slice::from_ref(&token)).await?;
        let (status, dead) = ledgers.get(&token).map_or((Status::NoRecord, false), |l| {
            (l.status, death_in(&l.entries, None).is_some())
        });
        let here = records::kept_here(db, services, &token).await?;
        let answer = proof::answer(status, dead, here);
        let disclaimer = proof::needs_disclaimer(answer)
            .then(|| EligibilityReason::from(&eligibility_rules::NO_RECORD_DISCLAIMER));
        let issued_at = services.clock.now();
        let coverage_from = records::coverage_from(db).await?;
        let said = serde_json::json!({
            "subject": token,
            "answer": format!("{answer:?}"),
            "purpose": purpose.as_deref().unwrap_or_default(),
            "issuedAt": issued_at.to_rfc3339(),
            "coverageFrom": coverage_from.map(|day| day.to_string()).unwrap_or_default(),
            "disclaimer": disclaimer.as_ref().map_or("", |reason| reason.code),
        });
        let signature = crate::interop::node::of(services)?
            .map(|node| {
                let at = issued_at.timestamp_millis();
                crate::interop::wire::jws::state(&node.signing, &node.own, at, &said)
                    .map_err(|_| Error::internal("signing the answer about a person"))
            })
            .transpose()?;
        Ok(Some(MaritalProof {
            person: Person::alone(token),
            answer: answer.into(),
            purpose,
            issued_at: DateTime(issued_at),
            coverage_from: coverage_from.map(Date),
            disclaimer,
            signature,
        }))
    }

    /// The steps of a divorce by consent with their days; null when there is no application that the caller may see (离婚登记进程).
    #[graphql(directive = requires_scopes::apply(own_or_case()))]
    async fn divorce_timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The application (离婚登记申请).")] application: ID,
    ) -> async_graphql::Result<Option<Vec<DivorceTimelineStep>>> {
        let Some(id) = crate::kit::id::parse(&application) else {
            return Ok(None);
        };
        let services = ctx.services();
        let db = services.db.read();
        let found = match divorce::by_id(db, id).await {
            Ok(found) => found,
            Err(Error::NotFound) => return Ok(None),
            Err(error) => return Err(error.graphql()),
        };
        let own = ctx
            .person()
            .is_ok_and(|token| token == found.row.man || token == found.row.woman);
        let registry = registries::by_id(db, found.row.registry_id).await?;
        let sees = own || access::works_at(ctx.principal(), &registry);
        Ok(sees.then(|| timeline(&found, services.clock.now())))
    }

    /// The caller's own archive files, newest act first: the parties may consult them (M-24) (我的婚姻登记档案).
    #[graphql(directive = requires_scopes::apply(vec![vec!["self".into()]]), directive = list_size::apply(Some(50), Some(vec!["first".into()])))]
    async fn my_archive_files(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the front, 50 when it is left out, 500 at most (数量).")]
        first: Option<i32>,
        #[graphql(desc = "Behind this cursor (起始游标).")] after: Option<String>,
    ) -> async_graphql::Result<Page<MarriageArchiveFile>> {
        use crate::model::archive_file::Column;
        let own = ctx.person()?;
        let order = [(Column::Year, Order::Desc), (Column::Id, Order::Desc)];
        let args = PageArgs::forward(first, after);
        let select = archives::of_person(own);
        let page = keyset(ctx.services().db.read(), select, &order, &args, |rows| {
            rows.into_iter().map(MarriageArchiveFile::from).collect()
        });
        Ok(page.await?)
    }

    /// Applications for divorce at a registry that are being handled, by the end of their window, page by page; for its officers (离婚登记申请工作清单).
    #[graphql(directive = requires_scopes::apply(case()), directive = list_size::apply(Some(50), Some(vec!["first".into()])))]
    async fn divorce_work_list(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The registry (登记机关).")] registry: ID,
        #[graphql(desc = "How many from the front, 50 when it is left out, 500 at most (数量).")]
        first: Option<i32>,
        #[graphql(desc = "Behind this cursor (起始游标).")] after: Option<String>,
    ) -> async_graphql::Result<Page<DivorceApplication>> {
        use crate::model::divorce_application::Column;
        let registry = own_office(ctx, &registry).await?;
        let db = ctx.services().db.read();
        let order = [(Column::WindowEnds, Order::Asc), (Column::Id, Order::Asc)];
        let args = PageArgs::forward(first, after);
        // Closing times are read for the whole page after it is cut.
        let mut rows = Vec::new();
        let ids = keyset(db, divorce::in_hand(registry), &order, &args, |found| {
            rows = found;
            rows.iter().map(|row| row.id).collect()
        })
        .await?;
        let list = divorce::of_rows(db, rows).await?;
        let mut page = Page::new(ids.has_previous_page, ids.has_next_page);
        let shown = DivorceApplication::together(&list);
        page.edges = ids
            .edges
            .into_iter()
            .zip(shown)
            .map(|(edge, application)| Edge::new(edge.cursor, application))
            .collect();
        Ok(page)
    }

    /// The first applications for divorce at a registry that are being handled, by the end of their window; for its officers; `divorceWorkList` has all of them, page by page (正在办理的离婚登记申请).
    #[graphql(directive = requires_scopes::apply(case()), directive = list_size::apply(None, Some(vec!["first".into()])))]
    async fn open_divorce_applications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The registry (登记机关).")] registry: ID,
        #[graphql(desc = "How many, up to 200 (数量).", default = 50)] first: i32,
    ) -> async_graphql::Result<Option<Vec<DivorceApplication>>> {
        let registry = own_office(ctx, &registry).await?;
        let most = size(first, 200);
        let list = divorce::open_at(ctx.services().db.read(), registry, most as u64).await?;
        Ok(Some(DivorceApplication::together(&list)))
    }

    /// What the law says for court proceedings in these situations; it never stands in the way of a divorce by consent (离婚提示).
    #[graphql(directive = cache_control::apply(Some(3600), Some(CacheScope::Public)))]
    async fn divorce_advice(
        &self,
        #[graphql(desc = "One spouse is a serving soldier (一方为现役军人).")] soldier: bool,
        #[graphql(
            desc = "Pregnancy, the year after a birth or six months after a termination (女方孕期或产后一年内等)."
        )]
        pregnancy_or_first_year: bool,
    ) -> Vec<EligibilityReason> {
        divorce_rules::advice(soldier, pregnancy_or_first_year)
            .iter()
            .map(EligibilityReason::from)
            .collect()
    }
}
