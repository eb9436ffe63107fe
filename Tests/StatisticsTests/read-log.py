"""Reads a histogram log from standard input with Python's own zlib, base64 and struct, after HdrHistogram's published
format, and prints a line of figures for each histogram: tag, start, length, most, count, then the values at the
quantiles of the command line. Another implementation than the project's, to judge it by."""
import base64
import math
import struct
import sys
import zlib


def numbers(octets):
    """ZigZag LEB128 in nine octets at most."""
    at = 0
    while at < len(octets):
        value = shift = 0
        for place in range(9):
            octet = octets[at]
            at += 1
            if place == 8:
                value |= octet << 56
                break
            value |= (octet & 0x7F) << shift
            shift += 7
            if not octet & 0x80:
                break
        yield (value >> 1) ^ -(value & 1)


def decode(text):
    packed = base64.b64decode(text, validate=True)
    cookie, length = struct.unpack(">ii", packed[:8])
    assert cookie == 0x1C849314 and length == len(packed) - 8, "compressed header"
    plain = zlib.decompress(packed[8:])
    cookie, length, offset, digits, lowest, highest, ratio = struct.unpack(">iiiiqqd", plain[:40])
    assert cookie == 0x1C849313 and length == len(plain) - 40, "header"
    assert (offset, digits, lowest, highest, ratio) == (0, 3, 1, 3_600_000_000_000, 1.0), "settings"
    # As HdrHistogram's constructor derives them.
    magnitude = math.ceil(math.log2(2 * 10**digits))
    half = 1 << (magnitude - 1)
    counts, index = {}, 0
    for number in numbers(plain[40:]):
        if number < 0:
            index -= number
        else:
            if number:
                bucket, sub = (index >> (magnitude - 1)) - 1, (index & (half - 1)) + half
                if bucket < 0:
                    bucket, sub = 0, sub - half
                counts[((sub + 1) << bucket) - 1] = number
            index += 1
    return sorted(counts.items())


def value_at(counts, part, whole):
    total = sum(count for _, count in counts)
    rank = max(-(-total * part // whole), 1)
    for value, count in counts:
        rank -= count
        if rank <= 0:
            return value
    return 0


def main():
    quantiles = [tuple(map(int, word.split("/"))) for word in sys.argv[1:]]
    lines = sys.stdin.read().splitlines()
    assert lines[0] == "#[Histogram log format version 1.3]", lines[0]
    assert any(line.startswith("#[StartTime: ") for line in lines)
    legend = '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"'
    for line in lines[lines.index(legend) + 1 :]:
        tag = "-"
        if line.startswith("Tag="):
            tag, line = line[4:].split(",", 1)
        start, length, most, text = line.split(",")
        assert text.startswith("HISTFA")
        counts = decode(text)
        values = [str(value_at(counts, *quantile)) for quantile in quantiles]
        print(tag, start, length, most, sum(count for _, count in counts), *values)


main()
