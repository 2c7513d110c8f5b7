// Where Chinese words may be broken into lines: nowhere else, so that no word is torn.
const BREAKS = [
  "不是|本景区|门票", "请重新|扫码", "门票|无法识别", "请联系|工作人员", "门票|未登记", "门票|已冻结",
  "请使用|补打的|新票", "门票|已过期", "未到|入园时间", "请到|其他入口", "门票|已使用", "该票|已在园内",
  "请|稍后再试", "请出示|证件", "未核验|证件", "请工作人员|核验", "票号有误，|请核对", "请尽快|离开",
  "请走|其他通道", "请核对票面|后放行", "没有名单，|请叫技术员", "名单过旧，|请叫技术员",
  "设备故障，|请叫技术员", "扫码器未连接，|请插好|或输入票号", "闸机程序|无响应", "请重新启动|本页面",
  "二维码|无法识别", "这是序号。|请输入|票面二维码下方的|整串票号", "已超时，|请重新扫码",
  "输入|票号", "输入|证件", "改为|出口", "改为|入口", "最近|记录", "人工|放行", "输入票面下方的|票号", "错误次数过多，|请等待", "工号或密码|错误",
];
const pieces = new Map(BREAKS.map((text) => [text.replaceAll("|", ""), text.split("|")]));

// Puts `text` into `node`, with the places at which a line may end.
export function write(node, text) {
  const parts = [];
  for (const piece of pieces.get(text) ?? [text]) {
    if (parts.length) parts.push(document.createElement("wbr"));
    parts.push(piece);
  }
  node.replaceChildren(...parts);
  node.classList.toggle("long", text.length > (/[\u4e00-\u9fff]/.test(text) ? 9 : 20));
}
