"""Shapes of statement files as banks write them, made anew; no line of them is real. Amounts are yuan as text."""

from dataclasses import dataclass, field

ROWS = (("2026-01-05", "100.00", "货款"), ("2026-01-06", "-40.00", "手续费"), ("2026-01-07", "0.50", "利息"))
"""Days, amounts and purposes that every table shape carries; opening 1000.00, closing 1060.50."""

BALANCES = ("1100.00", "1060.00", "1060.50")
FEN = [100_00, -40_00, 50]


@dataclass(frozen=True)
class Shape:
    """How a bank writes a table.

    ``cells`` makes a row from day, money in, money out, signed amount, balance and purpose.
    """

    name: str
    heading: str
    row: str
    above: str = ""
    below: str = ""
    separator: str = ","
    encoding: str = "gb18030"
    newest_first: bool = False
    empty: str = ""
    sides: tuple[str, str] = ("贷", "借")
    day: str = "{0}"
    extra: dict[str, str] = field(default_factory=dict)

    def data(self) -> bytes:
        lines = []
        for (day, amount, text), balance in zip(ROWS, BALANCES, strict=True):
            out = amount.startswith("-")
            bare = amount.lstrip("-")
            lines.append(
                self.row.format(
                    day=day,
                    plain=day.replace("-", ""),
                    income=self.empty if out else bare,
                    expense=bare if out else self.empty,
                    amount=amount,
                    bare=bare,
                    side=self.sides[out],
                    balance=balance,
                    text=text,
                )
            )
        rows = [self.heading, *(lines[::-1] if self.newest_first else lines)]
        text = self.above + "\n".join(rows) + "\n" + self.below
        return text.replace("|", self.separator).encode(self.encoding)


SHAPES = (
    Shape(
        "icbc corporate",
        "凭证号|本方账号|对方账号|交易时间|借/贷|借方发生额|贷方发生额|对方行号|对方单位名称|用途|摘要|附言|余额|回单个性化信息",
        "0|62220001|1|{day} 10:00:00|{side}|{expense}|{income}|102|甲公司|{text}|{text}||{balance}|",
        above="[HISTORYDETAIL]\n",
    ),
    Shape(
        "icbc personal",
        "交易日期|摘要|交易场所|交易国家或地区简称|钞/汇|交易金额(收入)|交易金额(支出)|交易币种|记账金额(收入)|记账金额(支出)|记账币种|余额|对方户名",
        "{day}\t|{text}\t|网上|CHN|钞|-|-|美元|{income}|{expense}|人民币|{balance}|甲公司|",
        above="明细查询文件下载\n\n卡号: 6222****0001,卡别名: 备用\n\n子账户序号: 00000,子账户类别: 活期\n",
        newest_first=True,
    ),
    Shape(
        "ccb corporate",
        "账号|账户名称|交易时间|借方发生额/元(支取)|贷方发生额/元(收入)|余额|币种|对方户名|对方账号|对方开户机构|记账日期|摘要|备注|"
        "账户明细编号-交易流水号|企业流水号|凭证种类|凭证号",
        "62220001|本公司|{plain} 15:24:03|{expense}|{income}|{balance}|人民币元|甲公司|1|某支行|{plain}|{text}||7|E1||",
        empty="0",
    ),
    Shape(
        "ccb personal",
        "序号|摘要|币别|钞汇|交易日期|交易金额|账户余额|交易地点/附言|对方账号与户名",
        "1|{text}|人民币元|钞|{plain}|{amount}|{balance}|某地|1/甲公司",
        above="中国建设银行个人活期账户交易明细\n卡号/账号:,62220001\n",
    ),
    Shape(
        "abc corporate",
        "交易时间|收入金额|支出金额|账户余额|交易行名|对方省市|对方账号|对方户名|交易用途",
        "{day} 10:11:12|{income}|{expense}|{balance}|某行||1|甲公司|{text}",
        above="账户明细\n账号,62220001,户名,本公司\n起始日期,20260101,截止日期,20260131\n",
        newest_first=True,
    ),
    Shape(
        "abc personal, tabs",
        "交易日期|交易时间|交易金额|本次余额|对方户名|对方账号|交易行|交易渠道|交易类型|交易用途|交易摘要",
        "{plain}|101112|{amount}|{balance}|甲公司|1|某行|掌银|转账|{text}|转账",
        separator="\t",
    ),
    Shape(
        "boc corporate, bilingual",
        "交易类型[ Transaction Type ]|付款人名称[ Payer's Name ]|收款人名称[ Payee's Name ]|"
        "交易日期[ Transaction Date ]|交易时间[ Transaction time ]|交易货币[ Trade Currency ]|交易金额[ Trade Amount ]|"
        "交易后余额[ After-transaction balance ]|起息日期[ Value Date ]|交易流水号[ Transaction reference number ]|"
        "摘要[ Reference ]|用途[ Purpose ]|交易附言[ Remark ]|备注[ Remarks ]",
        "来账|甲公司|甲公司|{plain}|101500|CNY|{amount}|{balance}|{plain}|TX{plain}|{text}|||",
        above="查询账号[ Inquirer account number ],62220001\n",
    ),
    Shape(
        "boc personal",
        "记账日期|记账时间|币别|金额|余额|交易名称|渠道|网点名称|附言|对方账户名|对方卡号/账号|对方开户行",
        "{day}|12:24:20|人民币|{amount}|{balance}|转账|手机银行|某网点|{text}|甲公司|1|某行",
        newest_first=True,
        encoding="utf-8-sig",
    ),
    Shape(
        "bocom corporate",
        "交易时间|借贷标志|发生额|余额|对方账号|对方户名|币种|摘要",
        "{day} 09:08:07|{side}|{bare}|{balance}|1|甲公司|RMB|{text}",
        sides=("贷方", "借方"),
    ),
    Shape(
        "bocom personal",
        "序号|交易日期|交易时间|交易类型|借贷|交易金额|余额|对方账号|对方户名|交易地点|摘要",
        "1|{day}|00:00:00|转账|{side}|{bare}|{balance}|1|甲公司|批处理|{text}",
        sides=("贷 Cr", "借 Dr"),
        encoding="utf-16",
        separator="\t",
    ),
    Shape(
        "cmb corporate",
        "账号|账号名称|币种|交易日|交易时间|起息日|交易类型|借方金额|贷方金额|余额|摘要|流水号|流程实例号|业务名称|用途|业务参考号|"
        "业务摘要|其他摘要|收(付)方分行名|收(付)方名称|收(付)方账号",
        "62220001|本公司|人民币|{plain}|10:15:30|{plain}|CTC|{expense}|{income}|{balance}|{text}|C{plain}||||||||甲公司|1",
        newest_first=True,
        encoding="utf-8",
    ),
    Shape(
        "cmb personal",
        "记账日期|货币|交易金额|联机余额|交易摘要|对手信息|客户摘要",
        "{day}|CNY|{amount}|{balance}|{text}|甲公司|",
        encoding="utf-8",
    ),
)
"""Corporate and personal exports of six banks."""


def html(shape: Shape) -> bytes:
    """Return a shape as the web page that many sites call ``.xls``."""
    lines = shape.data().decode(shape.encoding).replace("\r", "").split("\n")
    rows = "".join(
        "<tr>" + "".join(f"<td>{cell}&nbsp;</td>" for cell in line.split(shape.separator)) + "</tr>\n" for line in lines
    )
    page = f'<html><head><meta charset="gbk"><style>td {{x: y}}</style></head><body><table>{rows}</table></body></html>'
    return page.encode("gb18030")
