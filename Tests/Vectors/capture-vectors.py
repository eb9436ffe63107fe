#!/usr/bin/python3
"""Captures what the Linux kernel's own TCP and netfilter say on a loopback of their own.

Run it as root:  unshare --net /usr/bin/python3 capture-vectors.py
It refuses to run where the loopback is already up, so that it never listens on a network in use.
Every run gives other ports and sequence numbers, so the files it writes change; remake them only with a reason.
"""

import platform
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # the build would wonder about a cache beside the vectors

from vector_file import checksum_verdict, kernel_version, tcpdump_version, write_group

V4, V6 = socket.AF_INET, socket.AF_INET6
HOST = {V4: "127.0.0.1", V6: "::1"}
MD5SIG, FASTOPEN_CONNECT, FASTOPEN, MPTCP = 14, 30, 23, 262


def shell(command):
    subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL)


def capture(scenario):
    """The IP packets that crossed the loopback while the scenario ran."""
    with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
        dump = subprocess.Popen(
            ["tcpdump", "-i", "lo", "-U", "-w", file.name, "--immediate-mode", "ip or ip6"],
            stderr=subprocess.PIPE, text=True,
        )
        while "listening" not in dump.stderr.readline():
            pass
        scenario()
        time.sleep(0.3)
        dump.terminate()
        dump.wait()
        data = open(file.name, "rb").read()
    packets, offset = [], 24
    while offset + 16 <= len(data):
        length = struct.unpack("<I", data[offset + 8 : offset + 12])[0]
        packets.append(data[offset + 16 + 14 : offset + 16 + length])  # 14: the loopback's Ethernet header
        offset += 16 + length
    return packets


def listener(family, kind=0, prepare=lambda s: None):
    server = socket.socket(family, socket.SOCK_STREAM, kind)
    prepare(server)
    server.bind((HOST[family], 0))
    server.listen(4)
    return server


def conversation(family):
    """Handshake, data both ways, FIN from the client, FIN from the server."""
    server = listener(family)
    client = socket.create_connection(server.getsockname()[:2])
    peer, _ = server.accept()
    client.sendall(b"hello")
    peer.recv(9)
    peer.sendall(b"and good-bye")
    client.recv(99)
    client.shutdown(socket.SHUT_WR)
    peer.recv(9)
    peer.close()
    client.recv(9)
    client.close()


def netcat(family):
    """The same by nc, which closes at once with -z."""
    server = listener(family)
    subprocess.run(["nc", "-z", "-n", HOST[family], str(server.getsockname()[1])], check=True)
    server.accept()[0].close()


def refused(family):
    """A SYN to a closed port."""
    try:
        socket.create_connection((HOST[family], 9))
    except OSError:
        pass


def aborted(family):
    """RST instead of FIN: close with linger 0."""
    server = listener(family)
    client = socket.create_connection(server.getsockname()[:2])
    server.accept()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def urgent(family):
    server = listener(family)
    client = socket.create_connection(server.getsockname()[:2])
    peer, _ = server.accept()
    client.send(b"!", socket.MSG_OOB)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def ecn(family):
    shell("sysctl -qw net.ipv4.tcp_ecn=1")
    conversation(family)
    shell("sysctl -qw net.ipv4.tcp_ecn=2")


def fast_open(family):
    """First a request for a cookie, then data in the SYN with the cookie."""
    shell("sysctl -qw net.ipv4.tcp_fastopen=3")
    server = listener(family, prepare=lambda s: s.setsockopt(socket.IPPROTO_TCP, FASTOPEN, 5))
    for _ in range(2):
        client = socket.socket(family, socket.SOCK_STREAM)
        client.sendto(b"early", socket.MSG_FASTOPEN, server.getsockname()[:2])
        peer, _ = server.accept()
        peer.recv(9)
        client.close()
        peer.close()


def md5(family):
    """RFC 2385 signatures; the key is the word `secret`."""
    key = b"secret"

    def sign(sock, port):
        if family == V4:
            address = struct.pack("=H", V4) + struct.pack("!H", port) + socket.inet_aton(HOST[V4])
        else:
            address = struct.pack("=H", V6) + struct.pack("!HI", port, 0) + socket.inet_pton(V6, HOST[V6])
        record = address.ljust(128, b"\0") + struct.pack("=BBHi", 0, 0, len(key), 0) + key.ljust(80, b"\0")
        sock.setsockopt(socket.IPPROTO_TCP, MD5SIG, record)

    server = listener(family, prepare=lambda s: sign(s, 0))
    client = socket.socket(family, socket.SOCK_STREAM)
    sign(client, server.getsockname()[1])
    client.connect(server.getsockname()[:2])
    client.close()
    server.accept()[0].close()


def multipath(family):
    server = listener(family, MPTCP)
    client = socket.socket(family, socket.SOCK_STREAM, MPTCP)
    client.connect(server.getsockname()[:2])
    peer, _ = server.accept()
    client.sendall(b"two paths")
    peer.recv(20)
    client.close()
    peer.close()


