//! The forms of the counters: GraphQL input objects, which the use cases of [`crate::service`] read as
//! they are, so that a field is described once and judged where the law is.
//!
//! Numbers of persons come in as [`minzheng_kit::CitizenIdInput`]; the graph turns them into tokens
//! before a use case sees the form, and the request that is kept for comparison has the token only.

pub mod development;
pub mod registration;
pub mod supervision;

/// A form of a change.
pub trait Form: async_graphql::InputType + Send + Sync + 'static {
    /// The key by which a repeated request is known.
    fn request_key(&self) -> &str;
}

macro_rules! forms {
    ($($name:ident),+ $(,)?) => {
        $(impl crate::input::Form for $name {
            fn request_key(&self) -> &str {
                &self.request_key
            }
        })+
    };
}
pub(crate) use forms;
