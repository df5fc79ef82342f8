"""Gateway: takes sealed blocks from nodes, commits them, answers, and shows what they say."""
