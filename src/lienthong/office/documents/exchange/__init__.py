"""How documents leave and arrive: through the gateway of the exchange that serves their organ, and no other way."""
