"""The approval room: requests for a decision, decisions, publishing, documents that correct others, verification."""
