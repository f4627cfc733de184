//! Bills: what is charged, what is waived, and how a case is settled and ends. F-6, F-7, F-8, F-11.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use minzheng_kit::contract::scope;
use minzheng_kit::{Error, Result, UserError, id};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
};
use uuid::Uuid;

use super::act::{Act, unknown};
use super::ceilings::Ceilings;
use super::collection::{self, Seen};
use super::course::{self, By, Step};
use super::waivers::InForce;
use super::{breaches, cremations, facilities, halls, month_of, waivers};
use crate::model::{case_item, funeral_case, price_line, service_item, waiver, waiver_policy};
use crate::rules::price::{self, Charge, ListedPrice};
use crate::rules::terms::{
    CancelReason, CaseAct, CaseState, CorrectionReason, ItemClass, WaiverPayer,
};
use crate::rules::waiver::{Covered, Standard, household, payable, waived};

/// The most lines of one charge.
const MOST_LINES: usize = 50;

/// A line to be charged.
#[derive(Clone, Debug)]
pub struct Line {
    /// The item.
    pub item: String,
    /// How many units.
    pub quantity: i32,
    /// Day of the service.
    pub on: NaiveDate,
    /// What is charged for a unit, in fen; the published price if not said.
    pub price: Option<i64>,
    /// Items that were made a condition of this one.
    pub requires: Vec<String>,
}

/// A line of a list as the rules see it, under the ceiling that stands on the day (F-7).
pub fn listed(line: &price_line::Model, class: ItemClass, standing: Option<i64>) -> ListedPrice {
    ListedPrice {
        class,
        ceiling: price::binding_ceiling(line.ceiling, standing),
        reference: line.reference_low.zip(line.reference_high),
        valid_from: line.valid_from,
        valid_to: line.valid_to,
    }
}

/// The lists of a facility by item, all versions, the items, and the ceilings that reach it.
pub struct Lists {
    facility: Uuid,
    items: HashMap<String, service_item::Model>,
    lines: Vec<price_line::Model>,
    ceilings: Ceilings,
}

impl Lists {
    /// Reads the lists of a facility for some items.
    pub async fn of(act: &Act<'_>, facility: Uuid, codes: &[&str]) -> Result<Self> {
        let c = act.tx;
        let lines = price_line::Entity::find()
            .filter(price_line::Column::FacilityId.eq(facility))
            .filter(price_line::Column::ItemCode.is_in(codes.iter().copied()))
            .all(c)
            .await?;
        Ok(Self {
            facility,
            items: facilities::items(c).await?,
            lines,
            ceilings: Ceilings::of(c, &act.principal.divisions, &[facility]).await?,
        })
    }

    /// The class of an item; none where nobody knows the item.
    pub fn class(&self, code: &str) -> Option<ItemClass> {
        self.items.get(code).map(|item| item.class)
    }

    /// The line of an item on a day.
    pub fn line(&self, code: &str, on: NaiveDate) -> Option<(&price_line::Model, ListedPrice)> {
        let class = self.class(code)?;
        self.lines
            .iter()
            .find(|l| l.item_code == code && price::in_force(l.valid_from, l.valid_to, on))
            .map(|l| {
                (
                    l,
                    listed(l, class, self.ceilings.on(self.facility, code, on)),
                )
            })
    }
}

/// F-6, F-7: charges items by the facility's list of the service day. Nothing outside the list, no base
/// item above its ceiling or its published price, nothing bundled; a non-base item outside its published
/// range is flagged and shown to the supervisor.
pub async fn charge(
    act: &Act<'_>,
    seen: Seen,
    facility: Option<Uuid>,
    lines: &[Line],
) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::Officer).await?;
    running(&row)?;
    if lines.is_empty() || lines.len() > MOST_LINES {
        return Err(Error::Invalid(
            UserError::new(
                "LINES",
                "A charge has one to fifty lines.",
                "每次计费须为1至50项。",
            )
            .field(&["items"]),
        ));
    }
    let facility = facility.unwrap_or(row.facility_id);
    let added = add_lines(act, &row, facility, lines).await?;
    course::step(act, &row, Step::note(CaseAct::Charged, added), |_| ()).await?;
    Ok(row.id)
}

