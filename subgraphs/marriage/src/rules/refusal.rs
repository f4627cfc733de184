//! Why the law or the form refuses: one constant sentence in two languages, and its source.
//!
//! A refusal never carries a value, so it can be logged, cached and shown to anyone.

use crate::kit::error::UserError;

/// One refusal or advice, with the article it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Stable code, upper snake case, for programs.
    pub code: &'static str,
    /// One English sentence for people.
    pub en: &'static str,
    /// The same in Chinese.
    pub zh: &'static str,
    /// The law and article, in Chinese as printed.
    pub basis: Option<&'static str>,
}

impl Refusal {
    /// A refusal that rests on an article.
    pub const fn by_law(
        code: &'static str,
        en: &'static str,
        zh: &'static str,
        basis: &'static str,
    ) -> Self {
        Self {
            code,
            en,
            zh,
            basis: Some(basis),
        }
    }

    /// A refusal by the form of the input or the state of the register.
    pub const fn by_form(code: &'static str, en: &'static str, zh: &'static str) -> Self {
        Self {
            code,
            en,
            zh,
            basis: None,
        }
    }

    /// The same as a `userErrors` entry that points to an input field.
    #[must_use]
    pub fn at(self, field: &[&str]) -> UserError {
        UserError::from(self).field(field)
    }
}

impl From<Refusal> for UserError {
    fn from(refusal: Refusal) -> Self {
        let error = UserError::new(refusal.code, refusal.en, refusal.zh);
        match refusal.basis {
            Some(basis) => error.basis(basis),
            None => error,
        }
    }
}

impl From<Refusal> for crate::kit::Error {
    fn from(refusal: Refusal) -> Self {
        crate::kit::Error::Invalid(refusal.into())
    }
}
