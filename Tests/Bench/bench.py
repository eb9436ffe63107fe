"""What the benches share: a namespace of their own, programs built for one run, captures, tables, thresholds.

A bench is an executable file beside this one. It measures, prints a table for people, or with --markdown its section
of Docs/Benchmarks.md, and ends with 1 where a limit of thresholds.tsv is missed, with 2 where it cannot run here.
"""

import argparse
import contextlib
import ipaddress
import math
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time

PLACE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(PLACE))
sys.dont_write_bytecode = True


# ── The command line and what a bench needs ──────────────────────────────────────────────────────────────────────────


def arguments(documentation):
    """A parser with the options of every bench."""
    parser = argparse.ArgumentParser(description=documentation.split("\n", 1)[0])
    parser.add_argument("--binary", default=os.path.join(ROOT, ".build/release/probe"), help="the program under test")
    parser.add_argument("--markdown", action="store_true", help="print the section of Docs/Benchmarks.md")
    return parser


def ready(options, *tools):
    """Ends the bench by a word where the program or a borrowed tool, (name, Debian package), is missing."""
    options.binary = os.path.abspath(options.binary)
    if not os.access(options.binary, os.X_OK):
        cannot(f"no program at {options.binary}: make build hotpaths")
    for name, package in tools:
        if shutil.which(name) is None:
            cannot(f"{name} is missing (Debian package {package})")


def cannot(why):
    """Ends the bench because it cannot run here."""
    note(why)
    sys.exit(2)


def installed(tools):
    """Those of {name: Debian package} that are installed; the others are left out by name."""
    for name, package in tools.items():
        if shutil.which(name) is None:
            note(f"left out: {name} is not installed (Debian package {package})")
    return [name for name in tools if shutil.which(name)]


def note(text):
    """A word to who waits; the results are on the other stream."""
    print(text, file=sys.stderr, flush=True)


def enter_namespace(is_optional=False):
    """Starts again inside a namespace of our own, with all capabilities there, whoever we are outside.

    Gives whether we are in one; where the machine forbids it the bench ends, unless it can do without.
    """
    if os.environ.get("PROBE_BENCH") == "1":
        return True
    user = [] if os.geteuid() == 0 else ["--user", "--map-user=1000", "--map-group=1000", "--keep-caps"]
    words = ["unshare", *user, "--net", "--mount"]
    if subprocess.run([*words, "true"], check=False, capture_output=True).returncode != 0:
        if is_optional:
            return False
        cannot("no namespace: unshare is forbidden here, with and without a user namespace; try sudo")
    os.environ["PROBE_BENCH"] = "1"
    return os.execvp("unshare", [*words, sys.executable, *sys.argv])


def run(*words, seconds=60, **options):
    """Runs a tool that must succeed, and gives what it prints."""
    return subprocess.run(words, check=True, timeout=seconds, stdout=subprocess.PIPE, text=True, **options).stdout


@contextlib.contextmanager
def busy(count):
    """Keeps processors busy with so many endless loops."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


@contextlib.contextmanager
def programs(*names):
    """Builds programs of Tests/Bench/Programs for this run; gives their paths."""
    compiler = next((name for name in ("cc", "gcc", "clang") if shutil.which(name)), None)
    if compiler is None:
        cannot("no C compiler (Debian package gcc, or the clang that comes with Swift)")
    with tempfile.TemporaryDirectory() as place:
        for name in names:
            run(compiler, "-O2", "-Wall", "-Werror", "-o", f"{place}/{name}", f"{PLACE}/Programs/{name}.c")
        yield [f"{place}/{name}" for name in names]


# ── Captures ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Capture:
    """A tcpdump on a device, for as long as the `with` lasts.

    It is not woken for each packet, which would cost the sender microseconds between the capture's stamp and the
    driver's; so its end takes 1.5 s longer.
    """

    def __init__(self, device, what="tcp"):
        self.device, self.what = device, what

    def __enter__(self):
        self.place = tempfile.TemporaryDirectory()
        self.path = f"{self.place.name}/capture.pcap"
        root = ["-Z", "root"] if os.geteuid() == 0 else []  # it would become another user and lose its directory
        self.tcpdump = subprocess.Popen(
            ["tcpdump", "-i", self.device, "-n", "-U", "-B", "16384", "--nano", "-s", "128", "-w", self.path, *root,
             self.what], stderr=subprocess.PIPE, text=True)
        for line in self.tcpdump.stderr:
            if "listening on" in line:
                return self
        sys.exit(f"tcpdump does not listen on {self.device}")

    def __exit__(self, *_):
        time.sleep(1.5)
        self.tcpdump.send_signal(2)
        said = self.tcpdump.stderr.read()
        self.tcpdump.wait()
        self.handshakes = self.read()
        self.place.cleanup()
        if "\n0 packets dropped by kernel" not in said:
            sys.exit(f"the capture is not whole: {said}")

    def read(self):
        """(far address, near port, ISN, ns from SYN to SYN-ACK) of every SYN, in their order.

        One that was never answered, or sent again before it was, has no time: None.
        """
        syns, waiting = [], {}
        for stamp, source, destination, ports, sequence, flags in self.segments():
            if flags & 0x12 == 0x02:
                syn = [destination, ports[0], sequence, stamp, None]
                syns.append(syn)
                waiting.setdefault((destination, *ports), []).append(syn)
            elif flags & 0x12 == 0x12:
                asked = waiting.pop((source, ports[1], ports[0]), [])
                if len(asked) == 1:
                    asked[0][4] = stamp - asked[0][3]
        return [(address, port, sequence, elapsed) for address, port, sequence, _, elapsed in syns]

    def segments(self):
        """Each TCP segment's stamp in ns, addresses as text, ports, sequence number and flags."""
        with open(self.path, "rb") as file:
            data = file.read()
        magic, link = struct.unpack_from("<I16xI", data)
        if magic != 0xA1B23C4D:
            sys.exit("the capture has no nanosecond stamps")
        header, at = {1: 14, 101: 0}[link], 24
        while at + 16 <= len(data):
            seconds, nanoseconds, length, _ = struct.unpack_from("<IIII", data, at)
            packet = data[at + 16 + header:at + 16 + length]
            at += 16 + length
            transport, start, size = ((packet[0] & 15) * 4, 12, 4) if packet[0] >> 4 == 4 else (40, 8, 16)
            source, destination = (
                str(ipaddress.ip_address(packet[at:at + size])) for at in (start, start + size))
            near, far, sequence = struct.unpack_from("!HHI", packet, transport)
            yield seconds * 10**9 + nanoseconds, source, destination, (near, far), sequence, packet[transport + 13]


