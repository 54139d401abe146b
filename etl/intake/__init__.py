"""Files on their way in: received, read, checked, loaded and answered in batches, each a transaction.

Tables that others issued, too. Room: intake, between `steps` and the rooms that do the work. Called by `steps`.
"""
