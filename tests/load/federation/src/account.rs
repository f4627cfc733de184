//! The operating system's own account of a process (Linux: `/proc`).

use std::fs;

/// The clock of `/proc/PID/stat`: fixed at 100 a second on every Linux that Rust runs on.
const TICKS: f64 = 100.0;

/// User and system seconds that a process with its children has used.
#[allow(clippy::cast_precision_loss)] // far fewer than 2^52
pub(crate) fn cpu_seconds(pid: u32) -> Result<f64, String> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))
        .map_err(|_| format!("there is no process {pid}"))?;
    // The name, in brackets, may hold anything; behind it come state, parent, …, utime, stime.
    let fields: Vec<&str> = text
        .rsplit_once(')')
        .map(|(_, rest)| rest.split_whitespace().collect())
        .unwrap_or_default();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<u64>().ok());
    let own = ticks(11).zip(ticks(12)).map(|(user, system)| user + system);
    let own = own.ok_or_else(|| format!("/proc/{pid}/stat cannot be read"))?;
    let mut all = own as f64 / TICKS;
    for child in children(pid) {
        all += cpu_seconds(child).unwrap_or(0.0);
    }
    Ok(all)
}

/// Resident memory of a process with its children, in MiB.
#[allow(clippy::cast_precision_loss)] // far fewer than 2^52
pub(crate) fn resident_mib(pid: u32) -> f64 {
    let own = fs::read_to_string(format!("/proc/{pid}/status"))
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("VmRSS:"))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        })
        .unwrap_or(0);
    let children: f64 = children(pid).into_iter().map(resident_mib).sum();
    own as f64 / 1024.0 + children
}

fn children(pid: u32) -> Vec<u32> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    tasks
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("children")).ok())
        .flat_map(|text| {
            text.split_whitespace()
                .filter_map(|pid| pid.parse().ok())
                .collect::<Vec<_>>()
        })
        .collect()
}
