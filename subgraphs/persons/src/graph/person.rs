//! The entity `Person`: masked, and in full only by the one field that writes down who asked and why.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};

use crate::{
    kit::{
        Error, Principal, PrincipalExt, Result, Role,
        batch::Siblings,
        citizen_id::{Sex, mask, mask_name},
        contract::scope,
        federation::directives::*,
        seal::SealedColumn,
    },
    model::{
        person::Model,
        terms::{IdKind, IdentityStatus},
    },
    service::{
        columns, lookup,
        reveal::{self, Full},
    },
};

/// A natural person; the key is an opaque token (自然人).
pub struct Person {
    /// The token that was asked for: the row's own, or one of an earlier key.
    token: String,
    row: Option<Model>,
    siblings: Arc<Siblings<String>>,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person")
            .field("row", &self.row)
            .finish_non_exhaustive()
    }
}

impl Person {
    /// A person who is in the vault, by the token asked for. `siblings` are the rows' own tokens.
    pub(crate) fn known(token: String, row: Model, siblings: Arc<Siblings<String>>) -> Self {
        Self {
            token,
            row: Some(row),
            siblings,
        }
    }

    /// Persons of one list.
    fn all(rows: Vec<Model>) -> Vec<Self> {
        let siblings = Siblings::new(rows.iter().map(|row| row.token.clone()).collect());
        rows.into_iter()
            .map(|row| Self::known(row.token.clone(), row, Arc::clone(&siblings)))
            .collect()
    }

    /// A person whose identity has not arrived yet.
    pub(crate) fn pending(token: String) -> Self {
        Self {
            siblings: Siblings::new(vec![token.clone()]),
            token,
            row: None,
        }
    }

    /// The one rule for whatever is told of a person, whether or not the vault knows them, so that a refusal tells
    /// nothing. A citizen sees themselves, and of somebody met in a shared record the masked name only: the
    /// subgraph that keeps the record gives the reference once the relation is confirmed. An officer of some place
    /// sees whom a subgraph leads them to; of nowhere, nobody.
    fn seen(&self, ctx: &Context<'_>, what: Told) -> Result<()> {
        ctx.need(scope::PERSON_MASKED)?;
        let caller = ctx.principal();
        let seen = match caller.role {
            Role::Citizen => {
                let row = self.row.as_ref();
                what == Told::MaskedName
                    || caller.is_person(&self.token)
                    || row.is_some_and(|row| owns(caller, row))
            }
            Role::Registrar | Role::Supervisor => {
                caller.division.is_some() || caller.registry.is_some()
            }
            _ => false,
        };
        if seen { Ok(()) } else { Err(Error::Forbidden) }
    }

    /// An encrypted column, opened for the caller if they may see it masked.
    async fn opened(
        &self,
        ctx: &Context<'_>,
        column: &SealedColumn,
        show: impl FnOnce(&str) -> String,
    ) -> Result<Option<String>> {
        self.seen(
            ctx,
            if *column == columns::NAME {
                Told::MaskedName
            } else {
                Told::Rest
            },
        )?;
        let Some(row) = &self.row else {
            return Ok(None);
        };
        let value = if *column == columns::ID_NUMBER {
            row.id_number.as_deref()
        } else {
            row.name.as_deref()
        };
        let Some(value) = value else {
            return Ok(None);
        };
        let services = ctx.services();
        let text = services
            .columns
            .open(services.db.read(), column, &row.token, value)
            .await?;
        Ok(Some(show(&text)))
    }
}

/// What is asked of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// The name, masked.
    MaskedName,
    /// Anything else, also whether there is anything.
    Rest,
}

/// Whether a row is the caller's own, under whichever of their names.
fn owns(caller: &Principal, row: &Model) -> bool {
    let main = row.alias_of.as_deref();
    caller.is_person(&row.token) || main.is_some_and(|main| caller.is_person(main))
}

/// A person's number and name in full (完整身份信息).
pub struct FullIdentity {
    token: String,
    full: Full,
}

/// A person's number and name in full (完整身份信息).
#[Object]
impl FullIdentity {
    /// The person (自然人标识).
    #[graphql(directive = authenticated::apply())]
    async fn person_id(&self) -> ID {
        ID(self.token.clone())
    }

    /// The number in full; null when the vault has none (完整证件号码).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["person.reveal".into()]]),
        directive = personal::apply("REVEAL_IDENTITY".into(), "personId".into())
    )]
    async fn id_number(&self) -> Option<String> {
        self.full.id_number.as_deref().cloned()
    }

    /// The name in full; null when it was never told (完整姓名).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["person.reveal".into()]]),
        directive = personal::apply("REVEAL_IDENTITY".into(), "personId".into())
    )]
    async fn name(&self) -> Option<String> {
        self.full.name.as_deref().cloned()
    }
}

/// A natural person; the key is an opaque token (自然人).
#[Object(directive = key::apply("id".into(), None))]
impl Person {
    /// The opaque token of the person in this province (自然人标识).
    async fn id(&self) -> ID {
        ID(self.token.clone())
    }

