//! What a first start shows while it works: a line when a part begins and one when it is done.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Shared by all that report.
#[derive(Clone)]
pub(crate) struct Progress {
    began: Instant,
    shown: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            shown: Arc::default(),
        }
    }

    /// A line of its own.
    pub(crate) fn say(&self, sentence: &str) {
        eprintln!("{sentence}");
    }

    /// `done` of `all` things of one kind; every quarter is shown.
    pub(crate) fn step(&self, part: &str, what: &str, done: usize, all: usize) {
        let quarter = done * 4 / all.max(1);
        let Ok(mut shown) = self.shown.lock() else {
            return;
        };
        let last = shown.entry(format!("{part} {what}")).or_insert(usize::MAX);
        if *last != quarter {
            *last = quarter;
            eprintln!(
                "  {:>4.1} s  {part}: {what} {done} of {all}",
                self.began.elapsed().as_secs_f64()
            );
        }
    }
}
