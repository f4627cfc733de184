//! The closed vocabularies of the funeral subsystem.
//!
//! One enum serves the rules, the column and the schema, so that a word cannot mean two things.
//! The stored text is the GraphQL name.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

macro_rules! terms {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident,)+ }) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord,
            Enum, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
        )]
        #[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum $name {
            $($(#[$vmeta])* $variant,)+
        }
    };
}

terms! {
    /// The three kinds of funeral facility that the regulation knows (殡葬设施类别).
    FacilityKind {
        /// A funeral home, with or without cremators (殡仪馆).
        FuneralHome,
        /// A hall of niches for ashes (骨灰堂).
        Columbarium,
        /// A cemetery (公墓).
        Cemetery,
    }
}

terms! {
    /// Whom a facility serves and how it came to be (殡葬设施类型).
    FacilitySubKind {
        /// A public facility of a town (城市公益性).
        UrbanPublic,
        /// A public facility of a village, for its villagers only (农村公益性).
        RuralPublic,
        /// A life park for ecological burial (生命公园).
        LifePark,
        /// A commercial facility approved before the revision of 2026 (修订前经营性).
        Pre2026Commercial,
        /// A service point of a funeral home (殡仪服务站).
        ServicePoint,
    }
}

terms! {
    /// Who runs a facility (运营主体).
    FacilityOperator {
        /// The government (政府).
        Government,
        /// A village collective (村集体).
        VillageCollective,
        /// A private operator from before the revision of 2026 (原民办).
        LegacyPrivate,
    }
}

terms! {
    /// Whether a facility works already (设施状态).
    FacilityState {
        /// Being built (在建).
        UnderConstruction,
        /// Open to the public (运营中).
        Open,
        /// Closed for good (已关闭).
        Closed,
    }
}

terms! {
    /// The class of a service item on the published list (项目类别).
    ItemClass {
        /// A base item of the national list (基础项目).
        Base,
        /// A base item added by the province (省增基础项目).
        ProvinceAddedBase,
        /// A non-base item (非基础项目).
        NonBase,
    }
}

terms! {
    /// The unit in which a service item is charged (计价单位).
    ItemUnit {
        /// Once (次).
        Time,
        /// A body (具).
        Body,
        /// A day (天).
        Day,
        /// An hour (小时).
        Hour,
        /// A kilometre (公里).
        Kilometre,
        /// A niche for a year (格·年).
        NicheYear,
        /// A grave for a year (座·年).
        GraveYear,
    }
}

terms! {
    /// What kind of paper attests a death (死亡证明类别).
    DeathPaperKind {
        /// The certificate of a medical institution (居民死亡医学证明（推断）书).
        Medical,
        /// The paper of public security (公安机关死亡证明).
        Police,
        /// A death declared by a court (法院宣告死亡).
        CourtDeclared,
    }
}

terms! {
    /// What the applicant is to the deceased (与逝者关系).
    KinRelation {
        /// Husband or wife (配偶).
        Spouse,
        /// Son or daughter (子女).
        Child,
        /// Father or mother (父母).
        Parent,
        /// Brother or sister (兄弟姐妹).
        Sibling,
        /// Another relative (其他亲属).
        OtherRelative,
        /// A unit or community that arranges the funeral (单位或社区).
        Institution,
    }
}

terms! {
    /// Where a funeral case stands (治丧案件状态).
    CaseState {
        /// Opened (已立案).
        Opened,
        /// The body is being fetched (接运中).
        Collecting,
        /// The body is in the funeral home (存放中).
        Stored,
        /// The farewell is held (告别).
        Farewell,
        /// Cremated (已火化).
        Cremated,
        /// The body was buried where that is allowed (遗体已安葬).
        BodyBuried,
        /// The ashes are kept by the facility (骨灰寄存).
        AshesInCustody,
        /// Interred (已安葬).
        Interred,
        /// The bill is settled (已结算).
        Settled,
        /// Closed (已结案).
        Closed,
        /// Called off before the body was fetched (已取消).
        Cancelled,
    }
}

