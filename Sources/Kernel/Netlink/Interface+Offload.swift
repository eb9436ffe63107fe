import CLinux
import Glibc

extension Interface {
  /// Whether a packet may come in here whose sender's kernel left the checksum to an offload that never happened.
  ///
  /// Such a packet carries only the folded sum of the pseudo-header, and is as good as one with a right checksum.
  /// It is so on loopback and behind every device that hands packets on within one machine. Asking opens a socket:
  /// ask once and keep the answer. The driver's name comes from ETHTOOL_GDRVINFO, since /sys shows the devices of
  /// whoever mounted it, not those of this network namespace.
  public var leavesChecksumsUnfinished: Bool {
    isLoopback || driverName.map { Interface.virtualDrivers.contains($0) } ?? false
  }

  /// The driver's name, such as `veth` or `e1000e`; nil where the driver does not tell.
  public var driverName: String? {
    guard let socket = try? InterfaceRequest.anySocket(), var request = try? InterfaceRequest(name: name) else {
      return nil
    }
    var information = InlineArray<196, UInt8>(repeating: 0)  // an ethtool_drvinfo
    return unsafe withUnsafeMutableBytes(of: &information) { bytes -> String? in
      unsafe bytes.storeBytes(of: UInt32(ETHTOOL_GDRVINFO), as: UInt32.self)
      request.store(UInt(bitPattern: bytes.baseAddress))
      guard (try? request.ask(CInt(SIOCETHTOOL), through: socket, call: .ioctl)) != nil else { return nil }
      return unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(bytes)).extracting(4..<36).text()
    }
  }

  /// Drivers of devices whose other end is, or may be, on this machine.
  private static let virtualDrivers = [
    "veth", "bridge", "tun", "macvlan", "macvtap", "ipvlan", "ipvtap", "virtio_net", "dummy", "vxlan", "geneve",
    "openvswitch", "bonding", "team", "802.1Q VLAN Support", "netkit", "vif", "vmxnet3", "hv_netvsc", "ifb", "vrf",
  ]
}
