import Glibc
import Testing
import Timebase
import Wire

@testable import Kernel

@Suite("The kernel's own connections") struct KernelConnectionTests {
  @Test("are made, told of, and closed from both sides", arguments: [AddressFamily.v4, .v6])
  func whole(_ family: AddressFamily) throws {
    guard family == .v4 || HostFacts.now().hasIPv6 else { return }
    let listener = try Listener(address: loopback(family))
    #expect(try listener.accept() == nil)
    let client = try KernelConnection(to: loopback(family), port: listener.port, from: loopback(family))
    #expect(try eventually { try client.isEstablished() ? true : nil } == true)
    let information = try client.information()
    #expect(information.state == .established)
    #expect(information.smoothedRTT > .zero)
    #expect(information.smoothedRTT < .seconds(1))
    #expect(information.retransmissions == 0)
    #expect(information.sendMSS > 500)
    let end = try client.localEnd()
    #expect(end.address == loopback(family))
    #expect(end.port != 0)

    guard let served = try listener.accept() else {
      Issue.record("no connection to take")
      return
    }
    #expect(try client.send(Array("hello".utf8).span.raw) == 5)
    #expect(try served.step() == false)
    try client.finish()
    #expect(try eventually { try served.step() ? true : nil } == true)
    // The peer's kernel may take its time to acknowledge our FIN.
    #expect(try eventually { try client.information().state == .finWait2 ? true : nil } == true)
    served.close()
    var frame = FrameBuffer()
    #expect(try eventually { try frame.build { try client.receive(into: &$0) } } == 0)
  }

  @Test("are refused by a port that nobody listens on") func refused() throws {
    let port = try Listener(address: loopback(.v4)).port
    let client = try KernelConnection(to: loopback(.v4), port: port)
    let error = #expect(throws: Errno.self) { _ = try eventually { try client.isEstablished() ? true : nil } }
    #expect(error == Errno(code: ECONNREFUSED, call: .connect))
    #expect(error?.isConnectionRefused == true)
  }

  @Test("can be reset") func reset() throws {
    let listener = try Listener(address: loopback(.v4))
    let client = try KernelConnection(to: loopback(.v4), port: listener.port)
    guard let served = try eventually({ () -> ListenerConnection? in try listener.accept() }) else { return }
    try client.reset()
    #expect(try eventually { try served.step() ? true : nil } == true)
  }

  @Test("know at once when the source is not ours") func source() {
    #expect(throws: Errno(code: EADDRNOTAVAIL, call: .bind)) {
      _ = try KernelConnection(to: loopback(.v4), port: 1, from: .v4(IPv4Address(192, 0, 2, 1)))
    }
  }
}
