//! Signs of place names, and offences against names, as clients see them.

use async_graphql::{ID, Object};
use minzheng_kit::{Date, Yuan, federation::directives::*};

use super::{
    division::Division,
    place::{Place, Point},
};
use crate::model::{
    name_offence, signpost,
    vocabulary::{MarkerCondition, NameOffenceKind},
};

/// A sign that shows the name of a place (地名标志).
#[derive(Clone)]
pub(crate) struct Signpost(pub(super) signpost::Model);

/// A sign that shows the name of a place (地名标志).
#[Object]
impl Signpost {
    /// Opaque identity (标识).
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// The place it names (地名实体).
    async fn place(&self) -> Place {
        Place::one(self.0.place)
    }

    /// Where it stands, in words (设置位置).
    async fn position(&self) -> &str {
        &self.0.position
    }

    /// Where it stands on the map; null where it is not known (坐标).
    async fn point(&self) -> Option<Point> {
        Some(Point::new(self.0.longitude?, self.0.latitude?))
    }

    /// As it was found last (状况).
    async fn condition(&self) -> MarkerCondition {
        self.0.condition
    }

    /// The name on it, as it was read last (标志所示地名).
    async fn shown(&self) -> &str {
        &self.0.shown
    }

    /// The unit that keeps it (管理单位).
    async fn keeper(&self) -> &str {
        &self.0.keeper
    }

    /// The day it was looked at last (检查日期).
    async fn checked_on(&self) -> Date {
        Date(self.0.checked_on)
    }

    /// The version, to be sent with changes (版本号).
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// An offence against the rules on names that was decided on (地名违法行为处理).
#[derive(Clone)]
pub(crate) struct NameOffence(pub(super) name_offence::Model);

/// An offence against the rules on names that was decided on; who is responsible stands in the document only (地名违法行为处理).
#[Object(directive = requires_scopes::apply(vec![vec!["places.write".into()]]))]
impl NameOffence {
    /// Opaque identity (标识).
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// What it is (违法行为).
    async fn kind(&self) -> NameOffenceKind {
        self.0.kind
    }

    /// Where (行政区划).
    async fn division(&self) -> Division {
        Division::one(self.0.division)
    }

    /// The place whose name is misused or whose sign was damaged; null where it is none of the register (地名实体).
    async fn place(&self) -> Option<Place> {
        self.0.place.map(Place::one)
    }

    /// The fine on the responsible person; null where it was only ordered to put it right (罚款).
    async fn fine(&self) -> Option<Yuan> {
        (self.0.fine_fen > 0).then_some(Yuan(self.0.fine_fen))
    }

    /// The document of the decision (处罚决定文号).
    async fn document(&self) -> &str {
        &self.0.document
    }

    /// The day of the decision (决定日期).
    async fn decided_on(&self) -> Date {
        Date(self.0.decided_on)
    }
}
