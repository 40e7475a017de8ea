"""The gate at the end of the line: where it is, how long it takes, and who moves it. Zero always means reject."""
