#!/usr/bin/python3
"""Crafts with scapy the packets that no decent stack sends: python3-scapy 2.5 and tcpdump 4.99 are needed, no privilege.

Run it as:  /usr/bin/python3 make-vectors.py
It opens no socket and sends nothing; the same versions give the same files, octet for octet.
An outcome is what a careful reader of the RFCs answers, written here by hand:
  tcp good|bad|unfinished, icmpv4 …, icmpv6 …     the packet parses, and its transport checksum is that
  malformed LAYER                                the packet is refused, and LAYER says whose fault it is
  foreign                                        well formed as far as we look, but not for a TCP prober
"""

import struct
import sys

sys.dont_write_bytecode = True  # the build would wonder about a cache beside the vectors

import scapy
from scapy.contrib.icmp_extensions import (
    ICMPExtensionHeader, ICMPExtensionInterfaceInformation, ICMPExtensionMPLS, ICMPExtensionObject,
)
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import (
    ICMPv6DestUnreach, ICMPv6EchoRequest, ICMPv6PacketTooBig, ICMPv6ParamProblem, ICMPv6TimeExceeded, IPv6,
    IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, IPv6ExtHdrSegmentRouting,
)
from scapy.layers.inet import IPOption_RR, IPOption_Router_Alert, IPOption_Timestamp
from scapy.layers.inet6 import PadN, RouterAlert
from scapy.layers.ipsec import AH
from scapy.packet import Raw
from scapy.utils import checksum

from vector_file import write_group

US, PEER, ROUTER = "192.0.2.1", "198.51.100.7", "203.0.113.9"
US6, PEER6, ROUTER6 = "2001:db8::1", "2001:db8:0:7::50", "2001:db8:ffff::9"
PORTS = {"sport": 49512, "dport": 8443, "seq": 0x12345678}
DEFAULT_OPTIONS = [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (1, 0)), ("NOP", None), ("WScale", 7)]


def v4(**fields):
    return IP(**{"src": US, "dst": PEER, "id": 7, "ttl": 64, **fields})


def v6(**fields):
    return IPv6(**{"src": US6, "dst": PEER6, "hlim": 64, **fields})


def octets(packet):
    return bytes(packet)


def raw_options(octets_of_list, ip=v4, **fields):
    """A segment whose option list is exactly these octets, a multiple of four of them."""
    assert len(octets_of_list) % 4 == 0 and len(octets_of_list) <= 40
    offset = 5 + len(octets_of_list) // 4
    return octets(ip() / TCP(**{**PORTS, "flags": "S", "dataofs": offset, **fields}) / Raw(octets_of_list))


def patched(packet, at, replacement):
    return packet[:at] + replacement + packet[at + len(replacement) :]


