import Laboratory

/// A name server on 127.0.0.1 that answers as its words say, one rule a name.
final class NameServer {
  private let program: Program

  /// A server that answers by rules of the form `NAME=WHAT`; other names do not exist.
  ///
  /// `WHAT` is an address or several with commas between, `nx`, `servfail`, `refused`, `silent`, `truncated`,
  /// `slow:SECONDS:ADDRESS`, or `ptr:NAME` for the name of an address (`2.1.0.10.in-addr.arpa`).
  init(_ rules: [String], in namespace: Namespace) throws {
    program = try Program([Tool.python.path ?? "python3", "-c", NameServer.source] + rules, in: namespace)
    guard waitUntil(seconds: 10, { self.program.outputSoFar.contains("ready") ? true : nil }) ?? false else {
      throw LaboratoryError("the name server does not start: \(program.errorsSoFar)")
    }
  }

  /// What it was asked for until now: `NAME TYPE` a line.
  var asked: [String] { program.outputSoFar.split(separator: "\n").map(String.init).filter { $0 != "ready" } }

  func stop() { program.send(15) }

  private static let source = #"""
    import socket, struct, sys, threading, time, ipaddress
    rules = dict(r.split('=', 1) for r in sys.argv[1:])
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(('127.0.0.1', 53))
    print('ready', flush=True)

    def answer(query, peer):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind = struct.unpack('!H', query[at + 1:at + 3])[0]
        name = '.'.join(labels).lower()
        print(name, {1: 'A', 28: 'AAAA'}.get(kind, kind), flush=True)
        rule = rules.get(name, 'nx')
        if rule == 'silent': return
        if rule.startswith('slow:'):
            _, seconds, rule = rule.split(':', 2)
            time.sleep(float(seconds))
        code, flags, records = 0, 0x8180, b''
        count = 0
        if rule == 'nx': code = 3
        elif rule == 'servfail': code = 2
        elif rule == 'refused': code = 5
        elif rule == 'truncated': flags |= 0x0200
        elif rule.startswith('ptr:'):
            data = b''.join(bytes([len(l)]) + l for l in (p.encode() for p in rule[4:].split('.'))) + b'\0'
            records = struct.pack('!HHHIH', 0xc00c, 12, 1, 60, len(data)) + data
            count = 1
        else:
            for text in rule.split(','):
                address = ipaddress.ip_address(text)
                if (address.version == 4) != (kind == 1) or kind not in (1, 28): continue
                data = address.packed
                records += struct.pack('!HHHIH', 0xc00c, kind, 1, 60, len(data)) + data
                count += 1
        head = query[:2] + struct.pack('!HHHHH', flags | code, 1, count, 0, 0)
        sock.sendto(head + query[12:at + 5] + records, peer)

    while True:
        query, peer = sock.recvfrom(4096)
        threading.Thread(target=answer, args=(query, peer), daemon=True).start()
    """#
}
