"""What is done to the tree: each action authorises, changes and records in one transaction.

Where an action has a plan (``plan_…``), a page shows it before, and the action makes the same one again and does
nothing where it refuses. Plans authorise first, then need the scope of the system: what stands in the way counts even
where the reader must not know of it; what they tell is counted among what the reader sees.
"""
