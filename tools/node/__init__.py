"""Making a node: profile to configuration, sources to the files that go on a board."""
