//! A clean-up case as officers see it.

use super::division::Division;
use super::organization::Organization;
use crate::model::cleanup_case::Model;
use crate::service::cleanup;
use crate::vocabulary::{CleanupKind, CleanupResult, CleanupStep, IllegalGround, IllegalState};
use async_graphql::{Context, ID, Object, SimpleObject};
use kit::batch::Siblings;
use kit::federation::directives::*;
use kit::{Date, PrincipalExt, Result, Yuan};
use minzheng_kit as kit;
use std::sync::Arc;
use uuid::Uuid;

/// A step taken in a case (已办步骤).
#[derive(SimpleObject, Clone, Debug)]
pub struct CleanupStepTaken {
    /// The step (步骤).
    pub step: CleanupStep,
    /// The day (日期).
    pub taken_on: Date,
}

#[derive(Debug)]
struct Shelf {
    cases: Arc<Siblings<Uuid>>,
    codes: Arc<Siblings<String>>,
    divisions: Arc<Siblings<Uuid>>,
}

/// A clean-up case (清理案件).
#[derive(Clone)]
pub struct CleanupCase {
    row: Arc<Model>,
    shelf: Arc<Shelf>,
}

impl CleanupCase {
    /// The cases of one page.
    #[must_use]
    pub fn page(rows: Vec<Model>) -> Vec<Self> {
        let shelf = Arc::new(Shelf {
            cases: Siblings::new(rows.iter().map(|row| row.id).collect()),
            codes: Siblings::new(
                rows.iter()
                    .filter_map(|row| row.credit_code.clone())
                    .collect(),
            ),
            divisions: Siblings::new(rows.iter().map(|row| row.division_id).collect()),
        });
        let one = |row| Self {
            row: Arc::new(row),
            shelf: Arc::clone(&shelf),
        };
        rows.into_iter().map(one).collect()
    }
}

/// A case against an organization that no longer acts, or against an illegal one (清理案件).
#[Object(directive = requires_scopes::apply(vec![vec!["officer".into()]]))]
impl CleanupCase {
    /// The case's id (标识).
    async fn id(&self) -> ID {
        ID(self.row.id.to_string())
    }

    /// What it is about (清理对象类型).
    async fn kind(&self) -> CleanupKind {
        self.row.kind
    }

    /// Where an illegal organization stands; null for a "zombie" (非法社会组织状态).
    async fn illegal_state(&self) -> Option<IllegalState> {
        let banned = self.row.result == Some(CleanupResult::Ban);
        (self.row.kind == CleanupKind::Illegal).then_some(if banned {
            IllegalState::Banned
        } else {
            IllegalState::UnregisteredIllegal
        })
    }

    /// The name it acts under (名称).
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// The organization; null for one that was never registered or on failure (社会组织).
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>> {
        let Some(code) = &self.row.credit_code else {
            return Ok(None);
        };
        let load = |codes: Arc<[String]>| async move { Organization::load(ctx, &codes).await };
        self.shelf.codes.load(code, "organizations", "", load).await
    }

    /// Where the case is kept (行政区划).
    async fn division(&self) -> Division {
        Division::new(self.row.division_id, Arc::clone(&self.shelf.divisions))
    }

    /// Why an illegal organization is one; null for a "zombie" (非法情形).
    async fn ground(&self) -> Option<IllegalGround> {
        self.row.ground
    }

    /// The first day (立案日期).
    async fn opened_on(&self) -> Date {
        Date(self.row.opened)
    }

    /// The day it was closed; null while it is open (结案日期).
    async fn closed_on(&self) -> Option<Date> {
        self.row.closed.map(Date)
    }

    /// How it ended; null while it is open (清理结果).
    async fn result(&self) -> Option<CleanupResult> {
        self.row.result
    }

    /// Illegal property confiscated (没收非法财产).
    async fn confiscated(&self) -> Yuan {
        Yuan(self.row.confiscated_fen)
    }

    /// The organization that took it over; null for other results (合并后存续的社会组织).
    async fn merged_into(&self, ctx: &Context<'_>) -> Result<Option<Organization>> {
        let Some(code) = &self.row.merged_into else {
            return Ok(None);
        };
        let mut found = Organization::load(ctx, std::slice::from_ref(code)).await?;
        Ok(found.remove(code))
    }

    /// The steps taken, in order; null on failure (已办步骤).
    async fn steps(&self, ctx: &Context<'_>) -> Option<Result<Vec<CleanupStepTaken>>> {
        let db = ctx.services().db.read();
        let load = |cases: Arc<[Uuid]>| async move { cleanup::steps(db, &cases).await };
        let rows = self.shelf.cases.load(&self.row.id, "steps", "", load).await;
        Some(rows.map(|rows| {
            let taken = |row: crate::model::cleanup_step::Model| CleanupStepTaken {
                step: row.step,
                taken_on: Date(row.on_day),
            };
            rows.unwrap_or_default().into_iter().map(taken).collect()
        }))
    }

    /// The version to name when it is changed (版本).
    async fn version(&self) -> i64 {
        self.row.version
    }
}
