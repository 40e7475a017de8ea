"""Modbus programs of other people (libmodbus, modbus-serial, jsmodbus, pyModbusTCP, mbpoll) that the tests talk to.

Each speaks through its own library, in its own language and process, and knows the register map only as it is handed
over from the schema. Nothing of the product may import this.
"""
