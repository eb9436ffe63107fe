import Laboratory
import Testing

extension LaboratoryTests {
  /// The listener's record tells a FIN from an RST, and nothing from something.
  @Suite(.needs(.python)) struct ListenerTests {
    private func visit(_ script: String, at address: String) throws -> [Visit] {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: address)
      defer { listener.stop() }
      #expect(try wire.server.listeningPorts() == [listener.port])
      try Program.must(
        [
          "python3", "-c",
          "import socket,struct\ns=socket.create_connection((\"\(address)\",\(listener.port)))\n\(script)",
        ],
        in: wire.client)
      return listener.ended(1)
    }

    @Test(arguments: [Wire.server4, Wire.server6]) func orderlyEnd(_ address: String) throws {
      let visits = try visit("s.sendall(b'text'); s.close()", at: address)
      #expect(visits.map(\.bytes) == [Array("text".utf8)])
      #expect(visits.map(\.ending) == [.orderly])
    }

    @Test(arguments: [Wire.server4, Wire.server6]) func reset(_ address: String) throws {
      let visits = try visit(
        "s.setsockopt(socket.SOL_SOCKET,socket.SO_LINGER,struct.pack('ii',1,0)); s.close()", at: address)
      #expect(visits.map(\.ending) == [.reset])
    }

    @Test func theFirstVisitorIsTheOneThatCame() throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: "::")
      defer { listener.stop() }
      let port = try wire.client.connect(to: Wire.server4, port: listener.port)
      #expect(listener.ended(1).map(\.port) == [port])
    }

    @Test func namespacesAreApart() throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: "127.0.0.1")
      defer { listener.stop() }
      #expect(throws: LaboratoryError.self) { try wire.client.connect(to: "127.0.0.1", port: listener.port) }
      #expect(throws: LaboratoryError.self) { try wire.client.connect(to: Wire.server4, port: listener.port) }
    }
  }
}
