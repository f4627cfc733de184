//! The closed lists of the subsystem: kinds, states, results.
//!
//! One Rust enum serves three readers: the rules match on it, the database keeps its
//! UPPER_SNAKE text, GraphQL shows it with a description. So a value can never mean one thing in
//! the law and another in the answer. The texts are stored in rows and in history: a variant may be
//! added, never renamed.

/// What every list needs.
mod imports {
    pub(super) use async_graphql::Enum;
    pub(super) use sea_orm::{DeriveActiveEnum, EnumIter};
}

/// Declares one list: GraphQL enum, text column and `Copy` value at once.
macro_rules! list {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Enum, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize)]
        #[sea_orm(rs_type = "String", db_type = "Text")]
        pub enum $name {
            $($(#[$vmeta])* #[sea_orm(string_value = $text)] #[graphql(name = $text)] #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// The stored and published text of the value.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

mod process;
mod register;

pub use process::*;
pub use register::*;
