"""What is done to persons and their accounts: one verb each, authorised, recorded, in one transaction."""
