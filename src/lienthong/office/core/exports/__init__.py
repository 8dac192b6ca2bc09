"""Files of tables that others open: CSV and XLSX, written row by row, in which no text can act as a formula."""
