//! What must follow an approval: filing, its review, chasing what is late, and the public notice.

use chrono::NaiveDate;
use minzheng_kit::{Error, Result, UserError};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction, EntityTrait,
    IntoActiveModel, QueryFilter, QuerySelect, QueryTrait, Select,
};
use uuid::Uuid;

use super::{
    LONGEST_LINE, LONGEST_REMARK, Step, advance, asked, force, month, open, refusal,
    requests::{FileNamingInput, NamingStepInput, PublishNamingNoticeInput, ReviewFilingInput},
};
use crate::{
    model::{filing, naming_application, naming_area, place_name, public_notice},
    rules::{
        authority,
        clocks::{self, Reminder},
        notice::{self, Notice},
        state::NamingState,
    },
    service::{
        act::{self, Act},
        divisions,
        due_days::filing_deadline,
    },
};

async fn filing_of(tx: &DatabaseTransaction, application: Uuid) -> Result<filing::Model> {
    filing::Entity::find_by_id(application)
        .one(tx)
        .await?
        .ok_or_else(|| {
            refusal(
                "FILING_NOT_NEEDED",
                "This application has no filing.",
                "该事项无需备案。",
                "地名管理条例第十三条",
            )
        })
}

/// Files an approval (P-9): `APPROVED → FILED`; a filing that comes after the notice changes no state. Late
/// filings are taken like others: the law watches the days and does not refuse.
pub async fn file(tx: &DatabaseTransaction, act: Act<'_>, input: &FileNamingInput) -> Result<Uuid> {
    let row = open(tx, act, &input.application_id, input.version).await?;
    let state = match row.state {
        NamingState::Noticed | NamingState::InForce => row.state,
        other => other.step(NamingState::Filed)?,
    };
    let filing = filing_of(tx, row.id).await?;
    if filing.filed_on.is_some() {
        return Err(refusal(
            "FILED_ALREADY",
            "This approval was filed before.",
            "该事项已经备案。",
            "地名管理条例第十三条",
        ));
    }
    let filed_on = act::past_day(input.filed_on.map(|d| d.0), act.today, "filedOn")?;
    not_before_approval(filed_on, &row, "filedOn")?;
    let mut changed = filing.into_active_model();
    changed.filed_on = Set(Some(filed_on));
    changed.update(tx).await?;
    if row
        .authority
        .is_some_and(authority::notice_waits_for_filing)
    {
        let due = clocks::notice_due(filed_on, Some(filed_on));
        public_notice::ActiveModel {
            application: Set(row.id),
            due_on: Set(due.day),
            due_provisional: Set(due.is_provisional),
            ..Default::default()
        }
        .update(tx)
        .await?;
    }
    let step = Step {
        name: "fileNaming",
        event: "NamingFiled",
        state,
        remark: None,
    };
    advance(tx, act, row, step, |_| ()).await
}

fn not_before_approval(day: NaiveDate, row: &naming_application::Model, field: &str) -> Result<()> {
    if row.approved_on.is_none_or(|approved| day >= approved) {
        return Ok(());
    }
    Err(UserError::new(
        "DAY_BEFORE_APPROVAL",
        "This day is before the approval.",
        "日期不得早于批准日期。",
    )
    .field(&["input", field])
    .into())
}