def tcp_vectors():
    for ip, tag in ((v4, "ipv4"), (v6, "ipv6")):
        yield f"plain-syn-{tag}", octets(ip() / TCP(**PORTS, flags="S", options=DEFAULT_OPTIONS)), "tcp good"
        for name, flags in (
            ("null", 0), ("fin", "F"), ("syn-fin", "SF"), ("syn-rst", "SR"), ("christmas", "FPU"), ("syn-ack", "SA"),
            ("rst", "R"), ("rst-ack", "RA"), ("syn-ack-rst", "SAR"), ("ack", "A"), ("push-ack", "PA"), ("urgent", "U"),
            ("ecn-syn", "SEC"), ("eight-bits", 0xFF), ("accurate-ecn-syn", "SECN"), ("twelve-bits", 0x1FF),
        ):
            packet = octets(ip() / TCP(**PORTS, ack=0x9ABCDEF0, urgptr=5, flags=flags))
            yield f"flags-{name}-{tag}", packet, "tcp good"
        header = 20 if ip is v4 else 40
        segment = TCP(**PORTS, flags="S", reserved=7)
        yield f"flags-reserved-{tag}", octets(ip() / segment), "tcp good"
        yield f"data-odd-{tag}", octets(ip() / TCP(**PORTS, ack=1, flags="PA") / Raw(b"odd")), "tcp good"
        yield f"data-in-syn-{tag}", octets(ip() / TCP(**PORTS, flags="S") / Raw(b"early bird")), "tcp good"
        yield f"data-in-rst-{tag}", octets(ip() / TCP(**PORTS, flags="R") / Raw(b"no such service")), "tcp good"
        yield f"data-large-{tag}", octets(ip() / TCP(**PORTS, ack=1, flags="A") / Raw(bytes(range(256)) * 5)), "tcp good"
        wrap = {**PORTS, "seq": 0xFFFFFFFE}
        yield f"sequence-wraps-{tag}", octets(ip() / TCP(**wrap, ack=0, flags="PA") / Raw(b"wraps")), "tcp good"
        zero = {**PORTS, "sport": 0, "dport": 0, "seq": 0}
        yield f"all-zero-{tag}", octets(ip() / TCP(**zero, flags="S", window=0)), "tcp good"
        yield f"checksum-bad-{tag}", octets(ip() / TCP(**PORTS, flags="S", chksum=0x1234)), "tcp bad"
        for offset in range(5):
            yield f"offset-{offset}-{tag}", octets(ip() / TCP(**PORTS, flags="S", dataofs=offset)), "malformed tcp"
        yield f"offset-beyond-{tag}", octets(ip() / TCP(**PORTS, flags="S", dataofs=6)), "malformed tcp"
        yield f"offset-15-{tag}", octets(ip() / TCP(**PORTS, flags="S", dataofs=15) / Raw(bytes(40))), "tcp good"
        yield f"segment-19-{tag}", octets(ip(**({} if ip is v6 else {"proto": 6}), **({"nh": 6} if ip is v6 else {}))
                                          / Raw(octets(TCP(**PORTS, flags="S"))[:19])), "malformed tcp"
        whole = octets(ip() / TCP(**PORTS, flags="S", options=DEFAULT_OPTIONS))
        yield f"padded-frame-{tag}", whole + b"\0" * 6, "tcp good"
        yield f"cut-{tag}", whole[: header + 20], f"malformed {tag}"


