//! A death and the case after it, to the grave.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

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
        /// Grandfather or grandmother, on either side (祖父母、外祖父母).
        Grandparent,
        /// Grandson or granddaughter, on either side (孙子女、外孙子女).
        Grandchild,
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
    /// An entry in the course of a case (案件流程事项).
    CaseAct {
        /// The case was opened (立案).
        Opened,
        /// An officer confirmed the death paper (核验死亡证明).
        PaperConfirmed,
        /// A relative was recorded on proof (登记近亲属).
        KinRecorded,
        /// The paper was recorded by which a unit arranges the funeral (登记单位治丧依据).
        MandateRecorded,
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
    /// Where the taking back of a death stands (撤销死亡登记状态).
    RevocationState {
        /// Asked for by a first officer (待复核).
        Asked,
        /// Confirmed by a second officer (已撤销).
        Confirmed,
        /// Withdrawn (已撤回).
        Withdrawn,
        /// Nobody confirmed it in time (已逾期失效).
        Expired,
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
        /// Nobody confirmed it in time (已逾期失效).
        Expired,
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
