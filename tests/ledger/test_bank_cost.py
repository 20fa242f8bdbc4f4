"""What hostile files cost: processor time and memory of a process of its own (told by Linux)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAD = "交易日期,收入金额,支出金额,账户余额\n".encode()
CAMT = b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>'
SIZE = 10 * 1024 * 1024 - 100

FILES = {
    "commas": lambda: b"," * SIZE,
    "empty lines": lambda: b"\n" * SIZE,
    "quotes": lambda: b'"' * SIZE,
    "one word": lambda: b"a" * SIZE,
    "rows of commas": lambda: HEAD + (b"," * 99 + b"\n") * 100_000,
    "rows of a letter": lambda: HEAD + b"x\n" * 5_000_000,
    "a cell of lines": lambda: HEAD + b'"' + b"\n" * 5_000_000,
    "faulty rows": lambda: HEAD + b"2026-01-05,x,y,z\n" * 20_000,
    "long headings": lambda: ("账" * 1_900 + ",").encode() * 1_500,
    "half tags": lambda: b"<html>" + b"<" * (SIZE - 10),
    "cells": lambda: b"<table><tr>" + b"<td>" * 2_000_000,
    "wide cells": lambda: b"<table>" + b"<tr><td colspan=999>a<td>" * 300_000,
    "comments": lambda: b"<!---->" * 1_400_000,
    "elements": lambda: b"<a>" + b"<b/>" * 2_500_000,
    "deep": lambda: b"<a>" * 3_000_000,
    "attributes": lambda: b"<a " + b" ".join(b'a%d="1"' % n for n in range(600_000)) + b">",
    "text": lambda: b"<a>" + b"&amp;" * 2_000_000 + b"</a>",
    "faulty entries": lambda: CAMT + b'<Ntry><Amt Ccy="CNY">x</Amt></Ntry>' * 270_000,
    "zero entries": lambda: CAMT + b'<Ntry><Amt Ccy="CNY">0</Amt><Sts>PDNG</Sts></Ntry>' * 190_000,
    "broken utf-8": lambda: b"\xe4\xb8\xad\xff" * 2_500_000,
    "palindrome": lambda: HEAD + b"2026-01-05,1,,1\n2026-01-05,,1,0\n" * 10_000,
}

PROGRAM = """
import json, sys, time
from gongzao.kernel import InvalidInput
from gongzao.ledger import read_statements
data = open(sys.argv[1], "rb").read()
begun = time.process_time()
try:
    read_statements(data, "x")
    code = "taken"
except InvalidInput as error:
    code = error.code
seconds = time.process_time() - begun
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([code, seconds, int(peak.split()[1]) // 1024]))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is told by Linux")
@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_refused_at_a_bounded_cost(name: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(FILES[name]())
    answer = subprocess.run([sys.executable, "-c", PROGRAM, path], capture_output=True, text=True, check=True)
    code, seconds, megabytes = json.loads(answer.stdout)
    assert code != "taken"
    assert seconds < 3
    assert megabytes < 200