def option_vectors():
    lists = {
        "noop-only": "01010101",
        "end-first": "00000000",
        "end-then-junk": "00ffffff",
        "mss-zero": "02040000",
        "mss-largest": "0204ffff",
        "mss-twice": "020405b4020404d8",
        "window-scale-14": "0103030e"[0:2] + "03030e",
        "window-scale-15": "0103030f",
        "window-scale-255": "010303ff",
        "sack-permitted-twice": "04020402",
        "timestamps": "0101080affffffff00000001",
        "timestamps-unaligned": "080a0000000100000002010101"[:24],
        "sack-1": "0101050a0000000100000002",
        "sack-2": "01010512000000010000000200000003ffffffff",
        "sack-3": "0101051a" + "00000001000000020000000300000004" + "0000000500000006",
        "sack-4": "01010522" + "".join(f"{n:08x}" for n in range(1, 9)),
        "sack-none": "05020101",
        "sack-odd-length": "0507000000010201"[:16],
        "fast-open-request": "01012202",
        "fast-open-cookie-4": "0101220601020304",
        "fast-open-cookie-8": "0101220a0102030405060708",
        "fast-open-cookie-16": "01012212" + "0102030405060708" * 2,
        "fast-open-cookie-odd": "010101012207" + "0102030405" + "01",
        "fast-open-cookie-3": "0101010122050102" + "03010101",
        "fast-open-cookie-2": "2204010201010101",
        "fast-open-cookie-18": "22140102030405060708090a0b0c0d0e0f101112",
        "fast-open-experimental": "fe04f989",
        "fast-open-experimental-cookie": "fe08f98901020304",
        "experimental-other": "fe060102030401" + "01",
        "experimental-short": "fe020101",
        "experimental-3": "fe03ff01",
        "experiment-253": "fd04f989",
        "md5": "01011312" + "00112233445566778899aabbccddeeff",
        "md5-short": "130401020101" + "0101",
        "authentication": "1d10010200112233445566778899aabb",
        "authentication-short": "1d030101",
        "authentication-no-mac": "1d040708",
        "user-timeout-seconds": "1c04003c",
        "user-timeout-minutes": "1c048005",
        "echo": "0606000000010101",
        "echo-reply": "0706000000020101",
        "connection-count": "0b06000000030c06000000040d06000000050101",
        "selective-negative": "14040102",
        "unknown-76": "4c0a0101020303040506" + "0101",
        "unknown-empty": "fa020101",
        "unknown-in-the-middle": "020405b4b803aa010402" + "0101",
        "multipath-capable-0": "1e0c00810102030405060708",
        "multipath-capable-1": "1e0401c1",
        "multipath-capable-9": "1e0409c1",
        "multipath-join-syn": "1e0c11030102030405060708",
        "multipath-too-short": "1e020101",
        "multipath-two": "1e03f001",
        "multipath-add-address": "1e083107c0000201",
        "multipath-add-address-echo-port": "1e0a3107c000020100500101",
        "multipath-add-address-hmac": "1e103007c00002010102030405060708",
        "multipath-add-address-hmac-port": "1e123007c0000201005001020304050607080101",
        "multipath-add-address-v6": "1e143007" + "20010db8000000000000000000000001",
        "multipath-add-address-v6-hmac-port": "1e1e3007" + "20010db8000000000000000000000001" + "0050"
        + "0102030405060708" + "0101",
        "multipath-add-address-odd": "1e093107c0000201" + "05010101",
        "multipath-remove-address": "1e06400102030101",
        "multipath-priority": "1e035101",
        "multipath-priority-id": "1e045007",
        "multipath-fail": "1e0c60000102030405060708",
        "multipath-fast-close": "1e0c70000102030405060708",
        "multipath-unknown": "1e0880000102030401010101"[:24],
        "multipath-data-on-syn": "1e0820010000000101010101",
        "length-0": "020005b4",
        "length-1": "020105b4",
        "length-0-unknown": "4c000000",
        "length-overrun": "020505b4",
        "length-overrun-40": "01" * 36 + "08" + "0a0000",
        "length-missing": "01010102",
        "length-3-mss": "0203050100000000"[:8],
        "length-6-mss": "020605b400000000",
        "length-4-window-scale": "03040700",
        "length-2-window-scale": "03020101",
        "length-3-sack-permitted": "04030001",
        "length-9-timestamps": "010101080900000001000000"[:24],
        "length-12-timestamps": "080c000000010000000200000000"[:24],
        "malformed-after-good": "020405b404020100" + "03ff0000",
        "full-40": "020405b40402080a000000010000000001030307" + "0101050a0000000100000002" + "0101010101010100",
    }
    for name, text in lists.items():
        packed = bytes.fromhex(text)
        packed += bytes(-len(packed) % 4)
        yield name, raw_options(packed), "tcp good"
    join = {"ack": 1, "flags": "SA"}
    yield "multipath-join-syn-ack", raw_options(bytes.fromhex("1e10100301020304050607080a0b0c0d"), **join), "tcp good"
    third = {"ack": 1, "flags": "A"}
    hmac = "1e181000" + "0102030405060708090a0b0c0d0e0f1011121314"
    yield "multipath-join-ack", raw_options(bytes.fromhex(hmac), **third), "tcp good"
    keys = "1e140181" + "0102030405060708" + "1112131415161718"
    yield "multipath-capable-ack", raw_options(bytes.fromhex(keys), **third), "tcp good"
    yield "multipath-capable-20-on-syn", raw_options(bytes.fromhex(keys)), "tcp good"
    for name, text in {
        "data-ack-4": "1e08200100000007",
        "data-ack-8": "1e0c20030000000000000007",
        "data-map-4": "1e1220050000000700000008000000090005" + "0101",
        "data-map-8-checksum": "1e1c200f" + "0000000000000007" + "0000000000000008" + "000000090005beef",
        "data-fin": "1e0420100101" + "0101",
        "data-cut": "1e06200100000101",
        "data-left-over": "1e0820000000000701010101",
    }.items():
        packed = bytes.fromhex(text)
        yield f"multipath-{name}", raw_options(packed + bytes(-len(packed) % 4), **third), "tcp good"
    sack = bytes.fromhex("0101050a0000000100000002")
    yield "sack-ipv6", raw_options(sack, ip=v6, **third), "tcp good"
    yield "overrun-ipv6", raw_options(bytes.fromhex("010308ff"), ip=v6), "tcp good"


