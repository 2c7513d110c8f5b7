// What the page itself says. Signs and reasons come from the gate, which says them elsewhere too.
const LABELS = {
  zh: {
    other: "EN", lost: "闸机程序无响应", token: "请重新启动本页面", in: "入口", out: "出口",
    toIn: "改为入口", toOut: "改为出口", code: "输入票号", id: "输入证件", last: "最近记录",
    more: "更多", back: "返回", ok: "确定", clear: "清除", override: "主管放行", online: "在线",
    offline: "离线", waiting: "未上传", list: "名单", none: "无", faults: "故障", persons: "人",
    of: "共", group: "团队", reentry: "再次入园", until: "有效至", serial: "票号", product: "票种",
    reprint: "补打", holder: "实名", minutes: "分钟", hours: "小时", days: "天", now: "刚刚",
    typeCode: "输入票面下方的票号", typeId: "输入证件号码", whichId: "证件类型",
    "id-card": "身份证", passport: "护照", permit: "通行证", other_id: "其他证件",
    why: "放行原因", unreadable: "二维码无法识读", checked: "已人工核验", mistake: "售票有误",
    group_why: "随团入园", help: "老人、儿童或需帮助", other_why: "其他", howMany: "放行人数",
    staff: "输入工号和密码", pin: "工号或密码错误", right: "没有此权限", locked: "错误次数过多，请等待",
    seconds: "秒", wrong: "输入有误", mode: "闸机模式", controlled: "正常检票", closed: "关闭",
    free: "自由通行", emergency: "紧急疏散", language: "English", sent: "已提交", empty: "还没有记录",
    check: "票号有误，请核对", charging: "充电",
  },
  en: {
    other: "中", lost: "The gate does not answer", token: "Please restart this page", in: "IN", out: "OUT",
    toIn: "Switch to IN", toOut: "Switch to OUT", code: "Type code", id: "Type ID", last: "Last scans",
    more: "More", back: "Back", ok: "OK", clear: "Clear", override: "Override", online: "online",
    offline: "offline", waiting: "unsent", list: "list", none: "none", faults: "faults", persons: "persons",
    of: "of", group: "group", reentry: "re-entry", until: "until", serial: "ticket", product: "product",
    reprint: "reprint", holder: "named", minutes: "min", hours: "h", days: "d", now: "now",
    typeCode: "Type the number below the ticket's code", typeId: "Type the document's number",
    whichId: "Which document?", "id-card": "ID card", passport: "Passport", permit: "Travel permit",
    other_id: "Other", why: "Why let them in?", unreadable: "Code cannot be read", checked: "Checked by hand",
    mistake: "Sold wrongly", group_why: "Belongs to a group", help: "Child, elderly, needs help",
    other_why: "Other", howMany: "How many persons?", staff: "Staff number and PIN",
    pin: "Wrong staff number or PIN", right: "Not allowed for this person", locked: "Too many wrong PINs, wait",
    seconds: "s", wrong: "That cannot be right", mode: "Gate mode", controlled: "Check tickets",
    closed: "Closed", free: "Free passage", emergency: "Evacuation", language: "中文", sent: "Sent",
    empty: "Nothing yet", check: "Wrong number, please compare", charging: "charging",
  },
};

export let language = localStorage.getItem("language") === "en" ? "en" : "zh";

export function switchLanguage() {
  language = language === "zh" ? "en" : "zh";
  localStorage.setItem("language", language);
}

export const label = (key) => LABELS[language][key] ?? key;

export function age(ms) {
  const minutes = Math.floor(ms / 60000);
  if (minutes < 1) return label("now");
  if (minutes < 90) return `${minutes} ${label("minutes")}`;
  if (minutes < 2880) return `${Math.round(minutes / 60)} ${label("hours")}`;
  return `${Math.round(minutes / 1440)} ${label("days")}`;
}

export const clock = (ms) => new Date(ms).toTimeString().slice(0, 8);
