//! Closed vocabularies: one Rust enum serves the rules (which match on it), the column (its text), the
//! schema (its value with a description) and the history. So a word cannot mean two things.
//!
//! The texts are stored: a variant may be added, never renamed.

/// Declares closed vocabularies, each an enum that is a GraphQL enum, a text column and `Copy`, with
/// `text()` and `of(text)`, as visible as the word before its name says.
///
/// ```
/// minzheng_kit::terms! {
///     /// How a marriage ended (婚姻终止方式).
///     pub MarriageEnd {
///         /// By divorce (离婚).
///         Divorce = "DIVORCE",
///         /// By the death of one (死亡).
///         Death = "DEATH",
///     }
/// }
/// assert_eq!(MarriageEnd::Death.text(), "DEATH");
/// assert_eq!(MarriageEnd::of("DIVORCE"), Some(MarriageEnd::Divorce));
/// assert_eq!(MarriageEnd::of("divorce"), None);
/// ```
#[macro_export]
macro_rules! terms {
    ($($(#[$meta:meta])* $vis:vis $name:ident {
        $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)+
    })+) => { $(
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord,
            ::async_graphql::Enum, ::sea_orm::EnumIter, ::sea_orm::DeriveActiveEnum,
        )]
        #[sea_orm(rs_type = "String", db_type = "Text")]
        $vis enum $name {
            $($(#[$variant_meta])* #[sea_orm(string_value = $text)] #[graphql(name = $text)] $variant,)+
        }

        impl $name {
            /// All values, in the order declared.
            $vis const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stored and published text of the value.
            #[must_use]
            $vis const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The value of a text; `None` for a text that is none of the list.
            #[must_use]
            $vis fn of(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.text() == text)
            }
        }
    )+ };
}
