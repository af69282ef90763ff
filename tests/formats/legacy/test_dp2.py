"""X4: exports of dp2 read as its sources write them."""

from __future__ import annotations

import io
from datetime import date

import pytest

from shuxiang.formats import dp2

BDF = """<?xml version="1.0" encoding="utf-8"?>
<dprms:collection xmlns:dprms="http://dp2003.com/dprms">
  <dprms:record>
    <dprms:biblio path="中文图书/10" timestamp="c9">
      <unimarc:record xmlns:unimarc="http://dp2003.com/UNIMARC">
        <unimarc:leader>00827nam0 2200229   45  </unimarc:leader>
        <unimarc:controlfield tag="001">0192000006</unimarc:controlfield>
        <unimarc:datafield tag="200" ind1="1" ind2=" ">
          <unimarc:subfield code="a">红楼梦</unimarc:subfield>
          <unimarc:subfield code="f">曹雪芹著</unimarc:subfield>
        </unimarc:datafield>
        <unimarc:datafield tag="690" ind1=" " ind2=" ">
          <unimarc:subfield code="a">I242.4</unimarc:subfield>
        </unimarc:datafield>
        <unimarc:datafield tag="905" ind1=" " ind2=" ">
          <unimarc:subfield code="a">旧</unimarc:subfield>
        </unimarc:datafield>
      </unimarc:record>
    </dprms:biblio>
    <dprms:itemCollection>
      <dprms:item path="中文图书实体/87" timestamp="2a">
        <parent>43</parent><refID>8e05</refID><barcode>DPB000051</barcode>
        <location>总馆/图书馆</location><price>CNY10.00</price><accessNo>I242.4/C1</accessNo>
        <bookType>普通</bookType><borrower>R0000001</borrower>
        <borrowDate>Mon, 01 Jun 2020 10:00:00 +0800</borrowDate><borrowPeriod>31day</borrowPeriod>
      </dprms:item>
      <dprms:item path="中文图书实体/88"><barcode>DPB000052</barcode><accessNo>I242.4/C1</accessNo>
        <location>总馆/图书馆</location></dprms:item>
    </dprms:itemCollection>
  </dprms:record>
</dprms:collection>
"""
PATRONS = """<?xml version="1.0" encoding="utf-8"?>
<dprms:collection xmlns:dprms="http://dp2003.com/dprms">
  <root>
    <barcode>R0000001</barcode><name>张三</name><readerType>成人</readerType><gender>男</gender>
    <idCardNumber>11010519491231002X</idCardNumber><dateOfBirth>19491231</dateOfBirth>
    <createDate>Sat, 01 Sep 2018 00:00:00 +0800</createDate><expireDate>20281231</expireDate>
    <tel>13800138000</tel><foregift>CNY100.00</foregift><password>secret</password>
    <borrows>
      <borrow barcode="DPB000051" borrowDate="Mon, 01 Jun 2020 10:00:00 +0800"
        borrowPeriod="31day" no="1" />
    </borrows>
    <overdues><overdue barcode="DPB1" price="CNY2.50" /><overdue price="CNY1.00+CNY0.50" /></overdues>
    <reservations><request items="DPB000052,DPB000053" requestDate="20200605" /></reservations>
  </root>
</dprms:collection>
"""


def found(text: str) -> list[dp2.Title | dp2.Patron]:
    return list(dp2.read(io.BytesIO(text.encode())))


def test_a_title_with_its_items() -> None:
    (title,) = found(BDF)
    assert isinstance(title, dp2.Title)
    assert title.record is not None
    assert [f.tag for f in title.record.fields] == ["001", "200", "690", "905"]
    lent, shelved = title.items
    assert lent == dp2.Item(
        barcode="DPB000051",
        location="总馆/图书馆",
        call_number="I242.4/C1",
        price="CNY10.00",
        kind="普通",
        borrower="R0000001",
        lent=date(2020, 6, 1),
        due=date(2020, 7, 2),
    )
    assert (shelved.barcode, shelved.borrower) == ("DPB000052", "")


def test_a_reader_with_loans_holds_and_debts_and_no_password() -> None:
    (reader,) = found(PATRONS)
    assert isinstance(reader, dp2.Patron)
    assert "secret" not in repr(reader)
    assert (reader.card, reader.name, reader.deposit, reader.debt) == (
        "R0000001",
        "张三",
        "100.00",
        "4.00",
    )
    assert (reader.born, reader.issued, reader.expires) == (
        date(1949, 12, 31),
        date(2018, 9, 1),
        date(2028, 12, 31),
    )
    assert reader.loans == (
        dp2.Loan("DPB000051", "R0000001", date(2020, 6, 1), date(2020, 7, 2), 1),
    )
    assert reader.holds == (dp2.Hold("DPB000052", "R0000001", date(2020, 6, 5)),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BDF[:1500], "the XML is damaged"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "DTD"),
        ("<a>" * 40 + "</a>" * 40, "nested too deeply"),
        ("no xml", "the XML is damaged"),
        (f"<c><root><name>{'长' * (dp2._LARGEST + 1)}</name></root></c>", "too long"),
    ],
)
def test_what_is_damaged_or_hostile_ends_the_reading(text: str, said: str) -> None:
    with pytest.raises(dp2.Dp2Error, match=said):
        found(text)


def test_other_xml_holds_nothing() -> None:
    assert found("<html><body><p>x</p></body></html>") == []
