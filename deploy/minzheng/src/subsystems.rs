//! The list of subsystems. A new one joins the program by one line here.

use minzheng_audit::Source;
use minzheng_kit::Subsystem;

/// All subsystems, in the order in which they are started and shown.
pub(crate) fn all() -> [Box<dyn Subsystem>; 6] {
    all_reading(Source::default())
}

/// The same; `audit` reads the access log there.
pub(crate) fn all_reading(log: Source) -> [Box<dyn Subsystem>; 6] {
    [
        Box::new(minzheng_persons::Persons),
        Box::new(minzheng_places::Places),
        Box::new(minzheng_marriage::Marriage),
        Box::new(minzheng_funeral::Funeral),
        Box::new(minzheng_societies::Societies),
        Box::new(minzheng_audit::Audit::reading(log)),
    ]
}

/// The subsystem of a name.
pub(crate) fn named(name: &str, log: Source) -> Option<Box<dyn Subsystem>> {
    all_reading(log)
        .into_iter()
        .find(|subsystem| subsystem.name() == name)
}

/// All names, for messages.
pub(crate) fn names() -> String {
    all().map(|subsystem| subsystem.name()).join(", ")
}
