"""Units and positions from spreadsheets: understood and judged row by row before anything is written."""
