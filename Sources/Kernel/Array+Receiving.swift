extension ReceiveSocket {
  /// Receives one packet into an array that is used again and again; see `receive(into:)` above.
  public func receive(into buffer: inout [UInt8]) throws(Errno) -> Reception? {
    var octets = buffer.mutableSpan
    // Sound: the socket writes octets, and every octet is a value.
    var bytes = unsafe octets.mutableBytes
    return try receive(into: &bytes)
  }
}

extension KernelConnection {
  /// Reads what has come into an array that is used again and again; see `receive(into:)` above.
  public func receive(into buffer: inout [UInt8]) throws(Errno) -> Int? {
    var octets = buffer.mutableSpan
    // Sound: the socket writes octets, and every octet is a value.
    var bytes = unsafe octets.mutableBytes
    return try receive(into: &bytes)
  }
}
