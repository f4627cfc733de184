//! The list of subsystems. A new one joins the program by one line here.

use minzheng_kit::Subsystem;

/// All subsystems, in the order in which they are started and shown.
pub(crate) fn all() -> [Box<dyn Subsystem>; 5] {
    [
        Box::new(minzheng_persons::Persons),
        Box::new(minzheng_places::Places),
        Box::new(minzheng_marriage::Marriage),
        Box::new(minzheng_funeral::Funeral),
        Box::new(minzheng_societies::Societies),
    ]
}

/// The subsystem of a name.
pub(crate) fn named(name: &str) -> Option<Box<dyn Subsystem>> {
    all().into_iter().find(|subsystem| subsystem.name() == name)
}

/// All names, for messages.
pub(crate) fn names() -> String {
    all().map(|subsystem| subsystem.name()).join(", ")
}
