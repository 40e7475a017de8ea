"""The pure core of the station: values in, values out; no clock, no I/O, no asyncio."""