def ipv4_vectors():
    syn = TCP(**PORTS, flags="S", options=[("MSS", 1460)])
    yield "options-record-route", octets(v4(options=[IPOption_RR(routers=["0.0.0.0"] * 3)]) / syn), "tcp good"
    yield "options-router-alert", octets(v4(options=[IPOption_Router_Alert()]) / syn), "tcp good"
    yield "options-timestamp", octets(v4(options=[IPOption_Timestamp()]) / syn), "tcp good"
    yield "options-full", octets(v4(ihl=15, options=Raw(b"\x01" * 40)) / syn), "tcp good"
    yield "options-malformed", octets(v4(ihl=6, options=Raw(b"\x07\xff\x04\x00")) / syn), "tcp good"
    yield "traffic-class", octets(v4(tos=0xB9, flags="DF", ttl=255) / syn), "tcp good"
    yield "evil-bit", octets(v4(flags="evil+DF") / syn), "tcp good"
    yield "time-to-live-0", octets(v4(ttl=0) / syn), "tcp good"
    yield "first-fragment", octets(v4(flags="MF") / syn), "foreign"
    yield "later-fragment", octets(v4(frag=3, proto=6) / Raw(b"middle of something")), "foreign"
    yield "udp", octets(v4() / UDP(sport=53000, dport=53001) / Raw(b"?")), "foreign"
    yield "protocol-none", octets(v4(proto=59)), "foreign"
    yield "authenticated", octets(v4() / AH(nh=6, spi=1, seq=1, icv=bytes(12), payloadlen=4) / syn), "foreign"
    whole = octets(v4() / syn)
    yield "header-checksum-bad", patched(whole, 10, b"\x12\x34"), "tcp good"
    yield "version-5", patched(whole, 0, b"\x55"), "malformed ipv4"
    yield "header-length-4", patched(whole, 0, b"\x44"), "malformed ipv4"
    yield "header-length-15-beyond", patched(octets(v4() / TCP(**PORTS))[:40], 0, b"\x4f"), "malformed ipv4"
    yield "total-length-19", patched(whole, 2, b"\0\x13"), "malformed ipv4"
    yield "total-length-beyond", patched(whole, 2, b"\0\xff"), "malformed ipv4"
    yield "total-length-short", patched(whole, 2, b"\0\x1e"), "malformed tcp"
    yield "header-only", octets(v4(proto=6)), "malformed tcp"
    yield "cut-19", whole[:19], "malformed ipv4"
    yield "one-octet", whole[:1], "malformed ipv4"


def ipv6_vectors():
    syn = TCP(**PORTS, flags="S", options=[("MSS", 1440)])
    summed = TCP(**PORTS, flags="S", options=[("MSS", 1440)], chksum=0xD160)  # tcpdump's word: scapy sums none behind AH
    hop = IPv6ExtHdrHopByHop(options=[RouterAlert(), PadN(optdata=b"")])
    destination = IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(12))])
    routing = IPv6ExtHdrRouting(type=2, addresses=["2001:db8::77"], segleft=0)
    atomic = IPv6ExtHdrFragment(offset=0, m=0, id=9)
    yield "hop-by-hop", octets(v6() / hop / syn), "tcp good"
    yield "destination", octets(v6() / destination / syn), "tcp good"
    yield "routing-2", octets(v6() / routing / syn), "tcp good"
    yield "routing-2-one-left", octets(v6() / IPv6ExtHdrRouting(type=2, addresses=["2001:db8::77"], segleft=1) / syn), "tcp good"
    yield "routing-0", octets(v6() / IPv6ExtHdrRouting(type=0, addresses=["2001:db8::77"], segleft=0) / syn), "tcp good"
    yield "routing-0-left", octets(v6() / IPv6ExtHdrRouting(type=0, addresses=["2001:db8::76", "2001:db8::77"], segleft=2) / syn), "tcp good"
    yield "segment-routing", octets(v6() / IPv6ExtHdrSegmentRouting(addresses=["2001:db8::77", "2001:db8::78"], segleft=0, lastentry=1) / syn), "tcp good"
    yield "atomic-fragment", octets(v6() / atomic / syn), "tcp good"
    yield "all-of-them", octets(v6() / hop / destination / routing / atomic / destination / syn), "tcp good"
    yield "authenticated", octets(v6(nh=51) / AH(nh=6, spi=0xABCD, seq=3, icv=bytes(range(12)), payloadlen=4) / summed), "tcp good"
    yield "sixteen-headers", octets(chain([destination] * 16) / syn), "tcp good"
    yield "traffic-class", octets(v6(tc=0xB9, fl=0x12345, hlim=255) / syn), "tcp good"
    yield "link-local", octets(v6(src="fe80::1", dst="fe80::2") / syn), "tcp good"
    yield "first-fragment", octets(v6() / IPv6ExtHdrFragment(offset=0, m=1, id=9) / syn), "foreign"
    yield "later-fragment", octets(v6() / IPv6ExtHdrFragment(nh=6, offset=3, m=0, id=9) / Raw(b"in the middle")), "foreign"
    yield "udp", octets(v6() / UDP(sport=53000, dport=53001) / Raw(b"?")), "foreign"
    yield "no-next-header", octets(v6(nh=59)), "foreign"
    yield "echo-request", octets(v6() / ICMPv6EchoRequest(id=1, seq=2)), "icmpv6 good"
    yield "unknown-next-header", octets(v6(nh=253) / Raw(b"experiment")), "foreign"
    whole = octets(v6() / syn)
    yield "version-5", patched(whole, 0, b"\x50"), "malformed ipv4"  # no version that we know
    yield "payload-length-beyond", patched(whole, 4, b"\0\xff"), "malformed ipv6"
    yield "payload-length-short", patched(whole, 4, b"\0\x0a"), "malformed tcp"
    yield "cut-39", whole[:39], "malformed ipv6"
    yield "one-octet", whole[:1], "malformed ipv6"
    extended = octets(v6() / hop / syn)
    yield "extension-beyond", patched(extended, 41, b"\xff"), "malformed ipv6Extension"
    yield "extension-cut", patched(extended[:44], 4, b"\0\x04"), "malformed ipv6Extension"
    yield "extension-missing", octets(v6(nh=0)), "malformed ipv6Extension"
    yield "hop-by-hop-late", octets(v6() / destination / IPv6ExtHdrHopByHop(options=[PadN(optdata=bytes(4))]) / syn), "malformed ipv6Extension"
    yield "headers-without-end", octets(chain([destination] * 40) / syn), "malformed ipv6Extension"


