"""Documents: from draft to receipt, in every organ its own."""
