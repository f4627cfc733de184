//! Whether places of the answer may share an entity that a fetch brought for several of them.
//!
//! What nobody writes inside of any more is shared: the places hold the same objects. Where another fetch writes inside
//! of it, places that it writes for and others must not share; but mostly it writes for all of them, and what it brings
//! for an object is for all who hold it. So the same few entities in very many places are kept, represented and filled
//! once.
//!
//! A fetch writes into the objects it is about, and into those inside of them that it brings a part of: two of them may
//! bring one key of an object each.
//!
//! Sharing makes no cycles: an object only ever comes to hold what was received later.

use std::collections::HashSet;

use super::compile::{Renames, reaches, renames_of, step};
use super::graph::{EntitySet, Fetch, FetchGraph, Output, PathStep, Rename, Source};
use super::layout::{LayoutId, Layouts};
use super::{PlannedFetch, Target};

/// Marks the sets whose places must not share what is brought for them. `outputs` are the layouts of what each fetch
/// brings; the fetches know already who waits for whom.
pub(super) fn copies(
    graph: &FetchGraph,
    outputs: &[Vec<LayoutId>],
    layouts: &Layouts,
    fetches: &mut [PlannedFetch],
) {
    let with_outputs = || graph.fetches.iter().zip(outputs);
    let writers: Vec<Vec<Writes>> = with_outputs()
        .map(|(fetch, outputs)| writes(fetch, outputs, layouts))
        .collect();
    for (id, (fetch, outputs)) in with_outputs().enumerate() {
        let Source::Entities(sets) = &fetch.source else {
            continue;
        };
        for (at, (set, layout)) in sets.iter().zip(outputs).enumerate() {
            let inside = inside(layouts, *layout);
            let copies = writers.iter().enumerate().any(|(writer, writes)| {
                let mut parted = writes.iter().filter(|one| one.parts(&inside, set));
                // What had ended before wrote into other objects.
                parted.next().is_some() && (writer == id || !reaches(fetches, writer, id))
            });
            if let Target::Entities { sets, .. } = &mut fetches[id].target
                && let Some(planned) = sets.get_mut(at)
            {
                planned.copies = copies;
            }
        }
    }
}

/// Objects that a fetch writes into.
struct Writes {
    layout: LayoutId,
    /// The ways to them from the root of the answer.
    paths: Vec<Vec<PathStep>>,
    /// Whether the same is written at the end of each path.
    alike: bool,
}

impl Writes {
    /// Whether it writes inside the entities of a set, which hold these layouts, and not alike in all of their places.
    fn parts(&self, inside: &HashSet<LayoutId>, set: &EntitySet) -> bool {
        inside.contains(&self.layout)
            && match self.alike {
                true => !covers(&self.paths, &set.paths),
                false => {
                    let mut places = set.paths.iter();
                    places.any(|place| self.paths.iter().any(|path| is_inside(path, place)))
                }
            }
    }
}

/// All that a fetch writes into.
fn writes(fetch: &Fetch, outputs: &[LayoutId], layouts: &Layouts) -> Vec<Writes> {
    let mut all = Vec::new();
    let mut add = |layout: LayoutId, paths, alike, output: &[Output], renames: &[Rename]| {
        let layout = layouts.find(layout);
        let at = Writes {
            layout,
            paths,
            alike,
        };
        write(at, output, &renames_of(renames), layouts, &mut all);
    };
    match &fetch.source {
        Source::Root {
            path,
            output,
            renames,
        } => {
            for layout in outputs {
                add(*layout, vec![path.clone()], false, output, renames);
            }
        }
        Source::Entities(sets) => {
            for (set, layout) in sets.iter().zip(outputs) {
                add(*layout, set.paths.clone(), true, &set.output, &set.renames);
            }
        }
    }
    all
}

/// Adds some objects, and those inside of them, that these outputs are written into.
fn write(
    at: Writes,
    outputs: &[Output],
    renames: &Renames<'_>,
    layouts: &Layouts,
    all: &mut Vec<Writes>,
) {
    let mut pending: Vec<&Output> = outputs.iter().collect();
    while let Some(output) = pending.pop() {
        match output {
            Output::On { children, .. } => pending.extend(children),
            Output::Field { key, children, .. } => {
                let (kept, renames) = step(renames, key);
                if let (Some(layout), false) =
                    (layouts.child_of(at.layout, kept), children.is_empty())
                {
                    let into = |path: &Vec<PathStep>| {
                        let mut path = path.clone();
                        path.push(PathStep::Key(kept.to_owned()));
                        path
                    };
                    let paths = at.paths.iter().map(into).collect();
                    let inside = Writes {
                        layout,
                        paths,
                        ..at
                    };
                    write(inside, children, &renames, layouts, all);
                }
            }
        }
    }
    all.push(at);
}

/// The layouts of all objects inside those of one.
fn inside(layouts: &Layouts, layout: LayoutId) -> HashSet<LayoutId> {
    let mut seen = HashSet::new();
    let mut pending: Vec<LayoutId> = layouts.children(layout).collect();
    while let Some(id) = pending.pop() {
        if seen.insert(id) {
            pending.extend(layouts.children(id));
        }
    }
    seen
}

/// Whether paths that lead inside of some places lead alike inside of all of them.
fn covers(paths: &[Vec<PathStep>], places: &[Vec<PathStep>]) -> bool {
    paths.iter().all(|path| {
        let mut around = places.iter().filter(|place| is_inside(path, place));
        around.all(|place| {
            let Some(rest) = path.strip_prefix(place.as_slice()) else {
                // By another condition on the way.
                return false;
            };
            places.iter().all(|other| {
                let mut paths = paths.iter();
                paths.any(|path| path.strip_prefix(other.as_slice()) == Some(rest))
            })
        })
    })
}

/// Whether a path leads into a place, conditions aside.
fn is_inside(path: &[PathStep], place: &[PathStep]) -> bool {
    fn keys(path: &[PathStep]) -> impl Iterator<Item = &str> {
        path.iter().filter_map(|step| match step {
            PathStep::Key(key) => Some(key.as_str()),
            PathStep::Types(_) => None,
        })
    }
    let mut path = keys(path);
    keys(place).all(|key| path.next() == Some(key)) && path.next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a.b` for keys, `<T>` for a condition.
    fn paths(texts: &[&str]) -> Vec<Vec<PathStep>> {
        let step = |text: &str| match text.strip_prefix('<') {
            Some(ty) => PathStep::Types(vec![ty.trim_end_matches('>').to_owned()]),
            None => PathStep::Key(text.to_owned()),
        };
        texts
            .iter()
            .map(|text| text.split('.').map(step).collect())
            .collect()
    }

    #[test]
    fn places_share_what_all_of_them_are_written_for_and_nothing_else() {
        let places = paths(&["a", "b.c"]);
        for (writer, holds) in [
            (&["a.x", "b.c.x"][..], true),
            (&["b.c.x", "a.x", "d.x"], true),
            (&["d.x"], true),
            // Not inside, but at the places themselves.
            (&["a"], true),
            (&["a.x"], false),
            (&["a.x", "b.c.y"], false),
            (&["a.<T>.x", "b.c.x"], false),
            (&["a.<T>.x", "b.c.<T>.x"], true),
            (&["a.x.y", "b.c.x"], false),
        ] {
            assert_eq!(covers(&paths(writer), &places), holds, "{writer:?}");
        }
        // Of things of one type and of things of any.
        let some = paths(&["a.<T>", "b"]);
        assert!(covers(&paths(&["a.<T>.x", "b.x"]), &some));
        assert!(!covers(&paths(&["a.x", "b.x"]), &some));
    }
}