def chain(headers):
    packet = v6()
    for header in headers:
        packet = packet / header.copy()
    return packet


def summed(octets_of_structure):
    """A structure of RFC 4884 with the checksum that it should have; scapy's own covers the header alone."""
    return patched(octets_of_structure, 2, struct.pack("!H", checksum(patched(octets_of_structure, 2, b"\0\0"))))


def structure(objects):
    return summed(octets(ICMPExtensionHeader(chksum=0)) + b"".join(octets(item) for item in objects))


LABELS = ICMPExtensionMPLS(stack=[MPLS(label=16001, cos=5, s=0, ttl=1), MPLS(label=24, cos=0, s=1, ttl=254)])
INCOMING = ICMPExtensionInterfaceInformation(
    has_ifindex=1, has_ipaddr=1, has_ifname=1, has_mtu=1, ifindex=2, afi=1, ip4="203.0.113.17", ifname_len=8,
    ifname=b"eth0.7\0", mtu=1500)
NEXT_HOP = ICMPExtensionInterfaceInformation(interface_role=3, has_ipaddr=1, afi=2, ip6="2001:db8:9::1")
OTHER = ICMPExtensionObject(classnum=247, classtype=3) / Raw(b"\xca\xfe\xba\xbe")
EXTENSIONS = {
    "labels": [LABELS], "interface": [INCOMING], "next-hop": [NEXT_HOP], "other-object": [OTHER],
    "three-objects": [LABELS, OTHER, INCOMING], "no-objects": [],
}


