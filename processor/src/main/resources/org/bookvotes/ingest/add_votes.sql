SELECT bookvotes.add_votes(?, ?, ?)
