//! What the funeral subsystem adds to places and organizations, which others own.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};
use minzheng_kit::batch::Siblings;
use minzheng_kit::federation::directives::{
    CacheScope, cache_control, external, key, requires, requires_scopes,
};
use minzheng_kit::{CreditCode, GeoJson, PrincipalExt};
use uuid::Uuid;

use super::facility::FuneralFacility;
use super::near::{Courses, NearbyGrave, graves_near};
use super::size;
use crate::service::facilities;

/// A place, by its id.
#[derive(Clone)]
pub struct Place {
    id: Uuid,
    siblings: Arc<Siblings<Uuid>>,
    courses: Arc<Courses>,
}

impl Place {
    /// Places that were asked for together.
    pub(super) fn all(ids: Vec<Uuid>, courses: &Arc<Courses>) -> Vec<Self> {
        let siblings = Siblings::new(ids.clone());
        ids.into_iter()
            .map(|id| Self {
                id,
                siblings: Arc::clone(&siblings),
                courses: Arc::clone(courses),
            })
            .collect()
    }
}

/// A place with a standard name (地名).
#[Object(directive = key::apply("id".into(), None))]
impl Place {
    /// Opaque identity (标识).
    async fn id(&self) -> ID {
        self.id.into()
    }

    /// Its course or ground, which the subsystem of places owns and this one never answers (实测图形).
    #[graphql(directive = external::apply())]
    async fn course(&self) -> Option<GeoJson> {
        None
    }

    /// The open cases of illegal graves near it (a main road, a railway, a river, a reservoir) that lie in the caller's
    /// division, the nearest first, at most 500; for officers; null where its course is not known (附近违建坟墓).
    #[graphql(
        directive = requires::apply("course".into()),
        directive = requires_scopes::apply(vec![vec!["funeral.case".into()], vec!["statistics.read".into()]])
    )]
    async fn illegal_graves_near(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How far around it, from 1 to 5,000 metres (距离，米).",
            default = 500
        )]
        within_metres: i32,
    ) -> Result<Option<Vec<NearbyGrave>>> {
        graves_near(ctx, (self.id, &self.siblings, &self.courses), within_metres).await
    }

    /// The funeral facilities at this place; null if they cannot be read now (所在殡葬设施).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn funeral_facilities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many at most, 50 if not given (条数).")] first: Option<i32>,
    ) -> Result<Option<Vec<FuneralFacility>>> {
        let services = ctx.services();
        let limit = size(first, 50, 500);
        let rows = self
            .siblings
            .load(
                &self.id,
                "facilities",
                &limit.to_string(),
                |ids| async move { facilities::of_places(services.db.read(), &ids, limit).await },
            )
            .await?;
        Ok(Some(FuneralFacility::all(rows.unwrap_or_default())))
    }
}

/// An organization, by its credit code.
#[derive(Clone)]
pub struct Organization {
    credit_code: String,
    siblings: Arc<Siblings<String>>,
}

impl Organization {
    /// Organizations that were asked for together.
    pub(super) fn all(codes: Vec<String>) -> Vec<Self> {
        let siblings = Siblings::new(codes.clone());
        codes
            .into_iter()
            .map(|credit_code| Self {
                credit_code,
                siblings: Arc::clone(&siblings),
            })
            .collect()
    }
}

/// An organization with a unified social credit code (组织机构).
#[Object(directive = key::apply("creditCode".into(), None))]
impl Organization {
    /// Unified social credit code (统一社会信用代码).
    async fn credit_code(&self) -> CreditCode {
        CreditCode(self.credit_code.clone())
    }

    /// The funeral facilities it runs; null if they cannot be read now (运营的殡葬设施).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn funeral_facilities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many at most, 50 if not given (条数).")] first: Option<i32>,
    ) -> Result<Option<Vec<FuneralFacility>>> {
        let services = ctx.services();
        let limit = size(first, 50, 500);
        let rows = self
            .siblings
            .load(
                &self.credit_code,
                "facilities",
                &limit.to_string(),
                |codes| async move {
                    facilities::of_organizations(services.db.read(), &codes, limit).await
                },
            )
            .await?;
        Ok(Some(FuneralFacility::all(rows.unwrap_or_default())))
    }
}
