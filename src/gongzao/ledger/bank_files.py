"""One way in for every statement file: the form is told by the content, not by the name."""

from gongzao.kernel import InvalidInput, Problem
from gongzao.ledger.bank import MAX_STATEMENT_BYTES, BankStatement
from gongzao.ledger.bank_camt import read_camt053
from gongzao.ledger.bank_csv import read_bank_csv


def read_statements(data: bytes, name: str) -> tuple[BankStatement, ...]:
    """Read a bank statement file, ISO 20022 camt.053 or CSV.

    Parameters
    ----------
    data
        The file, at most :data:`~gongzao.ledger.bank.MAX_STATEMENT_BYTES`.
    name
        Its name, for messages.

    Raises
    ------
    InvalidInput
        ``bank.file_size``, or what :func:`~gongzao.ledger.bank_camt.read_camt053` and
        :func:`~gongzao.ledger.bank_csv.read_bank_csv` refuse.
    """
    if len(data) > MAX_STATEMENT_BYTES:
        size = MAX_STATEMENT_BYTES // 1024 // 1024
        raise InvalidInput([Problem(name, "bank.file_size", f"larger than {size} MB", f"文件超过{size} MB")])
    start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    is_xml = start.startswith(b"<") or data[:2] in (b"\xff\xfe", b"\xfe\xff")
    return read_camt053(data, name) if is_xml else read_bank_csv(data, name)