def icmpv4_vectors():
    syn = octets(v4(ttl=1, flags="DF") / TCP(**PORTS, flags="S", options=DEFAULT_OPTIONS))

    def error(kind, code, quote, **fields):
        return octets(IP(src=ROUTER, dst=US, id=3, ttl=60) / ICMP(type=kind, code=code, **fields) / Raw(quote))

    for code in range(17):
        yield f"unreachable-{code}", error(3, code, syn[:28]), "icmpv4 good"
    for mtu in (0, 68, 1280, 65535):
        yield f"fragmentation-needed-{mtu}", error(3, 4, syn[:28], nexthopmtu=mtu), "icmpv4 good"
    yield "source-quench", error(4, 0, syn[:28]), "icmpv4 good"
    for code in range(5):
        yield f"redirect-{code}", error(5, code, syn[:28], gw="203.0.113.1"), "icmpv4 good"
    for code in range(3):
        yield f"time-exceeded-{code}", error(11, code, syn[:28]), "icmpv4 good"
    yield "parameter-problem-0", error(12, 0, syn[:28], ptr=20), "icmpv4 good"
    yield "parameter-problem-1", error(12, 1, syn[:28]), "icmpv4 good"
    yield "echo-request", octets(IP(src=ROUTER, dst=US) / ICMP(type=8, id=1, seq=2) / Raw(b"ping")), "icmpv4 good"
    yield "echo-reply", octets(IP(src=ROUTER, dst=US) / ICMP(type=0, id=1, seq=2)), "icmpv4 good"
    for length in (0, 19, 20, 21, 22, 24, 27, 28, 32, 40, len(syn)):
        if length >= 24:  # below that tcpdump itself says truncated
            yield f"quote-{length}", error(3, 3, syn[:length]), "icmpv4 good"
        else:
            yield f"quote-{length}", error(3, 1, syn[:length]), "icmpv4 good"
    optioned = octets(v4(options=[IPOption_RR(routers=["0.0.0.0"] * 3)]) / TCP(**PORTS, flags="S"))
    yield "quote-with-options", error(3, 3, optioned[:44]), "icmpv4 good"
    yield "quote-udp", error(3, 3, octets(v4() / UDP(sport=53000, dport=53001))), "icmpv4 good"
    yield "quote-other-protocol", error(3, 3, octets(v4(proto=132) / Raw(b"\x01\x02\x03\x04abcd"))), "icmpv4 good"
    yield "quote-later-fragment", error(11, 0, octets(v4(proto=6, frag=3) / Raw(b"middle of it"))), "icmpv4 good"
    yield "quote-nested", error(3, 3, error(11, 0, syn[:28])), "icmpv4 good"
    yield "quote-ipv6", error(3, 1, octets(v6() / TCP(**PORTS, flags="S"))), "icmpv4 good"
    yield "quote-header-length-3", error(3, 1, patched(syn[:28], 0, b"\x43")), "icmpv4 good"
    objects = b"\x20\x00" + struct.pack("!H", 0) + bytes.fromhex("0008010100018101")
    extended = syn.ljust(128, b"\0") + objects
    yield "multipart", error(11, 0, extended, length=32), "icmpv4 good"
    for name, objects in EXTENSIONS.items():
        yield name, error(11, 0, syn.ljust(128, b"\0") + structure(objects), length=32), "icmpv4 good"
    labels = structure(EXTENSIONS["labels"])
    yield "labels-short-quote", error(3, 1, syn.ljust(64, b"\0") + labels, length=16), "icmpv4 good"
    yield "labels-no-length", error(11, 0, syn.ljust(128, b"\0") + labels), "icmpv4 good"
    yield "labels-wrong-sum", error(11, 0, syn.ljust(128, b"\0") + patched(labels, 2, b"\x12\x34"), length=32), "icmpv4 good"
    yield "labels-no-sum", error(11, 0, syn.ljust(128, b"\0") + patched(labels, 2, b"\0\0"), length=32), "icmpv4 good"
    yield "labels-no-sum-no-length", error(11, 0, syn.ljust(128, b"\0") + patched(labels, 2, b"\0\0")), "icmpv4 good"
    yield "labels-version-1", error(11, 0, syn.ljust(128, b"\0") + summed(b"\x10" + labels[1:]), length=32), "icmpv4 good"
    yield "checksum-bad", error(3, 3, syn[:28], chksum=0x1234), "icmpv4 bad"
    yield "cut-7", octets(IP(src=ROUTER, dst=US, proto=1) / Raw(b"\x03\x03\0\0\0\0\0")), "malformed icmpv4"
    yield "empty", octets(IP(src=ROUTER, dst=US, proto=1)), "malformed icmpv4"
    yield "in-ipv6", octets(v6(nh=1) / ICMP(type=3, code=3) / Raw(syn[:28])), "foreign"
    fragment = octets(IP(src=ROUTER, dst=US, flags="MF") / ICMP(type=3, code=3) / Raw(syn[:28]))
    yield "fragment", fragment, "foreign"


