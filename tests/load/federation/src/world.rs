//! The data: officers who write reports about services that are given at desks.
//!
//! It has the shape of the benchmarks of federation that people know (users, reviews, products,
//! inventory): every report has an author and a service, every author and service its reports, so that a
//! query can go round and the same entities come again and again.

/// A field's value.
pub enum Field {
    /// JSON.
    Leaf(&'static str),
    /// An object.
    One(Id),
    /// Objects.
    Many(Vec<Id>),
}

/// An object of one subgraph: its type and its key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Id {
    /// The type's name.
    pub typename: &'static str,
    /// The key, counted from 1.
    pub key: usize,
}

/// A subgraph.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subgraph {
    /// Officers' names and accounts.
    Officers,
    /// Services' names, fees and minutes.
    Services,
    /// Whether a service's desk is open, and the wait there, which needs fee and minutes.
    Desks,
    /// Reports of officers about services.
    Reports,
}

impl Subgraph {
    /// By its path, `/officers`.
    pub fn at(path: &str) -> Option<Self> {
        match path {
            "/officers" => Some(Self::Officers),
            "/services" => Some(Self::Services),
            "/desks" => Some(Self::Desks),
            "/reports" => Some(Self::Reports),
            _ => None,
        }
    }

    /// A field of a root type.
    pub fn root(self, field: &str) -> Option<Field> {
        let all =
            |typename, count| Field::Many((1..=count).map(|key| Id { typename, key }).collect());
        match (self, field) {
            (Self::Officers, "officers") => Some(all("Officer", OFFICERS.len())),
            (Self::Services, "services") => Some(all("Service", 5)),
            _ => None,
        }
    }

    /// The object that a representation means, if there is one.
    pub fn find(self, typename: &str, key: usize) -> Option<Id> {
        let (typename, count) = match typename {
            "Officer" => ("Officer", OFFICERS.len()),
            "Service" => ("Service", SERVICES.len()),
            "Report" => ("Report", REPORTS.len()),
            _ => return None,
        };
        (1..=count).contains(&key).then_some(Id { typename, key })
    }

    /// A field of an object; `given` are the fields of its representation, for what needs others' fields.
    pub fn field(
        self,
        object: Id,
        field: &str,
        given: impl Fn(&str) -> Option<i64>,
    ) -> Option<Field> {
        let at = object.key - 1;
        let report = |key| Id {
            typename: "Report",
            key,
        };
        Some(match (self, object.typename, field) {
            (_, "Officer", "id") | (_, "Service", "code") | (_, "Report", "id") => {
                Field::Leaf(KEYS[at])
            }
            (Self::Officers, "Officer", "name") => Field::Leaf(OFFICERS[at].0),
            (Self::Officers | Self::Reports, "Officer", "account") => Field::Leaf(OFFICERS[at].1),
            (Self::Reports, "Officer", "reports") => Field::Many(vec![report(1), report(2)]),
            (Self::Services, "Service", "name") => Field::Leaf(SERVICES[at].0),
            (Self::Services, "Service", "fee") => Field::Leaf(SERVICES[at].1),
            (Self::Services, "Service", "minutes") => Field::Leaf(SERVICES[at].2),
            (Self::Desks, "Service", "open") => Field::Leaf(["true", "false"][at % 2]),
            // Whatever costs more than a thousand is given at once.
            (Self::Desks, "Service", "wait") => match (given("fee"), given("minutes")) {
                (Some(fee), Some(minutes)) if fee <= 1000 => {
                    Field::Leaf(WAITS.get(usize::try_from(minutes).ok()? / 60).copied()?)
                }
                (Some(_), Some(_)) => Field::Leaf("0"),
                _ => Field::Leaf("null"),
            },
            (Self::Reports, "Service", "reports") => Field::Many(
                (1..=REPORTS.len())
                    .filter(|key| REPORTS[key - 1].0 == object.key)
                    .map(report)
                    .collect(),
            ),
            (Self::Reports, "Report", "body") => Field::Leaf(REPORTS[at].1),
            (Self::Reports, "Report", "service") => Field::One(Id {
                typename: "Service",
                key: REPORTS[at].0,
            }),
            (Self::Reports, "Report", "author") => Field::One(Id {
                typename: "Officer",
                key: 1,
            }),
            _ => return None,
        })
    }
}

