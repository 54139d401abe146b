"""What keeps an installation well: backups and their drill, retention, what an office edits taken into use.

Room: upkeep. Called by `steps`.
"""
