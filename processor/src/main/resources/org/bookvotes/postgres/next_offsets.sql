SELECT partition, next_offset FROM bookvotes.partition_offsets WHERE topic = ?
