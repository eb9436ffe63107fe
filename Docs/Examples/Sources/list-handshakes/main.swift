// Lists the TCP handshakes in a pcap or pcapng file, with the time from SYN to SYN-ACK.
import Capture
import Glibc

guard CommandLine.arguments.count == 2, let file = fopen(CommandLine.arguments[1], "rb") else {
  print("usage: list-handshakes FILE")
  exit(2)
}

/// Prints one connection as soon as it has ended.
func show(_ flow: TrackedFlow) {
  guard flow.isHandshakeComplete else { return }
  let time = flow.time(of: .syn).map { "\($0.nanoseconds / 1000) us" } ?? "unknown"
  print("\(flow.client.endpoint) > \(flow.server.endpoint): SYN-ACK after \(time), ended as \(flow.ending)")
}

var reader = CaptureReader()
var opening = Decapsulator(looksIntoTunnels: false)
var tracker = FlowTracker(seed: UInt64.random(in: 0 ... .max))
var chunk = [UInt8](repeating: 0, count: 65_536)
while true {
  let count = fread(&chunk, 1, chunk.count, file)
  guard count > 0 else { break }
  reader.feed(chunk.span.bytes.extracting(first: count)) { frame in
    opening.open(frame) { packet in
      _ = tracker.receive(packet, ended: show)
    }
  }
}
reader.finish()
tracker.finish(ended: show)
if let fault = reader.fault { print("the file is damaged: \(fault)") }
