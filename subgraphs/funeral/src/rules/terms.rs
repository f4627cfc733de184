//! The closed vocabularies of the funeral subsystem.
//!
//! One enum serves the rules, the column and the schema, so that a word cannot mean two things.
//! The stored text is the GraphQL name.

macro_rules! terms {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident,)+ }) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord,
            Enum, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
        )]
        #[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum $name {
            $($(#[$vmeta])* $variant,)+
        }
    };
}

mod course;
mod facility;
mod public;

pub use course::*;
pub use facility::*;
pub use public::*;
