"""Which test makes the condition of each fault really happen: code, and the test that raises it."""

from __future__ import annotations

from station.fault_codes import FaultCode

_PARTS = "tests/unit/test_faults_parts.py::"
_DEVICES = "tests/unit/test_faults_devices.py::"
_START = "tests/unit/test_faults_start.py::"
_CAMERAS = "tests/unit/test_camera_reporter.py::"
_RECORDS = "tests/unit/test_records_writer.py::"
_STORED = "tests/unit/test_faults_stored.py::"
_LINE = "tests/pipeline/test_line_faults.py::"

_ROOM = f"{_STORED}test_a_disk_that_fills_up_is_e505_then_e506_and_neither_once_there_is_room"
_RECIPE = f"{_STORED}test_a_recipe_that_is_not_proved_is_e307_and_one_that_there_is_not_e308"
_FRAME = f"{_PARTS}test_a_frame_that_is_not_whole_new_and_in_step_is_its_fault"
_PICTURE = f"{_PARTS}test_a_picture_that_cannot_be_judged_is_its_fault"
_TYPE = f"{_PARTS}test_another_part_and_an_unknown_one_are_told_with_the_type_that_was_seen"
_TOTALS = f"{_CAMERAS}test_totals_go_to_the_metrics_and_only_growth_is_a_fault"
_HELD = f"{_CAMERAS}test_a_held_frame_and_a_lost_frame_are_named"
_ALARM = f"{_DEVICES}test_an_alarm_says_whether_the_line_stands"
_SENSORS = f"{_LINE}test_what_is_found_between_trigger_and_gate_is_said_and_answered_and_parts_flow_again"
_LASTS = f"{_LINE}test_what_lasts_is_shown_as_long_as_it_lasts_and_the_line_goes_on_by_itself"
_LEDGER = f"{_DEVICES}test_a_damaged_ledger_file_is_e424_and_parts_that_were_in_flight_e423"
_WIRE = f"{_DEVICES}test_a_peer_that_may_not_connect_is_e209_and_a_second_writer_e208"
_PLC = f"{_DEVICES}test_a_plc_that_stays_away_is_e201_until_it_comes_and_a_silent_one_e202_until_it_beats"

