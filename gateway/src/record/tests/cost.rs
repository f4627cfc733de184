//! What a record costs, by the system's own accounting. Prints figures and asserts nothing about them:
//! `cargo test --release -p minzheng-gateway --lib record::tests::cost -- --ignored --nocapture`

use std::time::Instant;

use super::super::files::Files;
use super::*;

/// User and system seconds of this process so far.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks / 100.0
}

#[ignore = "prints figures"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_record_costs_at_1_50_and_500_clients() {
    let folder =
        tempfile::tempdir_in(std::env::var("MINZHENG_COST_DIR").unwrap_or(".".into())).unwrap();
    for hash in [HashKind::Sha256, HashKind::Sm3] {
        for clients in [1usize, 50, 500] {
            let open = || Box::new(Files::open(folder.path()).unwrap());
            let settings = Settings { hash, ..settings() };
            let log = Arc::new(Recorder::start(open(), open(), settings).unwrap());
            let (began, before) = (Instant::now(), cpu());
            let until = began + Duration::from_secs(4);
            let tasks: Vec<_> = (0..clients)
                .map(|client| {
                    let log = Arc::clone(&log);
                    tokio::spawn(async move {
                        let mut took = Vec::new();
                        let one = draft(&format!("person-{client}"));
                        while Instant::now() < until {
                            let began = Instant::now();
                            let deadline = began + Duration::from_secs(5);
                            log.write(vec![one.clone()], deadline).await.unwrap();
                            took.push(began.elapsed().as_micros());
                        }
                        took
                    })
                })
                .collect();
            let mut all = Vec::new();
            for task in tasks {
                all.extend(task.await.unwrap());
            }
            let (spent, seconds) = (cpu() - before, began.elapsed().as_secs_f64());
            all.sort_unstable();
            let at = |share: usize| all[(all.len() - 1) * share / 100] as f64 / 1000.0;
            println!(
                "{} {clients} clients: {} records/s, {:.1} CPU-us each, p50 {:.2} ms, p99 {:.2} ms",
                hash.as_str(),
                (all.len() as f64 / seconds) as u64,
                spent * 1e6 / all.len() as f64,
                at(50),
                at(99),
            );
        }
    }
}
