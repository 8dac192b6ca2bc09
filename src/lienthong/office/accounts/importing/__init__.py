"""Reading lists of persons from spreadsheets, and saying what each row would do, before anything is written."""