terms! {
    /// The form of an interment (安葬方式).
    IntermentKind {
        /// Burial at sea (海葬).
        Sea,
        /// Burial under a tree (树葬).
        Tree,
        /// Burial under flowers (花葬).
        Flower,
        /// Burial under a lawn (草坪葬).
        Lawn,
        /// Burial in a wall (壁葬).
        Wall,
        /// A niche (格位).
        Niche,
        /// A grave for ashes (骨灰墓位).
        AshPlot,
        /// A grave for a body (遗体墓位).
        BodyPlot,
        /// Deep burial without a mound (深埋不留坟头).
        DeepBurial,
    }
}

terms! {
    /// What a place of interment is (位类别).
    PlotKind {
        /// A niche in a columbarium (骨灰格位).
        Niche,
        /// A grave for ashes (骨灰墓位).
        AshPlot,
        /// A grave for a body (遗体墓位).
        BodyPlot,
    }
}

terms! {
    /// Where a niche or grave stands (格位/墓位状态).
    PlotState {
        /// Free (空闲).
        Free,
        /// Held for one case until a time (预留).
        Held,
        /// In use (使用中).
        Occupied,
        /// The term is over, the grace period runs (到期).
        Expired,
        /// Closed (已收回).
        Closed,
    }
}

terms! {
    /// Who pays what is waived (减免承担方).
    WaiverPayer {
        /// The public purse (财政).
        Fiscal,
        /// The facility (服务机构).
        Facility,
    }
}

terms! {
    /// Where the figures of a settled batch come from (结算数据来源).
    SettlementSource {
        /// The waivers of this system's own cases (本系统案件).
        Cases,
        /// A published report, taken over as one figure (公开报告).
        Report,
    }
}

terms! {
    /// Why an illegal grave is illegal (违建坟墓类别).
    IllegalGraveKind {
        /// A grave built for a living person (活人墓).
        LivingPerson,
        /// A clan grave (家族式墓地).
        Clan,
        /// A grave in the form of a house (住宅式墓地).
        HouseStyle,
        /// Larger than allowed (硬化大墓).
        Oversize,
        /// In a zone where burial is forbidden (禁葬区).
        ForbiddenZone,
        /// Outside any cemetery (公墓外).
        OutsideCemetery,
        /// A dwelling used to keep ashes (骨灰房).
        AshesInDwelling,
    }
}

terms! {
    /// Where a case of an illegal grave stands (违建坟墓处置状态).
    GraveState {
        /// Found (已发现).
        Found,
        /// Entered in the register (登记造册).
        Registered,
        /// Notice was given (已告知).
        Notice,
        /// Being put right (整改中).
        Rectifying,
        /// Put right and verified (已验收).
        Verified,
        /// Removed by force of law (强制拆除).
        Forced,
        /// The vegetation is restored (已复绿).
        Restored,
        /// A protected grave, exempt (文物保护豁免).
        Exempt,
    }
}

terms! {
    /// What a call to the hotline is about (热线诉求类别).
    TicketCategory {
        /// A body is to be fetched (遗体接运).
        Collect,
        /// A question about prices (价格咨询).
        Price,
        /// A complaint (投诉).
        Complaint,
        /// A waiver of fees (费用减免).
        Waiver,
        /// Burial (安葬).
        Burial,
        /// Visiting a grave (祭扫).
        Worship,
        /// Something else (其他).
        Other,
    }
}

terms! {
    /// Where a ticket of the hotline stands (工单状态).
    TicketState {
        /// Opened (已受理).
        Open,
        /// Sent to a facility (已派单).
        Dispatched,
        /// Taken by the facility (已接单).
        Accepted,
        /// The facility's people are there (已到场).
        OnSite,
        /// Done (已办结).
        Resolved,
        /// Closed with feedback (已回访关闭).
        Closed,
        /// Raised to a supervisor (已升级).
        Escalated,
        /// Opened again (重新受理).
        Reopened,
    }
}

terms! {
    /// Whether a hearse can be sent (接运车状态).
    HearseState {
        /// Ready (待命).
        Ready,
        /// On a task (执行任务).
        OnTask,
        /// In the workshop (停运).
        OutOfService,
    }
}

