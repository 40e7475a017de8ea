"""A soak in virtual time: a whole line with random faults around the station's pure pieces, and a truth beside it.

`python -m tests.soak --triggers 1000000`. No sockets, no sleeping: the world jumps from event to event.
"""
