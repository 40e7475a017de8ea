"""The figures that README shows: every product, three seeds, student and distilled and INT8, and the speed of each."""