terms! {
    /// An entry in the course of a case (案件流程事项).
    CaseAct {
        /// The case was opened (立案).
        Opened,
        /// A hearse was sent (派车接运).
        HearseSent,
        /// The hearse was at the body (到达接运点).
        HearseArrived,
        /// The body was received and stored (接收入库).
        BodyStored,
        /// The storage was extended (存放延期).
        StorageExtended,
        /// A hall was booked (预订告别厅).
        HallBooked,
        /// A booking of a hall was called off (取消告别厅).
        HallCancelled,
        /// The farewell was held (举行告别).
        FarewellHeld,
        /// The notice for an unclaimed body was published (无主遗体公告).
        NoticePublished,
        /// An unclaimed body was claimed (遗体认领).
        BodyClaimed,
        /// Cremated (火化).
        Cremated,
        /// The body was buried (遗体安葬).
        BodyBuried,
        /// The ashes were taken into custody (骨灰寄存).
        AshesTaken,
        /// The release of the ashes was asked for by a first officer (申请领取骨灰).
        ReleaseAsked,
        /// The ashes were released after a second officer's check (骨灰领取).
        AshesReleased,
        /// A niche or grave was held (预留格位).
        PlotHeld,
        /// A hold was given up (取消预留).
        PlotReleased,
        /// A niche or grave was allocated (分配格位).
        PlotAllocated,
        /// Enrolled for a burial at sea (海葬报名).
        SeaEnrolled,
        /// The enrolment was called off (取消海葬报名).
        SeaCancelled,
        /// Interred (安葬).
        Interred,
        /// Items were charged (计费).
        Charged,
        /// Fees were waived (费用减免).
        FeesWaived,
        /// The bill was settled (结算).
        Settled,
        /// Closed (结案).
        Closed,
        /// Called off (取消).
        Cancelled,
        /// An earlier entry was corrected by this one (更正).
        Corrected,
    }
}

terms! {
    /// Why a case is called off (取消原因).
    CancelReason {
        /// The family chose another home (家属另选服务机构).
        AnotherHome,
        /// Opened by mistake (误立案).
        OpenedInError,
        /// The person is not dead (死亡信息有误).
        NotDead,
        /// Public security keeps the body (公安机关留存).
        KeptByPolice,
    }
}

terms! {
    /// Why an entry is corrected (更正原因).
    CorrectionReason {
        /// A slip of the pen (笔误).
        Clerical,
        /// A new paper took the place of an old one (证明更换).
        PaperReplaced,
        /// The finding of public security (公安机关结论).
        PoliceFinding,
        /// A court set the declaration aside (法院撤销死亡宣告).
        CourtRevoked,
        /// The family showed that it was wrong (家属举证).
        KinEvidence,
    }
}

terms! {
    /// Where a hearse's task stands (接运任务状态).
    TransportState {
        /// Sent out (已派车).
        Sent,
        /// At the body (已到达).
        Arrived,
        /// The body was handed over to the home (已交接).
        Delivered,
        /// Called off (已取消).
        Cancelled,
    }
}

terms! {
    /// How a storage was extended (延期类别).
    ExtensionKind {
        /// Not at all (未延期).
        None,
        /// The ordinary extension (一般延期).
        Ordinary,
        /// Approved by the authority (批准延期).
        Approved,
    }
}

terms! {
    /// Where a booking stands (预约状态).
    BookingState {
        /// Booked (已预约).
        Booked,
        /// Called off (已取消).
        Cancelled,
        /// It took place (已完成).
        Done,
    }
}

terms! {
    /// Who holds a body or ashes (保管方).
    Holder {
        /// The family or the place of death (家属或死亡地点).
        Family,
        /// A hearse (接运车).
        Hearse,
        /// The cold store (冷藏库).
        Store,
        /// The cremation hall (火化车间).
        Cremator,
        /// The custody of ashes (骨灰寄存处).
        AshStore,
        /// The place of interment (安葬地).
        Grave,
        /// The sea (海洋).
        Sea,
    }
}

