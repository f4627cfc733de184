//! Reviews of offices that ended with a death which was taken back, as officers see them.

use super::organization::Organization;
use super::person::Person;
use crate::model::office_review::Model;
use crate::vocabulary::OfficeRole;
use async_graphql::{Context, ID, Object};
use kit::batch::Siblings;
use kit::contract::scope;
use kit::federation::directives::*;
use kit::{Date, PrincipalExt, Result};
use minzheng_kit as kit;
use std::sync::Arc;

#[derive(Debug)]
struct Shelf {
    codes: Arc<Siblings<String>>,
    persons: Arc<Siblings<String>>,
}

/// A review of an office (职务复核).
#[derive(Clone)]
pub struct OfficeReview {
    row: Arc<Model>,
    shelf: Arc<Shelf>,
}

impl OfficeReview {
    /// The reviews of one page.
    #[must_use]
    pub fn page(rows: Vec<Model>) -> Vec<Self> {
        let shelf = Arc::new(Shelf {
            codes: Siblings::new(rows.iter().map(|row| row.credit_code.clone()).collect()),
            persons: Siblings::new(rows.iter().map(|row| row.person.clone()).collect()),
        });
        let one = |row| Self {
            row: Arc::new(row),
            shelf: Arc::clone(&shelf),
        };
        rows.into_iter().map(one).collect()
    }
}

/// An office that ended with a death which a court took back; an officer decides whether it is held again (死亡宣告撤销后的职务复核).
#[Object(directive = authenticated::apply())]
impl OfficeReview {
    /// The review's id (标识).
    async fn id(&self) -> ID {
        ID(self.row.id.to_string())
    }

    /// The office (职务).
    async fn role(&self) -> OfficeRole {
        self.row.role
    }

    /// The organization; null on failure (社会组织).
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>> {
        let load = |codes: Arc<[String]>| async move { Organization::load(ctx, &codes).await };
        let code = &self.row.credit_code;
        self.shelf.codes.load(code, "organizations", "", load).await
    }

    /// Who held it; null when it may not be read (原任职人员).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["person.masked".into()]]),
        directive = personal::apply("office".into(), "person { id }".into())
    )]
    async fn person(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        ctx.need(scope::PERSON_MASKED)?;
        let persons = Arc::clone(&self.shelf.persons);
        Ok(Some(Person::new(self.row.person.clone(), persons)))
    }

    /// The day on which the death was taken back (提起日期).
    async fn opened_on(&self) -> Date {
        Date(self.row.opened)
    }

    /// The version to name with the decision (版本).
    async fn version(&self) -> i64 {
        self.row.version
    }
}
