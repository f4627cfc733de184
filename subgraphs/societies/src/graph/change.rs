//! How a change is asked for: scope, form, use case, payload. One shape for all of them.

use crate::input::Form;
use crate::service::act::{self, UseCase};
use async_graphql::Context;
use kit::contract::scope;
use kit::{PrincipalExt, Result, UserError};
use minzheng_kit as kit;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// What came of a change: its result, or why the law or the form refused.
pub(super) type Outcome<T> = std::result::Result<T, Vec<UserError>>;

/// Runs a use case on a form.
pub(super) async fn change<I, T>(
    ctx: &Context<'_>,
    operation: &'static str,
    input: I,
    case: UseCase<I, T>,
) -> Result<Outcome<T>>
where
    I: Form,
    T: Serialize + DeserializeOwned + Send + 'static,
{
    let (key, body) = (input.request_key().to_owned(), body(operation, &input));
    run(ctx, &key, body, input, case).await
}

/// Runs a use case on something made from a form, which is compared by `body`.
pub(super) async fn run<I, T>(
    ctx: &Context<'_>,
    request_key: &str,
    body: Value,
    input: I,
    case: UseCase<I, T>,
) -> Result<Outcome<T>>
where
    I: Send + Sync + 'static,
    T: Serialize + DeserializeOwned + Send + 'static,
{
    ctx.need(scope::SOCIETIES_WRITE)?;
    told(
        act::run(
            ctx.services(),
            ctx.principal(),
            request_key,
            body,
            input,
            case,
        )
        .await,
    )
}

/// A form as it is compared with an earlier one of the same key. Numbers of persons are null in it.
pub(super) fn body(operation: &str, input: &impl Form) -> Value {
    json!([operation, input.to_value().into_json().unwrap_or_default()])
}

/// A refusal as the payload tells it; any other error stops the operation.
pub(super) fn told<T>(result: Result<T>) -> Result<Outcome<T>> {
    match result {
        Ok(done) => Ok(Ok(done)),
        Err(error) => Ok(Err(vec![error.into_user_error()?])),
    }
}

/// Declares the payload of changes whose result is one object.
macro_rules! payload {
    ($(#[$meta:meta])* $name:ident { $(#[$field_meta:meta])* $field:ident: $ty:ty }) => {
        $(#[$meta])*
        #[derive(async_graphql::SimpleObject, Default)]
        pub struct $name {
            $(#[$field_meta])*
            pub $field: Option<$ty>,
            /// Why it was refused; empty when it was done (业务错误).
            pub user_errors: Vec<minzheng_kit::UserError>,
        }

        impl $name {
            /// What stands after a change that was done.
            pub(super) fn done(object: Option<$ty>) -> Self {
                Self { $field: object, user_errors: Vec::new() }
            }

            /// Why a change was refused.
            pub(super) fn refused(user_errors: Vec<minzheng_kit::UserError>) -> Self {
                Self { $field: None, user_errors }
            }
        }
    };
}
pub(super) use payload;