/// Adds lines to a bill without a step; answers the first line's identity.
pub async fn add_lines(
    act: &Act<'_>,
    row: &funeral_case::Model,
    facility: Uuid,
    lines: &[Line],
) -> Result<Uuid> {
    let codes: Vec<&str> = lines.iter().map(|l| l.item.as_str()).collect();
    let lists = Lists::of(act, facility, &codes).await?;
    let mut made = Vec::with_capacity(lines.len());
    for line in lines {
        made.push(judged(act, row, facility, line, &lists, None).await?);
    }
    let first = match made.first().map(|m| m.id.clone()) {
        Some(Set(key)) => key,
        _ => row.id,
    };
    minzheng_kit::database::insert_many(act.tx, made).await?;
    Ok(first)
}

async fn judged(
    act: &Act<'_>,
    row: &funeral_case::Model,
    facility: Uuid,
    line: &Line,
    lists: &Lists,
    corrects: Option<Uuid>,
) -> Result<case_item::ActiveModel> {
    if line.on > act.today {
        return Err(Error::Invalid(
            UserError::new(
                "SERVICE_IN_FUTURE",
                "A service is charged on its day or later.",
                "服务日期晚于今日。",
            )
            .field(&["items"]),
        ));
    }
    let found = lists.line(&line.item, line.on);
    let on_list = price::on_list(found.as_ref().map(|(_, l)| l), line.on)?;
    let required: Vec<ItemClass> = line
        .requires
        .iter()
        .map(|code| lists.class(code).unwrap_or(ItemClass::NonBase))
        .collect();
    price::no_bundling(on_list.class, &required)?;
    let Some((published, _)) = found else {
        return Err(Error::NotFound);
    };
    let unit = line
        .price
        .unwrap_or_else(|| price::chargeable(published.price, on_list.ceiling));
    let charge = price::charge(&on_list, unit)?;
    if on_list.class != ItemClass::NonBase && unit > published.price {
        return Err(Error::Invalid(
            UserError::new(
                "ABOVE_PUBLISHED_PRICE",
                "A base item costs no more than its published price.",
                "基础项目收费高于公示价格。",
            )
            .field(&["items"])
            .basis(crate::rules::PRICE_NOTICE),
        ));
    }
    let flagged = charge == Charge::Flagged;
    if flagged {
        breaches::of_bill(act, row, facility, line, unit).await?;
    }
    Ok(case_item::ActiveModel {
        id: Set(id::new()),
        case_id: Set(row.id),
        item_code: Set(line.item.clone()),
        price_line_id: Set(published.id),
        quantity: Set(line.quantity),
        amount: Set(price::line_amount(unit, line.quantity)?),
        service_on: Set(line.on),
        flagged: Set(flagged),
        corrects: Set(corrects),
        superseded: Set(false),
        facility_id: Set((facility != row.facility_id).then_some(facility)),
    })
}

/// F-6: refuses to write on a bill that is settled.
pub fn running(row: &funeral_case::Model) -> Result<()> {
    Ok(crate::rules::case::bill_runs(row.state)?)
}

