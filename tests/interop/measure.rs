//! What a registration costs, and how long it takes over slow ways: run by name with `--ignored`, alone on the
//! machine, with programs built for speed. The figures stand in `tests/soak/README.md`.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::province::Kind;
use crate::world::{Couple, Wish, World, single};

/// Couples of one measurement.
const COUPLES: usize = 40;
/// Registrars who press at the same time.
const REGISTRARS: usize = 8;
/// Couples of one latency.
const SINGLY: usize = 20;
/// The peak that is played for one province: registrations in a second, and for how long.
const PEAK: (f64, Duration) = (2.0, Duration::from_secs(60));

/// Whose ledgers a registration in 51 concerns.
const SHAPES: [(&str, &str, &str); 3] = [
    ("one authority (51, 51)", "51", "51"),
    ("two authorities (51, 32)", "51", "32"),
    ("three provinces (32, 35)", "32", "35"),
];

pub(crate) fn figures() -> Outcome {
    let kind = match crate::postgres::server() {
        Some(_) if std::env::var_os("MINZHENG_INTEROP_SQLITE").is_none() => Kind::Postgres,
        _ => Kind::Sqlite,
    };
    eprintln!("{kind:?}, {COUPLES} couples, {REGISTRARS} registrars at once");
    let world = World::start(Wish::of(kind))?;
    let taken = Taken::default();
    for (what, his, hers) in SHAPES {
        let couples = prepared(&world, (his, hers), &taken, COUPLES)?;
        let before = cpu(&world);
        let began = Instant::now();
        press_all(&world, &couples)?;
        let took = began.elapsed();
        // Holders may still have to enter it.
        for couple in &couples {
            world.end(couple, Duration::from_secs(60))?;
        }
        let spent = cpu(&world) - before;
        let count = couples.len() as f64;
        eprintln!(
            "{what}: {:.1} registrations/s, {:.1} ms CPU each in all processes, a counter was busy {} times",
            count / took.as_secs_f64(),
            spent / count * 1_000.0,
            world.busy.swap(0, Ordering::SeqCst)
        );
    }
    for round_trip in [0, 5, 50, 200] {
        world.round_trip(Duration::from_millis(round_trip));
        for (what, his, hers) in &SHAPES[1..] {
            let couples = prepared(&world, (his, hers), &taken, SINGLY)?;
            let mut times = Vec::new();
            for couple in &couples {
                times.push(press_one(&world, couple)?);
            }
            times.sort();
            eprintln!(
                "{what}, {round_trip} ms between provinces: median {:?}, slowest {:?}",
                times[times.len() / 2],
                times[times.len() - 1]
            );
        }
    }
    world.round_trip(Duration::from_millis(50));
    peak(&world, &taken)
}

fn cpu(world: &World) -> f64 {
    world
        .provinces
        .values()
        .map(|province| province.cpu())
        .sum()
}

fn prepared(
    world: &World,
    (his, hers): (&'static str, &'static str),
    taken: &Taken,
    count: usize,
) -> Result<Vec<Couple>, String> {
    (0..count)
        .map(|_| world.pair((his, taken.next(his, 0)?), (hers, taken.next(hers, 1)?)))
        .collect()
}

/// How many single persons of a province and a sex have been taken.
#[derive(Default)]
struct Taken(Mutex<BTreeMap<(&'static str, usize), usize>>);

impl Taken {
    /// The next one's number.
    fn next(&self, code: &'static str, parity: usize) -> Result<usize, String> {
        let mut taken = self.0.lock().map_err(|error| error.to_string())?;
        let count = taken.entry((code, parity)).or_default();
        *count += 1;
        single(code, parity, *count - 1)
    }
}

/// From the button until the certificate can be printed.
fn press_one(world: &World, couple: &Couple) -> Result<Duration, String> {
    let began = Instant::now();
    world.press(couple)?;
    while began.elapsed() < Duration::from_secs(60) {
        match world.state(couple)?.as_str() {
            "REGISTERED" => return Ok(began.elapsed()),
            "HOLDING" | "COMMITTING" => std::thread::sleep(Duration::from_millis(5)),
            other => return Err(format!("a couple was to be married and is {other}")),
        }
    }
    Err("a couple was to be married within a minute".to_owned())
}

fn press_all(world: &World, couples: &[Couple]) -> Outcome {
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(None));
    std::thread::scope(|scope| {
        for _ in 0..REGISTRARS {
            scope.spawn(|| {
                while let Some(couple) = couples.get(next.fetch_add(1, Ordering::SeqCst)) {
                    if let Err(why) = press_one(world, couple)
                        && let Ok(mut failed) = failed.lock()
                    {
                        *failed = Some(why);
                    }
                }
            });
        }
    });
    match failed.into_inner() {
        Ok(None) => Ok(()),
        Ok(Some(why)) => Err(why),
        Err(error) => Err(error.to_string()),
    }
}

/// 5·20 in one province: couples come at its rate whether or not the ones before are done; the whole way from the
/// counter to the certificate, 60 in a hundred of one province, 30 of two, 10 of three.
fn peak(world: &World, taken: &Taken) -> Outcome {
    let (rate, length) = PEAK;
    let count = (rate * length.as_secs_f64()) as usize;
    let (times, failed) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let before = cpu(world);
    let began = Instant::now();
    std::thread::scope(|scope| {
        for n in 0..count {
            let due = Duration::from_secs_f64(n as f64 / rate);
            std::thread::sleep(due.saturating_sub(began.elapsed()));
            let (times, failed) = (&times, &failed);
            scope.spawn(move || {
                let (_, his, hers) = SHAPES[[0, 0, 0, 0, 0, 0, 1, 1, 1, 2][n % 10]];
                let came = Instant::now();
                let outcome = taken
                    .next(his, 0)
                    .and_then(|man| Ok(((his, man), (hers, taken.next(hers, 1)?))))
                    .and_then(|(man, woman)| world.pair(man, woman))
                    .and_then(|couple| press_one(world, &couple));
                match outcome {
                    Ok(pressed) => {
                        if let Ok(mut times) = times.lock() {
                            times.push((pressed, came.elapsed()));
                        }
                    }
                    Err(why) => {
                        if let Ok(mut failed) = failed.lock() {
                            failed.push(why);
                        }
                    }
                }
            });
        }
    });
    let took = began.elapsed();
    let spent = cpu(world) - before;
    let failed = failed.into_inner().map_err(|error| error.to_string())?;
    if let Some(why) = failed.first() {
        return Err(format!(
            "{} of {count} were not married: {why}",
            failed.len()
        ));
    }
    let times = times.into_inner().map_err(|error| error.to_string())?;
    let at = |of: fn(&(Duration, Duration)) -> Duration, part: f64| {
        let mut all: Vec<Duration> = times.iter().map(of).collect();
        all.sort();
        all[((all.len() - 1) as f64 * part) as usize]
    };
    eprintln!(
        "peak of {rate} couples a second for {length:?} over ways of 50 ms: {count} of {count} married in {took:?}; \
         from the button median {:?}, 99 in 100 {:?}; from the counter median {:?}, 99 in 100 {:?}; \
         {:.0} ms CPU each in all processes, {:.0} % of one core, a counter was busy {} times",
        at(|one| one.0, 0.5),
        at(|one| one.0, 0.99),
        at(|one| one.1, 0.5),
        at(|one| one.1, 0.99),
        spent / count as f64 * 1_000.0,
        spent / took.as_secs_f64() * 100.0,
        world.busy.load(Ordering::SeqCst)
    );
    Ok(())
}
