//! What a mutation answers: the thing, or why it was refused.

use crate::error::{Error, Result, UserError};

/// A payload that can carry refusals; [`payloads!`](crate::payloads) makes them.
pub trait Payload {
    /// The payload of a refusal.
    fn refused(errors: Vec<UserError>) -> Self;
}

/// Declares payloads: the things, each nullable, and `userErrors`. Each is `Default` and as visible as
/// the word before its name says.
///
/// ```
/// minzheng_kit::payloads! {
///     /// What became of a report (报告结果).
///     pub ReportPayload {
///         /// The report's number; null when it was refused (编号).
///         number: i32,
///     }
/// }
/// let payload = ReportPayload { number: Some(1), ..Default::default() };
/// assert!(payload.user_errors.is_empty());
/// ```
#[macro_export]
macro_rules! payloads {
    ($($(#[$meta:meta])* $vis:vis $name:ident { $($(#[$field_meta:meta])* $field:ident : $kind:ty,)* })+) => { $(
        $(#[$meta])*
        #[derive(::async_graphql::SimpleObject, Default)]
        $vis struct $name {
            $($(#[$field_meta])* $vis $field: ::std::option::Option<$kind>,)*
            /// What the law or the form refuses; empty on success (业务错误).
            $vis user_errors: ::std::vec::Vec<$crate::UserError>,
        }

        impl $crate::mutation::Payload for $name {
            fn refused(user_errors: ::std::vec::Vec<$crate::UserError>) -> Self {
                Self { user_errors, ..::std::default::Default::default() }
            }
        }
    )+ };
}

/// What a use case gave, as a payload: a refusal goes to `userErrors`, other errors stop.
///
/// # Errors
/// What is no refusal.
pub fn told<T, P: Payload>(
    outcome: Result<T>,
    payload: impl FnOnce(T) -> P,
) -> async_graphql::Result<P> {
    match outcome {
        Ok(value) => Ok(payload(value)),
        Err(error) => Ok(P::refused(vec![of_input(error.into_user_error()?)])),
    }
}

/// The same for a use case that finds all refusals at once.
///
/// # Errors
/// What is no refusal.
pub fn told_all<T, P: Payload>(
    outcome: Result<std::result::Result<T, Vec<UserError>>>,
    payload: impl FnOnce(T) -> P,
) -> async_graphql::Result<P> {
    match outcome {
        Ok(Err(refusals)) => Ok(P::refused(refusals.into_iter().map(of_input).collect())),
        Ok(Ok(value)) => Ok(payload(value)),
        Err(error) => told(Err(error), payload),
    }
}

/// A refusal whose field is named from the mutation's arguments: rules and services know the fields
/// of the input, not that it is one argument.
fn of_input(mut error: UserError) -> UserError {
    if let Some(path) = &mut error.path
        && path.first().is_none_or(|first| first != "input")
    {
        path.insert(0, "input".to_owned());
    }
    error
}

/// A thing that is not there, or that the caller may not know of, as a refusal of the input field that
/// names it; other errors stay as they are.
pub fn missing(error: Error, field: &str) -> Error {
    match error {
        Error::NotFound => UserError::new("NOT_FOUND", "There is no such record.", "没有该记录。")
            .field(&["input", field])
            .into(),
        other => other,
    }
}

/// Refuses (`VERSION_CONFLICT`) unless the record still stands as the caller read it.
///
/// # Errors
/// The refusal, naming `input.version`.
pub fn same_version<V: PartialEq>(stands: V, read: V) -> Result<()> {
    if stands == read {
        return Ok(());
    }
    let refusal = Error::Conflict.into_user_error()?;
    Err(refusal.field(&["input", "version"]).into())
}

/// Refuses (`VERSION_CONFLICT`) unless `UPDATE … WHERE id = … AND version = …` touched exactly one row.
///
/// # Errors
/// The refusal.
pub fn one_row(touched: u64) -> Result<()> {
    if touched == 1 {
        Ok(())
    } else {
        same_version(false, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::payloads! {
        /// A payload (结果).
        Done {
            /// What was done (内容).
            what: i32,
        }
    }

    fn done(what: i32) -> Done {
        Done {
            what: Some(what),
            ..Done::default()
        }
    }

    #[test]
    fn a_refusal_is_told_with_its_field_from_the_argument_on() {
        let refusal = |path: &[&str]| Error::from(UserError::new("NO", "No.", "否。").field(path));
        for path in [&["day"][..], &["input", "day"]] {
            let payload = told(Err(refusal(path)), done).unwrap();
            assert_eq!(payload.what, None);
            let field = payload.user_errors[0].path.as_deref().unwrap();
            assert_eq!(field, ["input", "day"]);
        }
        assert_eq!(told(Ok(3), done).unwrap().what, Some(3));
    }

    #[test]
    fn all_refusals_are_told_together() {
        let two = vec![
            UserError::new("A", "A.", "甲。"),
            UserError::new("B", "B.", "乙。").field(&["day"]),
        ];
        let payload = told_all(Ok(Err(two)), done).unwrap();
        let codes: Vec<&str> = payload
            .user_errors
            .iter()
            .map(|e| e.code.as_str())
            .collect();
        assert_eq!(codes, ["A", "B"]);
    }

    #[test]
    fn what_is_no_refusal_stops_the_operation() {
        for error in [Error::Forbidden, Error::NotFound, Error::Unavailable] {
            assert!(told(Err(error), done).is_err());
        }
        let payload = told(Err(missing(Error::NotFound, "slot")), done).unwrap();
        assert_eq!(payload.user_errors[0].code, "NOT_FOUND");
        assert!(told(Err(missing(Error::Forbidden, "slot")), done).is_err());
    }

    #[test]
    fn a_changed_record_is_refused_with_the_field() {
        assert!(same_version(3, 3).is_ok() && one_row(1).is_ok());
        for outcome in [same_version(4, 3), one_row(0)] {
            let Err(Error::Invalid(refusal)) = outcome else {
                panic!("not refused");
            };
            assert_eq!(refusal.code, "VERSION_CONFLICT");
            assert_eq!(refusal.path.unwrap(), ["input", "version"]);
        }
    }
}
