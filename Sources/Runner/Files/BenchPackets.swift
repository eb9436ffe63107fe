import Engines
import Handshake
import Kernel
import Timebase
import Wire

/// The packets of a benchmark on their way into the capture file (`--pcap`): each gets a name of its own, and the words of
/// the engine's judgement.
final class BenchPackets {
  let file: PacketFile
  private let interface: Interface?
  /// Tells packets of one connection apart that the engine gives one name, since it waits for the stamp of none.
  private var serial: UInt32 = 0

  /// Begins the file that was asked for; nil where none was.
  init?(_ settings: RunSettings, through interface: Interface?) throws(RunError) {
    guard let file = try PacketFile(settings.presentation) else { return nil }
    self.file = file
    self.interface = interface
  }

  /// The next packet's own token.
  func token(of name: UInt64) -> Token {
    serial = (serial &+ 1) & 0xff_ffff
    return Token(bench: name, serial: serial)
  }

  /// Takes a packet of ours that has left, as the batch has it.
  func sent(_ packet: RawSpan, named name: UInt64, _ token: Token, at stamp: Stamp, by engine: borrowing BenchEngine) {
    guard
      case .segment(let back, let segment, _, _) = Arrival(packet, framing: .inBand, mayBeUnfinished: false).judged()
    else { return }
    // Read as if it had come to us: the ends are the other way round.
    let flow = Flow(local: back.remote, remote: back.local)
    let transmission = Transmission(token: token, flow: flow, segment: segment)
    file.sent(
      packet.copied, transmission, through: interface, at: stamp,
      engine.judgement(ofSent: name, segment, at: stamp))
  }
}

extension Token {
  /// The benchmark's name of a packet as a token; the serial number, of 24 bits, tells those of one name apart.
  init(bench name: UInt64, serial: UInt32 = 0) {
    self.init(
      slot: Int(name >> 32), generation: UInt32(truncatingIfNeeded: name >> 8) & 0xff_ffff,
      number: UInt32(name & 0xff) | serial << 8)
  }

  /// The benchmark's name that it was made of.
  var benchName: UInt64 { UInt64(slot) << 32 | UInt64(generation) << 8 | UInt64(number & 0xff) }
}
