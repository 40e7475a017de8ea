"""The parts' pictures on disk: which are kept, how they get there without holding up the line, and who reads them."""
