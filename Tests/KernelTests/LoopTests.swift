import Glibc
import Testing
import Timebase
import Wire

@testable import Kernel

@Suite("The loop's parts") struct LoopTests {
  @Test("time only goes forward, and both clocks are read together") func clock() {
    var last = SystemClock.now()
    for _ in 0..<1000 {
      let next = SystemClock.now()
      #expect(next.instant >= last.instant)
      last = next
    }
    let later = SystemClock.now()
    #expect(((later.wall - last.wall) - (later.instant - last.instant)).magnitude < Stamp.stepTolerance)
  }

  @Test("an empty set waits its time, to the fraction of a millisecond") func pause() throws {
    var poller = Poller()
    let start = SystemClock.monotonic()
    var shortest = Interval.seconds(60)
    // A busy machine may run others meanwhile, but hardly ten times.
    for _ in 0..<10 {
      let began = SystemClock.monotonic()
      #expect(try poller.wait(atMost: .microseconds(300)) == 0)
      shortest = min(shortest, SystemClock.monotonic() - began)
    }
    #expect(shortest >= .microseconds(300))
    #expect(shortest < .milliseconds(100))
    #expect(try poller.wait(atMost: Interval(nanoseconds: -5)) == 0)
    #expect(try poller.wait(until: start) == 0)
  }

  @Test("a place tells what came, and can be given up") func places() throws {
    let listener = try Listener(address: loopback(.v4))
    let client = try KernelConnection(to: loopback(.v4), port: listener.port)
    var poller = Poller()
    let first = poller.add(listener.descriptor)
    let second = poller.add(client.descriptor, for: .writable)
    #expect(try poller.wait(atMost: .seconds(5)) > 0)
    #expect(poller.events(of: first) == .readable)
    #expect(poller.events(of: second) == .writable)
    poller.remove(second)
    poller.change(first, to: [])
    #expect(try poller.wait(atMost: .zero) == 0)
    let again = poller.add(client.descriptor, for: .writable)
    #expect(again == second)
  }

  @Test("signals are read, not suffered") func signals() throws {
    let source = try SignalSource()
    #expect(try source.next() == nil)
    // raise(3) sends to this thread alone, which has them blocked.
    for (number, signal) in [(SIGINT, Signal.interrupt), (SIGTERM, .terminate), (SIGQUIT, .quit)] {
      #expect(raise(number) == 0)
      var poller = Poller()
      let slot = poller.add(source.descriptor)
      #expect(try poller.wait(atMost: .seconds(5)) == 1)
      #expect(poller.events(of: slot).contains(.readable))
      #expect(try source.next() == signal)
      #expect(signal.number == number)
    }
    #expect(try source.next() == nil)
  }

  @Test("random numbers differ, and every octet is filled") func entropy() {
    #expect(Set((0..<100).map { _ in Entropy.uint64() }).count == 100)
    #expect(Set((0..<100).map { _ in Entropy.uint32() }).count > 90)
    var frame = FrameBuffer()
    frame.build { Entropy.fill(&$0) }
    // 2048 octets without any value of 256 would be a chance of 1 in 10.
    #expect(Set(frame.view.octets).count > 240)
  }

  @Test("privileges and settings can be asked for") func facts() {
    let facts = HostFacts.now()
    #expect(facts.capabilities.contains(.netRaw) == Capability.has(.netRaw))
    #expect(facts.kernelRelease?.isEmpty == false)
    #expect(facts.localPortRange != nil)
    #expect(facts.usesTCPTimestamps != nil)
    #expect(HostFacts.portRange("32768\t60999") == 32768...60999)
    #expect(HostFacts.portRange("60999 32768") == nil)
    #expect(HostFacts.portRange("70000 80000") == nil)
    #expect(HostFacts.allowsUserNamespaces(most: 100, clone: nil, restricted: nil) == true)
    #expect(HostFacts.allowsUserNamespaces(most: 0, clone: nil, restricted: nil) == false)
    #expect(HostFacts.allowsUserNamespaces(most: 100, clone: 0, restricted: nil) == false)
    #expect(HostFacts.allowsUserNamespaces(most: 100, clone: 1, restricted: 1) == false)
    #expect(HostFacts.allowsUserNamespaces(most: nil, clone: nil, restricted: nil) == nil)
  }

  @Test("the environment is read") func environment() {
    #expect(Environment.value(of: "PATH") != nil)
    #expect(Environment.value(of: "PROBE_NO_SUCH_VARIABLE") == nil)
  }

  @Test("privileges, once dropped, are gone for good") func dropped() async {
    await #expect(processExitsWith: .success) {
      try Privileges.giveUp(becoming: nil)
      precondition(!Capability.has(.netRaw) && !Capability.has(.netAdmin))
      do throws(Errno) {
        _ = try ReceiveSocket(family: .v4, carrying: .tcp)
        preconditionFailure("a raw socket without privilege")
      } catch {
        precondition(error == Errno(code: EPERM, call: .socket))
      }
    }
  }
}