RAISED_BY: dict[FaultCode, str] = {
    FaultCode.CAMERA_DOWN: "tests/pipeline/test_station_misfortune.py"
    "::test_an_unplugged_camera_rejects_and_comes_back_when_plugged",
    FaultCode.CAMERA_STAYED_DOWN: f"{_CAMERAS}test_a_camera_that_was_given_up_is_another_fault",
    FaultCode.FRAME_LOST: _HELD,
    FaultCode.FRAME_WITHOUT_TRIGGER: f"{_PARTS}test_a_frame_without_a_trigger_is_e104",
    FaultCode.TRIGGER_WITHOUT_FRAME: f"{_PARTS}test_a_trigger_without_a_frame_is_e105_at_the_deadline",
    FaultCode.FRAME_HELD: _HELD,
    FaultCode.LINES_TOO_FAST: _TOTALS,
    FaultCode.FRAMES_TOO_FAST: _TOTALS,
    FaultCode.NO_BUFFER: _TOTALS,
    FaultCode.PLC_NOT_CONNECTED: _PLC,
    FaultCode.PLC_SILENT: _PLC,
    FaultCode.HANDSHAKE_TIMEOUT: f"{_PARTS}test_a_trigger_against_the_rules_is_e203",
    FaultCode.MISSED_TRIGGER: f"{_PARTS}test_a_missed_trigger_is_e204",
    FaultCode.RESULT_OVERRUN: f"{_PARTS}test_a_result_that_finds_no_place_is_e205",
    FaultCode.PLC_PORT_IN_USE: f"{_START}test_a_plc_port_in_use_is_e206",
    FaultCode.COUNTERS_DIFFER: f"{_DEVICES}test_what_stops_the_line_lasts_until_the_error_is_cleared",
    FaultCode.SECOND_WRITER: _WIRE,
    FaultCode.PEER_REFUSED: _WIRE,
    FaultCode.MODEL_REFUSED: f"{_START}test_a_damaged_bundle_that_the_configuration_names_is_e301",
    FaultCode.WORKER_DIED: "tests/pipeline/test_station_misfortune.py"
    "::test_a_killed_worker_costs_its_part_and_comes_back",
    FaultCode.WORKER_STAYED_DOWN: f"{_DEVICES}"
    "test_a_worker_that_comes_back_ends_its_fault_and_one_that_does_not_is_e303",
    FaultCode.WORKER_STUCK: f"{_DEVICES}test_a_stuck_worker_is_e304_until_another_one_is_up",
    FaultCode.CLASSIFIER_FAILED: f"{_DEVICES}test_a_job_that_no_worker_takes_is_e305",
    FaultCode.MODEL_UNSIGNED: "tests/pipeline/test_station_bad_input.py"
    "::test_a_model_that_may_come_unsigned_by_name_runs_and_is_said_at_every_start_and_on_the_page",
    FaultCode.IMAGE_INCOMPLETE: _FRAME,
    FaultCode.IMAGE_DARK: _PICTURE,
    FaultCode.IMAGE_SATURATED: _PICTURE,
    FaultCode.NO_PART: _PICTURE,
    FaultCode.PART_AT_BORDER: _PICTURE,
    FaultCode.IMAGE_STALE: _FRAME,
    FaultCode.ENCODER_MISMATCH: _FRAME,
    FaultCode.IMAGE_PROBLEM: _PICTURE,
    FaultCode.IMAGE_BLURRED: _PICTURE,
    FaultCode.IMAGE_SIZE: f"{_PARTS}test_a_frame_lost_for_its_size_is_e410",
    FaultCode.WRONG_PART: _TYPE,
    FaultCode.UNKNOWN_PART: _TYPE,
    FaultCode.LEDGER_IMBALANCE: f"{_PARTS}test_a_ledger_that_does_not_balance_is_e420",
    FaultCode.VERDICT_LATE: f"{_PARTS}test_a_part_that_no_worker_finishes_in_time_is_e421_with_its_deadline",
    FaultCode.VERDICT_WITHDRAWN: f"{_DEVICES}"
    "test_a_pass_that_is_taken_back_is_e422_and_a_stop_of_the_line_reaches_the_plc_by_its_number",
    FaultCode.RESTARTED: _LEDGER,
    FaultCode.LEDGER_FILE: _LEDGER,
    FaultCode.TRACKING_LOST: _SENSORS,
    FaultCode.PARTS_TOO_CLOSE: f"{_DEVICES}test_parts_too_close_are_e431_and_a_lost_track_e430",
    FaultCode.REJECT_NOT_CONFIRMED: _SENSORS,
    FaultCode.REJECT_UNEXPECTED: _SENSORS,
    FaultCode.PART_MISSING: _SENSORS,
    FaultCode.PART_UNEXPECTED: _SENSORS,
    FaultCode.AIR_LOW: _LASTS,
    FaultCode.BIN_FULL: _LASTS,
    FaultCode.CONSECUTIVE_REJECTS: _ALARM,
    FaultCode.REJECT_RATE: _ALARM,
    FaultCode.WRONG_PARTS: _ALARM,
    FaultCode.GATE: f"{_DEVICES}"
    "test_a_plc_that_breaks_the_handshake_is_e203_and_a_coupler_that_does_not_move_the_gate_e440",
    FaultCode.FAILSAFE_FAILED: "tests/pipeline/test_failsafe_whole.py"
    "::test_a_line_that_does_not_do_what_the_step_tries_fails_it_and_stands",
    FaultCode.RECORDS_QUEUE_FULL: f"{_RECORDS}test_a_full_queue_refuses_at_once_counts_and_is_a_fault",
    FaultCode.DISK_FULL: f"{_RECORDS}test_a_full_disk_is_one_fault_and_its_records_are_written_once_there_is_room",
    FaultCode.DATABASE_FAULT: f"{_RECORDS}test_a_database_that_cannot_be_opened_is_one_fault_and_the_station_goes_on",
    FaultCode.RECORD_REFUSED: f"{_RECORDS}test_a_record_that_no_table_can_hold_is_reported_and_harms_no_other",
    FaultCode.SIMULATED_BESIDE_REAL_PLC: f"{_CAMERAS}"
    "test_one_simulated_camera_makes_the_station_simulated_and_is_a_fault_beside_a_real_plc",
    FaultCode.PORT_IN_USE: f"{_START}test_a_metrics_port_in_use_is_e602_also_as_the_start_error_that_was_made_of_it",
    FaultCode.CONFIGURATION: f"{_START}test_each_wrong_line_of_a_configuration_is_one_e603",
    FaultCode.USERS_FILE: "tests/unit/test_faults_followers.py::test_a_broken_users_file_is_e604_until_it_is_mended",
    FaultCode.CHANGEOVER_REFUSED: _RECIPE,
    FaultCode.UNKNOWN_RECIPE: _RECIPE,
    FaultCode.PASSED_PICTURES_STOPPED: _ROOM,
    FaultCode.PICTURES_STOPPED: _ROOM,
    FaultCode.PICTURES_DROPPED: f"{_STORED}test_a_picture_for_which_no_slot_may_be_held_is_e507_and_its_slot_goes_back",
    FaultCode.PICTURES_FAULT: f"{_STORED}test_a_folder_that_takes_no_pictures_is_e508",
}
