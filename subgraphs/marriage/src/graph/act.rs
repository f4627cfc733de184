//! From a mutation's resolver to one change: who asks, under which key, and how refusals come back.

use super::enums::PersonSex;
use crate::kit::contract::scope;
use crate::kit::disclosure::{self, Told};
use crate::kit::identity;
use crate::kit::{CitizenIdInput, Date, PrincipalExt, Result, Services, UserError};
use crate::rules::Refusal;
use crate::service::act::{Act, Key, NotDone, run};
use crate::service::couple::{Facts, Hidden, Known};
use async_graphql::{Context, ID, InputObject};
use futures_util::future::BoxFuture;
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// What became of a change: done, or refused with every reason.
pub(super) type Outcome<T> = std::result::Result<T, Vec<UserError>>;

/// Runs a change of an officer of marriage registration.
pub(super) async fn officer<W, T, F>(
    ctx: &Context<'_>,
    request_key: &str,
    what: Outcome<W>,
    work: F,
) -> async_graphql::Result<Outcome<T>>
where
    W: Serialize + Send + Sync + 'static,
    T: Serialize + DeserializeOwned + Send,
    F: for<'x> Fn(Act<'x>, &'x W) -> BoxFuture<'x, Result<T>> + Send + Sync + 'static,
{
    ctx.need(scope::MARRIAGE_CASE)?;
    anyone(ctx, request_key, what, work).await
}

/// The same, where its refusals tell what the registers say of persons: then whoever is told of is on record before
/// the answer is shown. The field is marked with [`TOLD_SUBJECT`](crate::kit::contract::directive::TOLD_SUBJECT).
pub(super) async fn telling<W, T, F>(
    ctx: &Context<'_>,
    request_key: &str,
    what: Outcome<W>,
    whom: impl FnOnce(&W) -> Vec<String>,
    work: F,
) -> async_graphql::Result<Outcome<T>>
where
    W: Serialize + Send + Sync + 'static,
    T: Serialize + DeserializeOwned + Send,
    F: for<'x> Fn(Act<'x>, &'x W) -> BoxFuture<'x, Result<T>> + Send + Sync + 'static,
{
    let persons = what.as_ref().map(whom).unwrap_or_default();
    let outcome = officer(ctx, request_key, what, work).await?;
    let caller = ctx.principal();
    let told = Told {
        persons,
        purpose: caller.purpose.clone(),
        case: caller.case.clone(),
    };
    disclosure::tell(ctx, told).map_err(|error| error.graphql())?;
    Ok(outcome)
}

/// Runs a change; the work itself judges who may.
pub(super) async fn anyone<W, T, F>(
    ctx: &Context<'_>,
    request_key: &str,
    what: Outcome<W>,
    work: F,
) -> async_graphql::Result<Outcome<T>>
where
    W: Serialize + Send + Sync + 'static,
    T: Serialize + DeserializeOwned + Send,
    F: for<'x> Fn(Act<'x>, &'x W) -> BoxFuture<'x, Result<T>> + Send + Sync + 'static,
{
    let what = match what {
        Ok(what) => what,
        Err(refusals) => return Ok(Err(refusals)),
    };
    let key = Key {
        mutation: ctx.field().name(),
        request: request_key,
    };
    match run(ctx.services(), ctx.principal(), key, what, work).await {
        Ok(done) => Ok(Ok(done)),
        Err(NotDone::Refused(refusals)) => Ok(Err(refusals)),
        Err(NotDone::Stopped(error)) => Err(error.graphql()),
    }
}

/// Reads an id; one that is none names nothing.
pub(super) fn id(value: &ID, field: &str) -> Outcome<Uuid> {
    crate::kit::id::parse(value).ok_or_else(|| {
        vec![
            Refusal::by_form("NOT_FOUND", "There is no such record.", "没有该记录。")
                .at(&["input", field]),
        ]
    })
}

