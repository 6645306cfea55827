"""What duplicates are found by: text keys, shingles and MinHash, picture hashes, groups. Pure functions over arrays."""
