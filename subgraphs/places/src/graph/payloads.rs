//! The answers of mutations: the thing as it stands now, or why the law or the form refuses.

use async_graphql::SimpleObject;
use minzheng_kit::{Error, Result, UserError};

use super::{
    boundary::{JointInspection, Marker, MarkerAct},
    change::DivisionChange,
    naming::NamingApplication,
    place::Place,
    shape::Shape,
    sign::{NameOffence, Signpost},
};

/// An answer with its thing and its refusals.
pub(super) trait Payload: Sized {
    /// The thing that was changed.
    type Of;

    /// The answer.
    fn new(done: Option<Self::Of>, user_errors: Vec<UserError>) -> Self;

    /// The answer for a change that was made or refused; other errors are errors of the operation.
    fn of(outcome: Result<Self::Of>) -> Result<Self> {
        match outcome {
            Ok(done) => Ok(Self::new(Some(done), Vec::new())),
            Err(error) => Ok(Self::refused(vec![refusal(error)?])),
        }
    }

    /// The answer for what was refused.
    fn refused(user_errors: Vec<UserError>) -> Self {
        Self::new(None, user_errors)
    }
}

fn refusal(error: Error) -> Result<UserError> {
    error.into_user_error()
}

macro_rules! payloads {
    ($($(#[$about:meta])* $name:ident { $(#[$of:meta])* $field:ident: $thing:ty })+) => {$(
        $(#[$about])*
        #[derive(SimpleObject)]
        pub(crate) struct $name {
            $(#[$of])*
            pub(super) $field: Option<$thing>,
            /// Why the law or the form refuses it; empty when it was done (不予办理的原因).
            pub(super) user_errors: Vec<UserError>,
        }

        impl Payload for $name {
            type Of = $thing;

            fn new(done: Option<$thing>, user_errors: Vec<UserError>) -> Self {
                Self { $field: done, user_errors }
            }
        }
    )+};
}

payloads! {
    /// The answer to the submission of a name (地名申请结果).
    SubmitNamingPayload {
        /// The application as it stands now; null when it was refused (地名申请).
        application: NamingApplication
    }
    /// The answer to a step on an application (地名申请办理结果).
    NamingPayload {
        /// The application as it stands now; null when the step was refused (地名申请).
        application: NamingApplication
    }
    /// The answer to a change of divisions (行政区划变更结果).
    DivisionChangePayload {
        /// The change as it stands now; null when it was refused (变更事项).
        change: DivisionChange
    }
    /// The answer to a step of a joint inspection (联检办理结果).
    JointInspectionPayload {
        /// The inspection as it stands now; null when the step was refused (联检).
        inspection: JointInspection
    }
    /// The answer to a change of a marker (界桩办理结果).
    MarkerPayload {
        /// The marker as it stands now; null when the change was refused (界桩).
        marker: Marker
    }
    /// The answer to a proposal to move or mend a marker (界桩事项办理结果).
    MarkerActPayload {
        /// The move or mending as it stands now; null when it was refused (事项).
        act: MarkerAct
    }
    /// The answer to a change of a geometry (图形办理结果).
    GeometryPayload {
        /// The version of the geometry as it stands now; null when it was refused (图形版本).
        geometry: Shape
    }
    /// The answer to the record of a sign (地名标志登记结果).
    SignpostPayload {
        /// The sign as it stands now; null when it was refused (地名标志).
        signpost: Signpost
    }
    /// The answer to the record of an offence (地名违法行为登记结果).
    NameOffencePayload {
        /// The offence; null when it was refused (地名违法行为).
        offence: NameOffence
    }
    /// The answer to a change of a place (地名实体办理结果).
    PlacePayload {
        /// The place as it stands now; null when the change was refused (地名实体).
        place: Place
    }
}
