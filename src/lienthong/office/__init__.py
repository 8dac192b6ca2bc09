"""Floor 5: the web application in which officials work."""
