"""What changes something here: each authorised, in one transaction, told to the trail."""
