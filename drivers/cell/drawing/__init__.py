"""Drawn parts: unrolled mantles of ground steel, sound or with one of four defect kinds, and their pixel masks."""
