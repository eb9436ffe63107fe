"""A router of Tests/path-lab in user space, between TUN devices of two network namespaces.

Usage: router.py LEFT_PID RIGHT_PID LEFT_DEVICE RIGHT_DEVICE ADDRESS ADDRESS6 WORD,…

The words:
  plain        decrements the time to live, and answers where it runs out, as Linux does
  delay=MS     holds every packet from left to right back for so long
  loss=PERCENT drops packets from left to right at random
  mpls         adds a label stack to its errors (RFC 4950): label 16001, class 0, the time to live as it came
  interface    adds the interface by which the packet came (RFC 5837)
  old          writes no length of the quote (RFC 4884 §5.5)
  short        quotes eight octets behind the IP header
  stale        quotes the segment as rewritten by a translator that forgot to put the checksum back
"""

import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI, CLONE_NEWNET = 0x400454CA, 1, 0x1000, 0x40000000


def enter(pid):
    with open(f"/proc/{pid}/ns/net") as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")


def open_tun(pid, device):
    enter(pid)
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
    return descriptor


def checksum(octets):
    if len(octets) % 2:
        octets += b"\0"
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def with_sum(octets, at, before=b""):
    """The octets with a checksum in its place, over a pseudo-header and themselves."""
    bare = octets[:at] + b"\0\0" + octets[at + 2 :]
    return bare[:at] + struct.pack("!H", checksum(before + bare)) + bare[at + 2 :]


class Router:
    def __init__(self, address, address6, words):
        import ipaddress

        self.address = ipaddress.ip_address(address).packed
        self.address6 = ipaddress.ip_address(address6).packed
        self.words = set(words)
        values = dict(word.split("=") for word in words if "=" in word)
        self.delay = float(values.get("delay", 0)) / 1000
        self.loss = float(values.get("loss", 0)) / 100

    def step(self, packet):
        """The packet as it goes on, or None, and the error that goes back, or None."""
        if packet[0] >> 4 == 4:
            if packet[8] > 1:
                return with_sum(packet[:8] + bytes([packet[8] - 1]) + packet[9:20], 10) + packet[20:], None
            return None, None if packet[9] == 1 and packet[20] not in (0, 8) else self.error4(packet)
        if packet[7] > 1:
            return packet[:7] + bytes([packet[7] - 1]) + packet[8:], None
        return None, None if packet[6] == 58 and packet[40] < 128 else self.error6(packet)

    def extensions(self, ttl, address):
        objects = b""
        if "mpls" in self.words:
            objects += struct.pack("!HBBI", 8, 1, 1, 16001 << 12 | 1 << 8 | ttl)
        if "interface" in self.words:
            name = b"eth7\0\0\0"
            body = struct.pack("!IHH", 7, 1 if len(address) == 4 else 2, 0) + address
            body += bytes([len(name) + 1]) + name + struct.pack("!I", 1500)
            objects += struct.pack("!HBB", 4 + len(body), 2, 0x0F) + body
        return with_sum(struct.pack("!HH", 0x2000, 0) + objects, 2) if objects else b""

    def quote(self, packet, header, room, ttl, address):
        """The quote with what follows it, and how long it is by its length attribute."""
        if "stale" in self.words and len(packet) >= header + 18:
            packet = packet[: header + 16] + b"\x12\x34" + packet[header + 18 :]
        if "short" in self.words:
            packet = packet[: header + 8]
        extensions = self.extensions(ttl, address)
        if not extensions:
            return packet[:room], 0
        return packet[:128].ljust(128, b"\0") + extensions, 0 if "old" in self.words else 128

    def error4(self, packet):
        quote, length = self.quote(packet, (packet[0] & 15) * 4, 548, packet[8], self.address)
        message = with_sum(struct.pack("!BBHBBH", 11, 0, 0, 0, length // 4, 0) + quote, 2)
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0xC0, 20 + len(message), 0, 0, 64, 1, 0, self.address, packet[12:16])
        return with_sum(head, 10) + message

    def error6(self, packet):
        quote, length = self.quote(packet, 40, 1232, packet[7], self.address6)
        message = struct.pack("!BBHB3x", 3, 0, 0, length // 8) + quote
        pseudo = self.address6 + packet[8:24] + struct.pack("!II", len(message), 58)
        message = with_sum(message, 2, pseudo)
        return struct.pack("!IHBB16s16s", 6 << 28, len(message), 58, 64, self.address6, packet[8:24]) + message


def write(descriptor, packet):
    try:
        os.write(descriptor, packet)
    except OSError:
        pass  # the device is not up


def main():
    left_pid, right_pid, left_device, right_device, address, address6, words = sys.argv[1:]
    left = open_tun(left_pid, left_device)
    right = open_tun(right_pid, right_device)
    router = Router(address, address6, words.split(","))
    print("ready", flush=True)
    held = []
    number = 0
    while True:
        wait = max(0, held[0][0] - time.monotonic()) if held else None
        for descriptor in select.select([left, right], [], [], wait)[0]:
            try:
                packet = os.read(descriptor, 65536)
            except BlockingIOError:
                continue
            if not packet or len(packet) < {4: 28, 6: 48}.get(packet[0] >> 4, 65536):
                continue
            onward, error = router.step(packet)
            if error:
                write(descriptor, error)
            elif not onward:
                continue
            elif descriptor == right:
                write(left, onward)
            elif random.random() >= router.loss:
                number += 1
                heapq.heappush(held, (time.monotonic() + router.delay, number, onward))
        while held and held[0][0] <= time.monotonic():
            write(right, heapq.heappop(held)[2])


main()
