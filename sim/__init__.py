"""Hardware simulator: the board, chips and physics under the unchanged firmware."""