/// Reviews a filing, by the body that received it.
pub async fn review_filing(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &ReviewFilingInput,
) -> Result<Uuid> {
    let id = act::known(&input.application_id, "applicationId")?;
    let row = naming_application::Entity::find_by_id(id)
        .one(tx)
        .await?
        .ok_or_else(|| act::unknown("applicationId"))?;
    let filing = filing_of(tx, id).await?;
    act.oversees(tx, filing.reviewer).await?;
    act::same_version(row.version, input.version)?;
    let Some(filed_on) = filing.filed_on else {
        return Err(refusal(
            "NOT_FILED",
            "Nothing was filed yet.",
            "尚未报送备案。",
            "地名管理条例第十三条",
        ));
    };
    let reviewed_on = act::past_day(input.reviewed_on.map(|d| d.0), act.today, "reviewedOn")?;
    if reviewed_on < filed_on || filing.reviewed_on.is_some() {
        return Err(refusal(
            "REVIEW_UNFIT",
            "A filing is reviewed once, and not before it came.",
            "备案审查不得早于备案日期，且只办理一次。",
            "地名管理条例第十三条",
        ));
    }
    let mut changed = filing.into_active_model();
    changed.reviewed_on = Set(Some(reviewed_on));
    changed.reviewed_month = Set(Some(month(reviewed_on)));
    changed.result = Set(Some(act::text(&input.result, "result", LONGEST_LINE)?));
    changed.update(tx).await?;
    let step = Step {
        name: "reviewFiling",
        event: "NamingFilingReviewed",
        state: row.state,
        remark: None,
    };
    advance(tx, act, row, step, |_| ()).await
}

/// P-12: chases a late filing, and reports it to the superior when chasing has not helped. By the body that
/// waits for the filing.
pub async fn chase(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &NamingStepInput,
) -> Result<Uuid> {
    let id = act::known(&input.application_id, "applicationId")?;
    let row = naming_application::Entity::find_by_id(id)
        .one(tx)
        .await?
        .ok_or_else(|| act::unknown("applicationId"))?;
    let filing = filing_of(tx, id).await?;
    act.oversees(tx, filing.reviewer).await?;
    act::same_version(row.version, input.version)?;
    let next = clocks::reminder(
        filing_deadline(&filing, row.approved_on).day,
        filing.filed_on,
        filing.chased_on,
        filing.reported_on,
        act.today,
    );
    let mut changed = filing.into_active_model();
    let event = match next {
        Reminder::Chase => {
            changed.chased_on = Set(Some(act.today));
            "NamingFilingChased"
        }
        Reminder::Report => {
            changed.reported_on = Set(Some(act.today));
            "NamingFilingReported"
        }
        Reminder::None | Reminder::Wait | Reminder::Reported => {
            return Err(refusal(
                "NOTHING_TO_CHASE",
                "This filing is not late, or is being waited for.",
                "该备案未逾期，或者正在催办期限内。",
                "地名管理条例第三十五条",
            ));
        }
    };
    changed.update(tx).await?;
    let step = Step {
        name: "chaseFiling",
        event,
        state: row.state,
        remark: act::optional_plain_text(input.remark.as_deref(), "remark", LONGEST_REMARK)?,
    };
    advance(tx, act, row, step, |_| ()).await
}

/// Publishes the notice (P-10, P-11): `APPROVED`, `FILED → NOTICED`, and `IN_FORCE` on its day. The name becomes
/// the standard name of its place from that day on.
pub async fn publish(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &PublishNamingNoticeInput,
) -> Result<Uuid> {
    let mut row = open(tx, act, &input.application_id, input.version).await?;
    let waits = row
        .authority
        .is_some_and(authority::notice_waits_for_filing);
    let unfiled = || {
        refusal(
            "NOTICE_BEFORE_FILING",
            "A name approved by another department is made public after it was filed.",
            "其他有关部门批准的地名，应当备案后公告。",
            "地名管理条例第十四条",
        )
    };
    if row.state == NamingState::Approved && waits {
        return Err(unfiled());
    }
    let noticed = row.state.step(NamingState::Noticed)?;
    asked::still_stands(tx, &row).await?;
    let published_on = act::past_day(input.published_on.map(|d| d.0), act.today, "publishedOn")?;
    not_before_approval(published_on, &row, "publishedOn")?;
    if waits {
        let filed_on = filing_of(tx, row.id).await?.filed_on;
        if filed_on.is_none_or(|filed| published_on < filed) {
            return Err(unfiled());
        }
    }
    let effective_on = input.effective_on.map_or(published_on, |day| day.0);
    if effective_on < published_on {
        return Err(UserError::new(
            "EFFECTIVE_BEFORE_NOTICE",
            "A name is not in force before it is made public.",
            "生效日期不得早于公告日期。",
        )
        .field(&["input", "effectiveOn"])
        .basis("地名管理条例第十四条")
        .into());
    }
    let position = act::optional_text(input.position.as_deref(), "position", 200)?;
    if position.is_some() {
        row.position = position;
    }
    let body = body(tx, act, &row).await?;
    public_notice::ActiveModel {
        application: Set(row.id),
        published_on: Set(Some(published_on)),
        channel: Set(Some(act::text(&input.channel, "channel", LONGEST_LINE)?)),
        body: Set(Some(body)),
        registry_sent_on: Set(Some(act.today)),
        ..Default::default()
    }
    .update(tx)
    .await?;
    row.effective_on = Some(effective_on);
    let place = force::prepare(tx, act.at, &row, effective_on).await?;
    let state = noticed.on(Some(effective_on), act.today);
    let (id, position) = (row.id, row.position.clone());
    let step = Step {
        name: "publishNamingNotice",
        event: "NamingNoticed",
        state,
        remark: None,
    };
    row.place = Some(place);
    advance(tx, act, row, step, |changed| {
        changed.place = Set(Some(place));
        changed.effective_on = Set(Some(effective_on));
        changed.position = Set(position);
    })
    .await?;
    if state == NamingState::InForce {
        force::supersede(tx, act.at, id, place).await?;
    }
    Ok(id)
}

