import CLinux
import Glibc
import Wire

/// An `ifreq` as its forty octets, `netdevice(7)`: the name, then whatever the request is about.
struct InterfaceRequest {
  private static let nameLength = 16
  private var octets = InlineArray<40, UInt8>(repeating: 0)

  /// - Throws: ENODEV for a name that no interface can have.
  init(name: String) throws(Errno) {
    let word = name.octets
    guard word.count < Self.nameLength, !word.isEmpty, !word.contains(0) else {
      throw Errno(code: ENODEV, call: .interfaceLookup)
    }
    for (offset, octet) in word.enumerated() { octets[offset] = octet }
  }

  init(index: UInt32) { store(index) }

  var name: String { octets.raw.extracting(first: Self.nameLength).text() }
  func value<T: FixedWidthInteger & BitwiseCopyable>(as _: T.Type = T.self) -> T {
    octets.raw.load(native: Self.nameLength)
  }

  mutating func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
    var list = octets.mutableSpan
    var bytes = unsafe list.mutableBytes
    bytes.storeBytes(of: value, toByteOffset: Self.nameLength, as: T.self)
  }

  /// Asks through any socket, `netdevice(7)`; an unknown interface is ENODEV or ENXIO.
  mutating func ask(_ request: CInt, through socket: borrowing FileDescriptor, call: Errno.Call) throws(Errno) {
    let raw = socket.raw
    _ = unsafe try withUnsafeMutablePointer(to: &octets) { pointer throws(Errno) in
      try kernel(call) { unsafe ioctl(raw, UInt(request), pointer) }
    }
  }

  /// A socket that these requests can be asked through; it needs no privilege, no address family to be up, and none that
  /// the run has no other use for.
  static func anySocket() throws(Errno) -> FileDescriptor {
    try FileDescriptor(socket: AF_NETLINK, .raw, protocol: 0)
  }

  static func interface(named name: String, through socket: borrowing FileDescriptor) throws(Errno) -> Interface {
    var request = try InterfaceRequest(name: name)
    try request.ask(CInt(SIOCGIFINDEX), through: socket, call: .interfaceLookup)
    return try describe(name, index: request.value(), through: socket)
  }

  static func interface(at index: UInt32, through socket: borrowing FileDescriptor) throws(Errno) -> Interface {
    var request = InterfaceRequest(index: index)
    try request.ask(CInt(SIOCGIFNAME), through: socket, call: .interfaceLookup)
    return try describe(request.name, index: index, through: socket)
  }

  private static func describe(
    _ name: String, index: UInt32, through socket: borrowing FileDescriptor
  ) throws(Errno) -> Interface {
    var request = try InterfaceRequest(name: name)
    try request.ask(CInt(SIOCGIFFLAGS), through: socket, call: .interfaceLookup)
    let flags = UInt32(request.value(as: UInt16.self))
    try request.ask(CInt(SIOCGIFMTU), through: socket, call: .interfaceLookup)
    return Interface(name: name, index: index, flags: flags, mtu: Int(request.value(as: CInt.self)))
  }
}
