"""Builds the Word template of research contracts: ``python tools/contract_template.py``.

Layout after GB/T 9704: A4, its margins, headings in black type, text in 仿宋, page numbers between dashes. The marks in
double braces are filled by ``gongzao.web.research.contract_document``.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

TARGET = Path(__file__).resolve().parents[1] / "src/gongzao/web/research/documents/contract.docx"
TEXT, HEADING, TITLE, CODE = "FangSong", "SimHei", "SimSun", "Courier New"
LATIN = "Times New Roman"
STAND_IN = {TEXT: "Noto Serif CJK SC", HEADING: "Noto Sans CJK SC", TITLE: "Noto Serif CJK SC"}
WIDTH = 156  # [mm] of the text area of GB/T 9704


def font(element: Any, name: str, size: float, *, bold: bool = False) -> None:
    """Set Western and Chinese font of a run or style."""
    element.font.name, element.font.size, element.font.bold = name, Pt(size), bold
    latin = CODE if name == CODE else LATIN
    properties = element._element.get_or_add_rPr()
    fonts = properties.find(qn("w:rFonts"))
    for attribute in list(fonts.attrib):
        del fonts.attrib[attribute]
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), name if script == "eastAsia" else latin)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "zh-CN")
    properties.append(language)


class Builder:
    """Writes the template from top to bottom."""

    def __init__(self) -> None:
        self.document = Document()
        section = self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        font(self.document.styles["Normal"], TEXT, 14)
        style = self.document.styles["Heading 1"]
        font(style, HEADING, 14)
        style.font.color.rgb = None
        style.paragraph_format.keep_with_next = True
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(12), Pt(6)

    def line(self, text: str, *, indent: bool = True, size: float = 14, name: str = TEXT, keep: bool = False) -> Any:
        """Write a paragraph of text and return it."""
        paragraph = self.document.add_paragraph()
        shape = paragraph.paragraph_format
        shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.AT_LEAST, Pt(size * 1.75)
        shape.space_before = shape.space_after = Pt(0)
        shape.first_line_indent = Pt(2 * size) if indent else None
        shape.keep_with_next = keep
        shape.widow_control = True
        font(paragraph.add_run(text), name, size)
        return paragraph

    def control(self, text: str) -> None:
        """Write a mark that stands alone in its paragraph and leaves none behind."""
        self.document.add_paragraph(text)

    def loop(self, name: str, text: str) -> None:
        """Write a paragraph for each item of a list."""
        self.control(f"{{%p for item in {name} %}}")
        self.line(text)
        self.control("{%p endfor %}")

    def heading(self, text: str) -> None:
        """Write the heading of a clause."""
        self.document.add_heading(text, 1)

    def table(
        self, heads: tuple[str, ...], widths: tuple[int, ...], rows: str, cells: tuple[str, ...], **more: Any
    ) -> None:
        """Write a table with one row for each item of ``rows``; ``total`` is a last row, ``right`` aligned columns."""
        total, right, size = more.get("total", ()), more.get("right", ()), more.get("size", 10.5)
        table = self.document.add_table(rows=0, cols=len(heads))
        table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
        widths = tuple(width * WIDTH // sum(widths) for width in widths)
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Mm(width)
        self.row(table, heads, widths, (), HEADING, size, head=True)
        self.mark(table, f"{{%tr for item in {rows} %}}")
        self.row(table, cells, widths, right, TEXT, size, height=more.get("height"), together=not more.get("long"))
        self.mark(table, "{%tr endfor %}")
        if total:
            self.row(table, total, widths, right, HEADING, size)
        self.line("", indent=False, size=5)

    def mark(self, table: Any, text: str) -> None:
        """Write a mark that stands alone in its row and leaves none behind."""
        table.add_row().cells[0].text = text

    def row(
        self,
        table: Any,
        texts: tuple[str, ...],
        widths: tuple[int, ...],
        right: tuple[int, ...],
        name: str,
        size: float,
        *,
        head: bool = False,
        height: int | None = None,
        together: bool = True,
    ) -> None:
        """Write a row of a table."""
        row = table.add_row()
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if head:
            properties.append(OxmlElement("w:tblHeader"))
        if height:
            row.height = Mm(height)
        for n, (cell, text, width) in enumerate(zip(row.cells, texts, widths, strict=True)):
            cell.width = Mm(width)
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(0)
            paragraph.paragraph_format.line_spacing = 1.3
            paragraph.paragraph_format.keep_with_next = head or together
            if head or n in right:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if head else WD_ALIGN_PARAGRAPH.RIGHT
            font(paragraph.add_run(text), name, size)

    def frame(self) -> None:
        """Write the running head and the page number."""
        section = self.document.sections[0]
        head = section.header.paragraphs[0]
        head.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        font(head.add_run("合同编号 {{ number }}{{ marks }}"), TEXT, 9)
        foot = section.footer.paragraphs[0]
        foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
        font(foot.add_run("— "), TITLE, 14)
        run = foot.add_run()
        font(run, TITLE, 14)
        for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
            element = OxmlElement("w:fldChar" if kind else "w:instrText")
            if kind:
                element.set(qn("w:fldCharType"), kind)
            else:
                element.text = text
            run._r.append(element)
        font(foot.add_run(" —"), TITLE, 14)

    def title(self) -> None:
        """Write the title, the notes, number and hash."""
        for text, size, after in (("众筹科研项目合同", 22, 6), ("{{ title }}", 16, 12)):
            paragraph = self.line(text, indent=False, size=size, name=TITLE)
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            paragraph.paragraph_format.space_after = Pt(after)
            paragraph.runs[0].bold = True
        self.control("{%p for item in notes %}")
        self.line("{{ item }}", indent=False, size=12, name=HEADING)
        self.control("{%p endfor %}")
        self.line("合同编号：{{ number }}", indent=False, size=12)
        self.line("合同哈希（SHA-256）：{{ sha256 }}", indent=False, size=10.5)

    def agreement(self) -> None:
        """Write who agrees on what: clauses 1 to 5."""
        self.heading("一、签约各方")
        self.table(
            ("序号", "单位名称", "统一社会信用代码", "角色"),
            (12, 56, 54, 34),
            "parties",
            ("{{ item.n }}", "{{ item.name }}", "{{ item.code }}", "{{ item.role }}"),
        )
        self.heading("二、研究内容与性能指标")
        self.loop("content", "{{ item }}")
        self.line("性能指标：", keep=True)
        self.loop("goals", "{{ item }}")
        self.heading("三、经费预算")
        self.table(
            ("科目", "现金（元）", "实物折价（元）", "合计（元）"),
            (54, 34, 34, 34),
            "budget",
            ("{{ item.name }}", "{{ item.cash }}", "{{ item.kind }}", "{{ item.both }}"),
            total=("合计", "{{ budget_total.cash }}", "{{ budget_total.kind }}", "{{ budget_total.both }}"),
            right=(1, 2, 3),
        )
        self.heading("四、各方出资")
        self.table(
            ("单位名称", "现金（元）", "工时", "机时", "材料（元）", "折价合计（元）"),
            (42, 29, 19, 16, 21, 29),
            "contributions",
            (
                "{{ item.name }}",
                "{{ item.cash }}",
                "{{ item.work }}",
                "{{ item.machine }}",
                "{{ item.material }}",
                "{{ item.value }}",
            ),
            total=(
                "合计",
                "{{ contributed.cash }}",
                "{{ contributed.work }}",
                "{{ contributed.machine }}",
                "{{ contributed.material }}",
                "{{ contributed.value }}",
            ),
            right=(1, 2, 3, 4, 5),
            size=9,
        )
        self.loop("contribution_rules", "{{ item }}")
        self.heading("五、任务分工与研究期限")
        self.table(
            ("编号", "任务", "承担单位"),
            (18, 78, 60),
            "tasks",
            ("{{ item.id }}", "{{ item.title }}", "{{ item.name }}"),
        )
        self.line("研究期限：{{ period }}。")

    def work(self) -> None:
        """Write clauses 6 to 10."""
        self.heading("六、里程碑、验收条件与付款")
        self.table(
            ("编号", "里程碑", "提交期限", "验收条件", "金额（元）", "收款单位及金额（元）"),
            (12, 22, 22, 30, 24, 46),
            "milestones",
            (
                "{{ item.id }}",
                "{{ item.title }}",
                "{{ item.due }}",
                "{{ item.condition }}",
                "{{ item.amount }}",
                "{{ item.payees }}",
            ),
            right=(4,),
            size=9,
            long=True,
        )
        self.loop("work_rules", "{{ item }}")
        self.heading("七、成果权属、优先使用与收益分配")
        self.table(
            ("单位名称", "成果权属（%）", "收益分配（%）", "风险分担（%）"),
            (60, 32, 32, 32),
            "percents",
            ("{{ item.name }}", "{{ item.ownership }}", "{{ item.income }}", "{{ item.losses }}"),
            total=("合计", "100", "100", "{{ losses_total }}"),
            right=(1, 2, 3),
        )
        self.loop("result_rules", "{{ item }}")
        for head, name in (
            ("八、风险与终止", "risk_rules"),
            ("九、合同变更", "change_rules"),
            ("十、适用政策", "policy"),
        ):
            self.heading(head)
            self.loop(name, "{{ item }}")

    def end(self) -> None:
        """Write the signatures and the annex."""
        self.heading("十一、签署")
        self.line("各方在平台上以合同哈希签署，签署记录与本合同纸面签章一致。", keep=True)
        self.table(
            ("单位名称及统一社会信用代码", "代表签字、单位盖章", "日期"),
            (66, 60, 30),
            "parties",
            ("{{ item.name }}\n{{ item.code }}", "", "　　年　月　日"),
            height=20,
            long=True,
        )
        self.heading("附件　合同哈希与核对方法")
        self.line("合同哈希（SHA-256）：", keep=True)
        self.line("{{ sha256 }}", indent=False, size=10.5, name=CODE)
        self.control("{%p for item in annex %}")
        self.line("{{ item }}")
        self.control("{%p endfor %}")
        self.line("{{ command }}", indent=False, size=9, name=CODE)

    def fonts(self) -> None:
        """Name the free fonts that stand in where the Windows fonts are missing."""
        part = next(p for p in self.document.part.package.iter_parts() if p.partname == "/word/fontTable.xml")
        listed = "".join(
            f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/></w:font>'
            for name, other in STAND_IN.items()
        )
        part._blob = part.blob.replace(b"</w:fonts>", f"{listed}</w:fonts>".encode())

    def language(self) -> None:
        """Say that the text is Chinese of the mainland, which decides the forms of the characters."""
        for root in (self.document.settings.element, self.document.styles.element):
            for element in root.iter(qn("w:themeFontLang"), qn("w:lang")):
                element.set(qn("w:eastAsia"), "zh-CN")

    def slim(self) -> None:
        """Drop what no contract uses: other styles, their second copy, and the picture of the first page."""
        kept = {"Normal", "Heading 1", "Header", "Footer", "Table Grid", "Normal Table", "Default Paragraph Font"}
        styles = self.document.styles
        for style in [style for style in styles if style.name not in kept]:
            style.delete()
        for holder in (self.document.part, self.document.part.package):
            for key, relation in list(holder.rels.items()):
                if relation.reltype.endswith(("/stylesWithEffects", "/thumbnail", "/customXml", "/numbering")):
                    del holder.rels[key]

    def save(self, target: Path) -> None:
        """Write all of it to a file."""
        self.fonts()
        self.language()
        self.slim()
        self.frame()
        self.title()
        self.agreement()
        self.work()
        self.end()
        properties = self.document.core_properties
        properties.title, properties.author, properties.comments = "众筹科研项目合同", "共造", ""
        properties.created = properties.modified = datetime(2025, 1, 1, tzinfo=UTC)
        self.document.save(str(target))


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    Builder().save(TARGET)
