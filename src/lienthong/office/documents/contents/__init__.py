"""What documents are found by besides their registers: the words of their files."""