/// Corrects a line of a bill by a new one; a quantity of nought takes it off. What was waived of it is taken
/// back and granted anew by the rules.
pub async fn correct_line(
    act: &Act<'_>,
    seen: Seen,
    line_id: Uuid,
    quantity: i32,
    reason: CorrectionReason,
) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::Officer).await?;
    running(&row)?;
    let old = case_item::Entity::find_by_id(line_id)
        .one(act.tx)
        .await?
        .filter(|l| l.case_id == row.id && !l.superseded)
        .ok_or_else(|| unknown("line", "The bill has no such line.", "账单中没有该项。"))?;
    let facility = old.facility_id.unwrap_or(row.facility_id);
    let unit = old.amount / i64::from(old.quantity.max(1));
    let entry = cremations::entry_of(act, row.id, old.id).await?;
    let made = if quantity == 0 {
        None
    } else {
        let line = Line {
            item: old.item_code.clone(),
            quantity,
            on: old.service_on,
            price: Some(unit),
            requires: Vec::new(),
        };
        let lists = Lists::of(act, facility, &[&line.item]).await?;
        Some(judged(act, &row, facility, &line, &lists, Some(old.id)).await?)
    };
    let mut old: case_item::ActiveModel = old.into();
    old.superseded = Set(true);
    let old = old.update(act.tx).await?;
    waivers::take_back(act.tx, row.id, Some(&old.item_code), act.today).await?;
    let record = match &made {
        Some(made) => made.id.clone().take().unwrap_or(old.id),
        None => old.id,
    };
    if let Some(made) = made {
        case_item::Entity::insert(made)
            .exec_without_returning(act.tx)
            .await?;
    }
    let step = Step {
        corrects: Some((entry, reason)),
        ..Step::note(CaseAct::Corrected, record)
    };
    course::step(act, &row, step, |_| ()).await?;
    Ok(row.id)
}

/// F-11: waives of the bill what the policies of the division grant: `min(price, standard)` an item, each
/// household once. Answers nothing new where everything was granted already.
pub async fn grant_waivers(act: &Act<'_>, seen: Seen) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::Officer).await?;
    running(&row)?;
    let bill = lines(act.tx, row.id).await?;
    let mine = household(&row.deceased, row.household.as_deref());
    let granted = waivers::of_household(act.tx, &row.deceased).await?;
    let mut policies_on: BTreeMap<NaiveDate, Vec<InForce>> = BTreeMap::new();
    let mut charged: BTreeMap<&str, Vec<Covered>> = BTreeMap::new();
    for line in bill.iter().filter(|l| !granted.contains_key(&l.item_code)) {
        if let Entry::Vacant(day) = policies_on.entry(line.service_on) {
            day.insert(waivers::policies(act.tx, row.division_id, line.service_on).await?);
        }
        let policy = policies_on
            .get(&line.service_on)
            .and_then(|all| all.iter().find(|p| p.policy.item_code == line.item_code))
            .map(|p| (p.policy.id, standard_of(&p.policy)));
        charged.entry(&line.item_code).or_default().push(Covered {
            amount: line.amount,
            on: line.service_on,
            policy,
        });
    }
    let payers: HashMap<Uuid, WaiverPayer> = policies_on
        .values()
        .flatten()
        .map(|p| (p.policy.id, p.policy.payer))
        .collect();
    let mut made = Vec::new();
    for (item, lines) in charged {
        let Some((policy, amount)) = waived(&lines)? else {
            continue;
        };
        made.push(waiver::ActiveModel {
            id: Set(id::new()),
            case_id: Set(row.id),
            policy_id: Set(policy),
            item_code: Set(item.to_owned()),
            household: Set(mine.to_owned()),
            applicant: Set(row.applicant.clone()),
            division_id: Set(row.division_id),
            amount: Set(amount),
            payer: Set(payers.get(&policy).copied().ok_or(Error::NotFound)?),
            granted_on: Set(act.today),
            granted_month: Set(month_of(act.today)),
            settlement_id: Set(None),
            reverses: Set(None),
            reversed_on: Set(None),
        });
    }
    if made.is_empty() {
        return Err(Error::Invalid(
            UserError::new(
                "NOTHING_TO_WAIVE",
                "No item of the bill can be waived, or all were waived already.",
                "账单中无可减免项目或已全部减免。",
            )
            .basis("惠民殡葬政策"),
        ));
    }
    minzheng_kit::database::insert_many(act.tx, made).await?;
    course::step(act, &row, Step::note(CaseAct::FeesWaived, row.id), |_| ()).await?;
    Ok(row.id)
}

