// The system's own reader of addresses, to be compared with.

import Glibc

/// What inet_pton makes of an IPv4 address, or nil.
func referenceIPv4(_ text: String) -> UInt32? {
  var octets: UInt32 = 0
  guard unsafe inet_pton(AF_INET, text, &octets) == 1 else { return nil }
  return UInt32(bigEndian: octets)
}

/// What inet_pton makes of an IPv6 address, or nil.
func referenceIPv6(_ text: String) -> UInt128? {
  var octets: UInt128 = 0
  guard unsafe inet_pton(AF_INET6, text, &octets) == 1 else { return nil }
  return UInt128(bigEndian: octets)
}
