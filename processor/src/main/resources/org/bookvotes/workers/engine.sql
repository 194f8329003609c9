SELECT bookvotes.engine(?)
