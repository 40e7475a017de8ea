"""Typed lines: several that came at once, the end of the input, and a signal while nothing is typed."""

import os
import signal
import threading

import pytest

from station.cli.keyboard import Keyboard


def test_lines_that_came_at_once_are_given_one_by_one_and_the_end_is_as_good_as_ctrl_c() -> None:
    out, into = os.pipe()
    try:
        os.write(into, "s\nno such pärt\nhalf".encode())
        os.close(into)
        keyboard = Keyboard(out)
        assert [keyboard.line(), keyboard.line()] == ["s", "no such pärt"]
        with pytest.raises(KeyboardInterrupt):
            keyboard.line()
    finally:
        os.close(out)


def test_a_ctrl_c_while_nothing_is_typed_is_answered() -> None:
    out, into = os.pipe()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    sender = threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGINT))
    try:
        with pytest.raises(KeyboardInterrupt):  # noqa: PT012  the signal may come before the read begins
            sender.start()
            Keyboard(out).line()
    finally:
        sender.join()
        signal.signal(signal.SIGINT, before)
        os.close(out)
        os.close(into)
