//! A power cut in the middle of a seal.

use super::super::files::Files;
use super::super::verify::verify;
use super::writing::soon;
use super::*;

/// A log of one record in files, sealed once.
async fn sealed(folder: &std::path::Path) -> std::path::PathBuf {
    let open = || Box::new(Files::open(folder).unwrap());
    let settings = Settings {
        seal_key: Some(key()),
        ..settings()
    };
    let log = Recorder::start(open(), open(), settings).unwrap();
    log.write(vec![draft("a")], soon()).await.unwrap();
    drop(log);
    seal::seal(&mut *open(), &key(), HashKind::Sha256, Utc::now()).unwrap();
    folder.join("seals.jsonl")
}

#[tokio::test]
async fn half_a_seal_is_no_seal_and_the_next_one_takes_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let seals = sealed(folder.path()).await;
    let whole = std::fs::read(&seals).unwrap();
    let last = whole[..whole.len() - 1]
        .rsplit(|byte| *byte == b'\n')
        .next()
        .unwrap()
        .to_vec();
    let public = key().public();
    let open = || Files::open(folder.path()).unwrap();
    // Half of the first seal there is, and half of one behind whole ones.
    for before in [&whole[..whole.len() - 1 - last.len()], &whole[..]] {
        let cut = [before, &last[..last.len() / 2]].concat();
        std::fs::write(&seals, cut).unwrap();
        let report = verify(&mut open(), Some(&public), KEEP, Utc::now()).unwrap();
        assert_eq!((report.cut_off, report.findings), (1, vec![]));

        let settings = Settings {
            seal_key: Some(key()),
            ..settings()
        };
        let log = Recorder::start(Box::new(open()), Box::new(open()), settings).unwrap();
        log.write(vec![draft("b")], soon()).await.unwrap();
        drop(log);
        let made = seal::seal(&mut open(), &key(), HashKind::Sha256, Utc::now()).unwrap();
        let whole_before = before.iter().filter(|byte| **byte == b'\n').count() as u64;
        assert!(made.seals > whole_before, "no seal was made");
        let report = verify(&mut open(), Some(&public), KEEP, Utc::now()).unwrap();
        assert_eq!((report.cut_off, report.unsealed), (0, 0));
        assert_eq!(report.findings, []);
        seal::purge(&mut open(), &public, KEEP, Utc::now()).unwrap();
    }
}
