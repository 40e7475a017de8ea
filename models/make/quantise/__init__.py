"""From a trained network to INT8: conversion, calibration ranges, second output, and what the difference costs."""

from models.make.quantise.calibration import CALIBRATION_PATCHES, calibration_patches, int8_of
from models.make.quantise.converting import RANGE_PERCENTILE, Conversion, Int8Network, export_int8

__all__ = [
    "CALIBRATION_PATCHES",
    "RANGE_PERCENTILE",
    "Conversion",
    "Int8Network",
    "calibration_patches",
    "export_int8",
    "int8_of",
]
