//! Identifiers of records: opaque UUIDs. New ones are version 7, so that they sort by creation and
//! keep indexes compact; derived ones are version 5, so that the same division or demonstration
//! record has the same id in every installation.

use uuid::Uuid;

/// A fresh id (UUID version 7).
pub fn new() -> Uuid {
    Uuid::now_v7()
}

/// The id that a name has for ever (UUID version 5): the same texts give the same id everywhere.
///
/// `namespace` says what kind of thing is named, for example `"division"`; it is itself hashed
/// into a namespace UUID below [`Uuid::NAMESPACE_URL`].
pub fn derived(namespace: &str, name: &str) -> Uuid {
    let namespace = Uuid::new_v5(
        &Uuid::NAMESPACE_URL,
        format!("urn:minzheng:{namespace}").as_bytes(),
    );
    Uuid::new_v5(&namespace, name.as_bytes())
}

/// Reads an id that a client sent; anything that is no UUID names nothing.
pub fn parse(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_derived_id_is_the_same_in_every_installation() {
        assert_eq!(derived("division", "510132"), derived("division", "510132"));
        assert_ne!(derived("division", "510132"), derived("place", "510132"));
    }
}