def loss(family):
    """Two segments in a row are dropped once, so that the receiver answers with SACK blocks."""
    server = listener(family)
    port = server.getsockname()[1]
    client = socket.create_connection(server.getsockname()[:2])
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    peer, _ = server.accept()
    shell("nft add table inet loss")
    shell("nft 'add chain inet loss in { type filter hook input priority 0; }'")
    shell(f"nft 'add rule inet loss in tcp dport {port} tcp flags & psh == psh numgen inc mod 6 {{ 0, 2 }} drop'")
    for word in (b"one", b"two", b"three", b"four"):
        client.sendall(word)
        time.sleep(0.02)
    time.sleep(0.3)
    shell("nft delete table inet loss")
    time.sleep(0.5)
    for end in (client, peer):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def closed_window(family):
    """The receiver never reads, so its window falls to nothing and the sender probes."""
    server = listener(family, prepare=lambda s: s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1))
    client = socket.socket(family, socket.SOCK_STREAM)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 200)
    client.connect(server.getsockname()[:2])
    peer, _ = server.accept()
    client.setblocking(False)
    client.send(b"x" * 4000)
    time.sleep(0.6)
    for end in (client, peer):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def rejected(answer):
    def scenario(family):
        shell("nft add table inet refusal")
        shell("nft 'add chain inet refusal in { type filter hook input priority 0; }'")
        shell(f"nft add rule inet refusal in tcp dport 9 reject with {answer}")
        refused(family)
        shell("nft delete table inet refusal")

    return scenario


def transport_of(packet):
    """The outcome and where the transport header starts; the loopback gives no extension headers here."""
    if packet[0] >> 4 == 4:
        return {6: "tcp", 1: "icmpv4"}[packet[9]], (packet[0] & 15) * 4
    return {6: "tcp", 58: "icmpv6"}[packet[6]], 40


def vectors_of(label, family, scenario, command, keep=lambda packet: True, most=12):
    packets = [p for p in capture(lambda: scenario(family)) if keep(p)][:most]
    assert packets, label
    stem = f"{label}-ipv{'4' if family == V4 else '6'}"
    result = []
    for number, packet in enumerate(packets, 1):
        outcome, offset = transport_of(packet)
        verdict = checksum_verdict(packet, outcome, offset)
        origin = f"Linux {kernel_version()}, by {command}; captured by tcpdump {tcpdump_version()} -i lo"
        result.append((f"{stem}-{number}", packet, f"{outcome} {verdict}", origin))
    return result


def is_icmp(packet):
    return transport_of(packet)[0] != "tcp"


def main():
    if "LOOPBACK,UP" in subprocess.run(["ip", "link", "show", "lo"], capture_output=True, text=True).stdout:
        sys.exit("the loopback is up: run this under `unshare --net`")
    shell("ip link set lo up")
    python = f"Python {platform.python_version()} socket"
    netcat_name = "nc -z (OpenBSD netcat 1.219)"
    tcp, icmp = [], []
    for family in (V4, V6):
        for label, scenario, words, most in (
            ("conversation", conversation, f"{python} connect, sendall, shutdown", 12),
            ("netcat", netcat, netcat_name, 12),
            ("refused", refused, f"{python} connect to a closed port", 2),
            ("aborted", aborted, f"{python} close with SO_LINGER 0", 5),
            ("urgent", urgent, f"{python} send MSG_OOB", 5),
            ("ecn", ecn, f"{python} connect with tcp_ecn=1", 5),
            ("fast-open", fast_open, f"{python} sendto MSG_FASTOPEN, twice", 16),
            ("md5", md5, f"{python} connect with TCP_MD5SIG", 5),
            ("multipath", multipath, f"{python} connect with IPPROTO_MPTCP", 12),
            ("loss", loss, f"{python} sendall with nft dropping segments", 20),
            ("closed-window", closed_window, f"{python} send to a peer that never reads", 14),
        ):
            tcp += vectors_of(label, family, scenario, words, most=most)
    both = ("port-unreachable", "admin-prohibited", "host-unreachable", "no-route")
    for answer in both:
        for family in (V4, V6):
            icmp += vectors_of(
                f"reject-{answer}", family, rejected(f"icmpx type {answer}"),
                f"nft 1.0.6 reject with icmpx type {answer}", is_icmp, 1)
    for answer in ("net-prohibited", "host-prohibited", "prot-unreachable"):
        icmp += vectors_of(
            f"reject-{answer}", V4, rejected(f"icmp type {answer}"),
            f"nft 1.0.6 reject with icmp type {answer}", is_icmp, 1)
    for answer in ("addr-unreachable", "policy-fail", "reject-route"):
        icmp += vectors_of(
            f"reject-{answer}", V6, rejected(f"icmpv6 type {answer}"),
            f"nft 1.0.6 reject with icmpv6 type {answer}", is_icmp, 1)
    for family in (V4, V6):
        tcp += vectors_of("reject-reset", family, rejected("tcp reset"), "nft 1.0.6 reject with tcp reset", most=2)
    write_group("linux-tcp", "Segments of the Linux kernel's own TCP, and of its netfilter.", tcp)
    write_group("linux-icmp", "ICMP errors with which Linux's netfilter answers a SYN.", icmp)


main()
