"""Spreadsheets that people bring: CSV and XLSX, read row by row within bounds, whatever is in them."""
