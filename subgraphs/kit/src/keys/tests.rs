//! Keys are made once, found again, changed without loss, and never shown.

use std::{fs, path::PathBuf};

use super::*;
use crate::error::Error;

fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("minzheng-keys-{}", uuid::Uuid::new_v4()))
}

#[test]
fn keys_are_made_once_and_found_again() {
    let folder = folder();
    let first = Keys::load_or_create(&folder).unwrap();
    let second = Keys::load_or_create(&folder).unwrap();
    let pair = |keys: &Keys| {
        (
            *keys.signature_key("marriage").unwrap().expose(),
            keys.principal_public_key().unwrap(),
        )
    };
    assert_eq!(pair(&first), pair(&second));
    assert_ne!(
        first.signature_key("marriage").unwrap().expose(),
        first.signature_key("funeral").unwrap().expose()
    );
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn keys_are_changed_without_losing_what_the_old_ones_made() {
    let folder = folder();
    let keys = Keys::load_or_create(&folder).unwrap();
    let today = "2026-11-22".parse().unwrap();
    let number = crate::identity::read("519901199003030032", today).unwrap();
    let old = keys.tokenizer().unwrap().token_of(&number).unwrap();
    assert_eq!(keys.create_token_key().unwrap(), 2);
    let tokenizer = keys.tokenizer().unwrap();
    assert_eq!(tokenizer.version(), 2);
    assert!(tokenizer.was(&number, old.as_made()));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn master_keys_are_changed_in_two_steps_that_may_be_repeated() {
    let folder = folder();
    let keys = Keys::load_or_create(&folder).unwrap();
    let held = |name| -> Vec<[u8; 32]> {
        let keys = keys.column_masters(name).unwrap();
        keys.iter().map(|key| *key.expose()).collect()
    };
    for name in ["persons", "funeral"] {
        assert_eq!(held(name).len(), 1);
    }
    assert_ne!(held("funeral"), held("marriage"));
    let before = held("funeral");
    keys.create_next_masters().unwrap();
    let during = held("funeral");
    keys.create_next_masters().unwrap();
    assert_eq!(held("funeral"), during);
    assert_eq!(during.get(1..), Some(before.as_slice()));
    assert_eq!(keys.adopt_masters().unwrap(), Vec::<String>::new());
    assert_eq!(Some(held("funeral").as_slice()), during.get(..1));
    keys.adopt_masters().unwrap();
    assert_eq!(held("persons").len(), 1);
    fs::remove_dir_all(folder).unwrap();
}

#[cfg(unix)]
#[test]
fn key_files_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    Keys::load_or_create(&folder).unwrap();
    for entry in fs::read_dir(&folder).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_broken_or_missing_key_is_named_and_not_shown() {
    let folder = folder();
    fs::create_dir_all(&folder).unwrap();
    let keys = Keys::load(&folder);
    let Err(Error::Internal(text)) = keys.column_masters("persons") else {
        panic!("a missing key must be an error")
    };
    assert!(text.contains("vault-master"));
    fs::write(folder.join("vault-master.key"), "not a key").unwrap();
    let Err(Error::Internal(text)) = keys.column_masters("persons") else {
        panic!("a broken key must be an error")
    };
    assert!(!text.contains("not a key"));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_secret_does_not_print() {
    assert_eq!(format!("{:?}", Secret::new([7; 32])), "Secret(***)");
}
