"""The vocabulary and the rules of Rushes: pure, on the standard library alone."""
