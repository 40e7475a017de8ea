"""The guided fail-safe test: test parts through the real line, where each must go, and a report that shows tampering.

`plan` what is asked and expected, `watch` and `course` (pure) how a test runs, `session` the shell around them in the
running station, `document`, `seal`, `archive` and `verify` the report. Must not know HTTP or the terminal.
"""
