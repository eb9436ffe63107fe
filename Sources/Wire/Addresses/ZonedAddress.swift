// RFC 4007 §11: an address with the zone that it is valid in, `fe80::1%eth0`.

/// An address as people type it, with or without a zone.
public struct ZonedAddress: Hashable, Sendable {
  /// The address; an IPv4-mapped one is the IPv4 address that it stands for.
  public var address: IPAddress
  /// The name or the number of an interface; nil where none was given.
  public var zone: String?

  /// An address without a zone, or with one.
  public init(_ address: IPAddress, zone: String? = nil) { (self.address, self.zone) = (address.unmapped, zone) }

  /// Reads `ADDRESS` or `ADDRESS%ZONE`, without brackets; a zone that is announced must be there.
  public init?(parsing text: some StringProtocol) {
    let head = text.prefix { $0 != "%" }
    guard let address = IPAddress(parsing: head) else { return nil }
    self.address = address.unmapped
    guard head.endIndex != text.endIndex else { return }
    let zone = text[text.index(after: head.endIndex)...]
    guard !zone.isEmpty else { return nil }
    self.zone = String(zone)
  }
}
