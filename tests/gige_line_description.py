"""The registers and the GenICam description of the tests' own line-scan camera on GigE Vision."""

from __future__ import annotations

import struct

XML_ADDRESS = 0x10000
(
    SCAN_TYPE,
    WIDTH,
    HEIGHT,
    PIXEL_FORMAT,
    PAYLOAD_SIZE,
    ACQUISITION_MODE,
    ACQUISITION,
    TRIGGER_SELECTOR,
    TRIGGER_MODE,
    TRIGGER_SOURCE,
    ENCODER_DIVIDER,
    ENCODER_VALUE,
    CHUNK_MODE,
    CHUNK_SELECTOR,
    CHUNK_ENABLE,
) = range(0x8000, 0x8000 + 4 * 15, 4)
IMAGE_CHUNK, ENCODER_CHUNK = 0xC0DE0001, 0xC0DE0002
MONO8 = 0x01080001
TAG = struct.Struct(">II")

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><RegisterDescription ModelName="Line" VendorName="Tests" ToolTip="" '
    'StandardNameSpace="GEV" SchemaMajorVersion="1" SchemaMinorVersion="1" SchemaSubMinorVersion="0" '
    'MajorVersion="1" MinorVersion="0" SubMinorVersion="0" ProductGuid="5E8C9B40-3C0E-4B7C-9A35-7A1B6E1B2C01" '
    'VersionGuid="5E8C9B40-3C0E-4B7C-9A35-7A1B6E1B2C02" xmlns="http://www.genicam.org/GenApi/Version_1_1">'
)


def _register(name: str, address: int, access: str = "RW") -> str:
    return (
        f'<IntReg Name="{name}"><Address>{address}</Address><Length>4</Length><AccessMode>{access}</AccessMode>'
        "<pPort>Device</pPort><Cachable>NoCache</Cachable><Sign>Unsigned</Sign><Endianess>BigEndian</Endianess></IntReg>"
    )


def _integer(name: str, address: int, access: str = "RW", selected: str = "") -> str:
    return f'<Integer Name="{name}">{selected}<pValue>{name}Reg</pValue></Integer>' + _register(
        f"{name}Reg", address, access
    )


def _boolean(name: str, address: int) -> str:
    return f'<Boolean Name="{name}"><pValue>{name}Reg</pValue></Boolean>' + _register(f"{name}Reg", address)


def _choice(name: str, address: int, entries: dict[str, int], selected: str = "") -> str:
    inside = "".join(
        f'<EnumEntry Name="{entry}"><Value>{value}</Value></EnumEntry>' for entry, value in entries.items()
    )
    return f'<Enumeration Name="{name}">{inside}<pValue>{name}Reg</pValue>{selected}</Enumeration>' + _register(
        f"{name}Reg", address
    )


def _command(name: str, address: int, value: int) -> str:
    return (
        f'<Command Name="{name}"><pValue>{name}Reg</pValue><CommandValue>{value}</CommandValue></Command>'
        + _register(f"{name}Reg", address)
    )


def description() -> bytes:
    """The XML. The encoder's counts are one chunk of four bytes a line; ChunkScanLineSelector selects the line."""
    triggers = "<pSelected>TriggerMode</pSelected><pSelected>TriggerSource</pSelected>"
    features = [
        _choice("DeviceScanType", SCAN_TYPE, {"Areascan": 0, "Linescan": 1}),
        _integer("Width", WIDTH),
        _integer("Height", HEIGHT),
        _choice("PixelFormat", PIXEL_FORMAT, {"Mono8": MONO8}),
        _integer("PayloadSize", PAYLOAD_SIZE, "RO"),
        _choice("AcquisitionMode", ACQUISITION_MODE, {"Continuous": 0}),
        _command("AcquisitionStart", ACQUISITION, 1),
        _command("AcquisitionStop", ACQUISITION, 0),
        _choice("TriggerSelector", TRIGGER_SELECTOR, {"FrameStart": 0, "LineStart": 1}, triggers),
        _choice("TriggerMode", TRIGGER_MODE, {"Off": 0, "On": 1}),
        _choice("TriggerSource", TRIGGER_SOURCE, {"Software": 0, "Encoder0": 1}),
        _integer("EncoderDivider", ENCODER_DIVIDER),
        _integer("EncoderValue", ENCODER_VALUE, "RO"),
        _boolean("ChunkModeActive", CHUNK_MODE),
        _choice("ChunkSelector", CHUNK_SELECTOR, {"EncoderValue": ENCODER_CHUNK}, "<pSelected>ChunkEnable</pSelected>"),
        _boolean("ChunkEnable", CHUNK_ENABLE),
        '<Integer Name="ChunkScanLineSelector"><Value>0</Value><pSelected>ChunkEncoderValue</pSelected></Integer>',
        '<Integer Name="ChunkEncoderValue"><pValue>ChunkEncoderValueReg</pValue></Integer>',
        '<IntReg Name="ChunkEncoderValueReg"><Address>0</Address><pIndex Offset="4">ChunkScanLineSelector</pIndex>'
        "<Length>4</Length><AccessMode>RO</AccessMode><pPort>EncoderChunk</pPort><Cachable>NoCache</Cachable>"
        "<Sign>Unsigned</Sign><Endianess>BigEndian</Endianess></IntReg>",
        f'<Port Name="EncoderChunk"><ChunkID>{ENCODER_CHUNK:08X}</ChunkID></Port>',
        '<Integer Name="TLParamsLocked"><Value>0</Value></Integer>',
    ]
    names = [
        "DeviceScanType",
        "Width",
        "Height",
        "PixelFormat",
        "PayloadSize",
        "ChunkEncoderValue",
        "ChunkScanLineSelector",
    ]
    root = "".join(f"<pFeature>{name}</pFeature>" for name in names)
    body = "".join(features)
    return f'{_HEAD}<Category Name="Root">{root}</Category>{body}<Port Name="Device"/></RegisterDescription>'.encode()
