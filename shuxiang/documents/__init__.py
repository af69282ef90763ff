"""Everything printed: typeset pages, slips, reader cards, charts, fonts and the annual report.

Pure functions from frozen dataclasses to bytes or text: no database, no Django, no clock. The
heavy libraries (typst, vl-convert, python-docx) are imported where they are used, so importing
this package costs the desk nothing.
"""