terms! {
    /// Where a release of ashes stands (骨灰领取状态).
    ReleaseState {
        /// Asked for by a first officer (待复核).
        Asked,
        /// Confirmed by a second officer (已领取).
        Confirmed,
        /// Withdrawn (已撤回).
        Withdrawn,
    }
}

terms! {
    /// A group whose custom of burial is respected (丧葬习俗受尊重的民族).
    CustomGroup {
        /// Hui (回族).
        Hui,
        /// Uygur (维吾尔族).
        Uygur,
        /// Kazak (哈萨克族).
        Kazak,
        /// Kirgiz (柯尔克孜族).
        Kirgiz,
        /// Uzbek (乌孜别克族).
        Uzbek,
        /// Tajik (塔吉克族).
        Tajik,
        /// Tatar (塔塔尔族).
        Tatar,
        /// Salar (撒拉族).
        Salar,
        /// Dongxiang (东乡族).
        Dongxiang,
        /// Bonan (保安族).
        Bonan,
        /// Tibetan (藏族).
        Tibetan,
    }
}

terms! {
    /// A zone in which nobody is buried (禁葬区类别).
    ZoneKind {
        /// Farmland (耕地).
        Farmland,
        /// Forest (林地).
        Forest,
        /// A city park, scenic or heritage area (公园、风景名胜区、文物保护区).
        ParkOrHeritage,
        /// Near a reservoir, a dike or a source of water (水库、堤坝、水源保护区).
        Water,
        /// Along a main railway or road (铁路、公路干线两侧).
        RailOrRoad,
    }
}

terms! {
    /// What is wrong with a price (价格违规类别).
    BreachKind {
        /// Not on the published list (清单外收费).
        NotOnList,
        /// Above the guided ceiling (超政府指导价).
        OverCeiling,
        /// Outside the published reference range (超出参考价).
        OutOfRange,
        /// More than the published price (高于公示价).
        AbovePublished,
        /// A base item was made to depend on another one (捆绑收费).
        Bundled,
        /// Nothing wrong was found by the list (未发现违规).
        NoneFound,
    }
}

terms! {
    /// Where a price breach stands (价格违规处理状态).
    BreachState {
        /// Reported (已举报).
        Reported,
        /// Confirmed (已查实).
        Confirmed,
        /// Paid back (已退费).
        Refunded,
        /// Dismissed (不成立).
        Dismissed,
    }
}

terms! {
    /// How a grave is visited (祭扫方式).
    WorshipMode {
        /// On the spot (现场祭扫).
        OnSite,
        /// By the facility on the family's behalf (代祭).
        Proxy,
        /// Online (云祭扫).
        Online,
    }
}

terms! {
    /// How crowded a span of time is (客流程度).
    CrowdLevel {
        /// Few people (畅通).
        Low,
        /// A good many (较多).
        Moderate,
        /// Crowded (拥挤).
        High,
        /// Full: no more places (约满).
        Full,
    }
}

terms! {
    /// Where a voyage stands (航次状态).
    VoyageState {
        /// Open to enrolment (可报名).
        Open,
        /// Full (名额已满).
        Full,
        /// Its day has come; nobody enrols any more (停止报名).
        Due,
        /// Done (已完成).
        Done,
        /// Called off (已取消).
        Cancelled,
    }
}

terms! {
    /// Where an enrolment for a burial at sea stands (海葬报名状态).
    EnrolmentState {
        /// Enrolled (已报名).
        Enrolled,
        /// Called off (已取消).
        Cancelled,
        /// The ashes were given to the sea (已撒放).
        Carried,
        /// The voyage went without them (未成行).
        Missed,
    }
}

terms! {
    /// A right that near kin use for the dead (近亲属权利).
    KinRight {
        /// To see what is kept (查阅).
        Access,
        /// To have it corrected (更正).
        Correction,
        /// To have it deleted (删除).
        Deletion,
    }
}

terms! {
    /// Where a request of near kin stands (请求状态).
    KinRequestState {
        /// Open (待处理).
        Open,
        /// Granted (已同意).
        Granted,
        /// Refused (已拒绝).
        Refused,
    }
}
