//! The writer: groups, failures, patience, and the files it leaves behind.

use std::time::Instant;

use super::super::files::Files;
use super::super::verify::verify;
use super::*;

pub(super) fn soon() -> Instant {
    Instant::now() + Duration::from_secs(120)
}

#[tokio::test]
async fn many_requests_at_once_share_a_few_writes_and_one_chain() {
    let store = Memory {
        slow: Some(Duration::from_millis(5)),
        ..Memory::default()
    };
    let groups = Arc::clone(&store.groups);
    let log =
        Recorder::start(Box::new(store.clone()), Box::new(store.clone()), settings()).unwrap();
    let all = (0..400).map(|at| log.write(vec![draft(&at.to_string())], soon()));
    for outcome in futures_util::future::join_all(all).await {
        assert_eq!(outcome, Ok(()));
    }
    assert!(groups.load(Ordering::SeqCst) < 100, "{groups:?} groups");
    let mut read = store.clone();
    let report = verify(&mut read, None, KEEP, Utc::now()).unwrap();
    assert_eq!(
        (report.records, report.chains, report.findings),
        (400, 1, vec![])
    );
}

#[tokio::test]
async fn what_cannot_be_written_is_refused_and_the_log_goes_on_in_a_new_chain() {
    let store = Memory::default();
    let patient = Settings {
        patience: Duration::from_secs(3600),
        ..settings()
    };
    let log = Recorder::start(Box::new(store.clone()), Box::new(store.clone()), patient).unwrap();
    log.write(vec![draft("a")], soon()).await.unwrap();
    store.full.store(true, Ordering::SeqCst);
    let refused = log.write(vec![draft("b"), draft("c")], soon()).await;
    assert_eq!(refused, Err(Unavailable));
    let deadline = Instant::now() + Duration::from_secs(3600);
    let told = log.write(vec![draft("d")], deadline);
    let told = tokio::time::timeout(Duration::from_secs(60), told).await;
    assert_eq!(told, Ok(Err(Unavailable)), "told at once");
    store.full.store(false, Ordering::SeqCst);
    let until = Instant::now() + Duration::from_secs(60);
    while log.write(vec![draft("e")], soon()).await.is_err() {
        assert!(Instant::now() < until, "the store is back, the log is not");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let report = verify(&mut store.clone(), None, KEEP, Utc::now()).unwrap();
    // "b" had reached the disk when it was full; it was shown to nobody and breaks nothing.
    let failed = store.failed.load(Ordering::SeqCst);
    assert_eq!(
        (report.chains, report.records, report.findings),
        (1 + failed, 2 + failed as u64, vec![])
    );
}

#[tokio::test]
async fn a_store_that_hangs_makes_nobody_wait_beyond_patience_and_who_left_is_not_recorded() {
    let store = Memory::default();
    let settings = Settings {
        patience: Duration::from_millis(100),
        ..settings()
    };
    let log = Recorder::start(Box::new(store.clone()), Box::new(store.clone()), settings).unwrap();
    store.hangs.store(true, Ordering::SeqCst);
    // The writer is busy with this one while the others come and go. One that left before it was taken does not count.
    while !store.hanging.load(Ordering::SeqCst) {
        assert_eq!(
            log.write(vec![draft("first")], soon()).await,
            Err(Unavailable)
        );
    }
    let outcomes = futures_util::future::join_all(
        (0..50).map(|at| log.write(vec![draft(&at.to_string())], soon())),
    )
    .await;
    assert!(outcomes.iter().all(|outcome| *outcome == Err(Unavailable)));
    store.hangs.store(false, Ordering::SeqCst);
    drop(log);
    assert_eq!(store.lines().len(), 1, "those who left are not written");
}

#[tokio::test]
async fn refusals_are_recorded_without_anybody_waiting() {
    let store = Memory::default();
    let log =
        Recorder::start(Box::new(store.clone()), Box::new(store.clone()), settings()).unwrap();
    log.note(vec![Draft {
        decision: Decision::Refused,
        persons: Vec::new(),
        ..draft("x")
    }]);
    drop(log);
    let lines = store.lines();
    assert_eq!(lines.len(), 1);
    let line = String::from_utf8(lines[0].clone()).unwrap();
    assert!(
        line.contains("\"decision\":\"REFUSED\"") && line.contains("Person.maskedName"),
        "{line}"
    );
}

fn refusal(person: &str) -> Draft {
    Draft {
        decision: Decision::Refused,
        persons: Vec::new(),
        ..draft(person)
    }
}

#[tokio::test]
async fn refusals_of_a_time_without_the_store_are_recorded_when_it_is_back() {
    let store = Memory::default();
    let log =
        Recorder::start(Box::new(store.clone()), Box::new(store.clone()), settings()).unwrap();
    store.full.store(true, Ordering::SeqCst);
    for at in 0..5 {
        log.note(vec![refusal("x"), refusal("y")]);
        // Behind the refusals in the queue: when it is told, they were looked at.
        let told = log.write(vec![draft(&at.to_string())], soon()).await;
        assert_eq!(told, Err(Unavailable));
    }
    store.full.store(false, Ordering::SeqCst);
    drop(log);
    let refused = |line: &Vec<u8>| {
        let line = String::from_utf8_lossy(line);
        line.contains("\"decision\":\"REFUSED\"")
    };
    let recorded = store.lines().iter().filter(|line| refused(line)).count();
    // Ten, and those that the store had kept of failed groups without saying so.
    let failed = store.failed.load(Ordering::SeqCst);
    assert!((10..=10 + failed).contains(&recorded), "{recorded}");
    let report = verify(&mut store.clone(), None, KEEP, Utc::now()).unwrap();
    assert_eq!(report.findings, []);
}

#[tokio::test]
async fn what_is_too_much_to_keep_is_counted() {
    let store = Memory::default();
    let metrics = crate::telemetry::Metrics::new();
    let settings = Settings {
        meter: metrics.log(),
        ..settings()
    };
    let log = Recorder::start(Box::new(store.clone()), Box::new(store.clone()), settings).unwrap();
    store.full.store(true, Ordering::SeqCst);
    let most = super::super::writer::MOST_KEPT;
    log.note((0..most + 7).map(|_| refusal("x")).collect());
    assert_eq!(log.write(vec![draft("a")], soon()).await, Err(Unavailable));
    store.full.store(false, Ordering::SeqCst);
    drop(log);
    assert!(store.lines().len() >= most, "{}", store.lines().len());
    let text = metrics.text();
    let line = "access_log_lost_refusals_total 7";
    assert!(text.contains(line), "{text}");
}

#[tokio::test]
async fn each_seal_is_told_elsewhere_with_its_number_and_root() {
    let store = Memory::default();
    let metrics = crate::telemetry::Metrics::new();
    let settings = Settings {
        meter: metrics.log(),
        seal_key: Some(key()),
        ..settings()
    };
    let open = || Box::new(store.clone());
    for round in 1..=3 {
        let log = Recorder::start(open(), open(), settings.clone()).unwrap();
        log.write(vec![draft("a")], soon()).await.unwrap();
        drop(log);
        let report = verify(&mut *open(), Some(&key().public()), KEEP, Utc::now()).unwrap();
        // The sealer may have met the record at its start and have had nothing left to seal at the end.
        assert_eq!((report.seals, report.roots.len()), (round, round));
        let (number, root) = report.roots.last_key_value().unwrap();
        let text = metrics.text();
        for line in [
            format!("access_log_seals {number}"),
            format!("access_log_last_seal{{root=\"{root}\"}} {number}"),
            "access_log_doubtful_segments 0".to_owned(),
        ] {
            assert!(text.contains(&line), "{line} is missing in {text}");
        }
    }
    // Cut off with everything that it holds, the last seal is missed by who noted its number.
    store.seals.lock().unwrap().pop();
    let report = verify(&mut *open(), Some(&key().public()), KEEP, Utc::now()).unwrap();
    assert_eq!(report.seals, 2);
}

#[tokio::test]
async fn a_flood_of_refusals_without_a_token_does_not_fill_the_log() {
    let store = Memory::default();
    let began = Instant::now();
    let log =
        Recorder::start(Box::new(store.clone()), Box::new(store.clone()), settings()).unwrap();
    for _ in 0..1000 {
        log.note(vec![Draft {
            decision: Decision::Refused,
            actor: None,
            ..draft("x")
        }]);
    }
    let seconds = usize::try_from(began.elapsed().as_secs()).unwrap() + 2;
    drop(log);
    assert!(
        store.lines().len() <= 20 * seconds,
        "{}",
        store.lines().len()
    );
}

#[tokio::test]
async fn three_classes_make_three_chains_and_sharing_is_a_peers() {
    let store = Memory::default();
    let log =
        Recorder::start(Box::new(store.clone()), Box::new(store.clone()), settings()).unwrap();
    let of = |class| Draft {
        class,
        ..draft("x")
    };
    log.write(Class::ALL.map(of).to_vec(), soon())
        .await
        .unwrap();
    assert_eq!(store.segments.lock().unwrap().len(), 3);
    let caller = Caller {
        principal: Arc::new(Principal {
            role: Role::Peer,
            ..Principal::public("32")
        }),
        purpose: Some("519901199003030032".to_owned()),
        case: Some("C-510104-2026-0001".to_owned()),
        trace: opentelemetry::Context::new(),
    };
    let shared = Draft::of(
        &caller,
        &"d".into(),
        Some(&"q519901199003030032".into()),
        Decision::Disclosed,
    );
    assert_eq!(shared.class, Class::Sharing);
    assert_eq!(
        (shared.purpose, shared.operation),
        (None, None),
        "no number is recorded"
    );
    assert!(shared.case.is_some());
}

#[tokio::test]
async fn files_hold_what_was_acknowledged_and_a_second_start_seals_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        seal_key: Some(key()),
        ..settings()
    };
    let open = || Box::new(Files::open(folder.path()).unwrap());
    for round in 0..2 {
        let log = Recorder::start(open(), open(), settings.clone()).unwrap();
        for at in 0..5 {
            log.write(vec![draft(&format!("{round}-{at}"))], soon())
                .await
                .unwrap();
        }
    }
    let public = key().public();
    let report = verify(&mut *open(), Some(&public), KEEP, Utc::now()).unwrap();
    assert_eq!((report.chains, report.records, report.unsealed), (2, 10, 0));
    assert_eq!(report.findings, []);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = folder
            .path()
            .join("seals.jsonl")
            .metadata()
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // The folder is taken away under a running log.
    let log = Recorder::start(open(), open(), settings).unwrap();
    log.write(vec![draft("z")], soon()).await.unwrap();
    drop(log);
    let mut edited = Files::at(folder.path());
    let segment = edited.segments().unwrap().remove(0);
    let path = folder
        .path()
        .join(segment.class.as_str())
        .join(segment.day.to_string())
        .join(format!("{}.jsonl", segment.chain));
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("registrar-1", "registrar-2", 1)).unwrap();
    let report = verify(&mut *open(), Some(&public), KEEP, Utc::now()).unwrap();
    assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_refuses_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("log");
    let open = || Box::new(Files::open(&inside).unwrap());
    let log = Recorder::start(open(), open(), settings()).unwrap();
    std::fs::remove_dir_all(&inside).unwrap();
    std::fs::write(&inside, b"a file where the folder was").unwrap();
    assert_eq!(log.write(vec![draft("a")], soon()).await, Err(Unavailable));
    std::fs::remove_file(&inside).unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    while log.write(vec![draft("b")], soon()).await.is_err() {
        assert!(Instant::now() < until);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A server of its own by `MINZHENG_TEST_POSTGRES`.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_holds_what_was_acknowledged_and_its_absence_refuses() {
    use super::super::postgres::Postgres;
    use crate::config::Secret;
    let Ok(server) = std::env::var("MINZHENG_TEST_POSTGRES") else {
        return;
    };
    let runtime = tokio::runtime::Handle::current();
    // A database of this test's own.
    let name = format!("access_log_{}", uuid::Uuid::new_v4().simple());
    let admin = sea_orm::Database::connect(&server).await.unwrap();
    sea_orm::ConnectionTrait::execute_unprepared(&admin, &format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    let url = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
    let patience = Duration::from_secs(120);
    let open = || {
        Box::new(Postgres::new(
            &Secret::new(url.clone()),
            patience,
            runtime.clone(),
        ))
    };
    let settings = Settings {
        seal_key: Some(key()),
        ..settings()
    };
    let log = Recorder::start(open(), open(), settings.clone()).unwrap();
    for at in 0..20 {
        log.write(vec![draft(&at.to_string())], soon())
            .await
            .unwrap();
    }
    // All its connections are cut: the one that writes is made anew, in a new chain.
    let cut = format!(
        "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = '{name}'"
    );
    sea_orm::ConnectionTrait::execute_unprepared(&admin, &cut)
        .await
        .unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    while log.write(vec![draft("after")], soon()).await.is_err() {
        assert!(Instant::now() < until);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::task::spawn_blocking(move || drop(log))
        .await
        .unwrap();
    let mut store = open();
    let report = tokio::task::spawn_blocking(move || {
        verify(&mut *store, Some(&key().public()), KEEP, Utc::now()).unwrap()
    })
    .await
    .unwrap();
    assert_eq!((report.findings, report.unsealed), (vec![], 0));
    assert_eq!((report.records, report.chains), (21, 2));
    let nobody = Secret::new("postgres://minzheng@127.0.0.1:1/none");
    let short = Duration::from_millis(300);
    let away = || Box::new(Postgres::new(&nobody, short, runtime.clone()));
    let quick = Settings {
        patience: short,
        seal_key: None,
        ..settings
    };
    let log = Recorder::start(away(), away(), quick).unwrap();
    assert_eq!(log.write(vec![draft("a")], soon()).await, Err(Unavailable));
    sea_orm::ConnectionTrait::execute_unprepared(
        &admin,
        &format!("DROP DATABASE {name} WITH (FORCE)"),
    )
    .await
    .unwrap();
}
