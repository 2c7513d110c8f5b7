// What the page itself says. Signs and reasons come from the gate, which says them elsewhere too.
const LABELS = {
  zh: {
    other: "EN", lost: "闸机程序无响应", token: "请重新启动本页面", in: "入口", out: "出口",
    toIn: "改为入口", toOut: "改为出口", code: "输入票号", id: "输入证件", last: "最近记录",
    more: "更多", back: "返回", ok: "确定", clear: "清除", override: "人工放行", online: "在线",
    offline: "离线", waiting: "未上传", list: "名单更新：", none: "没有名单", faults: "故障", persons: "人", person: "人",
    of: "共", group: "团队", reentry: "再次入园", until: "有效至", serial: "序号", product: "票种",
    reprint: "补打", holder: "实名", minutes: "分钟", hours: "小时", days: "天", now: "刚刚",
    moment: "不到 1 分钟", ago: "前",
    typeCode: "输入票面下方的票号", typeId: "输入证件号码", whichId: "证件类型",
    "id-card": "身份证", passport: "护照", permit: "通行证", other_id: "其他证件",
    why: "放行原因", unreadable: "二维码无法识别", checked: "已人工核验", mistake: "售票有误",
    group_why: "随团入园", help: "老幼病残等", other_why: "其他", howMany: "放行人数",
    staff: "输入工号和密码", pin: "工号或密码错误", right: "没有此权限", locked: "错误次数过多，请等待",
    seconds: "秒", wrong: "输入有误", mode: "闸机模式", controlled: "正常检票", closed: "关闭",
    free: "自由通行", emergency: "紧急疏散", language: "English", empty: "还没有记录",
    charging: "充电", letIn: "放行", letNobody: "不放行", late: "已超时，请重新扫码",
    serialTyped: "这是序号。请输入票面二维码下方的整串票号", noScanner: "扫码器未连接，请插好或输入票号",
    otherGate: "其他闸机", byHand: "人工放行", wentIn: "已放行", wentOut: "已出园", nobody: "未放行",
    faultsTitle: "故障", callTechnician: "叫技术员",
    sayTyped: "请核对票面后放行", sayNoList: "没有名单，请叫技术员", sayListTooOld: "名单过旧，请叫技术员",
    sayOutOfOrder: "设备故障，请叫技术员",
  },
  en: {
    other: "中", lost: "The gate does not answer", token: "Please restart this page", in: "IN", out: "OUT",
    toIn: "Switch to IN", toOut: "Switch to OUT", code: "Type number", id: "Type ID", last: "Last scans",
    more: "More", back: "Back", ok: "OK", clear: "Clear", override: "Override", online: "online",
    offline: "offline", waiting: "unsent", list: "list updated: ", none: "no list", faults: "faults", persons: "persons", person: "person",
    of: "of", group: "group", reentry: "re-entry", until: "until", serial: "serial", product: "product",
    reprint: "reprint", holder: "named", minutes: "min", hours: "h", days: "d", now: "just now",
    moment: "< 1 min", ago: " ago",
    typeCode: "Type the number below the ticket's code", typeId: "Type the document's number",
    whichId: "Which document?", "id-card": "ID card", passport: "Passport", permit: "Travel permit",
    other_id: "Other", why: "Why let them in?", unreadable: "Code cannot be read", checked: "Checked by hand",
    mistake: "Sold wrongly", group_why: "Belongs to a group", help: "Child, elderly, disabled",
    other_why: "Other", howMany: "How many persons?", staff: "Staff number and PIN",
    pin: "Wrong staff number or PIN", right: "Not allowed for this person", locked: "Too many wrong PINs, wait",
    seconds: "s", wrong: "That cannot be right", mode: "Gate mode", controlled: "Check tickets",
    closed: "Closed", free: "Free passage", emergency: "Evacuation", language: "中文",
    empty: "Nothing yet", charging: "charging", letIn: "Let in", letNobody: "Let nobody in",
    late: "Too late, please scan again",
    serialTyped: "This is a serial. Type the whole number below the ticket's code",
    noScanner: "No scanner: plug it in, or type the number", otherGate: "another gate",
    byHand: "override", wentIn: "Let in", wentOut: "Let out", nobody: "Nobody let in",
    faultsTitle: "Faults", callTechnician: "call a technician",
    sayTyped: "Look at the paper, then let in", sayNoList: "No ticket list, call a technician",
    sayListTooOld: "The list is too old, call a technician", sayOutOfOrder: "Out of order, call a technician",
  },
};

export let language = localStorage.getItem("language") === "en" ? "en" : "zh";

export function switchLanguage() {
  language = language === "zh" ? "en" : "zh";
  localStorage.setItem("language", language);
}

export const label = (key) => LABELS[language][key] ?? key;
export const bothLabels = (key) => {
  const pair = [LABELS.zh[key] ?? key, LABELS.en[key] ?? key];
  return language === "zh" ? pair : pair.toReversed();
};

export function age(ms) {
  const minutes = Math.floor(ms / 60000);
  if (minutes < 1) return label("moment");
  if (minutes < 90) return `${minutes} ${label("minutes")}`;
  if (minutes < 2880) return `${Math.round(minutes / 60)} ${label("hours")}`;
  return `${Math.round(minutes / 1440)} ${label("days")}`;
}

export const ago = (ms) => (ms < 60000 ? label("now") : age(ms) + label("ago"));

// Times are the park's, whatever zone the browser is set to.
let zone;
export function setZone(name) {
  if (zone === name) return;
  zone = name;
  try {
    formats = formatsOf(name || undefined);
  } catch {
    formats = formatsOf(undefined); // a zone that this browser does not know
  }
}
const formatsOf = (timeZone) => ({
  day: new Intl.DateTimeFormat("sv-SE", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }),
  clock: new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }),
});
let formats = formatsOf(undefined);

export const clock = (ms) => formats.clock.format(ms);
export const minute = (ms) => clock(ms).slice(0, 5);
export const day = (ms) => formats.day.format(ms);
export const moment = (ms) => (day(ms) === day(Date.now()) ? minute(ms) : `${day(ms).slice(5)} ${minute(ms)}`);
