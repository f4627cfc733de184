//! What may be asked of a place that is there: a name where it has none, another name or the end of the one it has.

use minzheng_kit::UserError;

use super::scope::PlaceKind;
use crate::model::vocabulary::NamingKind;

/// P-1, P-3, 地名管理条例 3, 9, 12: the kind of a place is what it is and not what an application says, for the rules of
/// its name and who approves it hang on it.
pub fn kind_is_the_places(place: PlaceKind, asked: PlaceKind) -> Option<UserError> {
    (place != asked).then(|| {
        UserError::new(
            "PLACE_KIND_UNFIT",
            "This place is of another kind.",
            "所填地名类别与该地名实体的类别不符。",
        )
        .field(&["input", "placeKind"])
        .basis("地名管理条例第三条")
    })
}

/// P-11, 地名管理条例 9, 14: a name is given where there is none, and changed or ended where there is one.
pub fn fits_what_stands(asked: NamingKind, has_name: bool) -> Option<UserError> {
    let (code, en, zh) = match (asked, has_name) {
        (NamingKind::Name, true) => (
            "PLACE_HAS_NAME",
            "This place has a standard name; ask for a renaming.",
            "该地名实体已有标准地名，应当申请更名。",
        ),
        (NamingKind::Rename | NamingKind::Cancel, false) => (
            "PLACE_NAMELESS",
            "This place has no standard name; ask for a naming.",
            "该地名实体没有标准地名，应当申请命名。",
        ),
        (NamingKind::Name, false) | (NamingKind::Rename | NamingKind::Cancel, true) => return None,
    };
    Some(
        UserError::new(code, en, zh)
            .field(&["input", "kind"])
            .basis("地名管理条例第九条、第十条"),
    )
}

/// P-11, 地名管理条例 14: what is cancelled, and made public as cancelled, is the standard name and no other.
pub fn is_the_standing_name(standing: &str, asked: &str) -> Option<UserError> {
    (standing != asked).then(|| {
        UserError::new(
            "NAME_NOT_STANDING",
            "This is not the standard name of the place; the standard name is what is cancelled.",
            "所填名称不是该地名实体的标准地名，注销的应当是标准地名。",
        )
        .field(&["input", "specific"])
        .basis("地名管理条例第十四条")
    })
}

/// P-9, P-11, 地名管理条例 13, 14: what is decided on a place and not yet in force comes first; nothing else is decided on
/// it meanwhile.
pub fn none_is_waiting(is_waiting: bool) -> Option<UserError> {
    is_waiting.then(|| {
        UserError::new(
            "PLACE_DECISION_WAITS",
            "A decision on this place waits for its day; ask again when it is in force.",
            "该地名实体另有已批准而尚未生效的事项，请待其生效后再行办理。",
        )
        .field(&["input", "placeId"])
        .basis("地名管理条例第十三条、第十四条")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(refusal: Option<UserError>) -> Option<String> {
        assert!(refusal.iter().all(|r| r.legal_basis.is_some()));
        refusal.map(|r| r.code)
    }

    #[test]
    fn names_are_given_where_none_is_and_changed_where_one_is() {
        use NamingKind as N;
        for (asked, has_name, expected) in [
            (N::Name, false, None),
            (N::Name, true, Some("PLACE_HAS_NAME")),
            (N::Rename, true, None),
            (N::Rename, false, Some("PLACE_NAMELESS")),
            (N::Cancel, true, None),
            (N::Cancel, false, Some("PLACE_NAMELESS")),
        ] {
            assert_eq!(code(fits_what_stands(asked, has_name)).as_deref(), expected);
        }
    }

    #[test]
    fn a_place_keeps_its_kind_and_loses_its_own_name_only() {
        let kind = kind_is_the_places(PlaceKind::Road, PlaceKind::Other);
        assert_eq!(code(kind).as_deref(), Some("PLACE_KIND_UNFIT"));
        assert_eq!(kind_is_the_places(PlaceKind::Road, PlaceKind::Road), None);
        let other = is_the_standing_name("曼哈顿广场", "清泉广场");
        assert_eq!(code(other).as_deref(), Some("NAME_NOT_STANDING"));
        assert_eq!(is_the_standing_name("曼哈顿广场", "曼哈顿广场"), None);
        let waits = none_is_waiting(true);
        assert_eq!(code(waits).as_deref(), Some("PLACE_DECISION_WAITS"));
        assert_eq!(none_is_waiting(false), None);
    }
}
