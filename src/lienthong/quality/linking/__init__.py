"""Finding the records of one person: candidates, probabilities, clusters, and what people decided about them."""