const KEYS: [&str; 11] = [
    "\"1\"", "\"2\"", "\"3\"", "\"4\"", "\"5\"", "\"6\"", "\"7\"", "\"8\"", "\"9\"", "\"10\"",
    "\"11\"",
];

/// Name and account.
const OFFICERS: [(&str, &str); 6] = [
    ("\"Zhao Minghui\"", "\"zhaominghui\""),
    ("\"Qian Wenbo\"", "\"qianwb\""),
    ("\"Sun Lihua\"", "\"sunlihua\""),
    ("\"Li Guangyao\"", "\"liguangyao\""),
    ("\"Zhou Jing\"", "\"zhoujing\""),
    ("\"Wu Xiulan\"", "\"wuxl\""),
];

/// Name, fee and minutes.
const SERVICES: [(&str, &str, &str); 9] = [
    ("\"Copy\"", "899", "100"),
    ("\"Transfer\"", "1299", "480"),
    ("\"Stamp\"", "15", "20"),
    ("\"Seal\"", "499", "100"),
    ("\"Advice\"", "1299", "360"),
    ("\"Deed\"", "6999", "300"),
    ("\"Search\"", "3999", "200"),
    ("\"Survey\"", "100000", "600"),
    ("\"Notice\"", "9999", "80"),
];

/// The wait by whole hours of work.
const WAITS: [&str; 11] = [
    "5", "10", "15", "20", "25", "30", "35", "40", "45", "50", "55",
];

const LONG: &str = "\"The applicants came at nine with both household registers and three photographs; one of the registers was issued before the district was merged, so the officer compared the old code with the new one, noted the date of the change, and asked the archive for a copy of the page. The copy came at eleven. Nothing else was missing, the declaration was signed before the officer, and the certificate was printed and handed over the same morning, on paper.\"";
const MIDDLE: &str = "\"The desk was full until noon because the neighbouring office had closed for repairs; a second desk was opened at ten, the oldest visitors were asked forward, and everyone who had drawn a number before twelve was served before two, which the visitors acknowledged with kind words in the book, at length\"";
const OTHER: &str = "\"the form in use since the spring asks for the same address twice, which visitors do not understand; the officer explained it eleven times in one week and proposes that the second box be filled in by the program, as it is in the neighbouring province since a year and a half ago.\"";
const SHORT: &str = "\"The scale at the counter was checked and found to be correct; the certificate of the check hangs beside it where visitors can see and read it\"";
const LONGEST: &str = "\"On the second day of the month the line to the archive was interrupted from half past eight until a quarter to four. The officers took down the requests by hand, in the order of arrival, told every visitor what had happened and when an answer could be expected, and sent the finished copies by post at the cost of the office, forty-one in all. Three visitors could not wait for the post because their ceremony was on the same day; for these the officer drove to the archive and brought the copies. The cause was a digger in the street of the archive; the cable has been laid deeper. It is proposed to keep a second line of another company, which costs less in a year than the posting of this one day, and to write down in the handbook of the desk, which has no word about it, what was done, because it proved good and nobody was sent away.\"";

/// The service it is about, and what it says.
const REPORTS: [(usize, &str); 11] = [
    (1, LONG),
    (1, MIDDLE),
    (1, OTHER),
    (1, SHORT),
    (2, LONG),
    (2, MIDDLE),
    (2, OTHER),
    (2, SHORT),
    (3, SHORT),
    (4, SHORT),
    (4, LONGEST),
];