/// Reads an id that may be left out.
pub(super) fn maybe_id(value: Option<&ID>, field: &str) -> Outcome<Option<Uuid>> {
    value.map(|value| id(value, field)).transpose()
}

/// Reads an id with the version it was read at.
pub(super) fn read_at(value: &ID, version: i64, field: &str) -> Outcome<(Uuid, i64)> {
    Ok((id(value, field)?, version))
}

/// What a passport tells and its number does not (护照载明事项).
#[derive(InputObject, Clone, Copy, Debug)]
pub struct PaperFactsInput {
    /// Sex as the paper states it (性别).
    pub sex: PersonSex,
    /// Date of birth as the paper states it (出生日期).
    pub birth_date: Date,
}

impl From<PaperFactsInput> for Facts {
    fn from(input: PaperFactsInput) -> Self {
        Self {
            sex: input.sex.into(),
            birth: input.birth_date.0,
        }
    }
}

/// Reads an identity number of any kind; the number itself goes no further.
pub(super) async fn known(
    services: &Services,
    number: &CitizenIdInput,
    field: &str,
) -> Outcome<Known> {
    holder(services, number, None, field).await
}

/// The same of a number that may be left out.
pub(super) async fn maybe_known(
    services: &Services,
    number: Option<&CitizenIdInput>,
    field: &str,
) -> Outcome<Option<Known>> {
    match number {
        Some(number) => known(services, number, field).await.map(Some),
        None => Ok(None),
    }
}

/// The same with what the paper tells besides.
pub(super) async fn holder(
    services: &Services,
    number: &CitizenIdInput,
    facts: Option<PaperFactsInput>,
    field: &str,
) -> Outcome<Known> {
    let number = identity::read(&number.0, services.clock.today())
        .map_err(|error| vec![error.user_error().field(&["input", field])])?;
    Known::of(services, number, facts.map(Facts::from))
        .await
        .map_err(|refusal| vec![refusal.at(&["input", field])])
}

/// A text that is sealed at once, of bounded length; none where it is left out.
pub(super) fn hidden(
    services: &Services,
    value: Option<&str>,
    field: &str,
    most: usize,
) -> Outcome<Option<Hidden>> {
    value
        .map(|value| text(value, field, most).map(|text| Hidden::of(services, text)))
        .transpose()
}

/// An account that may be left out: what the tokens of the gateway name as their subject.
pub(super) fn hidden_account(value: Option<&str>) -> Outcome<Option<String>> {
    value.map(|value| text(value, "account", 128)).transpose()
}

/// A text of bounded length that is not empty.
pub(super) fn text(value: &str, field: &str, most: usize) -> Outcome<String> {
    let value = value.trim();
    if value.is_empty() || value.chars().count() > most {
        return Err(vec![
            Refusal::by_form(
                "TEXT_LENGTH",
                "This text is missing or too long.",
                "该项缺失或超过长度限制。",
            )
            .at(&["input", field]),
        ]);
    }
    Ok(value.to_owned())
}

/// Declares a payload: the thing, and what the law or the form refuses.
macro_rules! payload {
    ($(#[doc = $doc:literal])* $name:ident { $(#[doc = $field_doc:literal])* $field:ident: $type:ty }) => {
        $(#[doc = $doc])*
        #[derive(async_graphql::SimpleObject, Clone, Debug, Default)]
        pub struct $name {
            $(#[doc = $field_doc])*
            pub $field: Option<$type>,
            /// What the law or the form refuses; empty on success (错误).
            pub user_errors: Vec<$crate::kit::UserError>,
        }

        impl $name {
            /// The payload of an outcome.
            pub(super) fn of(outcome: std::result::Result<$type, Vec<$crate::kit::UserError>>) -> Self {
                match outcome {
                    Ok(made) => Self { $field: Some(made), user_errors: Vec::new() },
                    Err(user_errors) => Self { $field: None, user_errors },
                }
            }
        }
    };
}

pub(super) use payload;
