"""What both generators share: the file format, the judgement of checksums, and tcpdump's own words."""

import platform
import struct
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def tcpdump_version():
    return subprocess.run(["tcpdump", "--version"], capture_output=True, text=True, check=True).stdout.split()[2]


def tcpdump_lines(packets):
    """The first line `tcpdump -nn -S -t` prints for each packet, each read from a capture file of its own."""
    lines = []
    for packet in packets:
        with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))  # 101: raw IP
            file.write(struct.pack("<IIII", 0, 0, len(packet), len(packet)) + packet)
            file.flush()
            said = subprocess.run(
                ["tcpdump", "-nn", "-S", "-t", "-r", file.name], capture_output=True, text=True, check=True
            )
        lines.append(said.stdout.split("\n")[0].rstrip())
    return lines


def ones_sum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def checksum_verdict(packet, outcome, transport_offset, final_destination=None):
    """good, bad or unfinished, reckoned here and nowhere in the project's own code."""
    if packet[0] >> 4 == 4:
        segment = packet[transport_offset : struct.unpack("!H", packet[2:4])[0]]
        addresses = packet[12:20]
        pseudo = addresses + struct.pack("!BBH", 0, 6, len(segment))
    else:
        segment = packet[transport_offset : 40 + struct.unpack("!H", packet[4:6])[0]]
        number = 6 if outcome == "tcp" else 58
        addresses = packet[8:24] + (final_destination or packet[24:40])
        pseudo = addresses + struct.pack("!II", len(segment), number)
    if outcome == "icmpv4":
        return "good" if ones_sum(segment) == 0xFFFF else "bad"
    if ones_sum(pseudo + segment) == 0xFFFF:
        return "good"
    at = 16 if outcome == "tcp" else 2
    return "unfinished" if struct.unpack("!H", segment[at : at + 2])[0] == ones_sum(pseudo) else "bad"


def write_group(name, heading, vectors):
    """One file of vectors: (name, octets, outcome, origin) each; the line of tcpdump is asked for here."""
    lines = [f"# {heading}", "# How to read and to remake this file: README.md beside it.", ""]
    printed = tcpdump_lines([packet for _, packet, _, _ in vectors])
    seen = set()
    for (label, packet, outcome, origin), line in zip(vectors, printed):
        assert label not in seen, label
        seen.add(label)
        lines += [f"vector {label}", f"octets {packet.hex()}", f"outcome {outcome}", f"tcpdump {line}"]
        lines += [f"origin {origin}", ""]
    (HERE / f"{name}.txt").write_text("\n".join(lines))
    print(f"{name}: {len(vectors)} vectors")


def kernel_version():
    return ".".join(platform.release().split("-")[0].split(".")[:2])