const fn standard_of(policy: &waiver_policy::Model) -> Standard {
    Standard {
        amount: policy.standard,
        valid_from: policy.valid_from,
        valid_to: policy.valid_to,
    }
}

/// The lines of a bill as they stand after corrections.
async fn lines<C: ConnectionTrait>(c: &C, case: Uuid) -> Result<Vec<case_item::Model>> {
    Ok(case_item::Entity::find()
        .filter(case_item::Column::CaseId.eq(case))
        .filter(case_item::Column::Superseded.eq(false))
        .all(c)
        .await?)
}

/// Settles the bill: what was charged less what was waived. F-8: a niche or grave on it shows use and
/// upkeep apart. F-12: ashes that are to sail have sailed before.
pub async fn settle(act: &Act<'_>, seen: Seen) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::Officer).await?;
    crate::rules::case::settle(super::voyages::enrolled(act.tx, row.id).await?.is_some())?;
    let bill = lines(act.tx, row.id).await?;
    let billed: Vec<&str> = bill.iter().map(|l| l.item_code.as_str()).collect();
    if let Some(plot) = super::contracts::allocated(act.tx, row.id).await?
        && super::contracts::pays_for(act.tx, row.id, plot.id).await?
    {
        price::fees_apart(plot.kind, &billed)?;
    }
    let granted = waiver::Entity::find()
        .filter(waiver::Column::CaseId.eq(row.id))
        .all(act.tx)
        .await?;
    let rest = payable(
        bill.iter().map(|l| l.amount).sum(),
        granted.iter().map(|w| w.amount).sum(),
    )?;
    let now = act.now;
    course::step(
        act,
        &row,
        Step::moves(CaseAct::Settled, CaseState::Settled, None),
        |case| {
            case.settled_at = Set(Some(now));
            case.payable = Set(Some(rest));
        },
    )
    .await?;
    Ok(row.id)
}

/// Closes a settled case.
pub async fn close(act: &Act<'_>, seen: Seen) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::Officer).await?;
    let today = act.today;
    course::step(
        act,
        &row,
        Step::moves(CaseAct::Closed, CaseState::Closed, None),
        |case| {
            case.closed_on = Set(Some(today));
        },
    )
    .await?;
    Ok(row.id)
}

/// Calls a case off while the body has not been fetched; whatever it held is free again, and what was waived of
/// its bill counts for nobody (F-11).
pub async fn cancel(act: &Act<'_>, seen: Seen, reason: CancelReason) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::OfficerOrApplicant).await?;
    crate::rules::case::cancel(row.state, row.continues.is_some())?;
    waivers::take_back(act.tx, row.id, None, act.today).await?;
    super::voyages::call_off_of_case(act, row.id).await?;
    collection::call_off(act, &row).await?;
    halls::call_off(act, row.id).await?;
    super::plots::release_of_case(act, row.id).await?;
    let today = act.today;
    course::step(
        act,
        &row,
        Step::moves(CaseAct::Cancelled, CaseState::Cancelled, None),
        |case| {
            case.closed_on = Set(Some(today));
            case.cancel_reason = Set(Some(reason));
        },
    )
    .await?;
    Ok(row.id)
}

/// F-11: settles a month of a division; see [`waivers::settle`].
pub async fn settle_month(
    act: &Act<'_>,
    division: Uuid,
    month: minzheng_kit::YearMonth,
    payer: Option<WaiverPayer>,
) -> Result<Uuid> {
    act.officer(scope::FUNERAL_CASE, division)?;
    let batch = waivers::settle(act.tx, division, month, payer, act.today).await?;
    act.done(
        ("WaiverSettlement", batch.id),
        "WaiverSettled",
        None,
        serde_json::json!({ "households": batch.households, "amount": batch.amount }),
    )
    .await?;
    Ok(batch.id)
}
