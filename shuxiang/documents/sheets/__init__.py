"""Tables as spreadsheets: data in, bytes of an .xlsx file out."""

from shuxiang.documents.sheets.xlsx import Column, Sheet, Value, workbook

__all__ = ["Column", "Sheet", "Value", "workbook"]
