import Laboratory
import Testing

extension LaboratoryTests {
  /// What real servers write when a client leaves by FIN, and when by RST: the tests of the prober read it.
  @Suite(.needs(.python, .nginx, .redis)) struct ServerTests {
    private func visit(_ port: UInt16, resets: Bool, in wire: Wire) throws {
      let linger = "s.setsockopt(socket.SOL_SOCKET,socket.SO_LINGER,struct.pack('ii',1,0))\n"
      try Program.must(
        [
          "python3", "-c",
          "import socket,struct,time\ns=socket.create_connection((\"\(Wire.server4)\",\(port)))\ntime.sleep(0.1)\n"
            + (resets ? linger : "") + "s.close()",
        ], in: wire.client)
    }

    @Test func nginxTellsThemApart() throws {
      let wire = try Wire()
      let nginx = try Nginx(in: wire.server)
      defer { nginx.stop() }
      try visit(nginx.port, resets: false, in: wire)
      #expect(nginx.logs(Nginx.orderly))
      #expect(!nginx.log.contains(Nginx.reset))
      try visit(nginx.port, resets: true, in: wire)
      #expect(nginx.logs(Nginx.reset))
    }

    @Test func redisTellsThemApart() throws {
      let wire = try Wire()
      let redis = try Redis(in: wire.server)
      defer { redis.stop() }
      #expect(!redis.log.contains(Redis.accepted))
      try visit(redis.port, resets: false, in: wire)
      #expect(redis.logs(Redis.accepted))
      #expect(redis.logs(Redis.orderly))
      #expect(!redis.log.contains(Redis.reset))
      try visit(redis.port, resets: true, in: wire)
      #expect(redis.logs(Redis.reset))
    }
  }
}