# ── Figures, tables, thresholds ──────────────────────────────────────────────────────────────────────────────────────


def rank(values, share):
    """The value at a share of the sorted values: the least that leaves no more than the rest above it."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share - 1e-9) - 1)]


def median(values):
    """The middle one."""
    return statistics.median(values)


def thresholds():
    """The limits that are checked in: {name: (bound, value)}."""
    with open(f"{PLACE}/thresholds.tsv", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if line.strip() and not line.startswith("#")]
    return {name: (bound, float(value)) for name, bound, value, *_ in rows}


# What a limit in thresholds.tsv may say.
BOUNDS = {
    "at most": lambda measured, limit: measured <= limit,
    "at least": lambda measured, limit: measured >= limit,
    "exactly": lambda measured, limit: measured == limit,
}


class Section:
    """What a bench found: words, tables, and what was promised."""

    def __init__(self, title, options, command):
        self.title, self.is_markdown, self.command = title, options.markdown, command
        self.limits, self.parts, self.promises = thresholds(), [], []
        self.missed = self.silent = 0

    def say(self, text):
        """A paragraph."""
        self.parts.append(text)

    def table(self, header, rows):
        """A table: the first column are words, the others figures."""
        rows = [[str(cell) for cell in row] for row in [header, *rows]]
        if self.is_markdown:
            lines = [f"| {' | '.join(row)} |" for row in rows]
            lines.insert(1, "|---" + "|---:" * (len(header) - 1) + "|")
        else:
            widths = [max(len(row[column].replace("*", "")) for row in rows) for column in range(len(header))]
            lines = []
            for row in rows:
                cells = [cell.replace("*", "") for cell in row]
                rest = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:])]
                lines.append("  ".join([cells[0].ljust(widths[0]), *rest]))
        self.parts.append("\n".join(lines))

    def limit(self, name):
        """A limit of thresholds.tsv in words."""
        bound, limit = self.limits[name]
        return f"{bound} {limit:g}"

    def promise(self, name, measured, form="{:.2f}", where="", is_silent=False):
        """Compares a figure with its limit in thresholds.tsv; a silent one is told apart only where it is missed."""
        bound, limit = self.limits[name]
        holds = measured is not None and BOUNDS[bound](measured, limit)
        self.missed += not holds
        shown = "no figure" if measured is None else form.format(measured)
        if holds and is_silent:
            self.silent += 1
        else:
            what = f"{name}, {where}" if where else name
            self.promises.append(f"{'holds' if holds else 'MISSED'}: {what}: {shown}, {self.limit(name)}")

    def end(self):
        """Prints all of it, and ends the bench: with 1 where a promise is broken."""
        if self.silent:
            self.promises.append(f"holds: {self.silent} limits of the table")
        verdicts = [f"- {line}" if self.is_markdown else line for line in self.promises]
        head = [f"## {self.title}", f"`{self.command}`"] if self.is_markdown else [self.title]
        print("\n\n".join([*head, *self.parts, *(["\n".join(verdicts)] if verdicts else [])]))
        sys.exit(1 if self.missed else 0)
