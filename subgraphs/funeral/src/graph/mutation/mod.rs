//! What can be done. What the law or the form refuses is in `userErrors`; what stops the operation
//! is a GraphQL error. One file for each counter of the house; each holds its inputs beside its
//! mutations.

pub mod ashes;
pub mod bills;
pub mod collection;
pub mod confirmation;
pub mod deaths;
pub mod facilities;
pub mod furnishing;
pub mod graves;
pub mod hotline;
pub mod opening;
pub mod plots;
pub mod publication;
pub mod sea;
pub mod worship;

use async_graphql::{Context, ID, InputObject, MergedObject, Result};
use futures_util::future::BoxFuture;
use minzheng_kit::mutation::told;
use minzheng_kit::{Error, PrincipalExt, UserError, payloads};
use sea_orm::EntityTrait;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use uuid::Uuid;

use super::case::FuneralCase;
use crate::model::funeral_case;
use crate::service::act::{self, Act};
use crate::service::collection::Seen;

/// What may be changed (变更).
#[derive(MergedObject, Default)]
pub struct Mutation(
    opening::OpeningMutation,
    confirmation::ConfirmationMutation,
    collection::CollectionMutation,
    ashes::AshesMutation,
    bills::BillMutation,
    plots::PlotMutation,
    sea::SeaMutation,
    worship::WorshipMutation,
    hotline::HotlineMutation,
    graves::GraveMutation,
    facilities::FacilityMutation,
    furnishing::FurnishingMutation,
    publication::PublicationMutation,
    deaths::DeathMutation,
);

payloads! {
    /// What came of a step in a case (案件办理结果).
    pub CasePayload {
        /// The case as it stands now; null when the step was refused (治丧案件).
        case: FuneralCase,
    }
}

/// An input with its request key.
pub(super) trait Keyed: std::fmt::Debug + Send + Sync + 'static {
    /// The key of the client's choice.
    fn request_key(&self) -> &str;
}

/// Names the inputs that carry a request key.
macro_rules! keyed {
    ($($input:ty),+ $(,)?) => {
        $(impl super::Keyed for $input {
            fn request_key(&self) -> &str {
                &self.request_key
            }
        })+
    };
}

/// Names the inputs of steps in a case: they say which case, and the version that the caller saw.
macro_rules! case_steps {
    ($($input:ty),+ $(,)?) => {
        crate::graph::mutation::keyed!($($input),+);
        $(impl $input {
            fn seen(&self) -> minzheng_kit::Result<crate::service::collection::Seen> {
                super::seen(&self.case, self.version)
            }
        })+
    };
}

pub(super) use {case_steps, keyed};

/// Runs a use case once per principal and request key. What is compared on a repetition is the input as
/// it came, which therefore holds no identity number.
pub(super) async fn run<I, T, F>(
    ctx: &Context<'_>,
    name: &str,
    input: I,
    work: F,
) -> minzheng_kit::Result<T>
where
    I: Keyed,
    T: Serialize + DeserializeOwned + Send,
    F: for<'c> Fn(Act<'c>, &'c I) -> BoxFuture<'c, minzheng_kit::Result<T>> + Send + Sync + 'static,
{
    let body = json!([name, format!("{input:?}")]);
    let key = input.request_key().to_owned();
    act::run(ctx.services(), ctx.principal(), &key, body, input, work).await
}

/// Reads an id of the input; one that is malformed names nothing.
pub(super) fn key(id: &ID, field: &str) -> minzheng_kit::Result<Uuid> {
    minzheng_kit::id::parse(id).ok_or_else(|| {
        Error::Invalid(
            UserError::new("ID_MALFORMED", "The id is malformed.", "标识格式不正确。")
                .field(&[field]),
        )
    })
}

/// Reads an id that may be left out.
pub(super) fn some_key(id: Option<&ID>, field: &str) -> minzheng_kit::Result<Option<Uuid>> {
    id.map(|id| key(id, field)).transpose()
}

/// A case as the caller saw it.
pub(super) fn seen(case: &ID, version: i64) -> minzheng_kit::Result<Seen> {
    Ok(Seen {
        case: key(case, "case")?,
        version,
    })
}

/// A row that a use case has just written, by its id.
pub(super) async fn written<E>(
    ctx: &Context<'_>,
    outcome: minzheng_kit::Result<Uuid>,
) -> minzheng_kit::Result<E::Model>
where
    E: EntityTrait,
    <E::PrimaryKey as sea_orm::PrimaryKeyTrait>::ValueType: From<Uuid>,
{
    E::find_by_id(outcome?)
        .one(ctx.services().db.read())
        .await?
        .ok_or(Error::NotFound)
}

/// Answers with the case.
pub(super) async fn case_told(
    ctx: &Context<'_>,
    outcome: minzheng_kit::Result<Uuid>,
) -> Result<CasePayload> {
    told(written::<funeral_case::Entity>(ctx, outcome).await, |row| {
        CasePayload {
            case: FuneralCase::all(vec![row]).pop(),
            ..CasePayload::default()
        }
    })
}

/// A step in a case that needs nothing but the case (案件步骤).
#[derive(InputObject, Clone, Debug)]
pub struct CaseStepInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
}

impl Keyed for CaseStepInput {
    fn request_key(&self) -> &str {
        &self.request_key
    }
}

impl CaseStepInput {
    fn seen(&self) -> minzheng_kit::Result<Seen> {
        seen(&self.case, self.version)
    }
}