def icmpv6_vectors():
    plain = octets(v6(hlim=1) / TCP(**PORTS, flags="S", options=DEFAULT_OPTIONS))

    def error(message, quote):
        return octets(IPv6(src=ROUTER6, dst=US6, hlim=60) / message / Raw(quote))

    for code in range(9):
        yield f"unreachable-{code}", error(ICMPv6DestUnreach(code=code), plain[:48]), "icmpv6 good"
    for mtu in (0, 1279, 1280, 65536):
        yield f"packet-too-big-{mtu}", error(ICMPv6PacketTooBig(mtu=mtu), plain[:48]), "icmpv6 good"
    for code in range(3):
        yield f"time-exceeded-{code}", error(ICMPv6TimeExceeded(code=code), plain[:48]), "icmpv6 good"
    for code in range(5):
        yield f"parameter-problem-{code}", error(ICMPv6ParamProblem(code=code, ptr=40), plain[:48]), "icmpv6 good"
    unreachable = ICMPv6DestUnreach(code=3)
    for length in (0, 39, 40, 41, 43, 44, 47, 48, 60, len(plain)):
        yield f"quote-{length}", error(ICMPv6DestUnreach(code=4 if length >= 44 else 3), plain[:length]), "icmpv6 good"
    hop = IPv6ExtHdrHopByHop(options=[RouterAlert(), PadN(optdata=b"")])
    destination = IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(12))])
    syn = TCP(**PORTS, flags="S")
    port = ICMPv6DestUnreach(code=4)
    yield "quote-hop-by-hop", error(port, octets(v6() / hop / syn)), "icmpv6 good"
    yield "quote-two-extensions", error(port, octets(v6() / hop / destination / syn)), "icmpv6 good"
    yield "quote-extension-cut", error(unreachable, octets(v6() / hop / destination / syn)[:52]), "icmpv6 good"
    first = octets(v6() / IPv6ExtHdrFragment(offset=0, m=1, id=9) / syn)
    yield "quote-first-fragment", error(port, first), "icmpv6 good"
    later = octets(v6() / IPv6ExtHdrFragment(nh=6, offset=3, m=0, id=9) / Raw(b"in the middle"))
    yield "quote-later-fragment", error(unreachable, later), "icmpv6 good"
    authenticated = v6(nh=51) / AH(nh=6, spi=1, seq=1, icv=bytes(12), payloadlen=4) / syn
    yield "quote-authenticated", error(port, octets(authenticated)), "icmpv6 good"
    yield "quote-udp", error(port, octets(v6() / UDP(sport=53000, dport=53001))), "icmpv6 good"
    yield "quote-nested", error(unreachable, error(ICMPv6TimeExceeded(), plain[:48])), "icmpv6 good"
    yield "quote-ipv4", error(unreachable, octets(v4() / syn)), "icmpv6 good"
    for name, objects in EXTENSIONS.items():
        message = ICMPv6TimeExceeded(length=16)
        yield name, error(message, plain.ljust(128, b"\0") + structure(objects)), "icmpv6 good"
    labels = structure(EXTENSIONS["labels"])
    yield "labels-no-length", error(ICMPv6TimeExceeded(), plain.ljust(128, b"\0") + labels), "icmpv6 good"
    yield "with-hop-by-hop", octets(IPv6(src=ROUTER6, dst=US6) / hop / port / Raw(plain[:48])), "icmpv6 good"
    yield "checksum-bad", error(ICMPv6DestUnreach(code=4, cksum=0x1234), plain[:48]), "icmpv6 bad"
    yield "cut-7", octets(IPv6(src=ROUTER6, dst=US6, nh=58) / Raw(b"\x01\x04\0\0\0\0\0")), "malformed icmpv6"
    yield "empty", octets(IPv6(src=ROUTER6, dst=US6, nh=58)), "malformed icmpv6"
    yield "in-ipv4", octets(v4(proto=58) / Raw(octets(unreachable) + plain[:48])), "foreign"


def main():
    for name, heading, vectors in (
        ("crafted-tcp", "TCP headers no decent stack sends.", tcp_vectors),
        ("crafted-options", "TCP option lists, good and broken.", option_vectors),
        ("crafted-ipv4", "IPv4 headers: options, fragments, lengths that lie.", ipv4_vectors),
        ("crafted-ipv6", "IPv6 headers and extension headers.", ipv6_vectors),
        ("crafted-icmpv4", "ICMP errors of each code, and quotes of each length.", icmpv4_vectors),
        ("crafted-icmpv6", "ICMPv6 errors of each code, and quotes of each length.", icmpv6_vectors),
    ):
        origin = f"scapy {scapy.__version__}, make-vectors.py {vectors.__name__}"
        write_group(name, heading, [(label, packet, outcome, origin) for label, packet, outcome in vectors()])


main()