async fn body(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    row: &naming_application::Model,
) -> Result<String> {
    let chain = divisions::chain(tx, row.division, act.today).await?;
    let division: String = chain.iter().rev().map(|one| one.name.as_str()).collect();
    let point = row
        .longitude
        .zip(row.latitude)
        .map(|(east, north)| format!("东经{east}度、北纬{north}度"));
    let former = match row.place {
        Some(place) => force::standing(tx, place).await?,
        None => None,
    };
    let former: Option<place_name::Model> = former;
    let composed = notice::compose(&Notice {
        kind: row.kind,
        name: &row.name,
        former: former.as_ref().map(|name| name.name.as_str()),
        roman: &row.roman,
        division: &division,
        position: row.position.as_deref().or(point.as_deref()),
        approved_by: row.approved_by.as_deref().unwrap_or_default(),
        approved_on: row
            .approved_on
            .ok_or_else(|| Error::internal("an approval without a day"))?,
    });
    Ok(composed?)
}

/// P-12: the filings that are late on a day and not in, those due first to be paged first; of one division or all.
pub fn overdue(today: NaiveDate, division: Option<Uuid>) -> Select<filing::Entity> {
    let late = filing::Entity::find().filter(
        Condition::all()
            .add(filing::Column::FiledOn.is_null())
            .add(filing::Column::DueOn.lt(today)),
    );
    match division {
        None => late,
        Some(id) => late.filter(filing::Column::Application.in_subquery(in_area(id))),
    }
}

/// Those of these decisions that are not filed yet, in an area.
pub fn open_among(division: Uuid, applications: &[Uuid]) -> Select<filing::Entity> {
    filing::Entity::find()
        .filter(filing::Column::FiledOn.is_null())
        .filter(filing::Column::Application.is_in(applications.iter().copied()))
        .filter(filing::Column::Application.in_subquery(in_area(division)))
}

/// The applications of an area.
fn in_area(division: Uuid) -> SelectStatement {
    naming_area::Entity::find()
        .select_only()
        .column(naming_area::Column::Application)
        .filter(naming_area::Column::Division.eq(division))
        .into_query()
}

/// The notices that are out, newest to be paged first; of one division or all.
pub fn published(division: Option<Uuid>) -> Select<public_notice::Entity> {
    let out =
        public_notice::Entity::find().filter(public_notice::Column::PublishedOn.is_not_null());
    match division {
        None => out,
        Some(id) => out.filter(
            public_notice::Column::Application.in_subquery(
                naming_area::Entity::find()
                    .select_only()
                    .column(naming_area::Column::Application)
                    .filter(naming_area::Column::Division.eq(id))
                    .into_query(),
            ),
        ),
    }
}
