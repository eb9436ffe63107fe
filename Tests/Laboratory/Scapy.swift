/// Scapy, which makes packets by itself: what a packet of ours is held against.
public enum Scapy {
  /// The Python that has it; nil where none does.
  private static let python: String? = ["python3", "/usr/bin/python3"].first { python in
    (try? Program.run([python, "-c", "import scapy"]))?.code == 0
  }

  /// What keeps it from being used, in words; nil where nothing does.
  public static let obstacle: String? = python == nil ? "python3 has no scapy (Debian package python3-scapy)" : nil

  /// The octets of packets that Python expressions make, each in hexadecimal.
  ///
  /// An expression sees all of scapy, and is one packet or a list of them.
  public static func packets(_ expressions: [String]) throws -> [[String]] {
    let script = """
      from scapy.all import *
      for packets in [\(expressions.joined(separator: ",\n"))]:
          packets = packets if isinstance(packets, list) else [packets]
          print(" ".join(bytes(packet).hex() for packet in packets))
      """
    return try lines(script).map { $0.split(separator: " ").map(String.init) }
  }

  /// The IP packets of a capture on Ethernet that came from an address, each in hexadecimal.
  public static func packets(of capture: Capture, from source: String) throws -> [String] {
    let script = """
      from scapy.all import *
      for frame in rdpcap("\(capture.path)"):
          packet = frame.payload
          if getattr(packet, "src", "") == "\(source)":
              whole = bytes(packet)
              print(whole[: packet.len if packet.version == 4 else 40 + packet.plen].hex())
      """
    return try lines(script)
  }

  private static func lines(_ script: String) throws -> [String] {
    guard let python else { throw LaboratoryError("no scapy") }
    return try Program.must([python, "-c", script], seconds: 60).split(separator: "\n").map(String.init)
  }
}