    /// The identity number with only its first three and last four characters; null when the caller may not see it or it is not yet in the vault (脱敏证件号码).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["person.masked".into()]]),
        directive = personal::apply("IDENTITY".into(), "id".into())
    )]
    async fn masked_id(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.opened(ctx, &columns::ID_NUMBER, mask).await
    }

    /// The name with only its first and last characters; null when the caller may not see it or it was never told (脱敏姓名).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["person.masked".into()]]),
        directive = personal::apply("IDENTITY".into(), "id".into())
    )]
    async fn masked_name(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.opened(ctx, &columns::NAME, mask_name).await
    }

    /// The sex; null when it is unknown or not stated (性别).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["person.masked".into()]]),
        directive = personal::apply("IDENTITY".into(), "id".into())
    )]
    async fn sex(&self, ctx: &Context<'_>) -> Result<Option<Sex>> {
        self.seen(ctx, Told::Rest)?;
        Ok(self.row.as_ref().and_then(|row| Sex::from_code(row.sex)))
    }

    /// The year of birth; null when it is unknown (出生年份).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["person.masked".into()]]),
        directive = personal::apply("IDENTITY".into(), "id".into())
    )]
    async fn birth_year(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        self.seen(ctx, Told::Rest)?;
        Ok(self.row.as_ref().and_then(|row| row.birth_year))
    }

    /// How far the identity is known to be right; null when the caller may not see it (身份核验状态).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["person.masked".into()]]),
        directive = personal::apply("IDENTITY".into(), "id".into())
    )]
    async fn identity_status(&self, ctx: &Context<'_>) -> Result<Option<IdentityStatus>> {
        self.seen(ctx, Told::Rest)?;
        let row = self.row.as_ref();
        Ok(Some(row.map_or(IdentityStatus::Pending, |row| row.status)))
    }

    /// What kind of number names the person; null when it is not yet in the vault (证件类型).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["person.masked".into()]]),
        directive = personal::apply("IDENTITY".into(), "id".into())
    )]
    async fn id_kind(&self, ctx: &Context<'_>) -> Result<Option<IdKind>> {
        self.seen(ctx, Told::Rest)?;
        Ok(self.row.as_ref().map(|row| row.id_kind))
    }

    /// The person whom this token is another name of; null for a main token (别名所属自然人).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["person.masked".into()]]),
        directive = personal::apply("IDENTITY".into(), "id".into())
    )]
    async fn alias_of(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        self.seen(ctx, Told::Rest)?;
        let Some(main) = self.row.as_ref().and_then(|row| row.alias_of.clone()) else {
            return Ok(None);
        };
        let db = ctx.services().db.read();
        let found = lookup::by_tokens(db, [main.clone()]).await?.remove(&main);
        Ok(found.and_then(|row| Self::all(vec![row]).pop()))
    }

    /// The other names of the person, such as an old 15-digit number (其他证件号码).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["person.masked".into()]]),
        directive = personal::apply("IDENTITY".into(), "id".into())
    )]
    async fn aliases(&self, ctx: &Context<'_>) -> Result<Option<Vec<Person>>> {
        self.seen(ctx, Told::Rest)?;
        let db = ctx.services().db.read();
        let Some(row) = &self.row else {
            return Ok(Some(Vec::new()));
        };
        let rows = self
            .siblings
            .load(&row.token, "aliases", "", |tokens| {
                lookup::aliases(db, tokens.to_vec())
            })
            .await?
            .unwrap_or_default();
        Ok(Some(Self::all(rows)))
    }

    /// The version to name when the identity is judged; null when it is not yet in the vault (版本).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["person.masked".into()]]),
        directive = personal::apply("IDENTITY".into(), "id".into())
    )]
    async fn version(&self, ctx: &Context<'_>) -> Result<Option<i64>> {
        self.seen(ctx, Told::Rest)?;
        Ok(self.row.as_ref().map(|row| row.version))
    }

    /// Number and name in full: for the person themselves, and for officers who state purpose, case and a reason, supervisors after a second officer's approval (proposeReveal); each reading is written down before it is shown; null when it is not yet in the vault (完整身份信息).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["person.reveal".into()]]),
        directive = personal::apply("REVEAL_IDENTITY".into(), "id".into()),
        directive = cache_control::apply(Some(0), Some(CacheScope::Private)),
        directive = cost::apply(50)
    )]
    async fn full_identity(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Why, in 4 to 200 characters; a citizen asking about themselves may leave it empty (理由).",
            default
        )]
        reason: String,
    ) -> Result<Option<FullIdentity>> {
        ctx.need(scope::PERSON_REVEAL)?;
        self.seen(ctx, Told::Rest)?;
        let Some(row) = &self.row else {
            return Ok(None);
        };
        let full = reveal::reveal(ctx.services(), ctx.principal(), row, &reason).await?;
        Ok(Some(FullIdentity {
            token: self.token.clone(),
            full,
        }))
    }
}
