"""The annual report: one model, three forms.

``AnnualReport`` says everything that is printed. ``report_html`` and ``report_fragment`` give the
web page, ``report_pdf`` the typeset one, ``report_docx`` the editable one in the form of
GB/T 9704-2012. The same model gives the same bytes, always: no form looks at a clock.
"""

from shuxiang.documents.report.model import (
    BRANCHES_TOO,
    LIBRARY_ALONE,
    AnnualReport,
    Cell,
    Figure,
    Finding,
    Section,
    Table,
    dump,
    load,
)
from shuxiang.documents.report.pdf import report_pdf
from shuxiang.documents.report.web import report_css, report_fragment, report_html
from shuxiang.documents.report.word import report_docx, report_docx_both

__all__ = [
    "BRANCHES_TOO",
    "LIBRARY_ALONE",
    "AnnualReport",
    "Cell",
    "Figure",
    "Finding",
    "Section",
    "Table",
    "dump",
    "load",
    "report_css",
    "report_docx",
    "report_docx_both",
    "report_fragment",
    "report_html",
    "report_pdf",
]
